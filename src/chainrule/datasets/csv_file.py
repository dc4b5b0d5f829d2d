"""A CSV file, read strictly: rows as long as the header, every name once, each row's line remembered.

Cells are kept as NumPy text, column by column, with the spaces around them taken off. Comma, semicolon, tab or
bar; a byte order mark, any kind of line end, and a spreadsheet's `sep=;` line are fine. The cells of a file of more than 256 MB
lie in a file of their own, and one column at a time is read (`stored_columns`).
"""

import csv
import os
import re
import sys
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets import on_disk
from chainrule.datasets.cells import Notation, Numbers, Text, is_number, numbers
from chainrule.datasets.stored_columns import CellFile, StoredColumns, join
from chainrule.datasets.text_file import WINDOWS, open_text
from chainrule.errors import DataError, unknown

LONGEST = 1000  # letters of a cell that is used
COLUMNS = 20_000
CELLS = 10 * COLUMNS  # of a line before it is taken apart: some may stand within quotation marks
FAULTS = 50_000  # rows that cannot be used, before a file is given up where they are more than the others
ROOM = 64 << 20  # bytes of cells beyond eight times the file's: cells as long as the longest take more
DELIMITERS = "\t;|,"
START = 200_000  # letters, and of these
LOOKED_AT = 20  # lines, to find out what stands between cells
ROWS = 4096  # are taken together
SAID = 5.0  # seconds between two words on how far reading is


READ_AS_WINDOWS = (
    "the file is not UTF-8 and was read as Windows-1252; where letters came out wrong, save it as UTF-8"
)
LINE_ENDS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")  # within a column's name


FIRST_LINE = (
    "the first line should name the columns: write a line with their names above the data, or say that there is none with header=False "
    "(--no-header), which calls them column_1, column_2, ..."
)


@dataclass(frozen=True)
class Table:
    """The columns of a table, the line at which each row begins, and the rows that had to be left out."""

    name: str
    columns: Mapping[str, Text]
    lines: NDArray[np.int64]
    bad: tuple[tuple[str, str], ...] = ()  # (file:line, reason)
    delimiter: str = ","
    notes: tuple[str, ...] = ()
    _parsed: dict[str, tuple[Any, Numbers, NDArray[np.bool_]]] = field(default_factory=dict, repr=False)

    def numbers(self, name: str, notation: Notation | None = None) -> tuple[Numbers, NDArray[np.bool_]]:
        """A column as numbers, and which of its cells are none (`cells.numbers`); kept for the next time."""
        if name not in self._parsed or self._parsed[name][0] != notation:
            if isinstance(self.columns, StoredColumns):  # memory has room for one
                self._parsed.clear()
            self._parsed[name] = (notation, *numbers(self.columns[name], notation))
        return self._parsed[name][1:]

    def without(self, names: Sequence[str]) -> "Table":
        """The same table without these columns."""
        if isinstance(self.columns, StoredColumns):
            return replace(self, columns=self.columns.without(names))
        return replace(self, columns={n: cells for n, cells in self.columns.items() if n not in names})

    def only(self, keep: NDArray[np.bool_], bad: Sequence[tuple[str, str]]) -> "Table":
        """The rows to keep, and the list of all that were left out."""
        if keep.all():
            return replace(self, bad=tuple(bad))
        if isinstance(self.columns, StoredColumns):
            columns: Mapping[str, Text] = self.columns.only(keep)
        else:
            columns = {n: cells[keep] for n, cells in self.columns.items()}
        return replace(self, columns=columns, lines=self.lines[keep], bad=tuple(bad), _parsed={})

    def where(self, row: int) -> str:
        """The place of a row as people write it: file:line."""
        return f"{self.name}:{self.lines[row]}"


def read(
    path: str | os.PathLike[str],
    *,
    drop: Sequence[str] = (),
    delimiter: str | None = None,
    header: bool = True,
) -> Table:
    """Reads a CSV file, leaving out the columns in `drop`.

    header: whether the first line names the columns; without, they are called column_1, column_2, ... A column
    without a name is left out where it counts the rows or is empty. Rows of the wrong length and the like are left
    out and listed in `bad`; the caller decides whether to go on. Raises DataError naming file and line where the file
    as a whole cannot be read: no such file, not UTF-8, a quote that never ends, a header that is missing, has a name
    twice or a column without one.
    """
    name = os.fspath(path)
    file, size, quotes = open_text(name, CELLS)
    old = file.encoding == WINDOWS
    with file:
        start = file.read(START)
        file.seek(0)
        skipped_line, said = _sep_line(start)
        delimiter = delimiter or said or _delimiter(start)
        rows = _rows(name, file, delimiter, quotes)
        if skipped_line:
            next(rows)
        on = (
            None
            if size <= on_disk.MOST // 4
            else CellFile(on_disk.Folder(3 * size, f"The columns of {name}"))
        )
        table = _table(
            name, size, rows if on is None else told(rows, file, size), delimiter, drop, header, on
        )
    return replace(table, notes=(READ_AS_WINDOWS, *table.notes)) if old else table


def told(rows: Iterator[tuple[int, list[str]]], file: TextIO, size: int) -> Iterator[tuple[int, list[str]]]:
    """The same rows; where they take long, stderr says how long."""
    began = said = time.monotonic()
    for count, row in enumerate(rows):
        if count % ROWS == 0 and (now := time.monotonic()) > said + SAID:
            said, share = now, file.buffer.tell() / size
            print(
                f"{share:.0%} of {file.name} is read: about {(now - began) * (1 / share - 1):.0f} s more.".replace(
                    "%", " %"
                ),
                file=sys.stderr,
                flush=True,
            )
        yield row


def _table(
    name: str, size: int, rows: Iterator[tuple[int, list[str]]], delimiter: str, drop: Sequence[str], header: bool,
    on: CellFile | None = None,
) -> Table:  # fmt: skip
    line, first = next(rows, (1, []))
    first = [LINE_ENDS.sub(" ", cell.strip()) for cell in first]
    if len(first) > COLUMNS:
        raise DataError(f"{name}:{line} has {len(first):,} columns; tables of up to {COLUMNS:,} are read.")
    if header:
        names = first
    else:
        names = [f"column_{k + 1}" for k in range(len(first))]
        rows = chain([(line, first)], rows)
    _check_header(f"{name}:{line}", names, drop)
    left_out = set(drop)
    used = [k for k, column in enumerate(names) if column not in left_out]
    bad: list[tuple[str, str]] = []
    lines = array("q")
    pieces: list[list[Any]] = [[] for _ in used]  # of cells, or of where they lie
    while some := list(islice(rows, ROWS)):
        good = [(n, row) for n, row in some if _fits(f"{name}:{n}", row, names, bad)]
        lines.extend(n for n, _ in good)
        columns = list(zip(*(row for _, row in good), strict=True))
        for piece, k in zip(pieces, used, strict=True):
            if columns:
                cells = pack(columns[k])
                piece.append(cells if on is None else on.put(cells))
        if len(bad) > max(FAULTS, len(lines)):
            raise DataError(f"{bad[0][0]} {bad[0][1]}, and {len(bad) - 1:,} more rows cannot be used.")
    if not lines:
        raise DataError(
            f"{name} has a header but no row of data." if not bad else f"{bad[0][0]} {bad[0][1]}."
        )
    _check_room(name, [names[k] for k in used], pieces, 16 * size + ROOM)
    all_columns = _columns(map(str, used), pieces, on)
    if header:
        _check_first_line(f"{name}:{line}", [names[k] for k in used], (all_columns[str(k)] for k in used))
    notes = [_nameless(f"{name}:{line}", k, all_columns[str(k)]) for k in used if not names[k]]
    named = [(names[k], k, piece) for k, piece in zip(used, pieces, strict=True) if names[k]]
    table: Mapping[str, Text] = (
        {own: all_columns[str(k)] for own, k, _ in named}
        if on is None
        else StoredColumns(on, {own: piece for own, _, piece in named})
    )
    return Table(name, table, np.array(lines, np.int64), tuple(bad), delimiter, tuple(notes))


def _columns(names: Iterable[str], pieces: list[list[Any]], on: CellFile | None) -> Mapping[str, Text]:
    """Columns from their pieces: of cells, or of where these lie."""
    if on is None:
        return {name: join(piece) for name, piece in zip(names, pieces, strict=True)}
    return StoredColumns(on, dict(zip(names, pieces, strict=True)))


def _sep_line(text: str) -> tuple[bool, str | None]:
    """Whether the file begins with the line in which a spreadsheet says what stands between cells; and what that is."""
    found = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    return found is not None, found[1] if found else None


def _delimiter(text: str) -> str:
    """What stands between cells: of the letters in the first line, the one that all lines have equally often."""
    start = re.split(r"\r\n|\r|\n", text)[:LOOKED_AT]
    lines = [re.sub(r'"[^"]*"', "", line) for line in start if line.strip()]
    known = [letter for letter in DELIMITERS if lines and letter in lines[0]]
    return min(known, key=lambda letter: len({line.count(letter) for line in lines}), default=",")


def _rows(name: str, file: TextIO, delimiter: str, quotes: bool) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins at."""
    begins, cells = 1, 0

    def counted() -> Iterator[str]:  # a row within quotation marks may go on over many lines
        nonlocal cells
        for line in file:
            cells += line.count(delimiter)
            if cells > CELLS:
                raise DataError(f"{name}:{begins} begins a row of more than {CELLS:,} cells.")
            yield line

    lines = csv.reader(counted() if quotes else file, delimiter=delimiter, strict=True)
    try:
        for row in lines:
            if row:
                yield begins, row
            begins, cells = lines.line_num + 1, 0
    except csv.Error as problem:
        raise DataError(f"{name}:{begins} is not CSV: {problem}.") from None
    except (OSError, UnicodeError):
        raise DataError(f"{name} was changed while it was read.") from None


def _check_header(where: str, header: list[str], drop: Sequence[str]) -> None:
    if not header or header == [""]:
        raise DataError(f"{where} should be a line with the names of the columns.")
    if all(map(is_number, header)):
        raise DataError(f"{where} has only numbers; {FIRST_LINE}")
    if len(longest := max(header, key=len)) > LONGEST:
        raise DataError(f"{where} has a column name of {len(longest):,} letters; up to {LONGEST:,} are read.")
    for column in drop:
        if column not in header:
            raise unknown("column", column, header)
    seen: dict[str, int] = {}
    for k, column in enumerate(header):
        if column and column in seen and column not in drop:
            raise DataError(
                f"{where} has two columns called {column!r} (numbers {seen[column] + 1} and {k + 1})."
            )
        seen.setdefault(column, k)


def _check_first_line(where: str, header: list[str], columns: Iterable[Text]) -> None:
    """Refuses a first line that is data: a number over each column of numbers, and known words over those of words."""
    over_numbers = over_words = 0
    for name, cells in zip(header, columns, strict=True):
        few = [str(cell) for cell in cells[:100].astype("U")]
        if all(map(is_number, few)):
            if not is_number(name):
                return
            over_numbers += 1
        elif name and name in cells.astype("U"):
            over_words += 1
        else:
            return
    if over_numbers and over_words:
        raise DataError(f"{where} has {', '.join(header[:5])} where names should be; {FIRST_LINE}")


def _nameless(where: str, k: int, cells: Text) -> str:
    """What is said of a column without a name, which is left out; DataError where it holds something to learn from."""
    if not (cells != np.zeros((), cells.dtype)).any():
        return f"column {k + 1} has no name and no content: it is left out"
    values = np.array([float(cell) if is_number(cell) else np.nan for cell in cells.astype("U").tolist()])
    if len(values) < 2 or (np.diff(values) == 1).all():
        return f"column {k + 1} has no name and counts the rows: it is left out"
    raise DataError(
        f"{where} gives column {k + 1} no name; name it, or leave it out with drop=[''] (--drop '')."
    )


def _fits(where: str, row: list[str], header: list[str], bad: list[tuple[str, str]]) -> bool:
    if len(row) != len(header):
        bad.append((where, f"has {len(row)} cell{'s' * (len(row) != 1)} where the header has {len(header)}"))
        return False
    if len(longest := max(row, key=len)) > LONGEST:
        bad.append((where, f"has a cell of {len(longest):,} letters; up to {LONGEST:,} are read"))
        return False
    return True


def _check_room(name: str, names: Sequence[str], pieces: list[list[Any]], room: int) -> None:
    """Refuses columns that one long cell makes many times as large as the file: all cells take as much as the longest."""
    sizes = []
    for piece in pieces:
        kind = max((part.dtype.kind for part in piece), default="S")
        letters = max(
            (part.dtype.itemsize // (4 if part.dtype.kind == "U" else 1) for part in piece), default=0
        )
        sizes.append(letters * (4 if kind == "U" else 1) * sum(map(len, piece)))
    if sum(sizes) > room:
        column = names[max(range(len(sizes)), key=lambda k: sizes[k])]
        raise DataError(
            f"{name} would take {sum(sizes):,} bytes, most of them for the longest cell of column {column!r}; shorten that "
            f"cell, or leave the column out with drop=[{column!r}] (--drop {column!r})."
        )


def pack(cells: Iterable[str]) -> Text:
    """Cells as an array: a byte a letter where that is enough."""
    cells = [cell.strip() for cell in cells]
    try:
        return np.array(cells, "S")
    except UnicodeEncodeError:
        return np.array(cells, "U")
