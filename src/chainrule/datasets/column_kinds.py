"""What each column of a table is: numbers in some notation, words, or something that no new row can use.

Left out, with a note: dates, row numbers, ids, and words that are different in nearly every row. Naming such a column
in `categorical` keeps it as words. A target whose meaning the cells do not tell is asked for, never guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.datasets import cells as notation
from chainrule.datasets.cells import MOSTLY, SAMPLE, Text, numbers, words
from chainrule.datasets.csv_file import Table
from chainrule.errors import DataError, unknown

FEW = 20  # whole numbers: up to so many different ones are classes
EACH = 5.0  # rows of every whole number: then they may be classes as well as amounts
MOST_CLASSES = 1000
ENOUGH = 10  # rows, before "different in each row" means anything
HALF = 0.5
MANY_ALIKE = 3  # columns of one notation: more share a note
INDEX_NAMES = re.compile(
    r"|unnamed(: ?\d+)?(_level_\d+)?|index|idx|row|rows?[ _]?(names?|id|nr|num|number)?|nr|no|#|x1|level_0",
    re.IGNORECASE,
)
ID_NAMES = re.compile(
    r"(?i:(.*[_ .\-])?(id|uuid|guid|key)|(customer|passenger|user|product|order|patient)id)|.*[a-z](Id|ID)"
)


@dataclass
class Kinds:
    """The columns that are used, what they are, and what is to be said of those that are not plain."""

    columns: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  # name -> {"name", "kind"} and "notation"
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def kinds_of(
    table: Table, target: str, task: str | None, categorical: Sequence[str], decimal: str | None
) -> Kinds:
    """Each column's kind, in the order of the table. Raises DataError where a question has to be answered first."""
    for name in categorical:
        if name not in table.columns:
            raise unknown("column", name, table.columns)
    plain = {name: not table.numbers(name)[1].any() for name in table.columns}
    point = decimal
    if point is None and not all(plain.values()):
        point = notation.decimal_of_table(table.columns.values(), table.delimiter)
    found = Kinds()
    alike: dict[str, list[tuple[str, str]]] = {}  # notation in words -> columns
    for name, cells in table.columns.items():
        written, number = None, False
        if name not in categorical:
            if not plain[name] or point == ",":
                where = f"{table.name}: the column {name!r}"
                written = notation.notation_of(cells, point, where, table.delimiter)
            number = plain[name] or notation.share_of_numbers(cells, written) >= MOSTLY
        if name == target:
            number = _target_is_number(table, name, cells, task, number, written, found)
        elif name not in categorical and (why := _useless(name, cells, number, plain[name])):
            found.left_out.append(name)
            found.notes.append(f"the column {name!r} {why}")
            continue
        column: dict[str, Any] = {"name": name, "kind": "number" if number else "category"}
        if number and written:
            column["notation"] = written
            told = notation.described(written, max(notation.present(cells)[:100], key=len))
            alike.setdefault(told.partition(":")[0], []).append((name, told))
        elif not number:
            found.notes += _words_that_look_like_numbers(name, cells, categorical)
        elif name != target:
            found.notes += _codes(name, cells)
        found.columns[name] = column
    for same in alike.values():
        if len(same) <= MANY_ALIKE:
            found.notes += [f"the column {name!r} is {text}" for name, text in same]
        else:
            names = ", ".join(repr(name) for name, _ in same[:MANY_ALIKE])
            found.notes.append(f"{len(same)} columns ({names}, ...) are {same[0][1]}")
    return found


def _target_is_number(
    table: Table, name: str, cells: Text, task: str | None, number: bool,
    written: dict[str, str] | None, found: Kinds,
) -> bool:  # fmt: skip
    """Whether the target is learned as an amount."""
    if task == "regression":
        if notation.share_of_numbers(cells, written) < MOSTLY:
            row = int(np.flatnonzero(numbers(cells, written)[1])[0])
            raise DataError(
                f"{table.where(row)}: column {name!r} is {words(cells[row : row + 1])[0]!r}, which is not a number; "
                "a regression needs numbers."
            )
        return True
    if task is not None or not number:
        if not number and notation.dates(cells):
            raise DataError(
                f"{table.name}: the target {name!r} holds dates; a network learns amounts or classes. "
                "Write it as a number first, such as the days since some date."
            )
        return False
    values, wrong = numbers(cells, written)
    values, counts = np.unique(values[~wrong], return_counts=True)
    whole = bool((values == np.round(values)).all())
    low, high = values[0], values[-1]
    if not whole:
        return True
    if len(values) <= FEW:
        if len(values) > 2:
            found.notes.append(
                f"the target {name!r} holds {len(values)} whole numbers, {low:g} to {high:g}, read as classes; "
                "task='regression' (--task regression) learns them as amounts"
            )
        return False
    if counts.mean() >= EACH and len(values) <= MOST_CLASSES and len(values) >= 0.9 * (high - low + 1):
        raise DataError(
            f"{table.name}: the target {name!r} holds {len(values)} different whole numbers, {low:g} to {high:g}. "
            "Are they classes or amounts? Say task='classes' or task='regression' (--task)."
        )
    if counts.mean() >= 2:
        found.notes.append(
            f"the target {name!r} holds {len(values):,} different whole numbers, {low:g} to {high:g}, read as amounts; "
            "task='classes' (--task classes) tells them apart instead"
        )
    return True


def _useless(name: str, cells: Text, number: bool, plain: bool) -> str:
    """Why no new row could use what is learned from this column, and that it is left out; "" where one can."""
    gone = np.zeros(len(cells), bool) if plain else notation.missing(cells)
    keep = f"categorical=[{name!r}] (--categorical {name!r}) keeps it"
    if gone.all():
        return "is empty and is left out"
    if gone.mean() > HALF:
        return f"is missing in {int(gone.sum()):,} of {len(cells):,} rows and is left out"
    if (not number or _looks_like_dates(name)) and notation.dates(cells):
        return (
            "holds dates or times, which are not read as numbers: it is left out. What matters of it (the month, the "
            f"weekday, the days since a start) can stand in columns of its own; {keep} as words"
        )
    if len(cells) < ENOUGH:
        return ""
    if number:
        if not (INDEX_NAMES.fullmatch(name) or ID_NAMES.fullmatch(name)):
            return ""
        values, wrong = numbers(cells)
        if wrong.any() or not (values == np.round(values)).all():
            return ""
        counts_rows = bool((np.diff(values) == 1).all()) and values[0] in (0, 1)
        if counts_rows and INDEX_NAMES.fullmatch(name):
            return "counts the rows and is left out"
        if ID_NAMES.fullmatch(name) and len(np.unique(values)) == len(values):
            return f"is an id, another one in each row: it is left out; {keep}"
        return ""
    different = len(np.unique(cells[~gone]))
    if different > HALF * (~gone).sum():
        return (
            f"holds {different:,} different words in {int((~gone).sum()):,} rows, as names and ids do: nothing is "
            f"learned from it for new rows, and it is left out; {keep}"
        )
    return ""


def _looks_like_dates(name: str) -> bool:
    """20240131 is a date in a column called date, and elsewhere a number."""
    return bool(re.search(r"date|day|time|datum|tag", name, re.IGNORECASE))


def _words_that_look_like_numbers(name: str, cells: Text, categorical: Sequence[str]) -> list[str]:
    """A note on a column that is half numbers, half words."""
    share = notation.share_of_numbers(cells)
    if name in categorical or not 0.2 <= share < MOSTLY:
        return []
    some = notation.present(cells)
    number = next((w for w in some if notation.is_number(w)), "")
    word = next((w for w in some if not notation.is_number(w)), "")
    return [
        f"the column {name!r} is {share:.0%} numbers and the rest words ({number!r}, {word!r}): all of them are read as "
        "words. If they are numbers with mistakes between them, correct those".replace("%", " %")
    ]


def _codes(name: str, cells: Text) -> list[str]:
    """A note on numbers that begin with 0, as postcodes do."""
    some = cells[:SAMPLE]
    zeros = some[np.char.startswith(some, "0" if some.dtype.kind == "U" else b"0")]  # type: ignore[arg-type]
    code = next((word for word in words(zeros) if re.fullmatch(r"0\d+", word)), None)
    if code is None:
        return []
    told = f"the column {name!r} holds {code!r} and the like, which are codes rather than amounts, but are read as amounts"
    return [f"{told}; categorical=[{name!r}] (--categorical {name!r}) reads them as words"]
