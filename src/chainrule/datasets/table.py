"""A table in a CSV file, one column of which is to be told from the others.

age,income,city,buys          target="buys": two classes, the other columns become the features
34,51000,Bern,yes
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets import columns, csv_file
from chainrule.datasets.csv_file import Table, Text
from chainrule.datasets.data_checks import look_over
from chainrule.datasets.dataset import TASKS, Array, Dataset
from chainrule.datasets.splits import split
from chainrule.errors import DataError, SettingError, unknown

FEW = 20  # whole numbers: up to so many different ones are classes, more are amounts


def load(
    path: str | os.PathLike[str], *, target: str | None = None, task: str | None = None,
    test: float | str | os.PathLike[str] = 0.2, validation: float = 0.0, seed: int = 0,
    drop: Sequence[str] = (), categorical: Sequence[str] = (), delimiter: str | None = None,
    skip_bad: bool = False,
) -> Dataset:  # fmt: skip
    """A CSV file as a Dataset: x float32 (n, features), standardised; y int32, or float32 for a regression.

    target: the column to learn. task: "regression", "classes" or "two classes"; None decides by what the
    column holds: words, or whole numbers of at most 20 kinds, are classes. drop: columns to leave out.
    categorical: columns of numbers that are names (a postcode). test: the share of rows set aside by seed, or
    a second CSV file. Raises DataError naming file and line for each row that cannot be used; skip_bad goes
    on without them.
    """
    drop = [drop] if isinstance(drop, str) else list(drop)
    categorical = [categorical] if isinstance(categorical, str) else list(categorical)
    table = csv_file.read(path, drop=drop, delimiter=delimiter)
    target = _target(table, target)
    if task is not None and task not in TASKS:
        raise unknown("task", task, TASKS)
    kinds = _kinds(table, target, task, categorical)
    if len(kinds) == 1:
        raise DataError(f"{table.name} has no column besides the target {target!r} to learn from.")
    table = _without_faults(table, [{"name": name, "kind": kind} for name, kind in kinds.items()], skip_bad)
    _check_words(table, [name for name, kind in kinds.items() if kind == "category"], target)
    y, names = _answers(table, target, kinds[target])
    other, share = None, 0.0
    if isinstance(test, str | os.PathLike):
        other = csv_file.read(test, drop=drop, delimiter=delimiter)
        _check_same(table, other)
    else:
        share = test
    # the means and deviations come from what is left to learn from, so the parts are made first
    kept, test_rows = split(y, share, seed, classes=names is not None)
    train, val = (kept[part] for part in split(y[kept], validation, seed, classes=names is not None))
    record = {name: columns.learn(table, name, kind, train) for name, kind in kinds.items()}
    answer = record.pop(target)
    inputs = list(record.values())
    x = columns.encode(inputs, table.columns)
    x_test, y_test = x[test_rows], y[test_rows]
    if other is not None:
        other = _without_faults(other, [*inputs, answer], skip_bad)
        x_test, y_test = columns.encode(inputs, other.columns), _indices(other, answer)
    data = Dataset(
        name=Path(path).stem, x_train=x[train], y_train=y[train], x_test=x_test, y_test=y_test,
        x_val=x[val] if len(val) else None, y_val=y[val] if len(val) else None, class_names=names,
        task="regression" if names is None else "two classes" if len(names) == 2 else "classes",
        preparation={"kind": "table", "columns": inputs, "target": answer}, source=str(path),
        skipped=table.bad + (other.bad if other is not None else ()), notes=tuple(_constant(inputs)),
    )  # fmt: skip
    return look_over(data)


def rows(
    what: str | os.PathLike[str] | dict[str, Any] | Sequence[dict[str, Any]], preparation: dict[str, Any]
) -> Array:
    """New rows to float32 (n, features) as those that were learned from.

    Takes a CSV file, or one or several dicts from column to value; other columns are ignored. Raises
    DataError naming the row and the column where a value is missing, is no number, or is a word that was not
    there to learn from.
    """
    record = preparation["columns"]
    wanted = [column["name"] for column in record]
    if isinstance(what, str | os.PathLike):
        table = csv_file.read(what)
    else:
        given = [what] if isinstance(what, dict) else list(what)
        if not given:
            raise DataError("There is no row to prepare.")
        for k, row in enumerate(given):
            if lacking := [name for name in wanted if name not in row]:
                raise DataError(
                    f"Row {k + 1} has no column {lacking[0]!r}; it has {', '.join(map(str, row))}."
                )
        cells = {name: np.array([str(row[name]).strip() for row in given]) for name in wanted}
        table = Table("row", cells, np.arange(1, len(given) + 1))
    for name in wanted:
        if name not in table.columns:
            raise DataError(f"{table.name} has no column {name!r}; it has {', '.join(table.columns)}.")
    return columns.encode(record, _without_faults(table, record, skip_bad=False, hint=False).columns)


def _target(table: Table, target: str | None) -> str:
    if target is None:
        raise SettingError(
            f"Which column of {table.name} is to be learned? Name it as target: {', '.join(table.columns)}."
        )
    if target not in table.columns:
        raise unknown("column", target, table.columns)
    return target


def _kinds(table: Table, target: str, task: str | None, categorical: Sequence[str]) -> dict[str, str]:
    """Each column's kind, number or category."""
    for name in categorical:
        if name not in table.columns:
            raise unknown("column", name, table.columns)
    kinds = {}
    for name, cells in table.columns.items():
        number = name not in categorical and columns.holds_numbers(cells)
        if name == target:
            if task == "regression" and not number and not columns.holds_numbers(cells):
                _, wrong = columns.numbers(cells)
                row = int(np.flatnonzero(wrong)[0])
                fault = columns.faults(table, {"name": name, "kind": "number"})[row]
                raise DataError(f"{table.where(row)}: {fault}; a regression needs numbers.")
            number = task == "regression" or (task is None and number and not _few(cells))
        kinds[name] = "number" if number else "category"
    return kinds


def _few(cells: Text) -> bool:
    """Whether a column of numbers holds few different ones, all whole."""
    values, wrong = columns.numbers(cells)
    values = np.unique(values[~wrong])
    return len(values) <= FEW and bool((values == np.round(values)).all())


def _without_faults(
    table: Table, record: Sequence[columns.Column], skip_bad: bool, hint: bool = True
) -> Table:
    """The table without the rows that cannot be used; or DataError listing them."""
    found: dict[int, str] = {}
    for column in record:
        found = columns.faults(table, column) | found
    bad = [*table.bad, *((table.where(row), found[row]) for row in sorted(found))]
    if bad and not skip_bad:
        lines = [f"  {where}: {why}" for where, why in bad[:10]]
        lines += [f"  and {len(bad) - 10:,} more"] if len(bad) > 10 else []
        lines += (
            ["skip_bad=True (--skip-bad) goes on without these rows, drop=['column'] without a column."]
            if hint
            else []
        )
        raise DataError("\n".join([f"{table.name} has {len(bad):,} rows that cannot be used:", *lines]))
    keep = np.ones(len(table.lines), bool)
    keep[list(found)] = False
    if not keep.any():
        raise DataError(f"{table.name} has no row that can be used; the first: {bad[0][0]}: {bad[0][1]}.")
    return Table(
        table.name, {n: cells[keep] for n, cells in table.columns.items()}, table.lines[keep], tuple(bad)
    )


def _check_words(table: Table, names: Sequence[str], target: str) -> None:
    """A column of names or free text would become hundreds of features that say nothing."""
    for name in names:
        n = len(columns.words(table, name))
        if n > columns.MOST_WORDS:
            advice = "is it a regression?" if name == target else f"leave it out with drop=[{name!r}]."
            raise DataError(
                f"{table.name}: the column {name!r} has {n:,} different words in {len(table.lines):,} rows "
                f"(up to {columns.MOST_WORDS} can be learned from); {advice}"
            )


def _check_same(table: Table, other: Table) -> None:
    if lacking := [name for name in table.columns if name not in other.columns]:
        raise DataError(f"{other.name} has no column {lacking[0]!r}, which {table.name} has.")


def _answers(table: Table, target: str, kind: str) -> tuple[Array, tuple[str, ...] | None]:
    if kind == "number":
        return columns.numbers(table.columns[target])[0].astype(np.float32), None
    names = columns.words(table, target)
    if len(names) < 2:
        raise DataError(
            f"{table.name}: the target {target!r} is {names[0]!r} in every row; nothing is to be told apart."
        )
    return _indices(table, {"name": target, "kind": kind, "values": names}), tuple(names)


def _indices(table: Table, answer: columns.Column) -> Array:
    """The answers of a table by the record of its target."""
    if answer["kind"] == "number":
        return columns.numbers(table.columns[answer["name"]])[0].astype(np.float32)
    place = {value: k for k, value in enumerate(answer["values"])}
    found: NDArray[np.str_] = table.columns[answer["name"]].astype("U")
    return np.array([place[word] for word in found.tolist()], np.int32)


def _constant(record: Sequence[columns.Column]) -> list[str]:
    names = [c["name"] for c in record if c.get("std") == 0 or len(c.get("values", "..")) == 1]
    shown = ", ".join(map(repr, names[:10])) + (" and more" if len(names) > 10 else "")
    return [f"{len(names)} columns hold one value only and say nothing: {shown}"] if names else []
