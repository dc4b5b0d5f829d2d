"""Normalization of each example by itself: LayerNormalization, RMSNormalization, UnitNormalization."""

from typing import Any, ClassVar

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.standardization import average, axis_of, d_standardized, standardized
from chainrule.layers.weighted import WeightedLayer


class LayerNormalization(WeightedLayer):
    """y = γ (x - μ) / √(variance + ε) + β, μ and variance of each example over the axis.   any shape -> the same

    axis: one or several. Ba, Kiros and Hinton (2016), with Keras's settings and defaults.

    >>> import numpy as np
    >>> LayerNormalization(epsilon=0.0)(np.array([[1., 3.]]))
    array([[-1.,  1.]], dtype=float32)
    """

    weight_names: ClassVar[tuple[str, ...]] = ("gamma", "beta")
    settings_of: ClassVar[dict[str, str]] = {"beta": "beta", "gamma": "gamma"}

    def __init__(
        self,
        axis: Any = -1,
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
        if settings.pop("rms_scaling", False):
            raise SettingError("LayerNormalization: rms_scaling=True is not supported; use RMSNormalization.")
        super().__init__(**settings)
        self.axis, self.epsilon = axes_setting(axis), checked_epsilon(type(self).__name__, epsilon)
        self.center, self.scale = bool(center), bool(scale)
        self.use_beta, self.use_gamma = self.center, self.scale
        self.set_up_weights(
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
        )

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        axes = axes_of(self, x.ndim)
        normal = standardized(x, axes, self.epsilon)  # x̂ = (x - μ) / σ
        y = normal.values
        if self.scale:
            y = y * along(params["gamma"], axes, x)  # y = γ x̂
        if self.center:
            y = y + along(params["beta"], axes, x)  # y = γ x̂ + β
        return y, (normal, axes)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        normal, axes = cache
        g = dy * along(params["gamma"], axes, dy) if self.scale else dy  # g = γ dy
        return d_standardized(g, normal, axes)  # dx = (g - mean(g) - x̂ mean(g x̂)) / σ

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        normal, axes = cache
        others = tuple(i for i in range(dy.ndim) if i not in axes)
        grads = {}
        if self.scale:
            grads["gamma"] = (dy * normal.values).sum(axis=others)  # dγ = Σ dy x̂
        if self.center:
            grads["beta"] = dy.sum(axis=others)  # dβ = Σ dy
        return grads

    def output_shape_for(self, input_shape: Shape) -> Shape:
        axes_of(self, len(input_shape) + 1)
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        shape = tuple(input_shape[axis - 1] for axis in axes_of(self, len(input_shape) + 1))
        return {name: shape for name in self.weight_names if getattr(self, f"use_{name}")}

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, "epsilon": self.epsilon, "center": self.center, "scale": self.scale}
        return super().get_config() | own | self.weight_config()


class RMSNormalization(WeightedLayer):
    """y = s · x / √(mean of x² + ε), over the axis of each example.   any shape -> the same

    A LayerNormalization without a mean (Zhang and Sennrich 2019).

    >>> import numpy as np; RMSNormalization(epsilon=0.0)(np.array([[3., 4., 0., 0.]]))
    array([[1.2, 1.6, 0. , 0. ]], dtype=float32)
    """

    supports_masking = False
    weight_names: ClassVar[tuple[str, ...]] = ("scale",)

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis, self.epsilon = axes_setting(axis), checked_epsilon(type(self).__name__, epsilon)
        self.set_up_weights(scale=("ones",))

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        axes = axes_of(self, x.ndim)
        size = namespace(x).sqrt(average(x * x, axes) + self.epsilon)  # r = √(mean x² + ε)
        x_hat = x / size
        return x_hat * along(params["scale"], axes, x), (x_hat, size, axes)  # y = s x̂

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        x_hat, size, axes = cache
        g = dy * along(params["scale"], axes, dy)  # g = s dy
        return (g - x_hat * average(g * x_hat, axes)) / size  # dx = (g - x̂ mean(g x̂)) / r

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        x_hat, _, axes = cache
        return {
            "scale": (dy * x_hat).sum(axis=tuple(i for i in range(dy.ndim) if i not in axes))
        }  # ds = Σ dy x̂

    def output_shape_for(self, input_shape: Shape) -> Shape:
        axes_of(self, len(input_shape) + 1)
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"scale": tuple(input_shape[axis - 1] for axis in axes_of(self, len(input_shape) + 1))}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis, "epsilon": self.epsilon}


class UnitNormalization(Layer):
    """Brings each example to length 1 along an axis: y = x / √ Σ x².   any shape -> the same

    >>> import numpy as np; UnitNormalization()(np.array([[3., 4.]]))
    array([[0.6, 0.8]], dtype=float32)
    """

    shortest = 1e-12  # Keras's: a length below it counts as this one

    def __init__(self, axis: Any = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axes_setting(axis)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp, axes = namespace(x), axes_of(self, x.ndim)
        length = xp.sqrt(xp.sum(x * x, axis=axes, keepdims=True))  # r = √ Σ x²
        y = x / xp.maximum(length, self.shortest)
        return y, (y, length, axes)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        y, length, axes = cache
        xp = namespace(dy)
        along_y = xp.sum(dy * y, axis=axes, keepdims=True)
        turned = xp.where(length > self.shortest, dy - y * along_y, dy)
        return turned / xp.maximum(length, self.shortest)  # dx = (dy - y Σ dy y) / r

    def output_shape_for(self, input_shape: Shape) -> Shape:
        axes_of(self, len(input_shape) + 1)
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


def axes_setting(axis: Any) -> Any:
    """An axis setting: a whole number, or a list of some."""
    several = list(axis) if isinstance(axis, (list, tuple)) else axis
    numbers = several if isinstance(several, list) else [several]
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in numbers)
    if not numbers or not whole or len(set(numbers)) < len(numbers):
        raise SettingError(
            f"axis is a whole number or a list of different ones, -1 for the last; it got {axis!r}."
        )
    return several


def axes_of(layer: Any, rank: int) -> tuple[int, ...]:
    """A layer's axes in a batch with `rank` axes, counted from the front, in order."""
    axes = layer.axis if isinstance(layer.axis, list) else [layer.axis]
    return tuple(sorted(axis_of(layer.label, axis, rank) for axis in axes))


def along(w: Array, axes: tuple[int, ...], x: Array) -> Array:
    """Weights for some axes, shaped to stand beside a batch."""
    return w.reshape([x.shape[i] if i in axes else 1 for i in range(x.ndim)])


def checked_epsilon(kind: str, epsilon: Any) -> float:
    """The number that is added below a root; SettingError where it is none, or below 0."""
    if isinstance(epsilon, bool) or not isinstance(epsilon, (int, float)) or not 0 <= epsilon < float("inf"):
        raise SettingError(f"{kind} needs an epsilon of 0 or more; it got {epsilon!r}.")
    return float(epsilon)
