"""Numbers that stand in a network whatever its input is, such as the positions of a sequence."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape


class Constant(Layer):
    """The same numbers for every example.   x (batch, ...) -> (batch, *shape of the numbers); dx = 0

    value: the numbers of one example.

    >>> Constant([0, 1])(np.ones((2, 3)))
    array([[0., 1.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, value: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.value = np.asarray(value, np.float32)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp = namespace(x)
        return xp.broadcast_to(xp.asarray(self.value), (len(x), *self.value.shape)), x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return namespace(cache).zeros_like(cache)

    def next_mask(self, x: Any, mask: Any) -> Any:
        return None

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return tuple(self.value.shape)

    def multiplications(self, input_shape: Shape) -> int:
        return 0

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"value": self.value.tolist()}
