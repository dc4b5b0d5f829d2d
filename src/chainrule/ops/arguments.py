"""What the functions of `ops` are given: any arrays or numbers, made arrays of one library."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace


def library_of(*values: Any) -> Any:
    """The library of the first array of JAX among some values, else NumPy.

    >>> library_of(3.0, np.ones(2)).__name__
    'numpy'
    """
    for value in values:
        if isinstance(value, (list, tuple)):
            if (found := library_of(*value)) is not np:
                return found
        elif hasattr(value, "__array_namespace__") and not isinstance(value, (np.ndarray, np.generic)):
            return namespace(value)
    return np


def as_array(value: Any, xp: Any = None) -> Array:
    """A value as an array; numbers that were typed in become float32 or int32, as in Keras.

    >>> as_array([1.0, 2.0]).dtype, as_array(3).dtype
    (dtype('float32'), dtype('int32'))
    """
    xp = library_of(value) if xp is None else xp
    typed = not hasattr(value, "dtype") and not (
        isinstance(value, (list, tuple)) and any(hasattr(v, "dtype") for v in value)
    )
    array = xp.asarray(value)
    if typed and array.dtype == np.float64:
        return array.astype(np.float32)
    return array.astype(np.int32) if typed and array.dtype == np.int64 else array
