"""Class numbers to rows, rows to length 1, and the seed of everything."""

from typing import Any

import numpy as np

from chainrule.arrays import set_seed
from chainrule.errors import DataError, SettingError

__all__ = ["normalize", "set_random_seed", "to_categorical"]


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Class numbers to rows of 0 and one 1.   (n,) -> (n, num_classes) float32

    >>> to_categorical([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise DataError(
            "to_categorical needs class numbers; it got words. np.unique(y, return_inverse=True)[1] numbers them."
        )
    labels = given.astype(np.int64)
    if given.dtype.kind == "f" and (labels != given).any():
        wrong = given[labels != given].flat[0]
        raise DataError(f"to_categorical needs whole class numbers from 0 on; one is {wrong:g}.")
    if num_classes is not None and (num_classes != int(num_classes) or num_classes < 1):
        raise DataError(
            f"to_categorical: num_classes must be a whole number from 1 on; it is {num_classes!r}."
        )
    if not labels.size and num_classes is None:
        raise DataError("to_categorical got no labels; say num_classes.")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = int(labels.max()) + 1 if num_classes is None else int(num_classes)
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise DataError(
            f"to_categorical with {classes} classes needs labels from 0 to {classes - 1}; one is {wrong}."
        )
    try:
        rows = np.zeros((labels.size, classes), np.float32)
    except (MemoryError, ValueError):
        raise DataError(
            f"to_categorical would make {labels.size:,} rows of {classes:,} numbers, more than the memory holds; "
            "sparse_categorical_crossentropy learns from class numbers as they are."
        ) from None
    rows[np.arange(labels.size), labels.reshape(-1)] = 1
    return rows.reshape(*labels.shape, classes)


def set_random_seed(seed: int) -> None:
    """Decides the randomness of everything that follows: first weights, orders, dropout. NumPy's and Python's too."""
    import random

    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise SettingError(f"A seed is a whole number; it got {seed!r}.")
    seed = int(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (Keras does it: scripts shuffle with it)
    set_seed(seed)


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Rows of length 1.   order: which length, 2 for the usual one

    >>> normalize([[3.0, 4.0]])
    array([[0.6, 0.8]], dtype=float32)
    """
    x = np.atleast_1d(np.asarray(x, dtype=np.float32))
    length = np.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return np.asarray(x / np.where(length == 0, 1, length))
