"""Standardised inputs: what a network that is given raw numbers subtracts and divides by, measured on the training part."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.datasets.dataset import Dataset
from chainrule.datasets.on_disk import forget
from chainrule.layers import Normalization

BLOCK = 1 << 22  # numbers that are counted together
CHANNELS = 4  # a last axis of at most so many places is read as the channels of pictures


def normalization(data: Dataset) -> list[Normalization]:
    """The layer that brings a data set's inputs to mean 0 and variance 1; none for tables, which are standardised already.

    Pictures: one mean for each channel. Rows of numbers: one for each place; a place that never changes is only centred.

    >>> x = np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)
    >>> layer = normalization(Dataset("two", x, np.array([0, 1]), x, np.array([0, 1]), class_names=("a", "b")))[0]
    >>> layer.mean.tolist(), layer.variance.tolist()
    ([2.0, 5.0], [1.0, 1.0])
    """
    x = data.x_train
    if data.preparation.get("kind") == "table":
        return []
    each_place = x.ndim == 2 or (x.ndim == 4 and x.shape[-1] <= CHANNELS)
    mean, variance = moments(x.reshape(-1, x.shape[-1]) if each_place else x.reshape(-1, 1))
    if data.scale is not None:
        mean, variance = mean * data.scale, variance * data.scale**2
    variance = np.where(variance > 1e-10 * (1 + mean**2), variance, 1.0)
    return [
        Normalization(axis=-1 if each_place else None, mean=as_settings(mean), variance=as_settings(variance))
    ]


def moments(columns: Any) -> tuple[Any, Any]:
    """Mean and variance of each column, in float64; bytes are counted, so that large pictures need no large memory."""
    if columns.dtype != np.uint8 and columns.size > BLOCK:
        mean = added(columns, lambda some: some) / len(columns)
        return mean, added(columns, lambda some: (some - mean) ** 2) / len(columns)
    if columns.dtype != np.uint8 or len(columns) < 256:
        return columns.mean(axis=0, dtype=np.float64), columns.var(axis=0, dtype=np.float64)
    counts = np.zeros((columns.shape[1], 256), np.int64)
    for start in range(0, len(columns), BLOCK):
        some = columns[start : start + BLOCK]
        counts += np.stack([np.bincount(column, minlength=256) for column in some.T])
        forget(columns)
    levels, shares = np.arange(256.0), counts / len(columns)
    mean = shares @ levels
    return mean, shares @ levels**2 - mean**2


def added(columns: Any, of: Callable[[Any], Any]) -> Any:
    """The sum of each column of what a function makes of all rows, in float64, some rows at a time and one after the other."""
    total = np.zeros(columns.shape[1])
    for _, some in in_parts(columns, columns.shape[1]):
        total = np.add.reduce(np.concatenate([total[None], of(some.astype(np.float64))]), axis=0)
    return total


def in_parts(columns: Any, width: int) -> Iterator[tuple[int, Any]]:
    """Where some rows begin, and these: as many as make `BLOCK` numbers when each becomes so many."""
    rows = max(1, BLOCK // max(1, width))
    for start in range(0, len(columns), rows):
        yield start, np.asarray(columns[start : start + rows])
        forget(columns)


def as_settings(numbers: Any) -> Any:
    """A single number alone, several as a list: as the layer stores them."""
    return float(numbers[0]) if len(numbers) == 1 else numbers.tolist()
