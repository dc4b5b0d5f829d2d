"""Columns of a table to the numbers a network learns from, and the record that makes new rows alike.

A column of numbers becomes (number - mean) / deviation, both of the training part. A column of words becomes one column
for each word, 1 where it stands and 0 elsewhere. A date becomes its parts, standardised as numbers are. A missing cell is
filled: a number with the median, a word with nothing; where the training part has such cells, an input of its own is 1.

The record of a column, with "missing" where such an input is there:
    {"name", "kind": "number", "mean", "std", "fill"}    and "notation" (see `cells`) where numbers are not written plainly,
                                                         "numeric" where the words between them count as missing
    {"name", "kind": "category", "values"}               and "other" where rare words share an input
    {"name", "kind": "date", "parts", "order", "mean", "std", "fill"}     the last three a list, a number for each part
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets import dates
from chainrule.datasets.cells import LARGEST, MISSING, Text, is_number, missing, numbers
from chainrule.datasets.cells import words as as_words
from chainrule.datasets.csv_file import Table
from chainrule.errors import nearest

Column = dict[str, Any]
Mask = NDArray[np.bool_]

MOST_CLASSES = 200  # different words in the target
SHOWN = 60  # letters of a cell in a message
MOST_WORDS = 50  # different ones in a column that have an input of their own


def faults(table: Table, column: Column) -> dict[int, str]:
    """The rows in which this column cannot be used as an answer, and why: missing cells among them."""
    name, cells = column["name"], table.columns[column["name"]]
    if column["kind"] == "number":
        _, wrong = table.numbers(name, column.get("notation"))
        return {
            int(k): _no_number(name, _word(cells[k]), column.get("notation")) for k in np.flatnonzero(wrong)
        }
    gone = absent(cells, column)
    found = {int(k): _no_number(name, _word(cells[k])) for k in np.flatnonzero(gone)}
    if "values" in column:
        strange = ~gone & ~np.isin(cells.astype("U"), np.array(column["values"]))
        found |= {int(k): stranger(name, _word(cells[k]), column["values"]) for k in np.flatnonzero(strange)}
    return found


def mistakes(table: Table, column: Column) -> dict[int, str]:
    """The rows in which this column cannot be used as an input, and why: something that is no number among numbers."""
    if column["kind"] != "number" or column.get("numeric"):
        return {}
    cells = table.columns[column["name"]]
    _, wrong = table.numbers(column["name"], column.get("notation"))
    if not wrong.any():
        return {}
    wrong = wrong & ~missing(cells)
    return {
        int(k): _no_number(column["name"], _word(cells[k]), column.get("notation"))
        for k in np.flatnonzero(wrong)
    }


def absent(cells: Text, column: Column) -> Mask:
    """The rows in which an input is missing.

    Of words, only nothing at all and pandas's nan are missing: NA may be Namibia.
    """
    if column["kind"] == "category":
        return np.isin(np.char.lower(cells), np.array([b"", b"nan"], "S").astype(cells.dtype.kind))
    if column["kind"] == "date":
        return np.asarray(np.isnan(_parts(cells, column)).all(axis=1))
    return numbers(cells, column.get("notation"))[1]


def learn(table: Table, column: Column, training: NDArray[np.int64]) -> Column:
    """The record of a column: what the training rows say of its numbers, or the words they hold."""
    cells = table.columns[column["name"]][training]
    gone = absent(cells, column)
    flag = {"missing": True} if gone.any() else {}
    if column["kind"] == "category":
        counts = Counter(as_words(cells[~gone]))
        if len(counts) <= MOST_WORDS:
            return column | {"values": in_order(counts)} | flag
        return column | {"values": in_order(dict(counts.most_common(MOST_WORDS))), "other": True} | flag
    if column["kind"] == "number":
        mean, std, fill = _moments(table.numbers(column["name"], column.get("notation"))[0][training])
        return column | {"mean": mean, "std": std, "fill": fill} | flag
    by_part = _parts(cells, column | {"parts": dates.PARTS}).T
    moments = {part: _moments(own) for part, own in zip(dates.PARTS, by_part, strict=True)}
    used = [part for part in dates.PARTS if moments[part][1] > 0]
    each = {key: [moments[part][k] for part in used] for k, key in enumerate(("mean", "std", "fill"))}
    return column | {"parts": used} | each | flag


def _moments(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean and deviation once the holes are filled, and the median that fills them."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 0.0, 0.0, 0.0
    fill = float(np.median(known))
    values = np.where(np.isnan(values), fill, values)
    spread = float(values.std()) if values.min() < values.max() else 0.0  # not the rounding of equal numbers
    return float(values.mean()), spread, fill


def words(table: Table, name: str) -> list[str]:
    """The different words of a column, in order."""
    return in_order(set(as_words(table.columns[name])))


def in_order(found: Mapping[str, int] | set[str]) -> list[str]:
    """Words as numbers where all are numbers, otherwise by letters."""
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)


def encode(record: Sequence[Column], cells: Mapping[str, Text]) -> NDArray[np.float32]:
    """Rows to float32 (rows, features), by the record of each column; the cells hold no mistakes any more.

    >>> record = [{"name": "age", "kind": "number", "mean": 30.0, "std": 10.0, "fill": 25.0, "missing": True},
    ...           {"name": "pet", "kind": "category", "values": ["cat", "dog"]}]
    >>> encode(record, {"age": np.array(["40", ""]), "pet": np.array(["dog", "cat"])})
    array([[ 1. ,  0. ,  0. ,  1. ],
           [-0.5,  1. ,  1. ,  0. ]], dtype=float32)
    """
    blocks = [block for column in record for block in _blocks(column, cells[column["name"]])]
    return np.concatenate(blocks, axis=1, dtype=np.float32)


def _blocks(column: Column, cells: Text) -> list[NDArray[Any]]:
    """The inputs that a column becomes, each (rows, n)."""
    gone = absent(cells, column)
    if column["kind"] == "category":
        is_word = (cells.astype("U")[:, None] == np.array(column["values"], "U")) & ~gone[:, None]
        blocks = [is_word.astype(np.float32)]
        if column.get("other"):
            blocks.append((~gone & ~is_word.any(axis=1))[:, None].astype(np.float32))
    else:
        dated = column["kind"] == "date"
        values = _parts(cells, column) if dated else numbers(cells, column.get("notation"))[0][:, None]
        fill, mean, std = (
            np.atleast_1d(column[key]) for key in ("fill" if "fill" in column else "mean", "mean", "std")
        )
        filled = np.where(np.isnan(values), fill, values)
        blocks = [
            ((filled - mean) / np.where(std == 0, 1.0, std)).astype(np.float32)
        ]  # a constant becomes zeros
    return [*blocks, *([gone[:, None].astype(np.float32)] if column.get("missing") else [])]


def _parts(cells: Text, column: Column) -> NDArray[np.float64]:
    """A date's parts that are learned from, (rows, parts)."""
    places = [dates.PARTS.index(part) for part in column.get("parts", dates.PARTS)]
    return dates.parts(as_words(cells), column.get("order") or "dmy")[:, places]


def remarks(record: Sequence[Column], cells: Mapping[str, Text]) -> list[list[str]]:
    """For each row, what was missing or unknown in it and what the network was given instead.

    >>> record = [{"name": "age", "kind": "number", "mean": 30.0, "std": 10.0, "fill": 25.0}]
    >>> remarks(record, {"age": np.array(["40", ""])})
    [[], ["'age' is missing: 25 is taken"]]
    """
    lines: list[list[str]] = [[] for _ in range(len(next(iter(cells.values()))))]
    for column in record:
        name, own = column["name"], cells[column["name"]]
        gone = absent(own, column)
        instead = ": as in the rows without it" if column.get("missing") else ": nothing is taken"
        if column["kind"] == "number":
            instead = f": {column.get('fill', column['mean']):.6g} is taken"
        elif column["kind"] == "date":
            instead = ": the median is taken"
        for k in np.flatnonzero(gone):
            word = _word(own[k])
            lost = "missing" if word.lower().encode() in MISSING else f"{word!r}, which cannot be read"
            lines[k].append(f"{name!r} is {lost}{instead}")
        if column["kind"] == "category":
            strange = ~gone & ~np.isin(own.astype("U"), np.array(column["values"], "U"))
            for k in np.flatnonzero(strange):
                lines[k].append(stranger(name, _word(own[k]), column["values"]).removeprefix("column "))
    return lines


def width(column: Column) -> int:
    """How many inputs a column becomes.

    >>> width({"name": "pet", "kind": "category", "values": ["cat", "dog"], "missing": True})
    3
    """
    own = (
        1
        if column["kind"] == "number"
        else len(column["values" if column["kind"] == "category" else "parts"])
    )
    return own + bool(column.get("other")) + bool(column.get("missing"))


def features(record: Sequence[Column]) -> list[str]:
    """The name of each feature that `encode` makes.

    >>> pet = {"name": "pet", "kind": "category", "values": ["cat", "dog"], "missing": True}
    >>> features([{"name": "age", "kind": "number"}, pet])
    ['age', 'pet=cat', 'pet=dog', 'pet missing']
    """
    names = []
    for column in record:
        name = column["name"]
        if column["kind"] == "number":
            names.append(name)
        elif column["kind"] == "category":
            names += [f"{name}={value}" for value in column["values"]] + (
                [f"{name}=other"] if column.get("other") else []
            )
        else:
            names += [f"{name} {part}" for part in column["parts"]]
        names += [f"{name} missing"] if column.get("missing") else []
    return names


def shown(column: Column, values: NDArray[Any]) -> str:
    """What stood in a column, from the inputs that it became: in its own units.

    >>> shown({"name": "age", "kind": "number", "mean": 30.0, "std": 10.0}, np.array([1.5]))
    '45'
    """
    if column.get("missing") and values[-1] > 0.5:
        return ""
    if column["kind"] == "category":
        own = values[: len(column["values"])]
        return str(column["values"][int(own.argmax())]) if own.any() else "other"
    mean, std = np.atleast_1d(column["mean"]), np.atleast_1d(column["std"])
    own_units = values[: len(mean)].astype(np.float64) * np.where(std == 0, 1.0, std) + mean
    if column["kind"] == "number":
        return f"{float(own_units[0]):.6g}"
    return ", ".join(f"{part} {value:.4g}" for part, value in zip(column["parts"], own_units, strict=True))


def says_nothing(column: Column) -> bool:
    """Whether all inputs of a column are the same in every training row."""
    if column.get("missing"):
        return False
    if column["kind"] == "category":
        return len(column["values"]) < 2 and not column.get("other")
    return not np.any(column["std"])


def _no_number(name: str, word: str, notation: dict[str, str] | None = None) -> str:
    shown = word if len(word) <= SHOWN else word[:SHOWN] + "..."
    if word.lower().encode() in MISSING:
        return f"column {name!r} is {repr(word) if word else 'empty'}"
    kind = f"beyond {LARGEST:g}"
    if not is_number(word) or abs(float(word)) <= LARGEST:
        kind = "not a number" + (" written like the others in this column" if notation else "")
    return f"column {name!r} is {shown!r}, which is {kind}"


def stranger(name: str, word: str, values: Sequence[str]) -> str:
    """What to say of a word that a column of names did not hold when it was learned from."""
    guess = nearest(word, values)
    known = ", ".join(values[:10]) + (", ..." if len(values) > 10 else "")
    return f"column {name!r} is {word!r}, which was not there to learn from" + (
        f"; did you mean {guess!r}?" if guess else f" (known: {known})"
    )


def _word(cell: str | bytes) -> str:
    return cell.decode() if isinstance(cell, bytes) else str(cell)
