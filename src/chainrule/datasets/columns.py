"""Columns of a table to the numbers a network learns from, and the record that makes new rows alike.

A column of numbers becomes (number - mean) / deviation, both of the training part. A column of words becomes
one column for each word, 1 where it stands and 0 elsewhere.

The record of a column: {"name", "kind": "number", "mean", "std"} or {"name", "kind": "category", "values"}.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.csv_file import Table, Text
from chainrule.errors import nearest

Numbers = NDArray[np.float64]
Column = dict[str, Any]

MISSING = (b"", b"na", b"n/a", b"nan", b"null", b"none", b"?", b"-")
MOSTLY = 0.8  # of the cells that are not missing must be numbers for the others to be mistakes
MOST_WORDS = 200  # different ones in a column
LARGEST = 1e30  # squares of larger numbers leave float32 at the latest


def numbers(cells: Text) -> tuple[Numbers, NDArray[np.bool_]]:
    """The cells as numbers, and which of them are none or are beyond 1e30 (those are NaN).

    >>> numbers(np.array(["1.5", "two", "inf"]))
    (array([1.5, nan, nan]), array([False,  True,  True]))
    """
    try:
        values = cells.astype(np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells.tolist()])
    wrong = ~(np.abs(values) <= LARGEST)  # NaN is not
    values[wrong] = np.nan
    return values, wrong


def _number(cell: str | bytes) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def missing(cells: Text) -> NDArray[np.bool_]:
    """Which cells are empty or say in one of the usual ways that they are."""
    plain = np.char.lower(cells)
    return np.isin(plain, np.array(MISSING, "S").astype(plain.dtype.kind))


def holds_numbers(cells: Text) -> bool:
    """Whether a column is meant to hold numbers: four in five of the cells that are not missing do."""
    _, wrong = numbers(cells)
    if not wrong.any():
        return True
    there = ~missing(cells)
    return bool(there.any()) and float((~wrong[there]).mean()) >= MOSTLY


def faults(table: Table, column: Column) -> dict[int, str]:
    """The rows in which this column cannot be used, and why."""
    name = column["name"]
    cells = table.columns[name]
    if column["kind"] == "number":
        _, wrong = numbers(cells)
        return {int(k): _no_number(name, _word(cells[k])) for k in np.flatnonzero(wrong)}
    # of words, only nothing at all and pandas's nan are missing: NA may be Namibia
    gone = np.isin(np.char.lower(cells), np.array([b"", b"nan"], "S").astype(cells.dtype.kind))
    found = {int(k): _no_number(name, _word(cells[k])) for k in np.flatnonzero(gone)}
    if "values" in column:
        strange = ~gone & ~np.isin(cells.astype("U"), np.array(column["values"]))
        found |= {int(k): stranger(name, _word(cells[k]), column["values"]) for k in np.flatnonzero(strange)}
    return found


def learn(table: Table, name: str, kind: str, training: NDArray[np.int64]) -> Column:
    """The record of a column: what the training rows say of its numbers, or the words it holds anywhere."""
    cells = table.columns[name]
    if kind == "category":
        return {"name": name, "kind": kind, "values": words(table, name)}
    values = numbers(cells[training])[0]
    spread = float(values.std()) if values.min() < values.max() else 0.0  # not the rounding of equal numbers
    return {"name": name, "kind": kind, "mean": float(values.mean()), "std": spread}


def words(table: Table, name: str) -> list[str]:
    """The different words of a column, in order: as numbers where all are numbers, otherwise by letters."""
    found = list(set(as_words(table.columns[name])))
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)


def as_words(cells: Text) -> list[str]:
    """The cells as Python text."""
    return [str(word) for word in cells.astype("U").tolist()]


def encode(record: Sequence[Column], cells: Mapping[str, Text]) -> NDArray[np.float32]:
    """Rows to float32 (rows, features), by the record of each column; the cells have no faults any more.

    >>> record = [{"name": "age", "kind": "number", "mean": 30.0, "std": 10.0},
    ...           {"name": "pet", "kind": "category", "values": ["cat", "dog"]}]
    >>> encode(record, {"age": np.array(["40", "25"]), "pet": np.array(["dog", "cat"])})
    array([[ 1. ,  0. ,  1. ],
           [-0.5,  1. ,  0. ]], dtype=float32)
    """
    blocks = []
    for column in record:
        own = cells[column["name"]]
        if column["kind"] == "number":
            spread = column["std"] or 1.0  # a constant column becomes zeros
            blocks.append(((numbers(own)[0] - column["mean"]) / spread)[:, None].astype(np.float32))
        else:
            blocks.append((own.astype("U")[:, None] == np.array(column["values"])).astype(np.float32))
    return np.concatenate(blocks, axis=1)


def features(record: Sequence[Column]) -> list[str]:
    """The name of each feature that `encode` makes.

    >>> pet = {"name": "pet", "kind": "category", "values": ["cat", "dog"]}
    >>> features([{"name": "age", "kind": "number"}, pet])
    ['age', 'pet=cat', 'pet=dog']
    """
    return [
        f"{column['name']}={value}" if value else column["name"]
        for column in record
        for value in (column["values"] if column["kind"] == "category" else [""])
    ]


def _no_number(name: str, word: str) -> str:
    if word.lower().encode() in MISSING:
        return f"column {name!r} is {repr(word) if word else 'empty'}"
    kind = "not a number" if np.isnan(_number(word)) else f"beyond {LARGEST:g}"
    return f"column {name!r} is {word!r}, which is {kind}"


def stranger(name: str, word: str, values: Sequence[str]) -> str:
    """What to say of a word that a column of names did not hold when it was learned from."""
    guess = nearest(word, values)
    known = ", ".join(values[:10]) + (", ..." if len(values) > 10 else "")
    return f"column {name!r} is {word!r}, which was not there to learn from" + (
        f"; did you mean {guess!r}?" if guess else f" (known: {known})"
    )


def _word(cell: str | bytes) -> str:
    return cell.decode() if isinstance(cell, bytes) else str(cell)
