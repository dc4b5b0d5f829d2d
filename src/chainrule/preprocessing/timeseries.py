"""Windows over a series as a pipeline of batches."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.arrays import next_seed
from chainrule.errors import SettingError
from chainrule.ops.tensor import tensor
from chainrule.preprocessing.pipeline import Dataset

__all__ = ["timeseries_dataset_from_array"]


def timeseries_dataset_from_array(
    data: Any, targets: Any, sequence_length: int, sequence_stride: int = 1, sampling_rate: int = 1,
    batch_size: int | None = 128, shuffle: bool = False, seed: int | None = None, start_index: int | None = None,
    end_index: int | None = None,
) -> Dataset:  # fmt: skip
    """Windows of a series, each with the target at its place: targets[i] belongs to the window that begins at data[i].

    >>> data = np.arange(6.0)
    >>> [(x.tolist(), y.tolist()) for x, y in timeseries_dataset_from_array(data[:-3], data[3:], 3)]
    [([[0.0, 1.0, 2.0]], [3.0])]
    """
    for setting, value in (
        ("sequence_length", sequence_length),
        ("sequence_stride", sequence_stride),
        ("sampling_rate", sampling_rate),
    ):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise SettingError(f"{setting} must be a whole number, 1 or more; it got {value!r}.")
    array = np.asarray(data)
    first, last = start_index or 0, len(array) if end_index is None else end_index
    starts = np.arange(first, last - (sequence_length - 1) * sampling_rate, sequence_stride)
    if targets is not None:
        starts = starts[starts < first + len(targets)]
    if not len(starts):
        raise SettingError(
            f"A window of {sequence_length} steps, every {sampling_rate}., does not fit into {last - first} steps."
        )
    steps = np.arange(sequence_length) * sampling_rate
    answers = None if targets is None else np.asarray(targets)
    once, rounds = (next_seed() if seed is None else seed), [0]

    def made() -> Iterator[Any]:
        order = starts
        if shuffle:
            rounds[0] += 1
            order = np.random.default_rng([once, rounds[0]]).permutation(starts)
        size = batch_size or 1
        for at in range(0, len(order), size):
            rows = order[at : at + size]
            windows = array[rows[:, None] + steps]
            windows = windows if batch_size else windows[0]
            if answers is None:
                yield tensor(windows)
            else:
                chosen = answers[rows]
                yield tensor(windows), tensor(chosen if batch_size else chosen[0])

    return Dataset(made, -(-len(starts) // (batch_size or 1)), batch_size)
