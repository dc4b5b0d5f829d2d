"""A table in a CSV or Parquet file, one column of which is to be told from the others.

age,income,city,buys          target="buys": two classes, the other columns become the features
34,51000,Bern,yes
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets import columns, csv_file, table_file
from chainrule.datasets.cells import missing
from chainrule.datasets.cells import words as as_words
from chainrule.datasets.column_kinds import Said, kinds_of
from chainrule.datasets.csv_file import Table
from chainrule.datasets.data_checks import DataFinding, look_over
from chainrule.datasets.data_checks.columns import answers_given_away, outliers
from chainrule.datasets.dataset import TASKS, Array, Dataset
from chainrule.datasets.dates import ORDERS
from chainrule.datasets.splits import split
from chainrule.datasets.stored_columns import StoredColumns
from chainrule.datasets.target import target_of
from chainrule.errors import DataError, unknown
from chainrule.internal.lazy_mapping import InOrder

Rows = str | os.PathLike[str] | dict[str, Any] | Sequence[dict[str, Any]]


def load(
    path: str | os.PathLike[str], *, target: str | None = None, task: str | None = None,
    test: float | str | os.PathLike[str] = 0.2, validation: float = 0.0, seed: int = 0,
    drop: Sequence[str] = (), categorical: Sequence[str] = (), numeric: Sequence[str] = (), date: Sequence[str] = (),
    delimiter: str | None = None, decimal: str | None = None, header: bool = True, skip_bad: bool = False,
) -> Dataset:  # fmt: skip
    """A CSV or Parquet file as a Dataset: x float32 (n, features), standardised; y int32, or float32 for a regression.

    target: the column to learn; None guesses it, or asks. task: "regression", "classes" or "two classes"; None decides
    by what the column holds: words, or whole numbers of at most 20 kinds, are classes. drop: columns to leave out.
    categorical: columns of numbers that are names (a postcode). numeric: columns that are numbers, whatever else stands
    in them counts as missing. date: columns that are dates, also "name=dmy" or "name=mdy" for the order of day and month.
    decimal: "." or ",", where the cells do not tell. header: whether the first line names the columns. test: the share
    of rows set aside by seed, or a second CSV file. Missing cells are filled, rows without an answer and columns that no
    new row can use (ids, row numbers, names, text) left out, with a note. Raises DataError naming file and line for each
    row that cannot be used; skip_bad goes on without them.
    """
    drop, categorical, numeric, date = map(_names, (drop, categorical, numeric, date))
    if decimal not in (None, ".", ","):
        raise unknown("decimal point", decimal, (".", ","))
    if task is not None and task not in TASKS:
        raise unknown("task", task, TASKS)
    table = table_file.read(path, drop=drop, delimiter=delimiter, header=header)
    all_names = list(table.columns)
    target, guessed = target_of(table, target)
    kinds = kinds_of(table, target, task, Said(categorical, numeric, _orders(date, table)), decimal)
    notes = [*table.notes, *([guessed] if guessed else []), *kinds.notes]
    table = table.without(kinds.left_out)
    if len(kinds.columns) == 1:
        raise _nothing_to_learn_from(table, target, notes)
    answer = kinds.columns.pop(target)
    table, unanswered = _with_answers(table, answer)
    notes += unanswered
    _check_target(table, answer)
    table = _without_faults(table, list(kinds.columns.values()), answer, skip_bad)
    y, names = _answers(table, answer)
    other, share = None, 0.0
    if isinstance(test, str | os.PathLike):
        other = table_file.read(test, drop=drop, delimiter=delimiter, header=header)
        _check_same(table, other)
    else:
        share = test
    # the means and deviations come from what is left to learn from, so the parts are made first
    kept, test_rows = split(y, share, seed, classes=names is not None)
    train, val = (kept[part] for part in split(y[kept], validation, seed, classes=names is not None))
    answer = learn_answer(table, answer, train)
    learned = [columns.learn(table, column, train) for column in kinds.columns.values()]
    inputs = [column for column in learned if not columns.says_nothing(column)]
    notes += _constant([column for column in learned if columns.says_nothing(column)])
    notes += _filled(table, inputs)
    if not inputs:
        raise _nothing_to_learn_from(table, target, notes)
    encoded = _encoder(table, inputs)
    x_train, x_val, x_test, y_test = *map(encoded, (train, val, test_rows)), y[test_rows]
    if other is not None:
        other, unanswered = _with_answers(other, answer)
        other = _without_faults(other, inputs, answer, skip_bad)
        x_test, y_test = _encoder(other, inputs)(np.arange(len(other.lines))), _indices(other, answer)
        notes += [*unanswered, *_unknown_words(other, inputs)]
    data = Dataset(
        name=Path(path).stem, x_train=x_train, y_train=y[train], x_test=x_test, y_test=y_test,
        x_val=x_val if len(val) else None, y_val=y[val] if len(val) else None, class_names=names,
        task="regression" if names is None else "two classes" if len(names) == 2 else "classes",
        preparation={"kind": "table", "columns": inputs, "target": answer} | ({} if header else {"no_header": all_names}),
        source=str(path),
        skipped=table.bad + (other.bad if other is not None else ()), notes=tuple(notes),
        changes=_changes(table, kinds.left_out, learned, inputs),
    )  # fmt: skip
    return look_over(data, _column_findings(table, inputs, answer))


def _encoder(table: Table, inputs: Sequence[columns.Column]) -> Callable[[Any], Array]:
    """What makes the inputs of some rows; of a table whose cells lie in a file some at a time, mapped."""
    if not isinstance(table.columns, StoredColumns):
        x = columns.encode(inputs, table.columns)
        return lambda rows: x[rows]
    cells, home = table.columns, table.columns.file.home
    names, width = [column["name"] for column in inputs], sum(map(columns.width, inputs))

    def encoded(rows: Any) -> Array:
        some = (rows[k : k + csv_file.ROWS] for k in range(0, len(rows), csv_file.ROWS))
        blocks = (columns.encode(inputs, cells.at(names, own)) for own in some)
        return home.array((len(rows), width), np.float32, blocks)  # type: ignore[no-any-return]

    return encoded


def _column_findings(
    table: Table, inputs: Sequence[columns.Column], answer: columns.Column
) -> list[DataFinding]:
    """What the columns say before they are standardised."""
    record = {column["name"]: column for column in inputs}

    def filled(name: str) -> Array:
        own = table.numbers(name, record[name].get("notation"))[0]
        return np.where(np.isnan(own), record[name]["fill"], own)

    def of(kind: str) -> list[str]:
        return [column["name"] for column in inputs if column["kind"] == kind]

    numbers = InOrder(of("number"), filled)  # one at a time: of a large table memory holds one column
    words = InOrder(of("category"), lambda name: as_words(table.columns[name]))
    target = answer["name"]
    values = table.numbers(target, answer.get("notation"))[0] if answer["kind"] == "number" else None
    found = [finding for name, own in numbers.items() for finding in outliers(name, own)]
    found += outliers(target, values) if values is not None else []
    result = as_words(table.columns[target]) if values is None else values
    return found + answers_given_away(target, result, numbers, words)


def rows(what: Rows, preparation: dict[str, Any]) -> Array:
    """New rows to float32 (n, features) as those that were learned from.

    Takes a CSV file, or one or several dicts from column to value; other columns are ignored. Missing cells are filled
    and words that were not there to learn from left aside: `remarks` says where. Raises DataError naming the row and the
    column where a number is none.
    """
    return columns.encode(preparation["columns"], read_rows(what, preparation).columns)


def remarks(what: Rows, preparation: dict[str, Any]) -> list[list[str]]:
    """For each new row, what was missing or unknown in it and what was taken instead."""
    return columns.remarks(preparation["columns"], read_rows(what, preparation).columns)


def read_rows(what: Rows, preparation: dict[str, Any]) -> Table:
    """New rows as a table of text with the columns that were learned from."""
    record = preparation["columns"]
    wanted = [column["name"] for column in record]
    if hasattr(what, "to_dict") and not isinstance(what, dict):  # a DataFrame, without asking for pandas
        what = what.to_dict("records")
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
        cells = {name: np.array([_text(row[name]) for row in given]) for name in wanted}
        table = Table("row", cells, np.arange(1, len(given) + 1))
    for name in wanted:
        if name not in table.columns:
            raise DataError(f"{table.name} has no column {name!r}; it has {', '.join(table.columns)}.")
    return _without_faults(table, record, None, skip_bad=False, hint=False)


def _text(value: Any) -> str:
    """A value as it would stand in a CSV file; nothing for None, NaN and pandas's NA."""
    return "" if str(value) in ("None", "nan", "<NA>", "NaT") else str(value).strip()


def read_like(path: str | os.PathLike[str], preparation: Mapping[str, Any]) -> Table:
    """Another table of the same make; where the file has no header, with or without the column that was learned."""
    if "no_header" not in preparation:
        return table_file.read(path)
    table = table_file.read(path, header=False)
    names = list(preparation["no_header"])
    if len(table.columns) == len(names) - 1:
        names = [name for name in names if name != preparation["target"]["name"]]
    if len(table.columns) != len(names):
        raise DataError(
            f"{table.name} has {len(table.columns)} columns; {len(preparation['no_header'])} were learned from."
        )
    return replace(table, columns=dict(zip(names, table.columns.values(), strict=True)), _parsed={})


def _names(given: Sequence[str]) -> list[str]:
    """One name or several, as a list."""
    return [given] if isinstance(given, str) else list(given)


def _orders(date: Sequence[str], table: Table) -> dict[str, str | None]:
    """The columns that are called dates, with the order of day and month where it is said: "when=dmy"."""
    found: dict[str, str | None] = {}
    for name in date:
        column, mark, order = name.rpartition("=")
        if name in table.columns or not mark:
            found[name] = None
        elif order not in ORDERS:
            raise unknown("order of day and month", order, ORDERS)
        else:
            found[column] = order
    return found


def _nothing_to_learn_from(table: Table, target: str, notes: Sequence[str]) -> DataError:
    text = "".join(f" {note[0].upper()}{note[1:]}." for note in notes)
    return DataError(f"{table.name} has no column besides the target {target!r} to learn from.{text}")


def _with_answers(table: Table, answer: columns.Column) -> tuple[Table, list[str]]:
    """The rows that have an answer, and a note on those that have none."""
    there = ~absent_answers(table, answer)
    if there.all():
        return table, []
    lost, name = int((~there).sum()), answer["name"]
    if not there.any():
        raise DataError(f"{table.name}: the target {name!r} is empty in every row.")
    where = table.where(int(np.flatnonzero(~there)[0]))
    note = f"{lost:,} {'row has' if lost == 1 else 'rows have'} no {name!r}, the target, and {'is' if lost == 1 else 'are'} left out, the first: {where}"
    return table.only(there, table.bad), [note]


def absent_answers(table: Table, answer: columns.Column) -> Any:
    """Which rows have nothing in the target."""
    cells = table.columns[answer["name"]]
    return missing(cells) if answer["kind"] == "number" else columns.absent(cells, answer)


def learn_answer(table: Table, answer: columns.Column, training: Any) -> columns.Column:
    """The record of the target: its classes, wherever they stand, or mean and deviation of the training part."""
    if answer["kind"] == "category":
        return answer | {"values": columns.words(table, answer["name"])}
    found = columns.learn(table, answer, training)
    return {key: value for key, value in found.items() if key not in ("fill", "missing", "numeric")}


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
    table: Table,
    record: Sequence[columns.Column],
    answer: columns.Column | None,
    skip_bad: bool,
    hint: bool = True,
) -> Table:
    """The table without the rows that cannot be used; or DataError listing them."""
    found: dict[int, str] = columns.faults(table, answer) if answer else {}
    for column in record:
        found = columns.mistakes(table, column) | found
    bad = [*table.bad, *((table.where(row), found[row]) for row in sorted(found))]
    if bad and not skip_bad:
        lines = [f"  {where}: {why}" for where, why in bad[:10]]
        lines += [f"  and {len(bad) - 10:,} more"] if len(bad) > 10 else []
        lines += (
            [
                "skip_bad=True (--skip-bad) continues without these rows, drop=['column'] (--drop column) without a column,",
                "numeric=['column'] (--numeric column) with such cells as missing.",
            ]
            if hint
            else []
        )
        raise DataError(
            "\n".join(
                [f"{table.name} has {len(bad):,} row{'s' * (len(bad) != 1)} that cannot be used:", *lines]
            )
        )
    keep = np.ones(len(table.lines), bool)
    keep[list(found)] = False
    if not keep.any():
        raise DataError(f"{table.name} has no row that can be used; the first: {bad[0][0]}: {bad[0][1]}.")
    return table.only(keep, bad)


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
    if len(names) > columns.MOST_CLASSES:
        raise DataError(
            f"{table.name}: the target {name!r} has {len(names):,} different words in {len(table.lines):,} rows (up to "
            f"{columns.MOST_CLASSES} can be learned); name another column as target (--target), or write fewer classes."
        )
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
    if not record:
        return []
    shown = _listed([column["name"] for column in record])
    many = (
        "1 column holds one value only and is"
        if len(record) == 1
        else f"{len(record)} columns hold one value only and are"
    )
    return [f"{many} left out: {shown}"]


def _filled(table: Table, record: Sequence[columns.Column]) -> list[str]:
    """What is said of missing cells, in one note."""
    lost = {c["name"]: int(columns.absent(table.columns[c["name"]], c).sum()) for c in record}
    lost = {name: count for name, count in lost.items() if count}
    if not lost:
        return []
    most = sorted(lost, key=lambda name: -lost[name])
    text = ", ".join(f"{name!r} in {lost[name]:,}" for name in most[:5]) + (
        f" and {len(most) - 5} more" if len(most) > 5 else ""
    )
    rows = (
        f"missing cells of {len(table.lines):,} rows are filled, numbers with the median, words as 'missing'"
    )
    return [f"{rows}, and the network is told where: {text}"]


def _changes(
    table: Table, left_out: Sequence[str], learned: Sequence[columns.Column], used: Sequence[columns.Column]
) -> str:
    """What was done to the columns, in one line: left out, read as dates, filled."""
    gone = [*left_out, *(c["name"] for c in learned if columns.says_nothing(c))]
    dated = [c["name"] for c in used if c["kind"] == "date"]
    filled = [c["name"] for c in used if columns.absent(table.columns[c["name"]], c).any()]
    result = (("left out", gone), ("dates in parts", dated), ("holes filled", filled))
    return "; ".join(f"{what}: {', '.join(map(str, names))}" for what, names in result if names)


def _unknown_words(table: Table, record: Sequence[columns.Column]) -> list[str]:
    """A note on the words of a second table that the first one did not hold."""
    named = [column for column in record if column["kind"] == "category"]
    result = columns.remarks(named, table.columns) if named else []
    strange = [(row, text) for row, texts in enumerate(result) for text in texts if "was not there" in text]
    if not strange:
        return []
    more = f"; {len(strange) - 1:,} more like it" if len(strange) > 1 else ""
    return [f"{table.where(strange[0][0])}: {strange[0][1]}{more}"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:10])) + (" and more" if len(names) > 10 else "")
