"""Sequences of different lengths made equal, and windows over a series. Keras's names and results."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.internal import absent
from chainrule.internal.memory import must_fit
from chainrule.preprocessing.skipgrams import make_sampling_table, skipgrams

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]


def pad_sequences(
    sequences: Any, maxlen: int | None = None, dtype: Any = "int32", padding: str = "pre", truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:  # fmt: skip
    """Sequences as rows of one array: short ones filled with `value`, long ones cut.

    maxlen: the rows' length (the longest by default).  padding, truncating: at which end, "pre" or "post".

    >>> pad_sequences([[1], [1, 2, 3]], maxlen=2)
    array([[0, 1],
           [2, 3]], dtype=int32)
    """
    for setting, end in (("padding", padding), ("truncating", truncating)):
        if end not in ("pre", "post"):
            raise SettingError(f"pad_sequences: {setting} is 'pre' or 'post'; it got {end!r}.")
    if not hasattr(sequences, "__len__"):
        raise DataError(f"pad_sequences needs a list of sequences; it got {type(sequences).__name__}.")
    for place, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise DataError(
                f"pad_sequences needs a list of sequences; number {place} of them is {sequence!r}."
            )
    rows = [np.asarray(sequence) for sequence in sequences]
    length = max((len(row) for row in rows), default=0) if maxlen is None else int(maxlen)
    inner = next((row.shape[1:] for row in rows if len(row)), ())
    kind = np.dtype(dtype) if not (isinstance(dtype, str) and dtype == "str") else np.dtype(object)
    if isinstance(value, str) and not kind.hasobject:
        raise SettingError(
            f"pad_sequences: value={value!r} is a text, so dtype must be object; it is {dtype!r}."
        )
    must_fit("The padded sequences", (len(rows), length, *inner), np.dtype(kind).itemsize)
    padded = np.full((len(rows), length, *inner), value, kind)
    for place, row in enumerate(rows):
        if not len(row):
            continue
        if row.shape[1:] != inner:
            raise ShapeError(
                f"Every step must have the shape {inner}; in sequence {place} it is {row.shape[1:]}."
            )
        kept = row[-length:] if truncating == "pre" else row[:length]
        if length and len(kept):
            padded[place, slice(-len(kept), None) if padding == "pre" else slice(0, len(kept))] = kept
    return padded


class TimeseriesGenerator:
    """Windows over a series with what follows each: batches of (inputs, targets), to give to fit.

    length: steps a window spans.  sampling_rate: every how many steps of it are taken.  stride: steps between windows.

    >>> batch = TimeseriesGenerator(np.arange(10), np.arange(10), length=3, batch_size=2)
    >>> len(batch), batch[0][0].tolist(), batch[0][1].tolist()
    (4, [[0, 1, 2], [1, 2, 3]], [3, 4])
    """

    def __init__(
        self, data: Any, targets: Any, length: int, sampling_rate: int = 1, stride: int = 1, start_index: int = 0,
        end_index: int | None = None, shuffle: bool = False, reverse: bool = False, batch_size: int = 128,
    ) -> None:  # fmt: skip
        if len(data) != len(targets):
            raise ShapeError(
                f"TimeseriesGenerator needs as many targets as steps; it got {len(data)} and {len(targets)}."
            )
        self.data, self.targets, self.length = data, targets, int(length)
        self.sampling_rate, self.stride, self.shuffle, self.reverse = (
            int(sampling_rate),
            int(stride),
            shuffle,
            reverse,
        )
        self.batch_size, self.start_index = int(batch_size), start_index + self.length
        self.end_index = len(data) - 1 if end_index is None else end_index
        if self.start_index > self.end_index:
            raise SettingError(
                f"TimeseriesGenerator: a window of {length} steps does not fit between {start_index} and {self.end_index}."
            )

    def __len__(self) -> int:
        return math.ceil((self.end_index - self.start_index + 1) / (self.batch_size * self.stride))

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)  # noqa: NPY002 (as in Keras)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(
                first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride
            )
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches; {index} is none of them.")
        windows = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        targets = np.array([self.targets[row] for row in rows])
        return (windows[:, ::-1, ...] if self.reverse else windows), targets

    def get_config(self) -> dict[str, Any]:
        """The settings, without the data."""
        names = ("length", "sampling_rate", "stride", "shuffle", "reverse", "batch_size")
        return {name: getattr(self, name) for name in names}


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("preprocessing.sequence", __all__)
