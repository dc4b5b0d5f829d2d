"""A pipeline of data on arrays, as `tf.data.Dataset`: shuffle, map, filter, repeat, take, skip, batch, cache, prefetch.

A pipeline is a function that yields items anew each time it is asked.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.errors import DataError
from chainrule.ops.tensor import tensor

__all__ = ["Dataset"]


class Dataset:
    """Items, one after the other. made: a function that yields them anew.  count: how many there are, or None."""

    def __init__(
        self, made: Callable[[], Iterator[Any]], count: int | None, batch_size: int | None = None
    ) -> None:
        self._made, self.count, self._batch = made, count, batch_size

    @staticmethod
    def from_tensor_slices(tensors: Any) -> "Dataset":
        """One item for each row of arrays, tuples or dicts of arrays.

        >>> [int(x) for x in Dataset.from_tensor_slices([1, 2, 3]).map(lambda x: 2 * x)]
        [2, 4, 6]
        """
        arrays = structure(np.asarray, tensors)
        lengths = {len(array) for array in leaves(arrays)}
        if len(lengths) != 1:
            raise DataError(
                f"from_tensor_slices needs arrays of one length; they have {sorted(lengths)} rows."
            )
        n = lengths.pop()
        return Dataset(lambda: (structure(at(i), arrays) for i in range(n)), n)

    @staticmethod
    def from_tensors(tensors: Any) -> "Dataset":
        """One item: what is given."""
        return Dataset(lambda: iter([structure(tensor, tensors)]), 1)

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        *settings: Any,  # noqa: ARG004 (output types, which arrays know)
        args: tuple[Any, ...] = (),
        **more: Any,  # noqa: ARG004
    ) -> "Dataset":
        """The items that a function yields."""
        return Dataset(lambda: iter(generator(*args)), None)

    @staticmethod
    def range(*bounds: int, **settings: Any) -> "Dataset":  # noqa: ARG004
        """Whole numbers, as Python's range."""
        numbers = np.arange(*bounds, dtype=np.int64)
        return Dataset(lambda: (tensor(n) for n in numbers), len(numbers))

    @staticmethod
    def zip(*datasets: Any) -> "Dataset":
        """Items of several side by side."""
        many = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], tuple) else datasets
        counts = [d.count for d in many if d.count is not None]
        return Dataset(lambda: iter(zip(*many, strict=False)), min(counts) if counts else None)

    def __iter__(self) -> Iterator[Any]:
        return self._made()

    def __len__(self) -> int:
        if self.count is None:
            raise TypeError("The length of this dataset is not known.")
        return self.count

    def cardinality(self) -> Any:
        """How many items there are; -2 where it is not known."""
        return tensor(np.int64(-2 if self.count is None else self.count))

    def batch(self, batch_size: int, drop_remainder: bool = False, **settings: Any) -> "Dataset":
        """So many items together, their arrays stacked."""

        def made() -> Iterator[Any]:
            items = iter(self)
            while group := list(itertools.islice(items, batch_size)):
                if len(group) == batch_size or not drop_remainder:
                    yield stacked(group)

        n = self.count
        count = None if n is None else n // batch_size if drop_remainder else -(-n // batch_size)
        return Dataset(made, count, batch_size)

    def unbatch(self) -> "Dataset":
        """One item for each row of each batch."""
        return Dataset(lambda: (structure(at(i), item) for item in self for i in _rows(item)), None)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True
    ) -> "Dataset":
        """The items in random order, drawn from a buffer of so many."""
        from chainrule.arrays import next_seed

        once = next_seed() if seed is None else seed
        rounds = itertools.count()

        def made() -> Iterator[Any]:
            rng = np.random.default_rng([once, next(rounds) if reshuffle_each_iteration is not False else 0])
            items, buffer = iter(self), list[Any]()
            for item in items:
                buffer.append(item)
                if len(buffer) >= buffer_size:
                    yield buffer.pop(int(rng.integers(len(buffer))))
            while buffer:
                yield buffer.pop(int(rng.integers(len(buffer))))

        return Dataset(made, self.count, self._batch)

    def map(self, map_func: Callable[..., Any], *settings: Any, **more: Any) -> "Dataset":
        """A function of each item."""
        return Dataset(lambda: (called(map_func, item) for item in self), self.count, self._batch)

    def filter(self, predicate: Callable[..., Any], **settings: Any) -> "Dataset":
        """The items for which something holds."""
        return Dataset(lambda: (item for item in self if called(predicate, item)), None, self._batch)

    def repeat(self, count: int | None = None) -> "Dataset":
        """The items over and over; for ever without a count."""
        rounds = itertools.count() if count in (None, -1) else range(count or 0)
        total = None if count in (None, -1) or self.count is None else self.count * (count or 0)
        if count in (None, -1):
            return Dataset(lambda: (item for _ in itertools.count() for item in self), None, self._batch)
        return Dataset(lambda: (item for _ in rounds for item in self), total, self._batch)

    def take(self, count: int) -> "Dataset":
        """The first items."""
        total = count if self.count is None else min(count, self.count)
        return Dataset(lambda: itertools.islice(iter(self), count), total, self._batch)

    def skip(self, count: int) -> "Dataset":
        """All but the first items."""
        total = None if self.count is None else max(0, self.count - count)
        return Dataset(lambda: itertools.islice(iter(self), count, None), total, self._batch)

    def window(
        self, size: int, shift: int | None = None, stride: int = 1, drop_remainder: bool = False
    ) -> "Dataset":
        """Pipelines of so many items each, every one `shift` items further on.

        >>> [[int(n) for n in part] for part in Dataset.range(4).window(3, shift=1, drop_remainder=True)]
        [[0, 1, 2], [1, 2, 3]]
        """
        step = size if shift is None else shift

        def made() -> Iterator[Any]:
            items = list(self)
            for first in range(0, len(items), step):
                part = items[first : first + size * stride : stride]
                if len(part) == size or not drop_remainder:
                    yield of_items(part)

        return Dataset(made, None)

    def flat_map(self, map_func: Callable[..., Any], **settings: Any) -> "Dataset":
        """The items of the pipelines that a function makes of each item."""
        return Dataset(lambda: (inner for item in self for inner in called(map_func, item)), None)

    def concatenate(self, dataset: "Dataset") -> "Dataset":
        """The items of this one, then those of another."""
        known = self.count is not None and dataset.count is not None
        total = (self.count or 0) + (dataset.count or 0) if known else None
        return Dataset(lambda: itertools.chain(self, dataset), total, self._batch)

    def enumerate(self, start: int = 0) -> "Dataset":
        """Each item behind its number."""
        return Dataset(
            lambda: ((tensor(np.int64(n)), item) for n, item in enumerate(self, start)), self.count
        )

    def prefetch(self, buffer_size: int = -1, **settings: Any) -> "Dataset":
        """The same items."""
        return self

    def cache(self, filename: str = "") -> "Dataset":
        """The same items, made once."""
        kept = list[Any]()

        def made() -> Iterator[Any]:
            if not kept:
                kept.extend(self)
            return iter(list(kept))

        return Dataset(made, self.count, self._batch)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """The items as plain arrays of NumPy."""
        return (structure(np.asarray, item) for item in self)

    def with_options(self, options: Any) -> "Dataset":
        """The same items."""
        return self

    @property
    def element_spec(self) -> Any:
        """Shape and type of each part of an item."""
        return structure(lambda a: (np.shape(a), np.asarray(a).dtype), next(iter(self)))


def structure(function: Callable[[Any], Any], item: Any) -> Any:
    """The function of each array in a tuple or dict."""
    if isinstance(item, dict):
        return {name: structure(function, part) for name, part in item.items()}
    if isinstance(item, tuple):
        return tuple(structure(function, part) for part in item)
    return function(item)


def at(i: int) -> Callable[[Any], Any]:
    """What takes one row of an array."""
    return lambda array: tensor(array[i])


def leaves(item: Any) -> list[Any]:
    """The arrays in a tuple or dict."""
    if isinstance(item, dict):
        item = tuple(item.values())
    return [leaf for part in item for leaf in leaves(part)] if isinstance(item, tuple) else [item]


def of_items(items: list[Any]) -> Any:
    """A pipeline of the items; where they are tuples, one for each part."""
    if items and isinstance(items[0], tuple):
        return tuple(of_items([item[i] for item in items]) for i in range(len(items[0])))
    return Dataset(lambda: iter(items), len(items))


def stacked(group: list[Any]) -> Any:
    """Items as one, each of their arrays with a batch axis in front."""
    if isinstance(group[0], dict):
        return {name: stacked([item[name] for item in group]) for name in group[0]}
    if isinstance(group[0], tuple):
        return tuple(stacked([item[i] for item in group]) for i in range(len(group[0])))
    return tensor(np.stack([np.asarray(item) for item in group]))


def called(function: Callable[..., Any], item: Any) -> Any:
    """The function, given a tuple's parts one by one."""
    return function(*item) if isinstance(item, tuple) else function(item)


def _rows(item: Any) -> range:
    return range(len(leaves(item)[0]))
