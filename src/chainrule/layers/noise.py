"""Gaussian noise while learning, added or multiplied, so that no number is relied on to the last digit."""

import math
from typing import Any

from chainrule.arrays import Array, Noise, Params, namespace
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.dropout import dropout_rate
from chainrule.layers.naming import Shape


class GaussianNoise(Layer):
    """Adds normal noise of standard deviation `stddev` while learning; changes nothing when predicting.

    >>> import numpy as np; GaussianNoise(0.5)(np.ones((1, 3)))
    array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(self, stddev: float, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        if isinstance(stddev, bool) or not isinstance(stddev, (int, float)) or not stddev >= 0:
            raise SettingError(f"GaussianNoise needs a stddev of 0 or more; it got {stddev!r}.")
        self.stddev, self.seed = float(stddev), seed

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None or self.stddev == 0:
            return x, None
        return x + normal(context.noise, x) * self.stddev, None  # y = x + s n

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy  # dx = dy

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"stddev": self.stddev, "seed": self.seed}


class GaussianDropout(Layer):
    """Multiplies by normal noise of mean 1 and standard deviation √(rate / (1 - rate)) while learning.

    Its mean and variance are those of Dropout(rate). Srivastava et al. (2014).

    >>> import numpy as np; GaussianDropout(0.5)(np.ones((1, 3)))
    array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(self, rate: float, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.rate, self.seed = dropout_rate("GaussianDropout", rate), seed

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None or self.rate == 0:
            return x, None
        factor = 1 + normal(context.noise, x) * math.sqrt(
            self.rate / (1 - self.rate)
        )  # n = 1 + √(r / (1 - r)) normal
        return x * factor, factor  # y = n x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy if cache is None else dy * cache  # dx = n dy

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed}


def normal(noise: Noise, like: Array) -> Array:
    """Standard normal numbers shaped and typed like an array, from two uniform ones each (Box and Muller 1958)."""
    xp = namespace(like)
    shape: Shape = tuple(like.shape)
    u, angle = noise((2, *shape))
    return (xp.sqrt(-2 * xp.log1p(-u)) * xp.cos(2 * math.pi * angle)).astype(like.dtype)
