"""NumPy's functions under Keras's names, on arrays of NumPy or of JAX. They are made from lists: all work alike."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.ops.arguments import as_array, library_of

# Of one array, number by number.
UNARY = (
    "abs", "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "conj", "cos", "cosh", "exp",
    "expm1", "floor", "imag", "isfinite", "isinf", "isnan", "log", "log10", "log1p", "log2", "logical_not", "negative",
    "ones_like", "real", "reciprocal", "sign", "sin", "sinh", "size", "sqrt", "square", "tan", "tanh", "trunc", "zeros_like",
)  # fmt: skip
# Of two arrays.
BINARY = (
    "add", "arctan2", "divide", "dot", "equal", "floor_divide", "greater", "greater_equal", "less", "less_equal",
    "logaddexp", "logical_and", "logical_or", "logical_xor", "matmul", "maximum", "minimum", "mod", "multiply", "not_equal",
    "outer", "power", "subtract", "true_divide", "vdot",
)  # fmt: skip
# Over an axis, or over all numbers: (x, axis=None, keepdims=False).
OVER_AXIS = (
    "all", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "max", "mean", "median", "min", "prod", "std", "sum",
    "var",
)  # fmt: skip
# With NumPy's own arguments, the first one array or a list of arrays.
AS_IN_NUMPY = (
    "append", "argsort", "average", "bincount", "broadcast_to", "concatenate", "cross", "cumprod", "cumsum", "diag",
    "diagonal", "diff", "digitize", "expand_dims", "flip", "hstack", "isclose", "meshgrid", "moveaxis", "nan_to_num",
    "nonzero", "quantile", "ravel", "repeat", "reshape", "roll", "round", "sort", "split", "squeeze", "stack", "swapaxes",
    "take", "take_along_axis", "tensordot", "tile", "trace", "transpose", "tril", "triu", "vstack",
)  # fmt: skip
# Makers of new arrays; float32 where no type is asked for.
MAKERS = ("arange", "eye", "full", "identity", "linspace", "logspace", "ones", "tri", "zeros")

__all__ = [  # noqa: PLE0604
    *UNARY, *BINARY, *OVER_AXIS, *AS_IN_NUMPY, *MAKERS, "array", "clip", "einsum", "full_like", "norm", "pad", "where",
]  # fmt: skip

Function = Callable[..., Any]


def _unary(name: str) -> Function:
    def function(x: Any, dtype: Any = None) -> Array:
        result = getattr(library_of(x), name)(as_array(x))
        return result if dtype is None else result.astype(dtype)

    return function


def _binary(name: str) -> Function:
    def function(x1: Any, x2: Any) -> Array:
        xp = library_of(x1, x2)
        plain = [
            isinstance(x, (int, float)) and not isinstance(x, bool) for x in (x1, x2)
        ]  # takes the other's type
        first, second = (
            x if bare and not all(plain) else as_array(x, xp) for x, bare in zip((x1, x2), plain, strict=True)
        )
        return getattr(xp, name)(first, second)

    return function


def _over_axis(name: str) -> Function:
    def function(x: Any, axis: Any = None, keepdims: bool = False, **settings: Any) -> Array:
        axis = tuple(axis) if isinstance(axis, list) else axis
        return getattr(library_of(x), name)(as_array(x), axis=axis, keepdims=keepdims, **settings)

    return function


def _as_in_numpy(name: str) -> Function:
    def function(x: Any, *arguments: Any, **settings: Any) -> Any:
        xp = library_of(x, *arguments)
        many = name in ("concatenate", "hstack", "stack", "vstack", "meshgrid")
        if name == "meshgrid":
            return xp.meshgrid(*(as_array(a, xp) for a in (x, *arguments)), **settings)
        for keras_name, own in (("newshape", "shape"), ("repeats", "reps")):  # what NumPy calls otherwise
            if keras_name in settings and (own == "shape" or name == "tile"):
                settings[own] = settings.pop(keras_name)
        return getattr(xp, name)(
            [as_array(a, xp) for a in x] if many else as_array(x, xp), *arguments, **settings
        )

    return function


def _maker(name: str) -> Function:
    def function(*arguments: Any, dtype: Any = None, **settings: Any) -> Array:
        made = getattr(library_of(*arguments), name)(*arguments, dtype=dtype, **settings)
        return made.astype(np.float32) if dtype is None and made.dtype == np.float64 else made

    return function


for _names, _make, _what in (
    (UNARY, _unary, "of every number"), (BINARY, _binary, "of two arrays"), (OVER_AXIS, _over_axis, "over an axis"),
    (AS_IN_NUMPY, _as_in_numpy, "with NumPy's arguments"), (MAKERS, _maker, "a new array"),
):  # fmt: skip
    for _name in _names:
        _function = _make(_name)
        _function.__name__ = _function.__qualname__ = _name
        _function.__doc__ = f"`{_name}`, {_what}; NumPy and JAX alike."
        globals()[_name] = _function


def array(x: Any, dtype: Any = None) -> Array:
    """An array of anything array-like.

    >>> array([1.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    return as_array(x) if dtype is None else as_array(x).astype(dtype)


def clip(x: Any, x_min: Any, x_max: Any) -> Array:
    """Every number at least x_min and at most x_max.

    >>> clip([-2.0, 0.5, 9.0], 0.0, 1.0)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return library_of(x).clip(as_array(x), x_min, x_max)


def einsum(subscripts: str, *operands: Any, **settings: Any) -> Array:
    """Einstein's sum over the letters that two arrays share.

    >>> einsum("ij,j->i", [[1.0, 2.0]], [3.0, 4.0])
    array([11.], dtype=float32)
    """
    xp = library_of(*operands)
    return xp.einsum(subscripts, *(as_array(operand, xp) for operand in operands))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Array:
    """An array of the same shape, every number the same.

    >>> full_like([1.0, 2.0], 7)
    array([7., 7.], dtype=float32)
    """
    return library_of(x).full_like(as_array(x), fill_value, dtype=dtype)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002 (Keras's name)
    """The length of an array taken as a vector, or along an axis.

    >>> norm([3.0, 4.0])
    np.float32(5.0)
    """
    return library_of(x).linalg.norm(as_array(x), ord=ord, axis=axis, keepdims=keepdims)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Array:
    """The array with a margin.

    >>> pad([1.0], 1)
    array([0., 1., 0.], dtype=float32)
    """
    settings = {} if constant_values is None else {"constant_values": constant_values}
    return library_of(x).pad(as_array(x), pad_width, mode=mode, **settings)


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, else x2; with the condition alone, the places where it holds.

    >>> where([True, False], 1.0, 2.0)
    array([1., 2.], dtype=float32)
    """
    xp = library_of(condition, x1, x2)
    condition = as_array(condition, xp)
    return xp.where(condition) if x1 is None else xp.where(condition, as_array(x1, xp), as_array(x2, xp))
