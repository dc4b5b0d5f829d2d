"""Activations as layers: the bend between two weighted sums."""

from typing import Any

from chainrule import activations
from chainrule.activations.piecewise import d_leaky_relu
from chainrule.activations.rows import d_softmax
from chainrule.activations.smooth import d_elu
from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape


class Activation(Layer):
    """An activation function as a layer: a = f(z).   any shape -> the same shape

    >>> import numpy as np; Activation("relu")(np.array([[-1., 2.]]))
    array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.activation = activations.name_of(activation)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        a = activations.RULES[self.activation].forward(x)  # a = f(z)
        return a, (x, a)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        z, a = cache
        return activations.RULES[self.activation].backward(dy, z, a)  # dz = da · f'(z)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if self.activation != "glu":
            return input_shape
        return (*input_shape[:-1], activations.width_after(self.activation, input_shape[-1]))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"activation": self.activation}


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
        for name, value in (
            ("max_value", max_value),
            ("negative_slope", negative_slope),
            ("threshold", threshold),
        ):
            if value is None and name == "max_value":
                continue
            if value is None or value < 0:
                raise SettingError(f"ReLU needs {name} of 0 or more; it got {value!r}.")
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
        uncut = xp.where(x > self.threshold, x, self.negative_slope * (x - self.threshold))
        return xp.where(uncut < self.max_value, dx, 0)

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
        if negative_slope is None or not negative_slope >= 0:
            raise SettingError(f"LeakyReLU needs a negative_slope of 0 or more; it got {negative_slope!r}.")
        self.negative_slope = float(negative_slope)

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
