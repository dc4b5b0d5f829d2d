"""PReLU: a relu whose slope below zero is learned."""

import math
from typing import Any, ClassVar

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.naming import Shape
from chainrule.layers.weighted import WeightedLayer


class PReLU(WeightedLayer):
    """y = x, or alpha · x below 0, an alpha for each number of an example.   any shape -> the same

    shared_axes: axes that share an alpha, 1 the first after the examples; [1, 2] for pictures. He et al. (2015).

    >>> import numpy as np
    >>> PReLU().forward({"alpha": np.array([0.5, 0.5])}, np.array([[-2., 4.]]))[0]
    array([[-1.,  4.]])
    """

    weight_names: ClassVar[tuple[str, ...]] = ("alpha",)
    settings_of: ClassVar[dict[str, str]] = {"alpha": "alpha"}

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.set_up_weights(alpha=(alpha_initializer, alpha_regularizer, alpha_constraint))
        axes = (
            []
            if shared_axes is None
            else list(shared_axes)
            if isinstance(shared_axes, (list, tuple))
            else [shared_axes]
        )
        if not all(isinstance(axis, int) and axis > 0 for axis in axes):
            raise SettingError(
                f"PReLU: shared_axes holds whole numbers of 1 or more; it got {shared_axes!r}."
            )
        self.shared_axes = axes or None

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return namespace(x).where(x > 0, x, params["alpha"] * x), x  # y = x, or α x below 0

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return namespace(dy).where(cache > 0, dy, params["alpha"] * dy)  # dx = dy, or α dy below 0

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        below = (
            namespace(dy).where(cache > 0, 0, cache * dy).sum(axis=0, keepdims=True)
        )  # dα = Σ x dy below 0
        axes = tuple(self.shared_axes or ())
        summed = below.sum(axis=axes, keepdims=True) if axes else below
        return {"alpha": summed.reshape(params["alpha"].shape)}

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        shared = self.shared_axes or []
        if shared and max(shared) > len(input_shape):
            raise SettingError(
                f"{self.label}: shared_axes={shared} goes beyond the axes of {tuple(input_shape)}."
            )
        return {"alpha": tuple(1 if axis in shared else n for axis, n in enumerate(input_shape, start=1))}

    def multiplications(self, input_shape: Shape) -> int:
        """Products per example: one for each number."""
        return math.prod(input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.weight_config() | {"shared_axes": self.shared_axes}
