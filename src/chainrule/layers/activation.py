"""Activations as layers: the function between two weighted sums."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import activations
from chainrule.activations.piecewise import d_leaky_relu
from chainrule.activations.rows import d_softmax
from chainrule.activations.smooth import d_elu
from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.internal import custom_objects
from chainrule.internal.number_settings import number_setting
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.derived import derived, followed_by_jax
from chainrule.layers.naming import Shape


class Activation(Layer):
    """An activation function as a layer: a = f(z).   any shape -> the same shape

    activation: a name, or a function of arrays of your own, made of operators and `chainrule.ops`; JAX derives that.

    >>> import numpy as np; Activation("relu")(np.array([[-1., 2.]]))
    array([[0., 2.]], dtype=float32)
    >>> Activation(lambda z: z * z)(np.array([[-1., 2.]]))
    array([[1., 4.]], dtype=float32)
    """

    rule: activations.Rule

    def __init__(self, activation: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.activation = activation

    @property
    def activation(self) -> Any:
        """The activation's name, which can also be called; a function of your own is itself."""
        return self._activation

    @activation.setter
    def activation(self, value: Any) -> None:
        function = own_function(value)
        if function is None:
            self._activation: Any = activations.CallableName(activations.name_of(value))
            self.rule = activations.RULES[str(self._activation)]
        else:
            self._activation, self.rule = function, derived_rule(function)

    @property
    def written_out(self) -> bool:  # type: ignore[override]
        """Whether its derivative is written out."""
        return isinstance(self._activation, str)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        a = self.rule.forward(x)  # a = f(z)
        return a, (x, a)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        z, a = cache
        return self.rule.backward(dy, z, a)  # dz = da · f'(z)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if self.activation != "glu":
            return input_shape
        return (*input_shape[:-1], activations.width_after(self.activation, input_shape[-1]))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"activation": stored(self.activation)}


def own_function(activation: Any) -> Callable[[Array], Array] | None:
    """A function of somebody's own: given itself, or by the name it is registered under. None for what Chainrule knows."""
    if isinstance(activation, str) and activation not in {*activations.RULES, *activations.ALIASES}:
        activation = custom_objects.find(activation)
    if isinstance(activation, str) or not callable(activation) or activations.known(activation) is not None:
        return None
    found: Callable[[Array], Array] = activation
    return found


def derived_rule(function: Callable[[Array], Array]) -> activations.Rule:
    """The forward and backward of somebody's own function: JAX derives it."""
    label = f"The activation {custom_objects.get_registered_name(function)}"

    def forward(z: Array) -> Array:
        with followed_by_jax(label):
            a: Array = function(z)
        if np.shape(a) != np.shape(z):
            raise ShapeError(
                f"{label} must return the shape it is given, {np.shape(z)}; it returned {np.shape(a)}."
            )
        return a

    def backward(da: Array, z: Array, a: Array) -> Array:
        dz: Array = derived(function, (z,), da, label)[0]
        return dz

    return activations.Rule(forward, backward)


def stored(activation: Any) -> Any:
    """An activation as files have it: a name; a function by its registered name; a layer by its settings."""
    if isinstance(activation, str):
        return str(activation)
    if isinstance(activation, Layer):
        config = {key: value for key, value in activation.get_config().items() if key != "name"}
        return {"class_name": type(activation).__name__, "config": config}
    return {"class_name": "function", "config": custom_objects.get_registered_name(activation)}


class ReLU(Layer):
    """Rectified linear unit with Keras's three settings.

    y = x above the threshold, but max_value at most;  negative_slope (x - threshold) up to the threshold.

    >>> import numpy as np; ReLU(max_value=6)(np.array([[0., 2., 9.]]))
    array([[0., 2., 6.]], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if max_value is not None:
            number_setting("ReLU", "max_value", max_value, at_least=0)
        for setting, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            number_setting("ReLU", setting, value, at_least=0)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp = namespace(x)
        y = xp.where(x > self.threshold, x, self.negative_slope * (x - self.threshold))
        if self.max_value is not None:
            y = xp.minimum(y, self.max_value)
        return y, x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        xp, x = namespace(cache), cache
        dx = xp.where(x > self.threshold, dy, self.negative_slope * dy)
        if self.max_value is None:
            return dx
        cut = (x > self.threshold) & (x >= self.max_value)
        return xp.where(cut, 0, dx)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(Layer):
    """A relu that keeps a small slope below zero: y = x, or negative_slope · x below 0.

    >>> import numpy as np; LeakyReLU(0.5)(np.array([[-1., 2.]]))
    array([[-0.5,  2. ]], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **settings: Any) -> None:
        if "alpha" in settings:  # its name in Keras 2
            negative_slope = settings.pop("alpha")
        super().__init__(**settings)
        self.negative_slope = number_setting("LeakyReLU", "negative_slope", negative_slope, at_least=0)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return activations.leaky_relu(x, self.negative_slope), x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return d_leaky_relu(dy, cache, cache, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"negative_slope": self.negative_slope}


class Softmax(Layer):
    """Turns rows of numbers into probabilities; the last axis holds the classes.

    >>> import numpy as np; Softmax()(np.array([[0., 0.]]))
    array([[0.5, 0.5]], dtype=float32)
    """

    activation = "softmax"

    def __init__(self, axis: Any = -1, **settings: Any) -> None:
        super().__init__(**settings)
        if axis not in (-1, [-1]):
            raise SettingError(
                f"Softmax works along the last axis (axis=-1); axis={axis!r} is not supported."
            )

    def __call__(self, *inputs: Any, mask: Any = None, **named: Any) -> Any:
        """The probabilities; mask: which numbers take part, the others get 0."""
        if mask is None:
            return super().__call__(*inputs, **named)
        held = np.asarray(mask, bool)
        if np.broadcast_shapes(held.shape, np.shape(inputs[0])) != np.shape(inputs[0]):
            raise ShapeError(
                f"{self.label} got a mask of shape {held.shape} for numbers of shape {np.shape(inputs[0])}."
            )
        return np.where(held, super().__call__(np.where(held, inputs[0], -1e30), **named), 0).astype(
            np.float32
        )

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        a = activations.softmax(x)
        return a, (x, a)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        z, a = cache
        return d_softmax(dy, z, a)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": -1}


class ELU(Layer):
    """Exponential linear unit: y = x, or alpha (e^x - 1) below 0.

    >>> import numpy as np; ELU()(np.array([[-np.log(2.), 2.]]))
    array([[-0.5,  2. ]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not alpha >= 0:
            raise SettingError(f"ELU needs an alpha of 0 or more; it got {alpha!r}.")
        self.alpha = float(alpha)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        y = activations.elu(x, self.alpha)
        return y, (x, y)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        x, y = cache
        return d_elu(dy, x, y, self.alpha)  # dx = dy, or dy (y + α) below 0

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"alpha": self.alpha}
