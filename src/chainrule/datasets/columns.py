"""Columns of a table to the numbers a network learns from, and the record that makes new rows alike.

A column of numbers becomes (number - mean) / deviation, both of the training part. A column of words becomes
one column for each word, 1 where it stands and 0 elsewhere.

The record of a column: {"name", "kind": "number", "mean", "std"} (and "notation", see `cells`, where the numbers are
not written plainly) or {"name", "kind": "category", "values"}.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.cells import LARGEST, MISSING, Text, is_number, numbers
from chainrule.datasets.cells import words as as_words
from chainrule.datasets.csv_file import Table
from chainrule.errors import nearest

Column = dict[str, Any]

MOST_WORDS = 200  # different ones in a column


def faults(table: Table, column: Column) -> dict[int, str]:
    """The rows in which this column cannot be used, and why."""
    name = column["name"]
    cells = table.columns[name]
    if column["kind"] == "number":
        notation = column.get("notation")
        _, wrong = table.numbers(name, notation)
        return {int(k): _no_number(name, _word(cells[k]), notation) for k in np.flatnonzero(wrong)}
    # of words, only nothing at all and pandas's nan are missing: NA may be Namibia
    gone = np.isin(np.char.lower(cells), np.array([b"", b"nan"], "S").astype(cells.dtype.kind))
    found = {int(k): _no_number(name, _word(cells[k])) for k in np.flatnonzero(gone)}
    if "values" in column:
        strange = ~gone & ~np.isin(cells.astype("U"), np.array(column["values"]))
        found |= {int(k): stranger(name, _word(cells[k]), column["values"]) for k in np.flatnonzero(strange)}
    return found


def learn(table: Table, column: Column, training: NDArray[np.int64]) -> Column:
    """The record of a column: what the training rows say of its numbers, or the words it holds anywhere."""
    name = column["name"]
    if column["kind"] == "category":
        return column | {"values": words(table, name)}
    values = table.numbers(name, column.get("notation"))[0][training]
    spread = float(values.std()) if values.min() < values.max() else 0.0  # not the rounding of equal numbers
    return column | {"mean": float(values.mean()), "std": spread}


def words(table: Table, name: str) -> list[str]:
    """The different words of a column, in order: as numbers where all are numbers, otherwise by letters."""
    found = list(set(as_words(table.columns[name])))
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)


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
            blocks.append(
                ((numbers(own, column.get("notation"))[0] - column["mean"]) / spread)[:, None].astype(
                    np.float32
                )
            )
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


def _no_number(name: str, word: str, notation: dict[str, str] | None = None) -> str:
    if word.lower().encode() in MISSING:
        return f"column {name!r} is {repr(word) if word else 'empty'}"
    kind = f"beyond {LARGEST:g}"
    if not is_number(word) or abs(float(word)) <= LARGEST:
        kind = "not a number" + (" written like the others in this column" if notation else "")
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
