"""Functions of arrays that TensorFlow had under other names in its first years, and small ones of today."""

# ruff: noqa: A002 (TensorFlow's names)
from contextlib import nullcontext
from typing import Any

import numpy as np

from chainrule import ops
from chainrule.keras_names.thin_tensorflow import random
from chainrule.ops.tensor import tensor, with_tensors

__all__ = [
    "Print", "confusion_matrix", "einsum", "log", "name_scope", "random_normal", "random_uniform", "sequence_mask", "squared_difference",
    "to_float", "to_int32", "to_int64", "truediv",
]  # fmt: skip

log, einsum, truediv = with_tensors(ops.log), with_tensors(ops.einsum), with_tensors(ops.true_divide)


def to_float(x: Any, name: str | None = None) -> Any:
    """float32 of anything.

    >>> to_float([1, 2]).dtype
    dtype('float32')
    """
    return tensor(ops.cast(x, "float32"))


def to_int32(x: Any, name: str | None = None) -> Any:
    """Whole numbers of 32 bits."""
    return tensor(ops.cast(x, "int32"))


def to_int64(x: Any, name: str | None = None) -> Any:
    """Whole numbers of 64 bits."""
    return tensor(np.asarray(x).astype(np.int64))


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """(x - y)².

    >>> float(squared_difference(3.0, 1.0))
    4.0
    """
    return tensor(ops.square(ops.subtract(x, y)))


def random_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = np.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Normal numbers."""
    return random.normal(shape, mean, stddev, dtype)


def random_uniform(
    shape: Any,
    minval: float = 0,
    maxval: float = 1,
    dtype: Any = np.float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Numbers equally likely between two."""
    return random.uniform(shape, minval, maxval, dtype)


def sequence_mask(
    lengths: Any, maxlen: int | None = None, dtype: Any = np.bool_, name: str | None = None
) -> Any:
    """True for the first `length` places of each row.

    >>> sequence_mask([1, 2]).tolist()
    [[True, False], [True, True]]
    """
    counts = np.asarray(lengths)
    return tensor((np.arange(maxlen or counts.max()) < counts[..., None]).astype(dtype))


def confusion_matrix(labels: Any, predictions: Any, num_classes: int | None = None, **settings: Any) -> Any:
    """How often each class (row) was taken for each class (column)."""
    from chainrule.keras_names.thin_tensorflow import math

    return math.confusion_matrix(labels, predictions, num_classes, **settings)


def Print(input: Any, data: Any, message: str | None = None, **settings: Any) -> Any:  # noqa: N802 (TensorFlow's name)
    """The input, and the data printed."""
    print(message or "", *map(np.asarray, data))
    return input


def name_scope(name: str, *more: Any, **settings: Any) -> Any:
    """A `with` around names of a graph, which there is none of here."""
    return nullcontext(name)
