"""Pooling: one number for each window of the input, the largest or the mean, channel by channel."""

import math
from typing import Any, ClassVar

from chainrule.arrays import Array, Params, namespace
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.patches import cells_of, pad_axis, patches_transposed
from chainrule.layers.window import check_fits, check_rank, refuse_channels_first, window_of


class Pooling(Layer):
    """What the poolings share: a window, which moves by its own size unless strides say otherwise."""

    supports_masking = False
    rank: ClassVar[int]

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid", data_format: str | None = None,
        name: str | None = None, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(name=name, **settings)
        kind = type(self).__name__
        refuse_channels_first(kind, data_format)
        strides = pool_size if strides is None else strides
        self.window = window_of(kind, self.rank, pool_size, strides, 1, padding, size_setting="pool_size")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, channels = check_rank(self.label, input_shape, self.rank)
        check_fits(self.label, self.window, sizes)
        return (*self.window.places(sizes), channels)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "pool_size": list(self.window.size),
            "strides": list(self.window.strides),
            "padding": self.window.padding,
            "data_format": "channels_last",
        }


class MaxPooling(Pooling):
    """The largest number of each window."""

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp = namespace(x)
        largest, *others = cells_of(x, self.window, fill=-math.inf)
        where = xp.zeros_like(
            largest, dtype=xp.int32
        )  # the cell in which the largest stands: the first of equals
        for cell, other in enumerate(others, start=1):
            where = xp.where(other > largest, cell, where)
            largest = xp.maximum(largest, other)  # y = max over the cells
        return largest, (where, tuple(x.shape[1:-1]))

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        where, sizes = cache  # dx = dy where x was the largest, 0 elsewhere
        if self.window.tiles and self.window.padding == "valid":
            return to_tiles(where, dy, self.window.size, sizes)
        xp = namespace(dy)
        cells = xp.arange(math.prod(self.window.size))[:, None]
        return patches_transposed(
            xp.where(where[..., None, :] == cells, dy[..., None, :], 0), self.window, sizes
        )


class AveragePooling(Pooling):
    """The mean of each window; cells of the margin are not counted."""

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        counts = self.counts(x)
        return sum(cells_of(x, self.window)) / counts, (counts, tuple(x.shape[1:-1]))  # y = Σ x / n

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        counts, sizes = cache
        share = (dy / counts)[..., None, :]  # each cell of the window gets dy / n
        share = namespace(dy).broadcast_to(share, (*dy.shape[:-1], math.prod(self.window.size), dy.shape[-1]))
        return patches_transposed(share, self.window, sizes)

    def counts(self, x: Array) -> Array:
        """How many real cells each window has, (1, *places, 1)."""
        ones = namespace(x).ones((1, *x.shape[1:-1], 1), dtype=x.dtype)
        return sum(cells_of(ones, self.window))


def to_tiles(where: Array, dy: Array, size: Shape, sizes: Shape) -> Array:
    """dy at the cell `where` says of each window, 0 in the others, for windows that lie side by side."""
    xp, rank = namespace(dy), len(size)
    n, *places, channels = dy.shape
    apart = tuple(
        axis for place in places for axis in (place, 1)
    )  # each place beside its cells: (h, 1, w, 1)
    cells = xp.arange(math.prod(size)).reshape(*(axis for k in size for axis in (1, k)), 1)
    dx = xp.where(where.reshape(n, *apart, channels) == cells, dy.reshape(n, *apart, channels), 0)
    dx = dx.reshape(n, *(p * k for p, k in zip(places, size, strict=True)), channels)
    for axis in range(rank):  # what no window reached, at the end
        dx = pad_axis(dx, 1 + axis, 0, sizes[axis])
    return dx


class MaxPooling1D(MaxPooling):
    """The largest of each `pool_size` steps.   (batch, steps, channels) -> (batch, fewer steps, channels)

    >>> import numpy as np; MaxPooling1D(2)(np.array([[[1.], [5.], [2.], [0.]]])).ravel()
    array([5., 2.], dtype=float32)
    """

    rank = 1


class MaxPooling2D(MaxPooling):
    """The largest number of each window.   (batch, height, width, channels) -> (batch, less, less, channels)

    pool_size: of the window.  strides: how far it moves, by default its own size. Of equal numbers the first counts.

    >>> import numpy as np; MaxPooling2D()(np.arange(16.).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """

    rank = 2


class AveragePooling1D(AveragePooling):
    """The mean of each `pool_size` steps.   (batch, steps, channels) -> (batch, fewer steps, channels)

    >>> import numpy as np; AveragePooling1D(2)(np.array([[[1.], [5.], [2.], [0.]]])).ravel()
    array([3., 1.], dtype=float32)
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window.   (batch, height, width, channels) -> (batch, less, less, channels)

    pool_size: of the window.  strides: how far it moves, by default its own size.

    >>> import numpy as np; AveragePooling2D(2)(np.arange(16.).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """

    rank = 2
