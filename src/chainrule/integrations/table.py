"""A recorded run as a table: CSV for spreadsheets, Parquet for pandas, Polars and DuckDB."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError, require_package
from chainrule.runs import Run


def export_csv(run: Any, path: Any) -> int:
    """Writes a row for each step: step, epoch, what was recorded of the step; returns how many.

    run: a folder or a `chainrule.runs.Run`.  The columns epoch_... have an epoch's figures, in the row of its last step.
    What was not measured is empty; numbers have all their digits. FileError when the file cannot be written.

    >>> export_csv("runs/2026-11-23T07-31-05_mnist_fast", "steps.csv")             # doctest: +SKIP
    4221
    """
    run = run if isinstance(run, Run) else Run(run)
    steps, last = run.steps, {epoch.step - 1: epoch for epoch in run.epochs}
    figures = list(dict.fromkeys(name for epoch in run.epochs for name in epoch.metrics))
    number = run.info.epoch
    try:
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["step", "epoch", *steps.columns, *(f"epoch_{name}" for name in figures)])
            for k, row in enumerate(steps.rows):
                step = steps.first + k
                ended = last.get(step)
                lines = [ended.metrics.get(name, "") if ended else "" for name in figures]
                writer.writerow([step, number, *map(text, steps.columns, row), *lines])
                number += ended is not None
    except OSError as problem:
        raise FileError(f"{str(path)!r} cannot be written: {problem.strerror or problem}.") from problem
    return len(steps)


def text(column: str, value: np.float32) -> str:
    """A recorded number in as few digits as tell it from its neighbours; sizes that were not measured are empty.

    >>> text("loss", np.float32(0.1)), text("loss", np.float32("nan")), text("dead[first]", np.float32("nan"))
    ('0.1', 'nan', '')
    """
    return "" if "[" in column and np.isnan(value) else str(value)


def export_parquet(run: Any, path: Any) -> int:
    """The same table as a Parquet file: numbers in their own types, nothing where nothing was measured; returns how many rows.

    Needs pyarrow (extra `parquet`). FileError when the file cannot be written.
    """
    pyarrow = require_package("pyarrow", "parquet", "writing Parquet")
    parquet = require_package("pyarrow.parquet", "parquet", "writing Parquet")
    run = run if isinstance(run, Run) else Run(run)
    steps, last = run.steps, {epoch.step - 1: epoch for epoch in run.epochs}
    numbers = np.arange(steps.first, steps.first + len(steps), dtype=np.int64)
    ends = np.array(sorted(last), np.int64)
    columns: dict[str, Any] = {
        "step": numbers,
        "epoch": run.info.epoch + np.searchsorted(ends, numbers),
    }
    for name in steps.columns:
        values = np.asarray(steps[name], np.float32)
        columns[name] = pyarrow.array(values, mask=np.isnan(values) if "[" in name else None)
    for name in dict.fromkeys(name for epoch in run.epochs for name in epoch.metrics):
        lines = [last[k].metrics.get(name) if k in last else None for k in numbers.tolist()]
        columns[f"epoch_{name}"] = pyarrow.array(lines, pyarrow.float64())
    try:
        parquet.write_table(pyarrow.table(columns), str(path))
    except OSError as problem:
        raise FileError(f"{str(path)!r} cannot be written: {problem.strerror or problem}.") from problem
    return len(steps)
