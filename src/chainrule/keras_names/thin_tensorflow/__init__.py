"""The few names of `tensorflow` itself that Keras scripts use, on arrays of NumPy. The rest is refused by its full name.

`tf.keras` is Chainrule under Keras's names; see the import hook.
"""

import importlib
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from chainrule import ops
from chainrule.keras_names.thin_tensorflow import arrays, sessions
from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.ops.tensor import Tensor, tensor, with_tensors

__version__ = "2.19.0"

bool_, float16, float32, float64 = np.bool_, np.float16, np.float32, np.float64
int8, int16, int32, int64, uint8, uint16 = np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16
bool, string, newaxis = np.bool_, np.str_, None  # noqa: A001 (TensorFlow's names)

# TensorFlow's name: the name in ops.
_SAME = {
    "abs": "abs", "cast": "cast", "cos": "cos", "exp": "exp", "logical_not": "logical_not", "round": "round", "sigmoid": "sigmoid",
    "sign": "sign", "sin": "sin", "sqrt": "sqrt", "square": "square", "tanh": "tanh",
}  # fmt: skip
_OF_TWO = {
    "add": "add", "divide": "divide", "equal": "equal", "greater": "greater", "greater_equal": "greater_equal", "less": "less",
    "less_equal": "less_equal", "logical_and": "logical_and", "logical_or": "logical_or", "maximum": "maximum", "minimum": "minimum",
    "multiply": "multiply", "not_equal": "not_equal", "pow": "power", "subtract": "subtract",
}  # fmt: skip
_REDUCING = {
    "reduce_all": "all", "reduce_any": "any", "reduce_max": "max", "reduce_mean": "mean", "reduce_min": "min",
    "reduce_prod": "prod", "reduce_sum": "sum", "reduce_logsumexp": "logsumexp", "reduce_std": "std",
    "reduce_variance": "var",
}  # fmt: skip


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """An array of anything array-like; texts stay texts."""
    made = np.asarray(value) if np.asarray(value).dtype.kind in "US" else ops.convert_to_tensor(value, dtype)
    return tensor(made if shape is None else np.broadcast_to(made, shape))


def convert_to_tensor(value: Any, dtype: Any = None, **settings: Any) -> Any:
    """An array of anything array-like."""
    if hasattr(value, "symbolic_operation"):
        return value
    return constant(value, dtype)


def concat(values: Any, axis: int, name: str | None = None) -> Any:
    """Arrays one after the other along an axis."""
    return tensor(ops.concatenate(values, axis=axis))


def one_hot(indices: Any, depth: int, **settings: Any) -> Any:
    """Class numbers to rows of 0 and one 1."""
    return tensor(ops.one_hot(indices, depth))


def zeros(shape: Any, dtype: Any = np.float32, name: str | None = None) -> Any:
    """An array of zeros."""
    return tensor(np.zeros(shape, dtype))


def ones(shape: Any, dtype: Any = np.float32, name: str | None = None) -> Any:
    """An array of ones."""
    return tensor(np.ones(shape, dtype))


def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """An array of one number."""
    return tensor(ops.full(dims, value))


def shape(input: Any, **settings: Any) -> Any:  # noqa: A002 (TensorFlow's name)
    """An array's shape, as an array; of a symbolic tensor, as a tuple with None for the batch."""
    if hasattr(input, "symbolic_operation"):
        return input.shape
    return tensor(np.asarray(np.shape(input), np.int32))


def size(input: Any, **settings: Any) -> int:  # noqa: A002 (TensorFlow's name)
    """How many numbers an array has."""
    return int(np.size(input))


def rank(input: Any, **settings: Any) -> int:  # noqa: A002 (TensorFlow's name)
    """How many axes an array has."""
    return int(np.ndim(input))


def is_tensor(x: Any) -> Any:
    """Whether something is a result of Keras or TensorFlow; arrays and numbers of NumPy are not.

    >>> is_tensor(constant([1.0])), is_tensor(np.ones(2)), is_tensor(np.float32(1))
    (True, False, False)
    """
    return isinstance(x, Tensor) or hasattr(x, "symbolic_operation")


def function(func: Any = None, **settings: Any) -> Any:
    """The function itself: everything is computed at once here."""
    return (lambda inner: inner) if func is None else func


def executing_eagerly() -> Any:
    """True: everything is computed at once."""
    return True


def set_random_seed(seed: int) -> None:
    """The seed of everything that is drawn, as TensorFlow 1 set it."""
    from chainrule.keras_names.thin_tensorflow import compat

    compat.set_random_seed(seed)


def get_logger() -> Any:
    """Python's logger of this name."""
    import logging

    return logging.getLogger("tensorflow")


def print(*values: Any, **settings: Any) -> None:  # noqa: A001 (TensorFlow's name)
    """Prints values."""
    import builtins

    builtins.print(*values, **{name: value for name, value in settings.items() if name in ("end", "sep")})


def device(device_name: Any) -> Any:
    """A place to compute in a `with`; there is one, and it is taken."""
    return nullcontext(device_name)


_INITIALIZERS = {
    "constant_initializer": "Constant", "ones_initializer": "Ones", "random_normal_initializer": "RandomNormal",
    "random_uniform_initializer": "RandomUniform", "zeros_initializer": "Zeros",
}  # fmt: skip
_SWITCHES = ("autograph", "debugging", "logging")


def __getattr__(name: str) -> Any:
    if name in _SWITCHES or name in ("enable_eager_execution", "enable_v2_behavior"):
        from chainrule.keras_names.thin_tensorflow import switches

        return getattr(switches, name, switches.nothing)
    if name in _INITIALIZERS:
        from chainrule import initializers

        return getattr(initializers, _INITIALIZERS[name])
    if name in sessions.__all__:
        return getattr(sessions, name)
    if name in ("sigmoid", "tanh"):
        from chainrule.keras_names.thin_tensorflow import nn

        return getattr(nn, name)
    if name in arrays.__all__:
        return getattr(arrays, name)
    if name in _SAME:
        return with_tensors(getattr(ops, _SAME[name]))
    if name in _OF_TWO:
        return of_two(getattr(ops, _OF_TWO[name]))
    if name in _REDUCING:
        return reducing(getattr(ops, _REDUCING[name]))
    older = importlib.import_module(f"{__name__}.older")
    if name in older.__all__:
        return getattr(older, name)
    raise missing("tensorflow", name)


def is_of_arrays(name: str) -> Any:
    """Whether there is a function of arrays of this name."""
    return name in {*arrays.__all__, *_SAME, *_OF_TWO, *_REDUCING}


def of_two(function: Callable[..., Any]) -> Any:
    """A function of two arrays, which TensorFlow calls x and y."""

    def called(x: Any, y: Any) -> Any:
        return function(x, y)

    return with_tensors(called)


def reducing(function: Callable[..., Any]) -> Any:
    """A function along axes of an array, which TensorFlow calls input_tensor."""
    return with_tensors(
        lambda input_tensor, axis=None, keepdims=False: function(input_tensor, axis=axis, keepdims=keepdims)
    )


__all__ = [  # noqa: PLE0604
    "Tensor",
    *(
        name
        for name in globals()
        if not name.startswith("_")
        and name
        not in (
            "Any",
            "Callable",
            "arrays",
            "importlib",
            "is_of_arrays",
            "np",
            "ops",
            "missing",
            "nullcontext",
            "of_two",
            "reducing",
            "sessions",
            "tensor",
            "with_tensors",
        )
    ),
]
