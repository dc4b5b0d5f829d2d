"""More examples like those that were learned from, made in the same way: what a saved network is asked."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, unknown

KINDS = ("array", "picture", "table")


def prepare(preparation: dict[str, Any], what: Any) -> NDArray[Any]:
    """One batch of inputs, as in `x_train` of the Dataset with this preparation (`scale` not applied yet).

    picture: a path, a PIL image, or a list of them -> uint8 (n, height, width) or (n, height, width, 3).
    table: a dict from column to value, a list of dicts, or a CSV file -> float32 (n, features).
    array: an example or several -> (n, ...) in the type that was learned from.
    Raises DataError where the input does not suit.

    >>> ages = {"kind": "table", "columns": [{"name": "age", "kind": "number", "mean": 30.0, "std": 10.0}]}
    >>> prepare(ages, {"age": 45})
    array([[1.5]], dtype=float32)
    """
    kind = preparation.get("kind")
    if kind == "picture":
        from chainrule.datasets import pictures

        several = what if isinstance(what, list | tuple) else [what]
        if not several:
            raise DataError("There is no picture to prepare.")
        return np.stack([pictures.read(one, preparation) for one in several])
    if kind == "table":
        from chainrule.datasets import table

        return table.rows(what, preparation)
    if kind == "array":
        return _array(preparation, what)
    raise unknown("kind of preparation", kind, KINDS)


def _array(preparation: dict[str, Any], what: Any) -> NDArray[Any]:
    if isinstance(what, str | os.PathLike):
        raise DataError(
            f"The network was trained on arrays of shape {tuple(preparation['shape'])}, not on files."
        )
    array = np.asarray(what)
    shape = tuple(preparation["shape"])
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape or array.dtype.kind not in "buif":
        wanted = ", ".join(["n", *map(str, shape)])
        raise DataError(
            f"{array.dtype} of shape {array.shape} came; numbers of shape ({wanted}) are expected."
        )
    if not np.isfinite(array).all():
        raise DataError("The array holds NaN or infinity.")
    return array.astype(preparation["dtype"])
