"""Making arrays, their types and shapes."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.ops.arguments import as_array, library_of

__all__ = [
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "dtype",
    "is_tensor",
    "shape",
    "stop_gradient",
    "unstack",
]


def cast(x: Any, dtype: Any) -> Array:
    """The array in another type.

    >>> cast([1.7, 2.2], "int32")
    array([1, 2], dtype=int32)
    """
    return as_array(x).astype(np.dtype(dtype))


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Array:
    """An array of anything array-like.

    >>> convert_to_tensor([1, 2], dtype="float32")
    array([1., 2.], dtype=float32)
    """
    return as_array(x) if dtype is None else cast(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """An array of NumPy.

    >>> convert_to_numpy([1.0])
    array([1.], dtype=float32)
    """
    return np.asarray(as_array(x))


def dtype(x: Any) -> str:
    """The name of an array's type.

    >>> dtype([1.0])
    'float32'
    """
    return str(as_array(x).dtype)


def is_tensor(x: Any) -> bool:
    """Whether something is an array already.

    >>> is_tensor(np.ones(2)), is_tensor([1, 2])
    (True, False)
    """
    return hasattr(x, "__array_namespace__")


def shape(x: Any) -> tuple[int, ...]:
    """An array's shape.

    >>> shape([[1, 2, 3]])
    (1, 3)
    """
    return tuple(as_array(x).shape)


def stop_gradient(variable: Any) -> Array:
    """The same array; a loss's derivative does not go through it.

    >>> stop_gradient([1.0])
    array([1.], dtype=float32)
    """
    if (xp := library_of(variable)) is np:
        return as_array(variable)
    import jax

    return jax.lax.stop_gradient(as_array(variable, xp))


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Array]:
    """The slices of an array along an axis.

    >>> [a.tolist() for a in unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    x = as_array(x)
    return [x.take(i, axis=axis) for i in range(x.shape[axis] if num is None else num)]
