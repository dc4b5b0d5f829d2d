"""Layers that move or scale numbers and learn nothing: Input, Flatten, Reshape, Permute, RepeatVector, Rescaling."""

import math
from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.any_size import written
from chainrule.layers.base import PREDICTING, Context, Layer, shape_of
from chainrule.layers.naming import Shape
from chainrule.layers.symbolic import Tensor, input_tensor

WHOLE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "float16", "float64")
MOST_AXES = 32  # of an example; NumPy's arrays have up to 64 in all


class InputLayer(Layer):
    """Says what shape one example has; changes nothing. Usually written `Input(shape=(784,))`."""

    by_data = False  # whether the shape was taken from the first examples; sizes may then change where the weights allow it

    def __init__(
        self, shape: Any = None, batch_shape: Any = None, name: str | None = None, **settings: Any
    ) -> None:
        for setting in ("sparse", "ragged", "optional"):
            if settings.pop(setting, False):
                raise SettingError(f"Input: {setting}=True is not supported.")
        self.batch_size: int | None = settings.pop("batch_size", None)  # of every batch, where it is said
        dtype = settings.get("dtype")
        if (
            getattr(dtype, "__name__", str(dtype)) in WHOLE
        ):  # inputs may be whole numbers; layers turn them into float32
            del settings["dtype"]
        super().__init__(name=name, **settings)
        if shape is not None and batch_shape is not None:
            raise SettingError(
                "Input takes shape, of one example, or batch_shape, with the batch's size in front; not both."
            )
        if batch_shape is not None:
            self.batch_size, *shape = batch_shape
            if self.batch_size is not None:
                (self.batch_size,) = shape_of((self.batch_size,), "Input's batch size")
        if shape is None:
            raise SettingError("Input needs the shape of one example, such as Input(shape=(784,)).")
        self.declared_shape = self.input_shape = shape_of(shape, "Input's shape")

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x, None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": [self.batch_size, *written(self.declared_shape or ())],
            "dtype": "float32",
            "sparse": False,
            "ragged": False,
            "name": self.name,
        }


def Input(  # noqa: N802 (Keras's name)
    shape: Any = None, batch_size: int | None = None, name: str | None = None, **settings: Any
) -> Tensor:
    """Where a network begins: what layers are called with, or the first entry of a Sequential (Keras: `keras.Input`).

    shape: of one example.

    >>> Input(shape=(28, 28)).shape
    (None, 28, 28)
    """
    return input_tensor(InputLayer(shape=shape, batch_size=batch_size, name=name, **settings))


class Flatten(Layer):
    """Lays each example out as one row.   (batch, 28, 28) -> (batch, 784)

    >>> import numpy as np; Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x.reshape(x.shape[0], math.prod(x.shape[1:])), x.shape

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy.reshape(cache)

    def next_mask(self, x: Array, mask: Any) -> Any:
        return None  # the steps are no axis of their own any more

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"data_format": "channels_last"}


class Reshape(Layer):
    """Gives each example another shape with as many numbers; one -1 is worked out.

    >>> import numpy as np; Reshape((2, -1))(np.ones((5, 6))).shape
    (5, 2, 3)
    """

    def __init__(self, target_shape: Any, **settings: Any) -> None:
        super().__init__(**settings)
        sizes = tuple(target_shape) if isinstance(target_shape, (tuple, list)) else (target_shape,)
        if not all(isinstance(n, int) and (n > 0 or n == -1) for n in sizes) or sizes.count(-1) > 1:
            raise SettingError(
                f"Reshape needs whole numbers above 0 and at most one -1; it got {target_shape!r}."
            )
        if len(sizes) > MOST_AXES:
            raise SettingError(f"Reshape gives up to {MOST_AXES} axes; it got {len(sizes):,}.")
        self.target_shape = sizes

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x.reshape(x.shape[0], *self.output_shape_for(tuple(x.shape[1:]))), x.shape

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy.reshape(cache)

    def next_mask(self, x: Array, mask: Any) -> Any:
        return None  # the steps are no axis of their own any more

    def output_shape_for(self, input_shape: Shape) -> Shape:
        known = math.prod(n for n in self.target_shape if n != -1)
        total = math.prod(input_shape)
        fits = total % known == 0 if -1 in self.target_shape else total == known
        if not fits:
            raise ShapeError(
                f"{self.label} cannot turn {input_shape} ({total} numbers) into {self.target_shape}."
            )
        return tuple(total // known if n == -1 else n for n in self.target_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"target_shape": list(self.target_shape)}


class Permute(Layer):
    """Puts the axes of each example into another order; dims counts them from 1.

    >>> import numpy as np; Permute((2, 1))(np.ones((5, 2, 3))).shape
    (5, 3, 2)
    """

    supports_masking = False

    def __init__(self, dims: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.dims = tuple(dims) if isinstance(dims, (list, tuple)) else (dims,)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise SettingError(
                f"Permute needs the axes 1 to n in some order, such as (2, 1); it got {dims!r}."
            )

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return namespace(x).transpose(x, (0, *self.dims)), None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        back = [self.dims.index(axis) + 1 for axis in range(1, len(self.dims) + 1)]  # where each axis went
        return namespace(dy).transpose(dy, (0, *back))

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != len(self.dims):
            raise ShapeError(
                f"{self.label} orders {len(self.dims)} axes; it got examples of shape {tuple(input_shape)}."
            )
        return tuple(input_shape[axis - 1] for axis in self.dims)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"dims": list(self.dims)}


class RepeatVector(Layer):
    """Repeats each example n times, as steps of a sequence.   (batch, features) -> (batch, n, features)

    >>> import numpy as np; RepeatVector(3)(np.ones((5, 2))).shape
    (5, 3, 2)
    """

    supports_masking = False

    def __init__(self, n: int, **settings: Any) -> None:
        super().__init__(**settings)
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise SettingError(f"RepeatVector needs a whole number of 1 or more; it got {n!r}.")
        self.n = n

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return namespace(x).repeat(x[:, None, :], self.n, axis=1), None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy.sum(axis=1)  # dx = Σ dy over the steps

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ShapeError(
                f"{self.label} takes examples of shape (features,); it got {tuple(input_shape)}. Put Flatten() before it."
            )
        return (self.n, *input_shape)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"n": self.n}


class Identity(Layer):
    """Changes nothing: y = x.

    >>> import numpy as np; Identity()(np.ones((1, 2)))
    array([[1., 1.]], dtype=float32)
    """

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x, None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy


class Rescaling(Layer):
    """y = scale · x + offset, for example 1/255 to bring pixels to 0..1 inside the model.

    >>> import numpy as np; Rescaling(1 / 255)(np.array([[255.]]))
    array([[1.]], dtype=float32)
    """

    def __init__(self, scale: float, offset: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        for name, value in (("scale", scale), ("offset", offset)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 3.4e38:
                raise SettingError(f"Rescaling needs a number for {name}, within float32; it got {value!r}.")
        self.scale, self.offset = float(scale), float(offset)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x * self.scale + self.offset, None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy * self.scale

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"scale": self.scale, "offset": self.offset}
