"""Data that come in batches: a PyDataset, a generator, a pipeline such as tf.data's, a DataLoader. Told by what they can do.

by number   __getitem__ and __len__: every batch can be asked for again; their order is drawn anew for each epoch. Where steps are
            counted, an epoch goes on where the last one stopped, and ends early with the data, as in Keras
in turn     __iter__: gone through anew for each epoch, or on and on where steps are counted
once        __next__ alone: a generator, which goes on from epoch to epoch
"""

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.engine.examples import Scaled
from chainrule.errors import DataError, SettingError

Batch = tuple[Any, Any, Any]  # inputs, targets, sample weights; None where there are none


def is_stream(x: Any) -> bool:
    """Whether something yields batches, and is no array, list, dict or table itself.

    >>> is_stream(np.ones(3)), is_stream([1, 2]), is_stream(iter([1, 2]))
    (False, False, True)
    """
    if (
        x is None
        or isinstance(x, (list, tuple, dict, set, frozenset, Scaled, str))
        or hasattr(x, "__array__")  # rows that are read when needed, too
        or hasattr(x, "iloc")
    ):
        return False
    return (
        hasattr(x, "__iter__")
        or hasattr(x, "__next__")
        or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))
    )


LONGEST = 1_000  # batches of a generator that does not say how many they are


class Batches:
    """The batches of a stream, epoch by epoch. steps: how many an epoch has, where that is to be counted."""

    def __init__(self, source: Any, steps: int | None = None, what: str = "steps_per_epoch") -> None:
        if steps is not None and (
            isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1
        ):
            raise SettingError(f"{what} must be a whole number, 1 or more; it got {steps!r}.")
        self.source, self.what = source, what
        self.steps = None if steps is None else int(steps)
        self.by_number = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        self.once = hasattr(source, "__next__") and not self.by_number
        self.running: Iterator[Any] | None = None
        self.left: list[int] = []  # of the data that are gone through now, where steps are counted

    @property
    def length(self) -> int | None:
        """How many batches an epoch has; None where only its end will tell."""
        if self.steps is not None:
            return self.steps
        try:
            return len(self.source)
        except (TypeError, NotImplementedError):
            return None

    def epoch(self, order: Any = None) -> Iterator[Batch]:
        """The batches of the next epoch. order: in which those are taken that have numbers."""
        if hasattr(self.source, "on_epoch_begin"):
            self.source.on_epoch_begin()
        if self.by_number:
            if not self.left:
                if isinstance(self.source, ArrayBatches):
                    self.source.draw_order()
                self.left = [int(number) for number in (range(len(self.source)) if order is None else order)]
            now, self.left = self.left[: self.steps], self.left[self.steps :] if self.steps else []
            yield from (parts(self.source[number]) for number in now)
        elif self.steps is None and not self.once:
            yield from map(parts, iter(self.source))
        else:
            if self.running is None:
                self.running = iter(self.source)
            yield from map(
                parts, self.running if self.steps is None else itertools.islice(self.running, self.steps)
            )
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def to_the_end(self) -> Iterator[Batch]:
        """The batches of one epoch; SettingError where a generator that does not say how many they are comes to no end."""
        number = 0
        for number, batch in enumerate(self.epoch(), 1):
            if number > LONGEST and self.once and self.steps is None:
                raise SettingError(
                    f"{LONGEST:,} batches came, and no end of them: say how many there are, {self.what}=."
                )
            yield batch
        if self.steps is not None and 0 < number < self.steps:
            warnings.warn(
                f"The data ended after {number} of {self.steps} batches: {self.what} is more than there are.",
                stacklevel=4,
            )

    def all(self) -> Batch:
        """All batches of an epoch as one. A stream without an end needs its steps."""
        found = list(self.to_the_end())
        if not found:
            raise DataError("The data gave no batch.")
        return (
            joined([x for x, _, _ in found]),
            joined([y for _, y, _ in found]),
            joined([w for _, _, w in found]),
        )


class ArrayBatches:
    """Arrays as batches by number: for an epoch of a counted number of steps.

    >>> batches = ArrayBatches((np.arange(5), np.arange(5), None), 2)
    >>> len(batches), batches[2][0].tolist()
    (3, [4])
    """

    def __init__(self, examples: Batch, batch_size: int, rng: np.random.Generator | None = None) -> None:
        self.examples, self.batch_size, self.rng = examples, batch_size, rng
        self.n = len(leaves(examples[0])[0])
        self.order = np.arange(self.n)

    def __len__(self) -> int:
        return int(np.ceil(self.n / self.batch_size))

    def __getitem__(self, index: int) -> Batch:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return tuple(each(lambda array: np.asarray(array)[rows], part) for part in self.examples)

    def draw_order(self) -> None:
        """Another order, for the next time that all are gone through."""
        if self.rng is not None:
            self.order = self.rng.permutation(self.n)


def parts(batch: Any) -> Batch:
    """A batch as inputs, targets, weights; arrays of PyTorch and TensorFlow become NumPy's.

    >>> parts((np.ones(2), np.zeros(2)))[2] is None
    True
    """
    if isinstance(batch, (tuple, list)) and not isinstance(batch, Scaled):
        if not 1 <= len(batch) <= 3:
            raise DataError(
                f"A batch is inputs, (inputs, targets) or (inputs, targets, weights); it got {len(batch)} parts."
            )
        x, y, w = (*batch, None, None)[:3]
    else:
        x, y, w = batch, None, None
    return each(as_numpy, x), each(as_numpy, y), each(as_numpy, w)


def as_numpy(value: Any) -> Any:
    """An array of another library as NumPy's."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        value = value.numpy()
    return value if value is None else np.asarray(value)


def each(function: Any, part: Any) -> Any:
    """A function of every array in tuples, lists and dicts."""
    if isinstance(part, dict):
        return {name: each(function, value) for name, value in part.items()}
    if (
        isinstance(part, (tuple, list))
        and part
        and all(hasattr(value, "shape") or isinstance(value, dict) for value in part)
    ):
        return tuple(each(function, value) for value in part)
    return None if part is None else function(part)


def leaves(part: Any) -> list[Any]:
    """The arrays in tuples, lists and dicts."""
    if isinstance(part, dict):
        part = tuple(part.values())
    if isinstance(part, (tuple, list)) and part and hasattr(part[0], "shape"):
        return [leaf for value in part for leaf in leaves(value)]
    return [] if part is None else [np.asarray(part)]


def joined(batches: list[Any]) -> Any:
    """Batches as one, array by array."""
    first = batches[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {name: joined([batch[name] for batch in batches]) for name in first}
    if isinstance(first, tuple):
        return tuple(joined([batch[i] for batch in batches]) for i in range(len(first)))
    return np.concatenate(batches)
