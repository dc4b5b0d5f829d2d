"""The columns of a table that is larger than memory: their cells lie in a file, and one column at a time is read.

Looks like the dict from name to cells that a smaller table has.
"""

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.cells import Text
from chainrule.datasets.on_disk import Folder


@dataclass(frozen=True)
class Part:
    """Some cells of a column in the file: where they begin, of what type they are, and how many."""

    begin: int
    dtype: np.dtype[Any]
    count: int

    def __len__(self) -> int:
        return self.count


class CellFile:
    """A file of cells, which is written to its end and read anywhere."""

    def __init__(self, home: Folder) -> None:
        self.home = home
        self.file = (home.path / "cells").open("wb+")
        self.finish = weakref.finalize(self, self.file.close)

    def put(self, cells: Text) -> Part:
        """Writes some cells; DataError where the disk is full."""
        begin = self.file.seek(0, 2)
        with self.home.worded(Path(self.file.name)):
            self.file.write(cells.tobytes())
            self.file.flush()
        return Part(begin, cells.dtype, len(cells))

    def get(self, part: Part) -> Text:
        """The cells of a part."""
        self.file.seek(part.begin)
        return np.frombuffer(self.file.read(part.count * part.dtype.itemsize), part.dtype)


class StoredColumns(Mapping[str, Text]):
    """Columns whose cells lie in a file, in the same parts of rows for all.

    kept: the rows that are meant, in ascending order; None for all.
    """

    def __init__(
        self, file: CellFile, parts: Mapping[str, Sequence[Part]], kept: NDArray[np.int64] | None = None
    ) -> None:
        self.file, self.parts, self.kept = file, dict(parts), kept
        counts = [len(part) for part in next(iter(self.parts.values()), ())]
        self.ends = np.cumsum(counts, dtype=np.int64)

    def __getitem__(self, name: str) -> Text:
        cells = self.joined(name, self.parts[name])
        return cells if self.kept is None else cells[self.kept]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def joined(self, name: str, parts: Sequence[Part]) -> Text:
        """Parts of a column as one array; letters of other alphabets anywhere in the column make it one of letters."""
        pieces = [self.file.get(part) for part in parts]
        if any(part.dtype.kind == "U" for part in self.parts[name]):
            pieces = [piece.astype("U") for piece in pieces]
        return join(pieces)

    def without(self, names: Iterable[str]) -> "StoredColumns":
        """The same without these columns."""
        left_out = set(names)
        parts = {name: parts for name, parts in self.parts.items() if name not in left_out}
        return StoredColumns(self.file, parts, self.kept)

    def only(self, keep: NDArray[np.bool_]) -> "StoredColumns":
        """The rows to keep."""
        places = np.flatnonzero(keep)
        return StoredColumns(self.file, self.parts, places if self.kept is None else self.kept[places])

    def at(self, names: Iterable[str], rows: NDArray[np.int64]) -> dict[str, Text]:
        """The cells of some columns in some rows, which are in ascending order; only parts with such rows are read."""
        rows = rows if self.kept is None else self.kept[rows]
        first, last = np.searchsorted(self.ends, (rows[0], rows[-1]), side="right")
        begin = self.ends[first - 1] if first else 0
        return {name: self.joined(name, self.parts[name][first : last + 1])[rows - begin] for name in names}


def join(pieces: Sequence[Text]) -> Text:
    """Cells one after the other, as letters where one of them needs more than a byte a letter."""
    if any(piece.dtype.kind == "U" for piece in pieces):
        pieces = [piece.astype("U") for piece in pieces]
    return cast(Text, np.concatenate(pieces))
