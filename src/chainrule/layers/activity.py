"""ActivityRegularization: a penalty on what a layer puts out, not on its weights."""

from typing import Any

from chainrule import regularizers
from chainrule.arrays import Array, Params
from chainrule.layers.base import PREDICTING, Context, Layer


class ActivityRegularization(Layer):
    """Adds l1 · Σ |x| + l2 · Σ x², divided by the batch's size, to the loss; x goes through unchanged.

    >>> import numpy as np; ActivityRegularization(l1=0.5)(np.array([[1., -2.]]))
    array([[ 1., -2.]], dtype=float32)
    """

    adds_loss = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.regularizer = regularizers.L1L2(l1, l2)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x, x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy + self.regularizer.gradient(cache) / cache.shape[0]  # dx = dy + R'(x) / n

    def added_loss(self, cache: Any) -> Any:
        """What the layer adds to the loss of a batch: R(x) / n."""
        return self.regularizer.value(cache) / cache.shape[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"l1": self.regularizer.l1, "l2": self.regularizer.l2}
