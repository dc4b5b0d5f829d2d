"""Single examples on the page: what the network saw of them."""

from typing import Any

import numpy as np

from chainrule.datasets.columns import shown, width
from chainrule.report.markup import Html, facts
from chainrule.report.material import Material
from chainrule.report.wording import number

COLUMNS = 8  # of a row that are shown


def place(of: Material, k: int) -> str:
    """Which example it is: its number, counted from 0."""
    return f"{of.thing} {k:,} of {of.evaluated.words}"


def row(of: Material, k: int) -> Html | None:
    """The columns of one row of a table, in their own units; None where examples are no rows of a table, or are not to be shown."""
    if not of.shows_examples:
        return None
    columns = of.data.preparation.get("columns")
    if of.data.preparation.get("kind") != "table" or not columns:
        return None
    result, at = [], 0
    values = np.asarray(of.evaluated.x[k], np.float64)
    for column in columns:
        wide = width(column)
        result.append((str(column["name"]), cell(column, values[at : at + wide])))
        at += wide
    more = [("…", f"{len(result) - COLUMNS} more columns")] if len(result) > COLUMNS else []
    return facts([*result[:COLUMNS], *more])


def cell(column: dict[str, Any], values: Any) -> str:
    """What stood in a column before it was made ready for the network.

    >>> cell({"kind": "number", "mean": 30.0, "std": 10.0}, np.array([1.5]))
    '45'
    >>> cell({"kind": "category", "values": ["cat", "dog"]}, np.array([0.0, 1.0]))
    'dog'
    """
    if column["kind"] == "date" or (column.get("missing") and values[-1] > 0.5):
        return shown(column, values)
    if column["kind"] == "number":
        return number(float(values[0]) * (float(column["std"]) or 1.0) + float(column["mean"]))
    return str(column["values"][int(values.argmax())]) if values.any() else ""
