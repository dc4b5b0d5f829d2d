"""Convolution: the same small kernel looks at every patch of the input.

One matrix product for all patches together, forward; one for the kernel's derivative and one for the patches' on the
way back, whose transpose adds each patch's share to the input that it came from.
"""

import math
from typing import Any, ClassVar

from chainrule import activations
from chainrule.arrays import Array, Params
from chainrule.errors import SettingError
from chainrule.layers.activation import stored
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.dense import rows
from chainrule.layers.naming import Shape
from chainrule.layers.patches import patches, patches_transposed
from chainrule.layers.weighted import WeightedLayer
from chainrule.layers.window import check_fits, check_rank, refuse_channels_first, whole_numbers, window_of


class Convolution(WeightedLayer):
    """What the convolutions of all ranks share; channels are the last axis."""

    supports_masking = False
    weight_names: ClassVar[tuple[str, ...]] = ("kernel", "bias")
    rank: ClassVar[int]  # how many spatial axes
    causal: ClassVar[bool] = False  # whether padding="causal" is known

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        kind = type(self).__name__
        refuse_channels_first(kind, data_format)
        if groups != 1:
            raise SettingError(
                f"{kind}: groups={groups!r} is not supported. Use groups=1, or DepthwiseConv2D, where every channel "
                "has kernels of its own."
            )
        (self.filters,) = whole_numbers(kind, "filters", filters, 1)
        self.window = window_of(kind, self.rank, kernel_size, strides, dilation_rate, padding, self.causal)
        self.use_bias = bool(use_bias)
        self.set_up_weights(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.set_up_output(activation, activity_regularizer)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        seen = patches(x, self.window)  # (batch, *places, cells, channels)
        places = seen.shape[:-2]
        seen = rows(seen.reshape(*places, -1))  # P: one row per patch
        kernel = params["kernel"].reshape(-1, self.filters)  # W: one column per filter
        z = seen @ kernel  # z = P W
        if self.use_bias:
            z = z + params["bias"]  # z = P W + b
        return z.reshape(*places, self.filters), (seen, x.shape)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        _, (n, *sizes, channels) = cache
        kernel = params["kernel"].reshape(-1, self.filters)
        dseen = rows(dy) @ kernel.T  # dP = dz Wᵀ
        dseen = dseen.reshape(n, *dy.shape[1:-1], math.prod(self.window.size), channels)
        return patches_transposed(dseen, self.window, tuple(sizes))  # dx: Σ over the patches that saw it

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        seen, dz = cache[0], rows(dy)
        grads = {"kernel": (seen.T @ dz).reshape(params["kernel"].shape)}  # dW = Pᵀ dz
        if self.use_bias:
            grads["bias"] = dz.sum(axis=0)  # db = Σ dz
        return grads

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, _ = check_rank(self.label, input_shape, self.rank)
        check_fits(self.label, self.window, sizes)
        return (*self.window.places(sizes), activations.width_after(self.activation, self.filters))

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        _, channels = check_rank(self.label, input_shape, self.rank)
        shapes: dict[str, Shape] = {"kernel": (*self.window.size, channels, self.filters)}
        return shapes | ({"bias": (self.filters,)} if self.use_bias else {})

    def multiplications(self, input_shape: Shape) -> int:
        """Products per example: every number of the output takes one per cell and channel of its patch."""
        cells = math.prod(self.window.size) * input_shape[-1]
        places = self.window.places(tuple(input_shape[:-1]))
        return math.prod(places) * self.filters * cells

    def get_config(self) -> dict[str, Any]:
        return (
            super().get_config()
            | {
                "filters": self.filters,
                "kernel_size": list(self.window.size),
                "strides": list(self.window.strides),
                "padding": self.window.padding,
                "data_format": "channels_last",
                "dilation_rate": list(self.window.dilation),
                "groups": 1,
                "activation": stored(self.activation),
                "use_bias": self.use_bias,
            }
            | self.weight_config()
        )


class Conv1D(Convolution):
    """A kernel slides over a sequence.   x (batch, steps, channels) -> (batch, new steps, filters)

    filters: how many kernels.  kernel_size: how many steps one sees.  padding: "valid", "same" or "causal", where a
    step sees only itself and what came before it. The other settings, defaults and weights are Keras's.

    >>> import numpy as np
    >>> params = {"kernel": np.array([1., -1.]).reshape(2, 1, 1), "bias": np.zeros(1)}
    >>> Conv1D(1, 2).forward(params, np.array([[[5.], [3.], [4.]]]))[0].ravel()      # each step minus the next
    array([ 2., -1.])
    """

    rank, causal = 1, True


class Conv2D(Convolution):
    """A kernel slides over a picture.   x (batch, height, width, channels) -> (batch, new height, new width, filters)

    filters: how many kernels.  kernel_size: (height, width) of one, or one number for both.  padding: "valid", or
    "same" for an output as large as the input (divided by strides). Settings, defaults and weights (kernel (height,
    width, channels, filters), bias (filters,)) are Keras's; groups and data_format="channels_first" are refused.

    >>> import numpy as np
    >>> params = {"kernel": np.array([1., -1.]).reshape(1, 2, 1, 1), "bias": np.zeros(1)}
    >>> x = np.array([[0., 0., 7.], [0., 7., 7.]]).reshape(1, 2, 3, 1)
    >>> Conv2D(1, (1, 2)).forward(params, x)[0][0, :, :, 0]                          # where it grows brighter
    array([[ 0., -7.],
           [-7.,  0.]])
    """

    rank = 2
