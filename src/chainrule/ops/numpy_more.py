"""More of NumPy's functions under Keras's names: for numbers that are missing, bits, angles, and parts of arrays."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.ops.arguments import as_array, library_of

# Of one array or two.
OF_ARRAYS = (
    "angle", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "cbrt", "deg2rad", "exp2", "fabs", "fmax", "fmin", "fmod", "gcd", "heaviside", "hypot", "i0", "inner",
    "isneginf", "isposinf", "isreal", "kron", "lcm", "ldexp", "left_shift", "logaddexp2", "nextafter", "rad2deg",
    "right_shift", "signbit", "sinc",
)  # fmt: skip
# With settings as NumPy has them.
WITH_SETTINGS = (
    "allclose", "argpartition", "array_split", "corrcoef", "correlate", "dsplit", "fliplr", "flipud", "hsplit", "isin",
    "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile",
    "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "ptp", "rot90", "trapezoid", "unravel_index",
    "vander", "vsplit",
)  # fmt: skip
OTHERS = ("copy", "dstack", "empty", "empty_like", "geomspace", "ndim", "saturate_cast")

__all__ = [*OF_ARRAYS, *WITH_SETTINGS, *OTHERS]  # noqa: PLE0604


def narrow(value: Any) -> Any:
    """NumPy's float64 as float32, as Keras answers; several arrays one by one."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(narrow, value))
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype == np.float64:
        return value.astype(np.float32)
    return value


def _in_numpy(name: str) -> Any:
    def function(*arguments: Any, **settings: Any) -> Any:
        xp = library_of(*arguments)
        arrays = [
            as_array(a, xp) if hasattr(a, "dtype") or isinstance(a, (list, tuple)) or not place else a
            for place, a in enumerate(arguments)
        ]
        return narrow(getattr(xp, name)(*arrays, **settings))

    return function


for _name in (*OF_ARRAYS, *WITH_SETTINGS):
    _function = _in_numpy(_name)
    _function.__name__ = _function.__qualname__ = _name
    _function.__doc__ = f"`{_name}`, with NumPy's arguments; NumPy and JAX alike."
    globals()[_name] = _function


def copy(x: Any) -> Array:
    """Another array of the same numbers.

    >>> copy([1.0])
    array([1.], dtype=float32)
    """
    return library_of(x).array(as_array(x))


def dstack(xs: Any) -> Array:
    """Arrays put together along the third axis.

    >>> dstack([[1.0], [2.0]]).shape
    (1, 1, 2)
    """
    xp = library_of(xs)
    return xp.dstack([as_array(x, xp) for x in xs])


def empty(shape: Any, dtype: Any = None) -> Array:
    """An array of zeros: Keras's holds whatever was there.

    >>> empty((2,))
    array([0., 0.], dtype=float32)
    """
    return np.zeros(shape, dtype or np.float32)


def empty_like(x: Any, dtype: Any = None) -> Array:
    """An array of zeros of the same shape.

    >>> empty_like([1.0])
    array([0.], dtype=float32)
    """
    return library_of(x).zeros_like(as_array(x), dtype=dtype)


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Array:
    """Numbers that grow by one factor.

    >>> geomspace(1.0, 100.0, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    made = np.geomspace(start, stop, num, endpoint=endpoint, axis=axis)
    return made.astype(dtype or np.float32)


def ndim(x: Any) -> int:
    """How many axes an array has.

    >>> ndim([[1.0]])
    2
    """
    return len(as_array(x).shape)


def saturate_cast(x: Any, dtype: Any) -> Array:
    """Another type, with numbers beyond its range at its ends.

    >>> saturate_cast([-5.0, 300.0], "uint8")
    array([  0, 255], dtype=uint8)
    """
    array, kind = as_array(x), np.dtype(dtype)
    if kind.kind in "iu":
        ends = np.iinfo(kind)
        array = library_of(array).clip(array, ends.min, ends.max)
    return array.astype(kind)
