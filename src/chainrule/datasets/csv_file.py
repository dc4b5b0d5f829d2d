"""A CSV file, read strictly: rows as long as the header, every name once, each row's line remembered.

Cells are kept as NumPy text, column by column, with the spaces around them taken off. Comma, semicolon, tab or
bar; a byte order mark, any kind of line end, and a spreadsheet's `sep=;` line are fine.
"""

import codecs
import csv
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.cells import Notation, Numbers, Text, is_number, numbers
from chainrule.errors import DataError, unknown

LARGEST = 4 << 30  # bytes of a file
LONGEST = 1000  # letters of a cell that is used
COLUMNS = 20_000
DELIMITERS = "\t;|,"
LOOKED_AT = 20  # lines, to find out what stands between cells
ROWS = 4096  # are taken together


FIRST_LINE = (
    "the first line should name the columns: write a line with their names above the data, or say that there is none with header=False "
    "(--no-header), which calls them column_1, column_2, ..."
)


@dataclass(frozen=True)
class Table:
    """The columns of a table, the line at which each row begins, and the rows that had to be left out."""

    name: str
    columns: dict[str, Text]
    lines: NDArray[np.int64]
    bad: tuple[tuple[str, str], ...] = ()  # (file:line, reason)
    delimiter: str = ","
    notes: tuple[str, ...] = ()
    _parsed: dict[str, tuple[Any, Numbers, NDArray[np.bool_]]] = field(default_factory=dict, repr=False)

    def numbers(self, name: str, notation: Notation | None = None) -> tuple[Numbers, NDArray[np.bool_]]:
        """A column as numbers, and which of its cells are none (`cells.numbers`); kept for the next time."""
        if name not in self._parsed or self._parsed[name][0] != notation:
            self._parsed[name] = (notation, *numbers(self.columns[name], notation))
        return self._parsed[name][1:]

    def without(self, names: Sequence[str]) -> "Table":
        """The same table without these columns."""
        return replace(self, columns={n: cells for n, cells in self.columns.items() if n not in names})

    def only(self, keep: NDArray[np.bool_], bad: Sequence[tuple[str, str]]) -> "Table":
        """The rows to keep, and the list of all that were left out."""
        if keep.all():
            return replace(self, bad=tuple(bad))
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
    text = _text(name)
    skipped_line, said = _sep_line(text)
    delimiter = delimiter or said or _delimiter(text)
    rows = _rows(name, text, delimiter)
    if skipped_line:
        next(rows)
    line, first = next(rows, (1, []))
    first = [cell.strip() for cell in first]
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
    lines: list[int] = []
    pieces: list[list[Text]] = [[] for _ in used]
    while some := list(islice(rows, ROWS)):
        good = [(n, row) for n, row in some if _fits(f"{name}:{n}", row, names, bad)]
        lines += [n for n, _ in good]
        columns = list(zip(*(row for _, row in good), strict=True))
        for piece, k in zip(pieces, used, strict=True):
            if columns:
                piece.append(_pack(columns[k]))
    if not lines:
        raise DataError(
            f"{name} has a header but no row of data." if not bad else f"{bad[0][0]} {bad[0][1]}."
        )
    joined = [_join(piece) for piece in pieces]
    if header:
        _check_first_line(f"{name}:{line}", [names[k] for k in used], joined)
    named = {names[k]: cells for k, cells in zip(used, joined, strict=True) if names[k]}
    notes = [
        _nameless(f"{name}:{line}", k, cells) for k, cells in zip(used, joined, strict=True) if not names[k]
    ]
    return Table(name, named, np.array(lines, np.int64), tuple(bad), delimiter, tuple(notes))


def _sep_line(text: str) -> tuple[bool, str | None]:
    """Whether the file begins with the line in which a spreadsheet says what stands between cells; and what that is."""
    found = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    return found is not None, found[1] if found else None


def _delimiter(text: str) -> str:
    """What stands between cells: of the letters in the first line, the one that all lines have equally often."""
    start = text[: 200 * 1000].splitlines()[:LOOKED_AT]
    lines = [re.sub(r'"[^"]*"', "", line) for line in start if line.strip()]
    known = [letter for letter in DELIMITERS if lines and letter in lines[0]]
    return min(known, key=lambda letter: len({line.count(letter) for line in lines}), default=",")


def _text(name: str) -> str:
    """The whole file as text."""
    try:
        about = Path(name).stat()
        if not stat.S_ISREG(about.st_mode):
            kind = "a folder" if stat.S_ISDIR(about.st_mode) else "not an ordinary file"
            raise DataError(f"{name} is {kind}; a table is a .csv file.")
        size = about.st_size
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
    if all(map(is_number, header)):
        raise DataError(f"{where} has only numbers; {FIRST_LINE}")
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


def _check_first_line(where: str, header: list[str], columns: list[Text]) -> None:
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
