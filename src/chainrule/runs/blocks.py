"""steps.bin: a row of float32 numbers for each step, in blocks that know whether they are whole.

    file   = one line of JSON (format, version, first step, names of the columns), then blocks
    block  = 24 bytes, then rows × columns × float32, little-endian, a row for each step
    24     = "CRb1", rows (uint32), number of the first row's step (uint64), columns (uint32), CRC-32 (uint32)

The CRC covers the 20 bytes before it and the rows. A block counts when it is whole and goes on where the last one
ended; the first that does not, and all after it, are what a crash left, and are dropped.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError, ShapeError, unknown
from chainrule.runs import values

MARK = b"CRb1"
HEAD = struct.Struct("<4sIQI")
CRC = struct.Struct("<I")
FORMAT = "chainrule steps"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Steps:
    """The recorded scalars of the steps first..stop: `steps["loss"]` is one column, `rows` (steps, columns) are all.

    >>> steps = Steps(0, ("loss", "hits"), np.array([[2.5, 3], [1.5, 7]], np.float32))
    >>> steps["loss"], len(steps)
    (array([2.5, 1.5], dtype=float32), 2)
    """

    first: int
    columns: tuple[str, ...]
    rows: NDArray[np.float32]

    @property
    def stop(self) -> int:
        """The number of the first step that is not there."""
        return self.first + len(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> NDArray[np.float32]:
        if not self.columns:
            raise FileError("The run ended before its first step: nothing is recorded.")
        if column not in self.columns:
            raise unknown("recorded number", column, self.columns)
        return self.rows[:, self.columns.index(column)]


@dataclass(frozen=True)
class Scanned:
    """What of a steps.bin is whole: `ends` says for each step where a block ended before it, at which byte."""

    steps: Steps
    ends: dict[int, int]
    size: int


def encode_head(first: int, columns: Sequence[str]) -> bytes:
    """The line at the beginning of the file."""
    head = {"format": FORMAT, "version": VERSION, "first": first, "columns": list(columns)}
    return (values.text(head) + "\n").encode()


def encode(first: int, rows: Any, columns: int) -> bytes:
    """One block. rows: (steps, columns) numbers, stored as float32."""
    rows = np.asarray(rows, np.dtype("<f4"), order="C")
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise ShapeError(
            f"The run records {columns} numbers for each step; it got rows of shape {rows.shape}."
        )
    body: bytes = rows.tobytes()
    head = HEAD.pack(MARK, len(rows), first, columns)
    return head + CRC.pack(zlib.crc32(body, zlib.crc32(head))) + body


def scan(data: bytes, what: str) -> Scanned:
    """All whole blocks from the beginning on; FileError when not even the first line is there."""
    line, newline, _ = data[: 1 << 20].partition(b"\n")
    if not newline:
        raise FileError(f"{what} is damaged: its first line is not whole.")
    head = values.parse(line, what)
    if head.get("format") != FORMAT or head.get("version") != VERSION:
        raise FileError(f"{what} is not a record of steps that this Chainrule can read.")
    first = values.entry(head, "first", int, what)
    columns = tuple(str(name) for name in values.entry(head, "columns", list, what))
    step, place, parts = first, len(line) + 1, [np.empty((0, len(columns)), np.float32)]
    ends = {step: place}
    view = memoryview(data)
    while place + HEAD.size + CRC.size <= len(data):
        mark, count, begins, width = HEAD.unpack_from(data, place)
        body = place + HEAD.size + CRC.size
        end = body + 4 * count * width
        if mark != MARK or begins != step or width != len(columns) or end > len(data) or not count:
            break
        (stored,) = CRC.unpack_from(data, place + HEAD.size)
        if stored != zlib.crc32(view[body:end], zlib.crc32(view[place : place + HEAD.size])):
            break
        parts.append(np.frombuffer(data, "<f4", count * width, body).reshape(count, width))
        step, place = step + count, end
        ends[step] = place
    rows = np.concatenate(parts).astype(np.float32, copy=False)
    rows.flags.writeable = False
    return Scanned(Steps(first, columns, rows), ends, place)
