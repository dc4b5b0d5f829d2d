"""Dense: every output looks at every input."""

import math
from typing import Any, ClassVar

import numpy as np

from chainrule import activations
from chainrule.arrays import Array, Params
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.activation import stored
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.naming import Shape
from chainrule.layers.weighted import WeightedLayer


class Dense(WeightedLayer):
    """Every output looks at every input: z = x W + b, then the activation.   x (batch, n) -> (batch, units)

    units: outputs.  activation: a name or function of `chainrule.activations`, None for the plain weighted sum.
    Settings, defaults and weights (kernel (n, units), bias (units,)) are those of Keras's Dense.

    >>> Dense(2).forward({"kernel": np.eye(3, 2), "bias": np.ones(2)}, np.array([[4., 5., 6.]]))[0]
    array([[5., 6.]])
    """

    weight_names: ClassVar[tuple[str, ...]] = ("kernel", "bias")

    def __init__(
        self,
        units: int,
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
        if not isinstance(units, (int, np.integer)) or isinstance(units, bool) or units < 1:
            raise SettingError(f"Dense needs a whole number of units, 1 or more; it got {units!r}.")
        self.units, self.use_bias = int(units), bool(use_bias)
        self.set_up_weights(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.set_up_output(activation, activity_regularizer)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        z = x @ params["kernel"]  # z = x W
        if self.use_bias:
            z = z + params["bias"]  # z = x W + b
        return z, x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy @ params["kernel"].T  # dx = dz Wᵀ

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        x, dz = rows(cache), rows(dy)
        grads = {
            "kernel": x.T @ dz
        }  # dW = xᵀ dz: for each weight, the sum over the examples of input · delta
        if self.use_bias:
            grads["bias"] = dz.sum(axis=0)  # db = Σ dz
        return grads

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], activations.width_after(self.activation, self.units))

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        if not input_shape:
            raise ShapeError(f"{self.label} needs at least one number per example; it got single numbers.")
        shapes: dict[str, Shape] = {"kernel": (input_shape[-1], self.units)}
        if self.use_bias:
            shapes["bias"] = (self.units,)
        return shapes

    @property
    def kernel(self) -> np.ndarray | None:
        """A copy of the weights, (inputs, units); None before they are drawn. set_weights changes them."""
        return np.array(self.params["kernel"]) if "kernel" in self.params else None

    @property
    def bias(self) -> np.ndarray | None:
        """A copy of the biases, (units,); None where there are none."""
        return np.array(self.params["bias"]) if "bias" in self.params else None

    def get_config(self) -> dict[str, Any]:
        return (
            super().get_config()
            | {"units": self.units, "activation": stored(self.activation), "use_bias": self.use_bias}
            | self.weight_config()
        )


def rows(array: Array) -> Array:
    """(batch, ..., n) -> (all but the last together, n): the layer works on each last axis alone."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])
