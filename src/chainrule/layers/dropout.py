"""Dropout: while learning, each number is left out by chance, so that no unit can lean on another."""

from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context, Layer


class Dropout(Layer):
    """Sets a share `rate` of the numbers to 0 while learning and scales the rest by 1 / (1 - rate).

    When predicting it changes nothing. Srivastava et al. (2014).

    >>> import numpy as np; Dropout(0.5)(np.ones((1, 3)))
    array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(noise_shape=noise_shape, **settings)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise SettingError(
                f"Dropout's rate is the share to leave out, from 0 to below 1; it got {rate!r}."
            )
        self.rate, self.seed = float(rate), seed

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None or self.rate == 0:
            return x, None
        xp = namespace(x)
        mask = xp.where(
            context.noise(x.shape) >= self.rate, xp.asarray(1 / (1 - self.rate), dtype=x.dtype), 0
        )
        return x * mask, mask

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy if cache is None else dy * cache

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed, "noise_shape": None}
