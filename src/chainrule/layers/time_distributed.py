"""TimeDistributed: the same layer at every time of a sequence."""

import math
from typing import Any

from chainrule.arrays import Array, Params
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.wrapper import Wrapper, stored


class TimeDistributed(Wrapper):
    """Puts each time of a sequence through the same layer.   x (batch, times, ...) -> (batch, times, ...)

    layer: a layer for what stands at one time. A mask passes through; what stands at masked times is computed too.

    >>> import numpy as np
    >>> from chainrule.layers.shaping import Flatten
    >>> TimeDistributed(Flatten()).forward({}, np.ones((2, 5, 3, 4)))[0].shape
    (2, 5, 12)
    """

    def __init__(self, layer: Layer, **settings: Any) -> None:
        super().__init__(layer, **settings)
        if self.parts[0].adds_loss:
            raise SettingError(
                f"TimeDistributed takes no layer with a penalty on its output ({layer.label}): put an ActivityRegularization behind "
                "the TimeDistributed."
            )
        self.layer = layer

    def inner_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) < 2:
            raise ShapeError(
                f"{self.label} takes sequences, (times, ...); one example has the shape {input_shape}."
            )
        return input_shape[1:]

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        y, cache = self.parts[0].forward(params, together(x), context._replace(mask=None))
        return apart(y, x), cache

    def backward_and_gradients(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        dx, grads = self.parts[0].backward_and_gradients(params, cache, together(dy))
        return apart(dx, dy), grads

    def update_statistics(self, params: Params, cache: Any) -> Params:
        return self.layer.update_statistics(params, cache[0])

    def output_shape_for(self, input_shape: Shape) -> Shape:
        y = self.layer.output_shape_for(self.inner_shape(input_shape))
        if y and isinstance(y[0], tuple):
            raise ShapeError(
                f"{self.label} takes a layer with one output; {self.layer.label} gives {len(y)}. Leave return_state out."
            )
        return (input_shape[0], *y)

    def multiplications(self, input_shape: Shape) -> int:
        return input_shape[0] * super().multiplications(input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layer": stored(self.layer)}


def together(x: Array) -> Array:
    """(batch, times, ...) -> (batch · times, ...): every time is an example of its own."""
    return x.reshape(math.prod(x.shape[:2]), *x.shape[2:])


def apart(y: Array, like: Array) -> Array:
    """Back to (batch, times, ...)."""
    return y.reshape(*like.shape[:2], *y.shape[1:])
