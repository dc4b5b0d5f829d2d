"""A Parquet file as a table of text, so that its columns are read as those of a CSV file are: kinds, units, holes, dates.

Read some rows at a time; of a file that is larger than memory, the cells lie in a file of their own (`stored_columns`).
"""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.datasets import on_disk
from chainrule.datasets.cells import Text
from chainrule.datasets.csv_file import COLUMNS, LONGEST, ROWS, Table, pack
from chainrule.datasets.stored_columns import CellFile, StoredColumns, join
from chainrule.errors import ChainruleError, DataError, require_package, unknown

NESTED = ("struct", "list", "large_list", "fixed_size_list", "map", "binary", "large_binary", "union")


def read(path: str | os.PathLike[str], *, drop: Sequence[str] = ()) -> Table:
    """The columns of a Parquet file, those in `drop` left out; a row's line is its number, from 1.

    Needs pyarrow (extra `parquet`). Raises DataError where the file cannot be read, has no rows, or a column that holds
    lists, structures or bytes.
    """
    parquet = require_package("pyarrow.parquet", "parquet", "reading Parquet")
    name = os.fspath(path)
    try:
        with parquet.ParquetFile(name) as file:
            return _table(name, file, drop)
    except ChainruleError:
        raise
    except OSError as problem:
        raise DataError(f"{name} cannot be read: {problem.strerror or problem}.") from None
    except Exception as problem:  # noqa: BLE001 - pyarrow's own kinds of errors, which are ValueErrors and others
        raise DataError(f"{name} is not a Parquet file, or is damaged ({problem}).") from None


def _table(name: str, file: Any, drop: Sequence[str]) -> Table:
    fields = list(file.schema_arrow)
    names = [field.name for field in fields]
    for column in drop:
        if column not in names:
            raise unknown("column", column, names)
    used = [field for field in fields if field.name not in drop]
    if len(used) > COLUMNS or not used:
        raise DataError(f"{name} has {len(used):,} columns; tables of 1 to {COLUMNS:,} are read.")
    for field in used:
        if names.count(field.name) > 1:
            raise DataError(f"{name} has two columns called {field.name!r}.")
        if str(field.type).partition("<")[0] in NESTED:
            raise DataError(
                f"{name}: the column {field.name!r} holds {field.type}, which is no number, word or date; leave it out with "
                f"drop=[{field.name!r}] (--drop {field.name!r})."
            )
    about = file.metadata
    size = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
    large = size > on_disk.MOST // 4
    on = CellFile(on_disk.Folder(8 * size, f"The columns of {name}")) if large else None
    pieces: dict[str, list[Any]] = {field.name: [] for field in used}
    for batch in file.iter_batches(batch_size=ROWS, columns=list(pieces)):
        for column, piece in pieces.items():
            cells = _cells(name, column, batch.column(column).to_pylist())
            piece.append(cells if on is None else on.put(cells))
    count = about.num_rows
    if not count:
        raise DataError(f"{name} has no rows.")
    columns: Mapping[str, Text] = (
        {column: join(piece) for column, piece in pieces.items()} if on is None else StoredColumns(on, pieces)
    )
    return Table(name, columns, np.arange(1, count + 1))


def _cells(name: str, column: str, values: list[Any]) -> Text:
    """Values as they would stand in a CSV file; DataError where one is longer than any that is used."""
    cells = [_text(value) for value in values]
    if (longest := max(map(len, cells), default=0)) > LONGEST:
        raise DataError(
            f"{name}: the column {column!r} has a cell of {longest:,} letters; up to {LONGEST:,} are read: leave the column out "
            f"with drop=[{column!r}] (--drop {column!r})."
        )
    return pack(cells)


def _text(value: Any) -> str:
    """One value; nothing for a missing one.

    >>> [_text(value) for value in (None, 0.5, float("nan"), dt.datetime(2024, 1, 31, 7, 5), True)]
    ['', '0.5', '', '2024-01-31 07:05:00', 'True']
    """
    if value is None or value != value:  # noqa: PLR0124 - nan alone is not itself
        return ""
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)
