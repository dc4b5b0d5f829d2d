"""Depthwise convolution: every channel has kernels of its own; with a 1 x 1 convolution behind it, a separable one."""

import math
from typing import Any, ClassVar

from chainrule import activations
from chainrule.arrays import Array, Params, namespace
from chainrule.layers.activation import stored
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.dense import rows
from chainrule.layers.naming import Shape
from chainrule.layers.patches import patches, patches_transposed
from chainrule.layers.weighted import WeightedLayer
from chainrule.layers.window import (
    Window,
    check_fits,
    check_rank,
    refuse_channels_first,
    whole_numbers,
    window_of,
)  # fmt: skip


class Depthwise(WeightedLayer):
    """What the depthwise convolutions of both ranks share."""

    supports_masking = False
    weight_names: ClassVar[tuple[str, ...]] = ("kernel", "bias")
    settings_of: ClassVar[dict[str, str]] = {"kernel": "depthwise", "bias": "bias"}
    rank: ClassVar[int]

    def __init__(
        self, kernel_size: Any, strides: Any = 1, padding: str = "valid", depth_multiplier: int = 1,
        data_format: str | None = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", depthwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        bias_constraint: Any = None, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(**settings)
        kind = type(self).__name__
        refuse_channels_first(kind, data_format)
        self.window = window_of(kind, self.rank, kernel_size, strides, dilation_rate, padding)
        (self.depth_multiplier,) = whole_numbers(kind, "depth_multiplier", depth_multiplier, 1)
        self.use_bias = bool(use_bias)
        self.set_up_weights(
            depthwise=(depthwise_initializer, depthwise_regularizer, depthwise_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.set_up_output(activation, activity_regularizer)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        z, cache = by_channel(x, params["kernel"], self.window)
        return (z + params["bias"] if self.use_bias else z), cache

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return d_by_channel(dy, cache, params["kernel"], self.window)

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        grads = {"kernel": kernel_by_channel(dy, cache, params["kernel"])}
        if self.use_bias:
            grads["bias"] = rows(dy).sum(axis=0)  # db = Σ dz
        return grads

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, channels = check_rank(self.label, input_shape, self.rank)
        check_fits(self.label, self.window, sizes)
        width = activations.width_after(self.activation, channels * self.depth_multiplier)
        return (*self.window.places(sizes), width)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        _, channels = check_rank(self.label, input_shape, self.rank)
        shapes: dict[str, Shape] = {"kernel": (*self.window.size, channels, self.depth_multiplier)}
        return shapes | ({"bias": (channels * self.depth_multiplier,)} if self.use_bias else {})

    def multiplications(self, input_shape: Shape) -> int:
        """Products per example: every number of the output takes one per cell."""
        cells = math.prod(self.window.size)
        return (
            math.prod(self.window.places(tuple(input_shape[:-1])))
            * input_shape[-1]
            * self.depth_multiplier
            * cells
        )

    def get_config(self) -> dict[str, Any]:
        own = {
            "depth_multiplier": self.depth_multiplier,
            "activation": stored(self.activation),
            "use_bias": self.use_bias,
        }
        return super().get_config() | window_config(self.window) | own | self.weight_config()


class Separable(WeightedLayer):
    """What the separable convolutions of both ranks share: a depthwise one, then 1 x 1 kernels over its channels."""

    supports_masking = False
    weight_names: ClassVar[tuple[str, ...]] = ("depthwise_kernel", "pointwise_kernel", "bias")
    settings_of: ClassVar[dict[str, str]] = {
        "depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise", "bias": "bias",
    }  # fmt: skip
    rank: ClassVar[int]

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, depth_multiplier: int = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform", pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", depthwise_regularizer: Any = None, pointwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        pointwise_constraint: Any = None, bias_constraint: Any = None, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(**settings)
        kind = type(self).__name__
        refuse_channels_first(kind, data_format)
        (self.filters,) = whole_numbers(kind, "filters", filters, 1)
        self.window = window_of(kind, self.rank, kernel_size, strides, dilation_rate, padding)
        (self.depth_multiplier,) = whole_numbers(kind, "depth_multiplier", depth_multiplier, 1)
        self.use_bias = bool(use_bias)
        self.set_up_weights(
            depthwise=(depthwise_initializer, depthwise_regularizer, depthwise_constraint),
            pointwise=(pointwise_initializer, pointwise_regularizer, pointwise_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.set_up_output(activation, activity_regularizer)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        deep, cache = by_channel(x, params["depthwise_kernel"], self.window)
        z = deep @ self.pointwise(params)  # z = D W, D the depthwise convolution
        return (z + params["bias"] if self.use_bias else z), (deep, cache)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        ddeep = dy @ self.pointwise(params).T  # dD = dz Wᵀ
        return d_by_channel(ddeep, cache[1], params["depthwise_kernel"], self.window)

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        deep, below = cache
        pointwise, depthwise = params["pointwise_kernel"], params["depthwise_kernel"]
        grads = {
            "depthwise_kernel": kernel_by_channel(dy @ self.pointwise(params).T, below, depthwise),
            "pointwise_kernel": (rows(deep).T @ rows(dy)).reshape(pointwise.shape),  # dW = Dᵀ dz
        }
        return grads | ({"bias": rows(dy).sum(axis=0)} if self.use_bias else {})

    def pointwise(self, params: Params) -> Array:
        """The 1 x 1 kernels as a matrix: (channels, filters)."""
        return params["pointwise_kernel"].reshape(-1, self.filters)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, _ = check_rank(self.label, input_shape, self.rank)
        check_fits(self.label, self.window, sizes)
        return (*self.window.places(sizes), activations.width_after(self.activation, self.filters))

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        _, channels = check_rank(self.label, input_shape, self.rank)
        deep = channels * self.depth_multiplier
        shapes: dict[str, Shape] = {
            "depthwise_kernel": (*self.window.size, channels, self.depth_multiplier),
            "pointwise_kernel": (*[1] * self.rank, deep, self.filters),
        }
        return shapes | ({"bias": (self.filters,)} if self.use_bias else {})

    def multiplications(self, input_shape: Shape) -> int:
        """Products per example: of the depthwise convolution, and of the 1 x 1 kernels."""
        deep = input_shape[-1] * self.depth_multiplier
        places = math.prod(self.window.places(tuple(input_shape[:-1])))
        return places * deep * (math.prod(self.window.size) + self.filters)

    def get_config(self) -> dict[str, Any]:
        own = {
            "filters": self.filters, "depth_multiplier": self.depth_multiplier,
            "activation": stored(self.activation), "use_bias": self.use_bias,
        }  # fmt: skip
        return super().get_config() | window_config(self.window) | own | self.weight_config()


class DepthwiseConv1D(Depthwise):
    """Every channel is convolved with `depth_multiplier` kernels of its own.   (batch, steps, c) -> (batch, less, c · m)

    >>> import numpy as np
    >>> DepthwiseConv1D(2, depthwise_initializer="ones")(np.array([[[1., 5.], [2., 6.]]])).ravel()
    array([ 3., 11.], dtype=float32)
    """

    rank = 1


class DepthwiseConv2D(Depthwise):
    """Every channel is convolved with `depth_multiplier` kernels of its own.   channels c -> c · depth_multiplier

    Settings, defaults and weights (kernel (height, width, channels, multiplier), bias) are Keras's.

    >>> import numpy as np
    >>> DepthwiseConv2D(2, depthwise_initializer="ones")(np.ones((1, 2, 2, 3))).ravel()
    array([4., 4., 4.], dtype=float32)
    """

    rank = 2


class SeparableConv1D(Separable):
    """A depthwise convolution, then 1 x 1 kernels.   (batch, steps, channels) -> (batch, fewer steps, filters)

    >>> import numpy as np
    >>> layer = SeparableConv1D(1, 2, depthwise_initializer="ones", pointwise_initializer="ones")
    >>> layer(np.array([[[1., 5.], [2., 6.]]])).ravel()
    array([14.], dtype=float32)
    """

    rank = 1


class SeparableConv2D(Separable):
    """A depthwise convolution, then 1 x 1 kernels: a Conv2D with far fewer weights (Chollet 2017).

    >>> import numpy as np
    >>> layer = SeparableConv2D(1, 2, depthwise_initializer="ones", pointwise_initializer="ones")
    >>> layer(np.ones((1, 2, 2, 3))).ravel()
    array([12.], dtype=float32)
    """

    rank = 2


def by_channel(x: Array, kernel: Array, window: Window) -> tuple[Array, Any]:
    """The depthwise convolution: each channel's patches times the kernels of that channel; and what was seen."""
    xp = namespace(x)
    seen = patches(x, window)
    n, *places = seen.shape[:-2]
    cells, channels = seen.shape[-2:]
    seen = xp.moveaxis(seen.reshape(-1, cells, channels), -1, 0)  # P_c: (channels, patches, cells)
    z = seen @ kernel_of_channels(kernel)  # z_c = P_c W_c
    return xp.moveaxis(z, 0, 1).reshape(n, *places, -1), (seen, tuple(x.shape))


def d_by_channel(dz: Array, cache: Any, kernel: Array, window: Window) -> Array:
    """The derivative by x: dP_c = dz_c W_cᵀ, added up where the patches came from."""
    xp = namespace(dz)
    _, (n, *sizes, channels) = cache
    dseen = channels_first(dz, channels) @ kernel_of_channels(kernel).swapaxes(-1, -2)
    dseen = xp.moveaxis(dseen, 0, -1).reshape(n, *dz.shape[1:-1], math.prod(window.size), channels)
    return patches_transposed(dseen, window, tuple(sizes))


def kernel_by_channel(dz: Array, cache: Any, kernel: Array) -> Array:
    """The derivative by the kernel: dW_c = P_cᵀ dz_c."""
    seen, (*_, channels) = cache
    grads = seen.swapaxes(-1, -2) @ channels_first(dz, channels)  # (channels, cells, multiplier)
    return namespace(dz).moveaxis(grads, 0, 1).reshape(kernel.shape)


def kernel_of_channels(kernel: Array) -> Array:
    """(height, width, channels, multiplier) -> (channels, cells, multiplier)."""
    *_, channels, multiplier = kernel.shape
    return namespace(kernel).moveaxis(kernel.reshape(-1, channels, multiplier), 1, 0)


def channels_first(dz: Array, channels: int) -> Array:
    """(batch, *places, channels · multiplier) -> (channels, patches, multiplier)."""
    return namespace(dz).moveaxis(dz.reshape(math.prod(dz.shape[:-1]), channels, -1), 1, 0)


def window_config(window: Window) -> dict[str, Any]:
    """A window's settings, as Keras stores them."""
    return {
        "kernel_size": list(window.size), "strides": list(window.strides), "padding": window.padding,
        "data_format": "channels_last", "dilation_rate": list(window.dilation),
    }  # fmt: skip
