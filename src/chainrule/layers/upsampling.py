"""Upsampling: pictures and sequences made larger by repeating numbers, or by straight lines between them."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.layers.base import PREDICTING, Context, Layer, choice
from chainrule.layers.naming import Shape
from chainrule.layers.window import check_rank, refuse_channels_first, whole_numbers


class UpSampling(Layer):
    """What the upsamplings share: each number becomes a block of `size` equal ones."""

    supports_masking = False
    rank: ClassVar[int]
    size: Shape

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp = namespace(x)
        for axis, times in enumerate(self.size, start=1):
            x = xp.repeat(x, times, axis=axis)
        return x, None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        n, *sizes, channels = dy.shape
        blocks = tuple(m for total, k in zip(sizes, self.size, strict=True) for m in (total // k, k))
        inside = tuple(range(2, 2 + 2 * self.rank, 2))
        return dy.reshape(n, *blocks, channels).sum(axis=inside)  # dx = Σ dy over the block

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, channels = check_rank(self.label, input_shape, self.rank)
        return (*(n * k for n, k in zip(sizes, self.size, strict=True)), channels)


class UpSampling1D(UpSampling):
    """Repeats each step `size` times.   (batch, steps, channels) -> (batch, steps · size, channels)

    >>> import numpy as np; UpSampling1D(2)(np.array([[[1.], [2.]]])).ravel()
    array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 1

    def __init__(self, size: int = 2, **settings: Any) -> None:
        super().__init__(**settings)
        self.size = whole_numbers("UpSampling1D", "size", size, 1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size[0]}


class UpSampling2D(UpSampling):
    """Makes each pixel a block of `size`.   (batch, height, width, channels) -> (batch, taller, wider, channels)

    interpolation: "nearest" repeats numbers, "bilinear" draws straight lines between them.

    >>> import numpy as np; UpSampling2D((1, 2))(np.array([[[[1.], [2.]]]])).ravel()
    array([1., 1., 2., 2.], dtype=float32)
    """

    rank = 2

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        refuse_channels_first("UpSampling2D", data_format)
        self.size = whole_numbers("UpSampling2D", "size", size, 2)
        self.interpolation = choice("interpolation", interpolation, ("nearest", "bilinear"))

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if self.interpolation == "nearest":
            return super().forward(params, x, context)
        lines = [line_weights(n, k, x) for n, k in zip(x.shape[1:-1], self.size, strict=True)]
        return weighted(x, lines), lines  # y = R x Cᵀ, row by row and column by column

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        if cache is None:
            return super().backward(params, cache, dy)
        return weighted(dy, [line.T for line in cache])  # dx = Rᵀ dy C

    def multiplications(self, input_shape: Shape) -> int:
        """Products per example: none where numbers are repeated."""
        if self.interpolation == "nearest":
            return 0
        height, width, channels = input_shape
        k = self.size
        return channels * (k[0] * height * height * width + k[0] * height * k[1] * width * width)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "size": list(self.size), "data_format": "channels_last", "interpolation": self.interpolation,
        }  # fmt: skip


def line_weights(n: int, times: int, like: Array) -> Array:
    """How much each of n pixels counts for each of n · times between them, (n · times, n); the ends are kept.

    >>> line_weights(2, 2, np.zeros(1))
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """
    at = np.clip((np.arange(n * times) + 0.5) / times - 0.5, 0, n - 1)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(n)))
    return namespace(like).asarray(weights, dtype=like.dtype)


def weighted(x: Array, lines: list[Array]) -> Array:
    """A weighted sum along each spatial axis; lines: for each axis a matrix (new, old)."""
    xp = namespace(x)
    for axis, line in enumerate(lines, start=1):
        x = xp.moveaxis(xp.moveaxis(x, axis, -1) @ line.T, -1, axis)
    return x
