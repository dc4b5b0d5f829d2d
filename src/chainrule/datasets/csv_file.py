"""A CSV file, read strictly: rows as long as the header, every name once, each row's line remembered.

Cells are kept as NumPy text, column by column, with the spaces around them taken off. Comma, semicolon or
tab; a byte order mark and any kind of line end are fine.
"""

import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, unknown

Text = NDArray[np.str_] | NDArray[np.bytes_]

LARGEST = 4 << 30  # bytes of a file
LONGEST = 1000  # letters of a cell that is used
ROWS = 4096  # are taken together


@dataclass(frozen=True)
class Table:
    """The columns of a table, the line at which each row begins, and the rows that had to be left out."""

    name: str
    columns: dict[str, Text]
    lines: NDArray[np.int64]
    bad: tuple[tuple[str, str], ...] = ()  # (file:line, reason)

    def where(self, row: int) -> str:
        """The place of a row as people write it: file:line."""
        return f"{self.name}:{self.lines[row]}"


def read(path: str | os.PathLike[str], *, drop: Sequence[str] = (), delimiter: str | None = None) -> Table:
    """Reads a CSV file with a header line, leaving out the columns in `drop`.

    Rows of the wrong length and the like are left out and listed in `bad`; the caller decides whether to go
    on. Raises DataError naming file and line where the file as a whole cannot be read: no such file, not
    UTF-8, a quote that never ends, a header that is missing, has a name twice or a column without one.
    """
    name = os.fspath(path)
    text = _text(name)
    end = text.find("\n")
    first = text[: end if end >= 0 else None]
    delimiter = delimiter or max(",;\t", key=first.count)
    rows = _rows(name, text, delimiter)
    line, header = next(rows, (1, []))
    header = [cell.strip() for cell in header]
    _check_header(f"{name}:{line}", header, drop)
    used = [k for k, column in enumerate(header) if column not in drop]
    bad: list[tuple[str, str]] = []
    lines: list[int] = []
    pieces: list[list[Text]] = [[] for _ in used]
    while some := list(islice(rows, ROWS)):
        good = [(n, row) for n, row in some if _fits(f"{name}:{n}", row, header, bad)]
        lines += [n for n, _ in good]
        columns = list(zip(*(row for _, row in good), strict=True))
        for piece, k in zip(pieces, used, strict=True):
            if columns:
                piece.append(_pack(columns[k]))
    if not lines:
        raise DataError(
            f"{name} has a header but no row of data." if not bad else f"{bad[0][0]} {bad[0][1]}."
        )
    joined = {header[k]: _join(piece) for piece, k in zip(pieces, used, strict=True)}
    return Table(name, joined, np.array(lines, np.int64), tuple(bad))


def _text(name: str) -> str:
    """The whole file as text."""
    try:
        size = Path(name).stat().st_size
        if size > LARGEST:
            raise DataError(f"{name} is {size:,} bytes long; tables are read up to {LARGEST:,}.")
        data = Path(name).read_bytes()
    except OSError as problem:
        raise DataError(f"{name} cannot be read: {problem.strerror}.") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(f"{name} is UTF-16; save it as UTF-8.")
    if (at := data.find(0)) >= 0:
        raise DataError(f"{name}:{data.count(10, 0, at) + 1} holds a zero byte: it is not a CSV file.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise DataError(f"{name}:{line} holds bytes that are not UTF-8; save the table as UTF-8.") from None


def _rows(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins at."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for row in lines:
            if row:
                yield begins, row
            begins = lines.line_num + 1
    except csv.Error as problem:
        raise DataError(f"{name}:{begins} is not CSV: {problem}.") from None


def _check_header(where: str, header: list[str], drop: Sequence[str]) -> None:
    if not header or header == [""]:
        raise DataError(f"{where} should be a line with the names of the columns.")
    for column in drop:
        if column not in header:
            raise unknown("column", column, header)
    for k, column in enumerate(header):
        if column in header[:k] and column not in drop:
            raise DataError(
                f"{where} has two columns called {column!r} (numbers {header.index(column) + 1} and {k + 1})."
            )
        if not column and column not in drop:
            raise DataError(f"{where} gives column {k + 1} no name; name it, or leave it out with drop=[''].")
    if all(map(_is_number, header)):
        raise DataError(f"{where} has only numbers; the first line should name the columns.")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _fits(where: str, row: list[str], header: list[str], bad: list[tuple[str, str]]) -> bool:
    if len(row) != len(header):
        bad.append((where, f"has {len(row)} cells where the header has {len(header)}"))
        return False
    if len(longest := max(row, key=len)) > LONGEST:
        bad.append((where, f"has a cell of {len(longest):,} letters; up to {LONGEST:,} are read"))
        return False
    return True


def _pack(cells: Iterable[str]) -> Text:
    """Cells as an array: a byte a letter where that is enough."""
    cells = [cell.strip() for cell in cells]
    try:
        return np.array(cells, "S")
    except UnicodeEncodeError:
        return np.array(cells, "U")


def _join(pieces: list[Text]) -> Text:
    if any(piece.dtype.kind == "U" for piece in pieces):
        pieces = [piece.astype("U") for piece in pieces]
    return cast(Text, np.concatenate(pieces))
