"""Keras's `keras.backend`: its settings, and the functions on arrays that losses of earlier years were written with.

All arrays here are float32 with the channels last; a script may ask for that, and is told where it asks for something
else. What needed a graph or a session is refused by name.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import activations, ops
from chainrule.arrays import Array
from chainrule.errors import SettingError
from chainrule.internal import absent

__all__ = [
    "abs", "all", "any", "arange", "argmax", "argmin", "backend", "batch_flatten", "binary_crossentropy",
    "cast", "cast_to_floatx", "categorical_crossentropy", "clear_session", "clip", "concatenate", "constant",
    "cos", "count_params", "dot", "dtype", "elu", "epsilon", "equal", "eval", "exp", "expand_dims", "eye",
    "flatten", "floatx", "get_uid", "get_value", "greater", "greater_equal", "hard_sigmoid",
    "image_data_format", "in_top_k", "int_shape", "is_float_dtype", "is_int_dtype", "is_keras_tensor",
    "is_tensor", "l2_normalize", "less", "less_equal", "log", "logsumexp", "max", "maximum", "mean", "min",
    "minimum", "ndim", "not_equal", "one_hot", "ones", "ones_like", "permute_dimensions", "pow", "prod", "relu",
    "repeat_elements", "reshape", "result_type", "reverse", "round", "set_epsilon", "set_floatx",
    "set_image_data_format", "set_value", "shape", "sigmoid", "sign", "sin", "softmax", "softplus", "softsign",
    "sparse_categorical_crossentropy", "sqrt", "square", "squeeze", "stack", "standardize_dtype", "std",
    "stop_gradient", "sum", "switch", "tanh", "tile", "transpose", "var", "variable", "zeros", "zeros_like",
]  # fmt: skip

abs, all, any, argmax, argmin = ops.abs, ops.all, ops.any, ops.argmax, ops.argmin  # noqa: A001 (Keras's names)
max, min, round, sum = ops.max, ops.min, ops.round, ops.sum  # noqa: A001
arange, clip, cos, elu, equal, exp, expand_dims = (
    ops.arange,
    ops.clip,
    ops.cos,
    ops.elu,
    ops.equal,
    ops.exp,
    ops.expand_dims,
)
greater, greater_equal, in_top_k = (
    ops.greater,
    ops.greater_equal,
    ops.in_top_k,
)
is_tensor, l2_normalize, less, less_equal, log, logsumexp = (
    ops.is_tensor,
    ops.l2_normalize,
    ops.less,
    ops.less_equal,
    ops.log,
    ops.logsumexp,
)
hard_sigmoid = activations.get("hard_sigmoid_of_keras_2")  # keras.backend never took today's
maximum, mean, minimum, not_equal, one_hot, ones_like = (
    ops.maximum,
    ops.mean,
    ops.minimum,
    ops.not_equal,
    ops.one_hot,
    ops.ones_like,
)
prod, relu, reshape, shape, sigmoid, sign, sin = (
    ops.prod,
    ops.relu,
    ops.reshape,
    ops.shape,
    ops.sigmoid,
    ops.sign,
    ops.sin,
)
softmax, softplus, softsign, sqrt, square, squeeze = (
    ops.softmax,
    ops.softplus,
    ops.softsign,
    ops.sqrt,
    ops.square,
    ops.squeeze,
)
std, stop_gradient, tanh, tile, transpose, var = (
    ops.std,
    ops.stop_gradient,
    ops.tanh,
    ops.tile,
    ops.transpose,
    ops.var,
)
zeros_like, cast, dtype, pow, repeat_elements = ops.zeros_like, ops.cast, ops.dtype, ops.power, ops.repeat  # noqa: A001

_uids: dict[str, int] = {}


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────
def backend() -> str:
    """The library that arrays are of by default.

    >>> backend()
    'numpy'
    """
    return "numpy"


def floatx() -> str:
    """The type of numbers: 'float32', always."""
    return "float32"


def set_floatx(value: str) -> None:
    """Accepts 'float32', the only type there is."""
    if value != "float32":
        raise SettingError(
            f"All layers work in float32; set_floatx({value!r}) is not supported: leave it out."
        )


def epsilon() -> float:
    """The small number that keeps logarithms and quotients finite."""
    return 1e-7


def set_epsilon(value: float) -> None:
    """Accepts 1e-7, which is what the losses use."""
    if float(value) != epsilon():
        raise SettingError(
            f"The losses use an epsilon of 1e-7; set_epsilon({value!r}) is not supported: leave it out."
        )


def image_data_format() -> str:
    """Where a picture's colours are: 'channels_last', always."""
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Accepts 'channels_last', the only order there is."""
    if data_format != "channels_last":
        raise SettingError(
            f"Pictures have their channels last here; set_image_data_format({data_format!r}) is not supported. "
            "np.moveaxis(x, 1, -1) turns pictures with the channels first."
        )


def clear_session(free_memory: bool = True) -> None:
    """Begins the numbering of names anew."""
    _uids.clear()


def get_uid(prefix: str = "") -> int:
    """The next number for a name, counted from 1."""
    _uids[prefix] = _uids.get(prefix, 0) + 1
    return _uids[prefix]


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────
def standardize_dtype(dtype: Any) -> str:
    """A type's name; None is float32.

    >>> standardize_dtype(None), standardize_dtype(np.int32)
    ('float32', 'int32')
    """
    return "float32" if dtype is None else np.dtype(dtype).name


def is_float_dtype(dtype: Any) -> bool:
    """Whether a type holds fractions."""
    return bool(np.dtype(dtype).kind == "f")


def is_int_dtype(dtype: Any) -> bool:
    """Whether a type holds whole numbers."""
    return np.dtype(dtype).kind in "iu"


def result_type(*dtypes: Any) -> str:
    """The type that numbers of some types have together; never wider than float32.

    >>> result_type("int32", "float32")
    'float32'
    """
    found = np.result_type(*(np.dtype(standardize_dtype(dtype)) for dtype in dtypes))
    return "float32" if found == np.float64 else found.name


def is_keras_tensor(x: Any) -> bool:
    """Whether something stands for an array that is not there yet, in a functional model."""
    return hasattr(x, "symbolic_operation")


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────
def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Array:
    """An array of anything array-like."""
    made = ops.convert_to_tensor(value, dtype)
    return made if shape is None else np.broadcast_to(made, shape)


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Array:
    """An array of the numbers given; it learns only as a layer's weight."""
    return ops.convert_to_tensor(value, dtype)


def eval(x: Any) -> np.ndarray:  # noqa: A001 (Keras's name)
    """The numbers as an array of NumPy."""
    return np.asarray(x)


def get_value(x: Any) -> Any:
    """The numbers as NumPy has them.

    >>> get_value(0.5)
    0.5
    """
    return float(x) if isinstance(x, float) else np.asarray(x)


def set_value(x: Any, value: Any) -> None:
    """Changes a learning rate, K.set_value(optimizer.learning_rate, 0.01), or an array in place."""
    if hasattr(x, "assign"):
        x.assign(value)
    elif isinstance(x, np.ndarray):
        x[...] = value
    else:
        raise SettingError(
            "set_value needs something that can change; for the learning rate write optimizer.learning_rate = 0.01."
        )


def cast_to_floatx(x: Any) -> Array:
    """The array in float32."""
    return ops.cast(x, "float32")


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Array:
    """An array of zeros."""
    return np.zeros(shape, dtype or "float32")


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Array:
    """An array of ones."""
    return np.ones(shape, dtype or "float32")


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Array:
    """The identity matrix."""
    return np.eye(size, dtype=dtype or "float32")


def int_shape(x: Any) -> tuple[int, ...]:
    """An array's shape."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """How many axes an array has."""
    return len(x.shape)


def count_params(x: Any) -> int:
    """How many numbers an array has."""
    return int(np.prod(x.shape))


def dot(x: Any, y: Any) -> Array:
    """The product of matrices, over x's last axis."""
    return ops.matmul(x, y)


def concatenate(tensors: Any, axis: int = -1) -> Array:
    """Arrays one after the other along an axis."""
    return ops.concatenate(tensors, axis=axis)


def stack(x: Any, axis: int = 0) -> Array:
    """Arrays on a new axis."""
    return ops.stack(x, axis=axis)


def flatten(x: Any) -> Array:
    """All numbers in one row."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Array:
    """Each example's numbers in one row."""
    return ops.reshape(x, (-1, int(np.prod(x.shape[1:]))))


def permute_dimensions(x: Any, pattern: Any) -> Array:
    """The axes in another order."""
    return ops.transpose(x, pattern)


def reverse(x: Any, axes: Any) -> Array:
    """The array backwards along some axes."""
    return ops.flip(x, axes)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Array:
    """One or the other, number by number."""
    first, second = (e() if callable(e) else e for e in (then_expression, else_expression))
    return ops.where(condition, first, second)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Array:
    """-(y log p + (1 - y) log(1 - p)) of each number."""
    return ops.binary_crossentropy(target, output, from_logits)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
    """-Σ y log p of each row."""
    return ops.categorical_crossentropy(target, output, from_logits, axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Array:
    """-log p of each row's class."""
    return ops.sparse_categorical_crossentropy(target, output, from_logits, axis)


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("backend", __all__)
