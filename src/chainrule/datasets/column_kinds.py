"""What each column of a table is: numbers in some notation, words, or something that no new row can use.

Left out, with a note: row numbers, ids, and words that are different in nearly every row. Dates become their parts.
Naming a column in `categorical`, `numeric` or `date` says what it is. A target whose meaning the cells do not tell is
asked for, never guessed.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.datasets import cells as notation
from chainrule.datasets import dates
from chainrule.datasets.cells import MOSTLY, SAMPLE, Text, numbers, words
from chainrule.datasets.columns import MOST_WORDS
from chainrule.datasets.csv_file import Table
from chainrule.errors import DataError, SettingError, unknown

FEW = 20  # whole numbers: up to so many different ones are classes
EACH = 5.0  # rows of every whole number: then they may be classes as well as amounts
MOST_CLASSES = 1000
ENOUGH = 10  # rows, before "different in each row" means anything
HALF = 0.5
NEARLY_EMPTY = 0.9  # of the rows without a value
LONG = 3  # words in a cell: then they are text
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


@dataclass(frozen=True)
class Said:
    """What a user says of columns. dates: the order of day and month for each, or None to find it out."""

    categorical: Sequence[str] = ()
    numeric: Sequence[str] = ()
    dates: Mapping[str, str | None] = field(default_factory=dict)

    def check(self, table: Table, target: str) -> None:
        """Raises SettingError for a column that is not there, or that is said to be two things."""
        named = [*self.categorical, *self.numeric, *self.dates]
        for name, times in Counter(named).items():
            if name not in table.columns:
                raise unknown("column", name, table.columns)
            if times > 1:
                raise SettingError(f"The column {name!r} is named twice: as words, as numbers or as dates?")
        if target in self.dates:
            raise SettingError(f"The target {target!r} cannot be dates; a network learns amounts or classes.")


def kinds_of(table: Table, target: str, task: str | None, said: Said, decimal: str | None) -> Kinds:
    """Each column's kind, in the order of the table. Raises DataError where a question has to be answered first."""
    said.check(table, target)
    categorical = said.categorical
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
            number = plain[name] or notation.share_of_numbers(cells, written) >= MOSTLY or _too_large(cells)
        column: dict[str, Any] = {"name": name}
        if name in said.numeric:
            number = True
            found.notes += _as_numbers(table, column, cells, written)
        if name == target:
            number = _target_is_number(table, name, cells, task, number, written, found)
        elif name in said.dates or (
            name not in (*categorical, *said.numeric)
            and (not number or _looks_like_dates(name))
            and notation.dates(cells)
        ):
            found.columns[name] = column | _dated(table, name, cells, said.dates.get(name), found)
            continue
        elif name not in (*categorical, *said.numeric) and (
            why := _useless(name, cells, number, plain[name])
        ):
            found.left_out.append(name)
            found.notes.append(f"the column {name!r} {why}")
            continue
        column["kind"] = "number" if number else "category"
        if number and written:
            column["notation"] = written
            result = notation.described(written, max(notation.present(cells)[:100], key=len))
            alike.setdefault(result.partition(":")[0], []).append((name, result))
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


def _too_large(cells: Text) -> bool:
    """Whether nearly all cells are numbers, some of them beyond what can be learned from: mistakes, not words."""
    some = notation.present(cells)
    return len(some) > 0 and sum(map(notation.is_number, some)) >= MOSTLY * len(some)


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


def _as_numbers(
    table: Table, column: dict[str, Any], cells: Text, written: dict[str, str] | None
) -> list[str]:
    """A column that the user calls numbers: what is none of them counts as missing, and is said."""
    name = column["name"]
    wrong = numbers(cells, written)[1]
    if wrong.all():
        raise DataError(f"{table.name}: numeric={name!r} (--numeric), but the column holds no number at all.")
    wrong = wrong & ~notation.missing(cells)
    column["numeric"] = True
    if not wrong.any():
        return []
    first = words(cells[wrong][:1])[0]
    return [
        f"the column {name!r} holds {int(wrong.sum()):,} cells that are no numbers, such as {first!r}: they count as missing"
    ]


def _dated(table: Table, name: str, cells: Text, order: str | None, found: Kinds) -> dict[str, Any]:
    """The kind and order of a column of dates; notes what is made of it."""
    some = notation.present(cells)
    if not some or np.isnan(dates.parts(some)).all():
        raise DataError(
            f"{table.name}: the column {name!r} holds no date that can be read, such as 2024-01-31."
        )
    known = order or dates.order_of(some)
    note = (
        f"the column {name!r} holds dates or times: its parts (year, month, day, weekday, hour) are learned from, those that "
        f"vary; categorical=[{name!r}] (--categorical {name!r}) keeps it as words"
    )
    if known is None:
        note += f"; {some[0]!r} is read with the month first: date=['{name}=dmy'] (--date {name}=dmy) puts the day first"
    found.notes.append(note)
    return {"kind": "date", "order": known or "mdy"}


def _useless(name: str, cells: Text, number: bool, plain: bool) -> str:
    """Why no new row could use what is learned from this column, and that it is left out; "" where one can."""
    gone = np.zeros(len(cells), bool) if plain else notation.missing(cells)
    keep = f"categorical=[{name!r}] (--categorical {name!r}) keeps it"
    if gone.all():
        return "is empty and is left out"
    if gone.mean() > NEARLY_EMPTY and len(cells) >= ENOUGH:
        return f"is missing in {int(gone.sum()):,} of {len(cells):,} rows and is left out"
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
    there = cells[~gone]
    counts = np.sort(np.unique(there, return_counts=True)[1])[::-1]
    several = int(counts.sum() - (counts == 1).sum())
    if len(counts) > HALF * len(there) or (
        len(counts) > MOST_WORDS and counts[:MOST_WORDS].sum() < HALF * len(there)
    ):
        mean_words = np.mean([word.count(" ") + 1 for word in words(there[:SAMPLE])])
        like = "free text" if mean_words > LONG else "names and ids do"
        return (
            f"holds {len(counts):,} different words in {len(there):,} rows, as {like}{'' if several else ', each another one'}: "
            f"nothing is learned from it for new rows, and it is left out; {keep}"
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
    text = f"the column {name!r} holds {code!r} and the like, which are codes rather than amounts, but are read as amounts"
    return [f"{text}; categorical=[{name!r}] (--categorical {name!r}) reads them as words"]
