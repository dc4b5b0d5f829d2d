"""Dropout: while learning, numbers are left out by chance, so that no unit can lean on another."""

from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.window import check_rank, refuse_channels_first

SELU_FLOOR = -1.0507009873554805 * 1.6732632423543772  # what selu goes down to


class Dropout(Layer):
    """Sets a share `rate` of the numbers to 0 while learning and scales the rest by 1 / (1 - rate).

    When predicting it changes nothing. noise_shape: the shape in which is decided, batch first, None for the input's
    own size; an axis of 1 decides for all its places together. Srivastava et al. (2014).

    >>> import numpy as np; Dropout(0.5)(np.ones((1, 3)))
    array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.rate, self.seed = dropout_rate(type(self).__name__, rate), seed
        self.noise_shape = noise_shape_setting(type(self).__name__, noise_shape)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None or self.rate == 0:
            return x, None
        xp = namespace(x)
        drawn = context.noise(self.decided(x.shape))
        mask = xp.where(drawn >= self.rate, xp.asarray(1 / (1 - self.rate), dtype=x.dtype), 0)
        return x * mask, mask

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy if cache is None else dy * cache

    def decided(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape in which is decided what to leave out of a batch of a shape; None: a batch of any size."""
        asked = shape if self.noise_shape is None else self.noise_shape
        fits = len(asked) == len(shape) and all(
            n in (None, 1, own) or own is None for n, own in zip(asked, shape, strict=True)
        )
        if not fits:
            raise ShapeError(
                f"{self.label}: noise_shape {self.noise_shape} does not fit a batch of shape {tuple(shape)}: it has as many "
                "axes, each of them None, 1, or as long as the batch's."
            )
        return tuple(own if n is None else n for n, own in zip(asked, shape, strict=True))

    def output_shape_for(self, input_shape: Shape) -> Shape:
        self.decided((None, *input_shape))
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}


class SpatialDropout(Dropout):
    """What the spatial dropouts share: a channel is left out as a whole."""

    rank = 0

    def __init__(self, rate: float, seed: int | None = None, **settings: Any) -> None:
        super().__init__(rate, [None, *[1] * self.rank, None], seed, **settings)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        check_rank(self.label, input_shape, self.rank)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        left_out = {"noise_shape", "trainable"}  # Keras's class takes neither
        return {name: value for name, value in super().get_config().items() if name not in left_out}


class SpatialDropout1D(SpatialDropout):
    """Leaves out whole channels of a sequence while learning.   (batch, steps, channels) -> the same

    >>> import numpy as np; SpatialDropout1D(0.5)(np.ones((1, 2, 1))).ravel()
    array([1., 1.], dtype=float32)
    """

    rank = 1


class SpatialDropout2D(SpatialDropout):
    """Leaves out whole channels of a picture while learning.   (batch, height, width, channels) -> the same

    >>> import numpy as np; SpatialDropout2D(0.5)(np.ones((1, 2, 1, 1))).ravel()
    array([1., 1.], dtype=float32)
    """

    rank = 2

    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(rate, seed, **settings)
        refuse_channels_first("SpatialDropout2D", data_format)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": "channels_last"}


class AlphaDropout(Dropout):
    """Sets numbers to selu's lowest value while learning and keeps mean and variance, for networks with selu.

    Klambauer et al. (2017).

    >>> import numpy as np; AlphaDropout(0.5)(np.ones((1, 3)))
    array([[1., 1., 1.]], dtype=float32)
    """

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None or self.rate == 0:
            return x, None
        scale = ((1 - self.rate) * (1 + self.rate * SELU_FLOOR**2)) ** -0.5  # a
        kept = (context.noise(self.decided(x.shape)) >= self.rate).astype(x.dtype)
        y = (
            scale * (x * kept + SELU_FLOOR * (1 - kept)) - scale * SELU_FLOOR * self.rate
        )  # y = a (x or α') + b
        return y, scale * kept  # dx = a dy where x was kept


def dropout_rate(layer: str, rate: Any) -> float:
    """The share to leave out, from 0 to below 1."""
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise SettingError(f"{layer}'s rate is the share to leave out, from 0 to below 1; it got {rate!r}.")
    return float(rate)


def noise_shape_setting(layer: str, noise_shape: Any) -> tuple[int | None, ...] | None:
    """A noise_shape as a tuple of sizes and None."""
    if noise_shape is None:
        return None
    sizes = tuple(noise_shape) if isinstance(noise_shape, (list, tuple)) else (noise_shape,)
    if not all(n is None or (isinstance(n, int) and n > 0) for n in sizes):
        raise SettingError(
            f"{layer}: noise_shape holds whole numbers and None, such as (None, 1, 8); it got {noise_shape!r}."
        )
    return sizes
