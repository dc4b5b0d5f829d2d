"""Transposed convolution: what a convolution does on the way back, forward. Every number paints a kernel."""

import math
from typing import Any, ClassVar

from chainrule import activations
from chainrule.arrays import Array, Params
from chainrule.errors import SettingError
from chainrule.layers.activation import stored
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.dense import rows
from chainrule.layers.depthwise import window_config
from chainrule.layers.naming import Shape
from chainrule.layers.patches import pad_axis, patches, patches_transposed
from chainrule.layers.weighted import WeightedLayer
from chainrule.layers.window import Window, check_rank, refuse_channels_first, whole_numbers, window_of


class TransposedConvolution(WeightedLayer):
    """What the transposed convolutions of both ranks share."""

    supports_masking = False
    weight_names: ClassVar[tuple[str, ...]] = ("kernel", "bias")
    rank: ClassVar[int]

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", output_padding: Any = None,
        data_format: str | None = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(**settings)
        kind = type(self).__name__
        refuse_channels_first(kind, data_format)
        (self.filters,) = whole_numbers(kind, "filters", filters, 1)
        self.window = window_of(kind, self.rank, kernel_size, strides, dilation_rate, padding)
        self.output_padding: Shape | None = None
        if output_padding is not None:
            self.output_padding = whole_numbers(kind, "output_padding", output_padding, self.rank, 0)
            for more, stride in zip(self.output_padding, self.window.strides, strict=True):
                if more >= stride:
                    raise SettingError(
                        f"{kind}: output_padding must be smaller than strides; it got {output_padding!r} and {strides!r}."
                    )
        self.use_bias = bool(use_bias)
        self.set_up_weights(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.set_up_output(activation, activity_regularizer)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        n, *places, channels = x.shape
        painted = rows(x) @ params["kernel"].reshape(-1, channels).T  # a patch for each number: P = x Wᵀ
        painted = painted.reshape(n, *places, math.prod(self.window.size), self.filters)
        sizes = self.sizes_after(tuple(places))
        if self.output_padding is None:
            z = patches_transposed(painted, self.window, sizes)  # z: Σ of the patches
        else:  # the same on the whole canvas, of which a part is the output
            z = patches_transposed(painted, self.whole, self.canvas(tuple(places)))
            for axis, (before, after) in enumerate(self.cut(tuple(places)), start=1):
                z = with_margins(z, axis, -before, -after)
        return (z + params["bias"] if self.use_bias else z), x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        dpainted = self.at_patches(dy, cache)  # dP: what dz is at each patch
        return dpainted.reshape(*dpainted.shape[:-2], -1) @ params["kernel"].reshape(
            -1, cache.shape[-1]
        )  # dx = dP W

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        dpainted = self.at_patches(dy, cache)
        dpainted = rows(dpainted.reshape(*dpainted.shape[:-2], -1))
        grads = {"kernel": (dpainted.T @ rows(cache)).reshape(params["kernel"].shape)}  # dW = dPᵀ x
        return grads | ({"bias": rows(dy).sum(axis=0)} if self.use_bias else {})  # db = Σ dz

    def at_patches(self, dy: Array, x: Array) -> Array:
        """The derivative by the output, as each patch sees it."""
        if self.output_padding is None:
            return patches(dy, self.window)
        for axis, (before, after) in enumerate(self.cut(tuple(x.shape[1:-1])), start=1):
            dy = with_margins(dy, axis, before, after)
        return patches(dy, self.whole)

    @property
    def whole(self) -> Window:
        """The window on all of the canvas, where no margin is cut away."""
        return self.window._replace(padding="valid")

    def canvas(self, sizes: Shape) -> Shape:
        """How far all patches reach together."""
        spans = zip(sizes, self.window.strides, self.window.extent, strict=True)
        return tuple((n - 1) * s + extent for n, s, extent in spans)

    def cut(self, sizes: Shape) -> list[tuple[int, int]]:
        """How much of the canvas is no part of the output, before and after each axis; below 0 where zeros are added."""
        found = []
        for whole, n, extent, more in zip(
            self.canvas(sizes),
            self.sizes_after(sizes),
            self.window.extent,
            self.output_padding or (),
            strict=True,
        ):
            padding = extent + extent % 2 - 2 + more  # of both sides together, as Keras counts it
            before = extent - 1 - min(padding // 2 + padding % 2, extent - 1)
            before = 0 if self.window.padding == "valid" else before
            found.append((before, whole - before - n))
        return found

    def sizes_after(self, sizes: Shape) -> Shape:
        """How large the output is."""
        if self.output_padding is not None:
            spans_ = zip(sizes, self.window.strides, self.window.extent, self.output_padding, strict=True)
            valid = self.window.padding == "valid"
            return tuple(
                (n - 1) * s + (extent if valid else extent % 2) + more for n, s, extent, more in spans_
            )
        if self.window.padding == "same":
            return tuple(n * s for n, s in zip(sizes, self.window.strides, strict=True))
        spans = zip(sizes, self.window.strides, self.window.extent, strict=True)
        return tuple(n * s + max(extent - s, 0) for n, s, extent in spans)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, _ = check_rank(self.label, input_shape, self.rank)
        return (*self.sizes_after(sizes), activations.width_after(self.activation, self.filters))

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        _, channels = check_rank(self.label, input_shape, self.rank)
        shapes: dict[str, Shape] = {"kernel": (*self.window.size, self.filters, channels)}
        return shapes | ({"bias": (self.filters,)} if self.use_bias else {})

    def multiplications(self, input_shape: Shape) -> int:
        """Products per example: every number of the input takes one per cell and filter."""
        return math.prod(input_shape) * math.prod(self.window.size) * self.filters

    def get_config(self) -> dict[str, Any]:
        own = {
            "filters": self.filters, "output_padding": self.output_padding, "activation": stored(self.activation), "use_bias": self.use_bias,
        }  # fmt: skip
        return super().get_config() | window_config(self.window) | own | self.weight_config()


def with_margins(x: Array, axis: int, before: int, after: int) -> Array:
    """x with zeros before and after one axis; margins below 0 are cut away.

    >>> import numpy as np
    >>> with_margins(np.arange(4), 0, -1, 2)
    array([1, 2, 3, 0, 0])
    """
    inside = slice(max(-before, 0), x.shape[axis] - max(-after, 0))
    x = x[(slice(None),) * axis + (inside,)]
    return pad_axis(x, axis, max(before, 0), x.shape[axis] + max(before, 0) + max(after, 0))


class Conv1DTranspose(TransposedConvolution):
    """A convolution's way back, forward.   (batch, steps, channels) -> (batch, steps · strides, filters)

    >>> import numpy as np
    >>> Conv1DTranspose(1, 2, 2, kernel_initializer="ones")(np.array([[[1.], [5.]]])).ravel()
    array([1., 1., 5., 5.], dtype=float32)
    """

    rank = 1


class Conv2DTranspose(TransposedConvolution):
    """A convolution's way back, forward: pictures grow.   (batch, h, w, channels) -> (batch, h · s, w · s, filters)

    filters, kernel_size, strides, padding: as of the Conv2D whose way back it is. Weights: kernel (height, width,
    filters, channels), bias (filters,), as in Keras. output_padding: how many cells the output has more than it needs.

    >>> import numpy as np
    >>> Conv2DTranspose(1, 2, 2, kernel_initializer="ones")(np.ones((1, 1, 1, 1)))[0, :, :, 0]
    array([[1., 1.],
           [1., 1.]], dtype=float32)
    """

    rank = 2
