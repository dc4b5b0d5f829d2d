"""A table in a CSV file, one column of which is to be told from the others.

age,income,city,buys          target="buys": two classes, the other columns become the features
34,51000,Bern,yes
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets import columns, csv_file
from chainrule.datasets.cells import words as as_words
from chainrule.datasets.column_kinds import kinds_of
from chainrule.datasets.csv_file import Table
from chainrule.datasets.data_checks import DataFinding, look_over
from chainrule.datasets.data_checks.columns import answers_given_away, outliers
from chainrule.datasets.dataset import TASKS, Array, Dataset
from chainrule.datasets.splits import split
from chainrule.errors import DataError, SettingError, unknown


def load(
    path: str | os.PathLike[str], *, target: str | None = None, task: str | None = None,
    test: float | str | os.PathLike[str] = 0.2, validation: float = 0.0, seed: int = 0,
    drop: Sequence[str] = (), categorical: Sequence[str] = (), delimiter: str | None = None,
    decimal: str | None = None, header: bool = True, skip_bad: bool = False,
) -> Dataset:  # fmt: skip
    """A CSV file as a Dataset: x float32 (n, features), standardised; y int32, or float32 for a regression.

    target: the column to learn. task: "regression", "classes" or "two classes"; None decides by what the
    column holds: words, or whole numbers of at most 20 kinds, are classes. drop: columns to leave out.
    categorical: columns of numbers that are names (a postcode). decimal: "." or ",", where the cells do not
    tell. header: whether the first line names the columns. test: the share of rows set aside by seed, or a
    second CSV file. Columns that no new row can use (dates, ids, row numbers, names) are left out with a note.
    Raises DataError naming file and line for each row that cannot be used; skip_bad goes on without them.
    """
    drop = [drop] if isinstance(drop, str) else list(drop)
    categorical = [categorical] if isinstance(categorical, str) else list(categorical)
    if decimal not in (None, ".", ","):
        raise unknown("decimal point", decimal, (".", ","))
    if task is not None and task not in TASKS:
        raise unknown("task", task, TASKS)
    table = csv_file.read(path, drop=drop, delimiter=delimiter, header=header)
    target, all_names = _target(table, target), list(table.columns)
    kinds = kinds_of(table, target, task, categorical, decimal)
    notes = [*table.notes, *kinds.notes]
    table = table.without(kinds.left_out)
    if len(kinds.columns) == 1:
        told = "".join(f" {note[0].upper()}{note[1:]}." for note in notes)
        raise DataError(f"{table.name} has no column besides the target {target!r} to learn from.{told}")
    _check_target(table, kinds.columns[target])
    table = _without_faults(table, list(kinds.columns.values()), skip_bad)
    _check_words(table, kinds.columns)
    y, names = _answers(table, kinds.columns[target])
    other, share = None, 0.0
    if isinstance(test, str | os.PathLike):
        other = csv_file.read(test, drop=drop, delimiter=delimiter, header=header)
        _check_same(table, other)
    else:
        share = test
    # the means and deviations come from what is left to learn from, so the parts are made first
    kept, test_rows = split(y, share, seed, classes=names is not None)
    train, val = (kept[part] for part in split(y[kept], validation, seed, classes=names is not None))
    record = {name: columns.learn(table, column, train) for name, column in kinds.columns.items()}
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
        preparation={"kind": "table", "columns": inputs, "target": answer} | ({} if header else {"no_header": all_names}),
        source=str(path),
        skipped=table.bad + (other.bad if other is not None else ()), notes=(*notes, *_constant(inputs)),
    )  # fmt: skip
    return look_over(data, _column_findings(table, inputs, answer))


def _column_findings(
    table: Table, inputs: Sequence[columns.Column], answer: columns.Column
) -> list[DataFinding]:
    """What the columns say before they are standardised."""
    numbers, words = {}, {}
    for column in inputs:
        if column["kind"] == "number":
            numbers[column["name"]] = table.numbers(column["name"], column.get("notation"))[0]
        else:
            words[column["name"]] = as_words(table.columns[column["name"]])
    target = answer["name"]
    values = table.numbers(target, answer.get("notation"))[0] if answer["kind"] == "number" else None
    amounts = numbers if values is None else numbers | {target: values}
    found = [finding for name, own in amounts.items() for finding in outliers(name, own)]
    told = as_words(table.columns[target]) if values is None else values
    return found + answers_given_away(target, told, numbers, words)


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
        table = read_like(what, preparation)
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


def read_like(path: str | os.PathLike[str], preparation: Mapping[str, Any]) -> Table:
    """Another table of the same make; where the file has no header, with or without the column that was learned."""
    if "no_header" not in preparation:
        return csv_file.read(path)
    table = csv_file.read(path, header=False)
    names = list(preparation["no_header"])
    if len(table.columns) == len(names) - 1:
        names = [name for name in names if name != preparation["target"]["name"]]
    if len(table.columns) != len(names):
        raise DataError(
            f"{table.name} has {len(table.columns)} columns; {len(preparation['no_header'])} were learned from."
        )
    return replace(table, columns=dict(zip(names, table.columns.values(), strict=True)), _parsed={})


def _target(table: Table, target: str | None) -> str:
    if target is None:
        raise SettingError(
            f"Which column of {table.name} is to be learned? Name it as target: {', '.join(table.columns)}."
        )
    if target not in table.columns:
        raise unknown("column", target, table.columns)
    return target


def _check_target(table: Table, target: columns.Column) -> None:
    """Refuses a target whose rows are all classes of their own."""
    name = target["name"]
    cells = table.columns[name]
    if target["kind"] == "category" and len(cells) > 1 and len(np.unique(cells)) == len(cells):
        first = ", ".join(map(repr, as_words(cells[:3])))
        raise DataError(
            f"{table.name}: the target {name!r} is different in each of {len(cells):,} rows ({first}, ...): a class "
            "with a single example cannot be learned. Name a column whose values repeat, or numbers."
        )


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
            [
                "skip_bad=True (--skip-bad) continues without these rows, drop=['column'] (--drop column) without a column."
            ]
            if hint
            else []
        )
        raise DataError("\n".join([f"{table.name} has {len(bad):,} rows that cannot be used:", *lines]))
    keep = np.ones(len(table.lines), bool)
    keep[list(found)] = False
    if not keep.any():
        raise DataError(f"{table.name} has no row that can be used; the first: {bad[0][0]}: {bad[0][1]}.")
    return table.only(keep, bad)


def _check_words(table: Table, kinds: Mapping[str, columns.Column]) -> None:
    """A column of free text would become hundreds of features that say nothing."""
    for name, column in kinds.items():
        if column["kind"] == "category" and (n := len(columns.words(table, name))) > columns.MOST_WORDS:
            raise DataError(
                f"{table.name}: the column {name!r} has {n:,} different words in {len(table.lines):,} rows "
                f"(up to {columns.MOST_WORDS} can be learned from); leave it out with drop=[{name!r}] "
                f"(--drop {name!r}), or, where it is the target, write fewer classes."
            )


def _check_same(table: Table, other: Table) -> None:
    if lacking := [name for name in table.columns if name not in other.columns]:
        raise DataError(f"{other.name} has no column {lacking[0]!r}, which {table.name} has.")


def _answers(table: Table, target: columns.Column) -> tuple[Array, tuple[str, ...] | None]:
    name = target["name"]
    if target["kind"] == "number":
        values = _indices(table, target)
        if len(values) > 1 and (values == values[0]).all():
            raise DataError(
                f"{table.name}: the target {name!r} is {values[0]:g} in every row; nothing is to be learned."
            )
        return values, None
    names = columns.words(table, name)
    if len(names) < 2:
        raise DataError(
            f"{table.name}: the target {name!r} is {names[0]!r} in every row; nothing is to be told apart."
        )
    return _indices(table, target | {"values": names}), tuple(names)


def _indices(table: Table, answer: columns.Column) -> Array:
    """The answers of a table by the record of its target."""
    cells = table.columns[answer["name"]]
    if answer["kind"] == "number":
        return table.numbers(answer["name"], answer.get("notation"))[0].astype(np.float32)
    place = {value: k for k, value in enumerate(answer["values"])}
    return np.array([place[word] for word in as_words(cells)], np.int32)


def _constant(record: Sequence[columns.Column]) -> list[str]:
    names = [c["name"] for c in record if c.get("std") == 0 or len(c.get("values", "..")) == 1]
    shown = ", ".join(map(repr, names[:10])) + (" and more" if len(names) > 10 else "")
    return [f"{len(names)} columns hold one value only and say nothing: {shown}"] if names else []
