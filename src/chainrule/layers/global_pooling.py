"""Global pooling: one number for each channel, whatever the size of the picture or the sequence."""

import math
from typing import Any, ClassVar

from chainrule.arrays import Array, Params, namespace
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.window import check_rank, refuse_channels_first


class GlobalPooling(Layer):
    """What the global poolings share. keepdims: leaves the spatial axes, with length 1."""

    rank: ClassVar[int]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        refuse_channels_first(type(self).__name__, data_format)
        self.keepdims = bool(keepdims)

    @property
    def axes(self) -> Shape:
        """The spatial axes of a batch."""
        return tuple(range(1, 1 + self.rank))

    def output_shape_for(self, input_shape: Shape) -> Shape:
        _, channels = check_rank(self.label, input_shape, self.rank)
        return (*[1] * self.rank * self.keepdims, channels)

    def next_mask(self, x: Array, mask: Any) -> Any:
        return None  # there are no steps any more

    def spread(self, d: Array) -> Array:
        """An array of one number per channel with the spatial axes, of length 1."""
        return d if self.keepdims else d.reshape(d.shape[0], *[1] * self.rank, d.shape[-1])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": "channels_last", "keepdims": self.keepdims}


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x.mean(axis=self.axes, keepdims=self.keepdims), x.shape  # y = Σ x / n

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        n = math.prod(cache[1:-1])
        return namespace(dy).broadcast_to(self.spread(dy) / n, cache)  # dx = dy / n


class GlobalMaxPooling(GlobalPooling):
    """The largest number of each channel; several equal ones share its derivative, as in Keras."""

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        y = x.max(axis=self.axes, keepdims=self.keepdims)
        return y, (x, y)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        x, y = cache
        hit = (x == self.spread(y)).astype(dy.dtype)
        return hit * (
            self.spread(dy) / hit.sum(axis=self.axes, keepdims=True)
        )  # dx = dy / how many are largest


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over all steps, with a mask over those that count.   (batch, steps, channels) -> (batch, channels)

    >>> import numpy as np; GlobalAveragePooling1D()(np.array([[[1., 0.], [3., 8.]]]))
    array([[2., 4.]], dtype=float32)
    """

    rank = 1

    def __call__(self, x: Any, mask: Any = None, **settings: Any) -> Any:  # type: ignore[override]
        return super().__call__(x, mask=mask, **settings)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.mask is None:
            return super().forward(params, x, context)
        counts = context.mask.astype(x.dtype)[..., None]
        share = counts / counts.sum(axis=1, keepdims=True)
        return (x * share).sum(axis=1, keepdims=self.keepdims), share  # y = Σ m x / Σ m

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        if isinstance(cache, tuple):
            return super().backward(params, cache, dy)
        return self.spread(dy) * cache  # dx = dy m / Σ m


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean over the whole picture.   (batch, height, width, channels) -> (batch, channels)

    >>> import numpy as np; GlobalAveragePooling2D()(np.arange(4.).reshape(1, 2, 2, 1))
    array([[1.5]], dtype=float32)
    """

    rank = 2


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest number over all steps.   (batch, steps, channels) -> (batch, channels)

    >>> import numpy as np; GlobalMaxPooling1D()(np.array([[[1., 0.], [3., 8.]]]))
    array([[3., 8.]], dtype=float32)
    """

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest number of the whole picture.   (batch, height, width, channels) -> (batch, channels)

    >>> import numpy as np; GlobalMaxPooling2D()(np.arange(4.).reshape(1, 2, 2, 1))
    array([[3.]], dtype=float32)
    """

    rank = 2
