"""Data that is made batch by batch: PyDataset to derive from, and split_dataset."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.arrays import next_seed
from chainrule.errors import DataError, SettingError
from chainrule.preprocessing.pipeline import Dataset

__all__ = ["PyDataset", "split_dataset"]


class PyDataset:
    """Batches by number: derive from it and write `__getitem__(index)` -> (x, y) and `__len__`. Keras 2 called it Sequence.

    workers, use_multiprocessing, max_queue_size are accepted; batches are made in order, in this process.

    >>> class Ones(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return np.ones((4, 2)), np.ones(4)
    >>> Ones().num_batches
    3
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = (
            workers,
            use_multiprocessing,
            max_queue_size,
        )

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} has no __getitem__(index): write it; it returns one batch, (x, y)."
        )

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has; None for no end."""
        try:
            return len(self)  # type: ignore[arg-type]
        except TypeError:
            return None

    def on_epoch_begin(self) -> None:
        """Called by fit before each epoch."""

    def on_epoch_end(self) -> None:
        """Called by fit after each epoch: the place to shuffle."""

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(self.num_batches or 0))


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
    **settings: Any,
) -> tuple[Dataset, Dataset]:
    """Two parts of arrays or of a pipeline, as pipelines of single examples. sizes: shares below 1, or numbers of examples.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), [int(x) for x in right]
    (8, [8, 9])
    """
    if left_size is None and right_size is None:
        raise SettingError(
            "split_dataset needs left_size or right_size: a share such as 0.8, or a number of examples."
        )
    items = (
        list(dataset) if isinstance(dataset, Dataset) else list(Dataset.from_tensor_slices(as_tuple(dataset)))
    )
    n = len(items)
    if not n:
        raise DataError("split_dataset got no examples.")
    left, right = (counted(size, n) for size in (left_size, right_size))
    left = n - (right or 0) if left is None else left
    right = n - left if right is None else right
    if left + right > n or left < 1 or right < 1:
        raise SettingError(f"split_dataset: {left} and {right} examples are not two parts of {n}.")
    order = (
        np.random.default_rng(next_seed() if seed is None else seed).permutation(n)
        if shuffle
        else np.arange(n)
    )
    parts = [items[i] for i in order[:left]], [items[i] for i in order[left : left + right]]
    return Dataset(lambda: iter(parts[0]), left), Dataset(lambda: iter(parts[1]), right)


def counted(size: Any, n: int) -> int | None:
    """A share or a number of examples as a number."""
    if size is None:
        return None
    return round(size * n) if isinstance(size, float) else int(size)


def as_tuple(data: Any) -> Any:
    """A list of arrays as a tuple; an array as it is."""
    return tuple(data) if isinstance(data, (list, tuple)) and all(np.ndim(part) for part in data) else data
