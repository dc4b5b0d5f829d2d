"""Examples that are read when they are needed, so that data may be larger than memory: `fit(npy_rows("x.npy"), y)`.

`row_kinds.py` has the kinds: .npy files, folders of pictures, tables, anything with len and [i].

Rows are indexed as an array is, by a slice or by whole numbers, and come out as an array. What is learned from them is the same,
to the bit, as from the array that they stand for.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataError, SettingError


class Rows:
    """Rows of a shape and a type; a kind of them says `read(index)`. float64 and truth values come out as float32.

    >>> class Squares(Rows):
    ...     def read(self, index):
    ...         return (index[:, None] ** 2).astype(np.float32)
    >>> Squares((1000000, 1), np.float32)[[3, 999]].tolist()
    [[9.0], [998001.0]]
    """

    def __init__(self, shape: Sequence[int], dtype: Any) -> None:
        dtype = np.dtype(dtype)
        if dtype.kind not in "biuf":
            raise DataError(f"The inputs must be numbers; they are of type {dtype}.")
        self.shape = tuple(map(int, shape))
        self.dtype = np.dtype(np.float32) if dtype.kind in "bf" else dtype
        self.ndim = len(self.shape)

    def read(self, index: np.ndarray) -> np.ndarray:
        """The rows of these numbers, in their order."""
        raise NotImplementedError(f"{type(self).__name__} has no read(index): write it.")

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """What all rows would take in memory."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __getitem__(self, index: Any) -> np.ndarray:
        if isinstance(index, tuple):
            raise SettingError("Rows that are read when needed are indexed by one axis: x[3:9] or x[[1, 5]].")
        index = np.arange(len(self))[index]
        found = self.read(np.atleast_1d(index)).astype(self.dtype, copy=False)
        if self.dtype.kind == "f" and not np.isfinite(found.sum(dtype=np.float64)):
            wrong = np.flatnonzero(~np.isfinite(found).reshape(len(found), -1).all(axis=1))
            if len(wrong):
                raise DataError(
                    f"The inputs hold numbers that are not finite; the first is in example {np.atleast_1d(index)[wrong[0]]}."
                )
        return found if np.ndim(index) else found[0]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise DataError(
            f"{type(self).__name__} of {self.nbytes / 1e9:.3g} GB is not read into memory as a whole; index it, or give it to fit."
        )

    def in_chunks(self, what: str) -> Any:
        """All rows, some megabytes at a time; where that takes long, stderr says how long."""
        size = max(1, (16 << 20) // max(1, self.nbytes // max(1, len(self))))
        began, result = time.monotonic(), False
        for start in range(0, len(self), size):
            yield self[start : start + size]
            spent = time.monotonic() - began
            if spent > 2 and not result:
                result, left = True, spent * (len(self) / min(len(self), start + size) - 1)
                print(
                    f"{what} {self.nbytes / 1e9:.3g} GB: about {left:.0f} s more.",
                    file=sys.stderr,
                    flush=True,
                )
