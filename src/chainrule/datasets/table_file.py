"""A table's file by its ending: Parquet, or text with something between the cells."""

import os
from collections.abc import Sequence
from pathlib import Path

from chainrule.datasets import csv_file, parquet_file
from chainrule.datasets.csv_file import Table
from chainrule.errors import SettingError


def read(
    path: str | os.PathLike[str], *, drop: Sequence[str] = (), delimiter: str | None = None, header: bool = True
) -> Table:  # fmt: skip
    """The table in a file; see `csv_file.read` and `parquet_file.read`. Raises DataError where it cannot be read."""
    if Path(path).suffix.lower() != ".parquet":
        return csv_file.read(path, drop=drop, delimiter=delimiter, header=header)
    if delimiter is not None or not header:
        raise SettingError(
            "A Parquet file has names and types of its own: leave delimiter and header (--delimiter, --no-header) out."
        )
    return parquet_file.read(path, drop=drop)
