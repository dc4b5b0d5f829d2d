"""GroupNormalization: the channels of each example in groups, every group at mean 0 and variance 1."""

from typing import Any, ClassVar

from chainrule.arrays import Array, Params
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.batch_normalization import beside
from chainrule.layers.layer_normalization import checked_epsilon
from chainrule.layers.naming import Shape
from chainrule.layers.standardization import axis_of, d_standardized, standardized
from chainrule.layers.weighted import WeightedLayer


class GroupNormalization(WeightedLayer):
    """y = γ (x - μ) / √(variance + ε) + β, μ and variance of each example's groups of channels.   any shape -> the same

    groups: of neighbouring channels, which their number must be a multiple of; -1 for one group each (instance
    normalization), 1 for all together.  axis: of the channels.  Unlike a batch normalization it does the same while
    learning and while predicting. Wu and He (2018), with Keras's settings and defaults.

    >>> import numpy as np
    >>> GroupNormalization(groups=2, epsilon=0.0)(np.array([[1., 3., 10., 30.]]))
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    weight_names: ClassVar[tuple[str, ...]] = ("gamma", "beta")
    settings_of: ClassVar[dict[str, str]] = {"beta": "beta", "gamma": "gamma"}

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if isinstance(groups, bool) or not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise SettingError(
                f"GroupNormalization needs a whole number of groups, 1 or more, or -1; it got {groups!r}."
            )
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise SettingError(
                f"GroupNormalization's axis is one whole number, -1 for the last; it got {axis!r}."
            )
        self.groups, self.axis = groups, axis
        self.epsilon = checked_epsilon("GroupNormalization", epsilon)
        self.center, self.scale = bool(center), bool(scale)
        self.use_beta, self.use_gamma = self.center, self.scale
        self.set_up_weights(
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
        )

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        axis = axis_of(self.label, self.axis, x.ndim)
        grouped = x.reshape(self.grouped_shape(x.shape, axis))
        axes = tuple(i for i in range(1, grouped.ndim) if i != axis)
        normal = standardized(grouped, axes, self.epsilon)  # x̂ = (x - μ) / σ, group by group
        y = normal.values.reshape(x.shape)
        if self.scale:
            y = y * beside(params["gamma"], axis, x)  # y = γ x̂
        if self.center:
            y = y + beside(params["beta"], axis, x)  # y = γ x̂ + β
        return y, (normal, axis, axes)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        normal, axis, axes = cache
        g = dy * beside(params["gamma"], axis, dy) if self.scale else dy  # g = γ dy
        dx = d_standardized(g.reshape(normal.values.shape), normal, axes)  # (g - mean(g) - x̂ mean(g x̂)) / σ
        return dx.reshape(dy.shape)

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        normal, axis, _ = cache
        others, grads = tuple(i for i in range(dy.ndim) if i != axis), {}
        if self.scale:
            grads["gamma"] = (dy * normal.values.reshape(dy.shape)).sum(axis=others)  # dγ = Σ dy x̂
        if self.center:
            grads["beta"] = dy.sum(axis=others)  # dβ = Σ dy
        return grads

    def grouped_shape(self, shape: Shape, axis: int) -> Shape:
        """A batch's shape with the channels as (groups, channels of a group)."""
        groups = shape[axis] if self.groups == -1 else self.groups
        return (*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])

    def output_shape_for(self, input_shape: Shape) -> Shape:
        channels = input_shape[axis_of(self.label, self.axis, len(input_shape) + 1) - 1]
        if self.groups != -1 and channels % self.groups:
            raise ShapeError(
                f"{self.label} makes {self.groups} groups of the channels, so their number must be a multiple of it; it got "
                f"{channels} channels. Set groups to a divisor of that."
            )
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        self.output_shape_for(input_shape)
        channels = input_shape[axis_of(self.label, self.axis, len(input_shape) + 1) - 1]
        return {name: (channels,) for name in self.weight_names if getattr(self, f"use_{name}")}

    def get_config(self) -> dict[str, Any]:
        own = {
            "groups": self.groups, "axis": self.axis, "epsilon": self.epsilon, "center": self.center, "scale": self.scale,
        }  # fmt: skip
        return super().get_config() | own | self.weight_config()
