"""Conditions on recorded metrics: "loss > 2", "grad_rms['dense'] > 1", "accuracy < 0.9 after epoch 2".

Read by `expressions.py`, which knows numbers, names, comparisons and a few functions; nothing is run as a program.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import SettingError, nearest
from chainrule.explain.expressions import Parser, Tree, names_in, unreadable, value_of

WHEN = re.compile(r"\b(after|before|in)\s+(epoch|step)\s+(\d+)\s*$")
QUOTES = "'\""
TRUTHS = {"<", "<=", ">", ">=", "==", "!=", "and", "or", "not", "isnan", "isfinite"}
ASKS_FOR_NAN = {"isnan", "isfinite"}
Columns = Mapping[str, Any]


class Condition:
    """A condition on the metrics of each step. `after epoch 2` and `before step 100` may stand at its end.

    Metrics: columns by name, each (steps,). Those of layers are "grad_rms[dense]", or a dict of columns by layer.

    >>> condition = Condition("loss > 2 and grad_rms['dense'] > 1")
    >>> condition.first({"loss": np.array([1.0, 3.0, 4.0]), "grad_rms": {"dense": np.array([5.0, 0.5, 2.0])}})
    2
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str) or not text.strip():
            raise SettingError("A condition is a text such as 'loss > 2' or 'accuracy < 0.9 after epoch 2'.")
        self.text = text
        found = WHEN.search(text)
        self.when = (found[1], found[2], int(found[3])) if found else None
        body = text[: found.start()] if found else text
        self.tree = Parser(body, "condition").all()
        if self.tree.kind not in TRUTHS:
            raise unreadable(text, len(body.rstrip()), "a comparison such as > 2 is missing", "condition")

    def holds(self, columns: Columns) -> np.ndarray:
        """For each step whether the condition holds. Where a metric is not a number (or was not measured) it does not,
        unless the condition asks for that with isnan or isfinite.
        """
        values = {tree.value: self.column(tree, columns) for tree in names_in(self.tree)}
        sizes = {np.shape(v)[0] for v in values.values() if np.ndim(v)} or {len(first_column(columns))}
        held = np.broadcast_to(truth_of(self.tree, values).holds, (max(sizes),))
        return np.asarray(held & self.in_time(columns, len(held)))

    def first(self, columns: Columns) -> int | None:
        """The first step (a row of the columns) for which the condition holds; None when it never does."""
        held = self.holds(columns)
        return int(held.argmax()) if held.any() else None

    def in_time(self, columns: Columns, n: int) -> np.ndarray:
        """Which steps the words at the end leave: `after epoch 2` begins with epoch 3, as `Epoch 3/10` is printed."""
        if self.when is None:
            return np.ones(n, bool)
        word, unit, number = self.when
        if unit == "step" and "step" not in columns:
            time = np.arange(n)
        elif unit in columns:
            time = np.asarray(columns[unit])
        else:
            raise SettingError(
                f"These metrics have no column {unit!r}, so {word!r} {unit} {number} cannot be decided."
            )
        return np.asarray(
            time > number if word == "after" else time < number if word == "before" else time == number
        )

    def column(self, tree: Tree, columns: Columns) -> Any:
        """The metrics that a name stands for, or an error that points at it."""
        name, _, key = tree.value.partition("[")
        key = key.rstrip("]").strip()
        key = key[1:-1] if len(key) > 1 and key[0] == key[-1] and key[0] in QUOTES else key
        if key and f"{name}[{key}]" in columns:
            return decimal(columns[f"{name}[{key}]"])
        columns = nested(columns)
        if name not in columns:
            raise self.unknown(tree.place, "metric", name, list(columns))
        found = columns[name]
        if isinstance(found, Mapping):
            if not key:
                example = next(iter(found), "dense")
                raise unreadable(
                    self.text,
                    tree.place,
                    f"{name} has a column for each layer: {name}['{example}']",
                    "condition",
                )
            if key not in found:
                raise self.unknown(tree.place + len(name) + 1, f"layer in {name}", key, list(found))
            return decimal(found[key])
        if key:
            raise unreadable(
                self.text, tree.place + len(name), f"{name} has no columns by layer", "condition"
            )
        return decimal(found)

    def unknown(self, place: int, kind: str, name: str, known: list[str]) -> SettingError:
        """The error for a name that does not exist."""
        guess = nearest(name, known)
        hint = f"; did you mean {guess!r}?" if guess else f"; there are {', '.join(sorted(known))}"
        return unreadable(self.text, place, f"there is no {kind} called {name!r}{hint}", "condition")

    def __repr__(self) -> str:
        return f"<Condition {self.text!r}>"


class Truth(NamedTuple):
    """Where a condition holds and where it does not; neither where that cannot be known."""

    holds: Any
    fails: Any


def truth_of(tree: Tree, values: Columns) -> Truth:
    """Where a part of a condition holds. A comparison with what is not a number, or was not measured, is not known, and
    nor is its opposite; of "a or b" the part that is known may decide, and of "a and b", too.

    >>> values = {"a": np.array([1, np.nan]), "b": np.array([5.0, 5.0])}
    >>> truth_of(Parser("a > 2 or b > 2").all(), values).holds
    array([ True,  True])
    """
    if tree.kind in ("and", "or", "not"):
        first, *others = (truth_of(part, values) for part in tree.parts)
        if tree.kind == "not":
            return Truth(first.fails, first.holds)
        (second,) = others
        if tree.kind == "and":
            return Truth(first.holds & second.holds, first.fails | second.fails)
        return Truth(first.holds | second.holds, first.fails & second.fails)
    plain = {name: np.ma.getdata(value) for name, value in values.items()}
    said, known = np.asarray(value_of(tree, plain), bool), np.asarray(True)
    for name in {part.value for part in names_in(tree)}:
        known = known & ~np.ma.getmaskarray(
            values[name]
        )  # what was not measured fulfils nothing, isnan neither
        if not asks_for_nan(tree):
            known = known & ~np.isnan(plain[name])
    return Truth(known & said, known & ~said)


def asks_for_nan(tree: Tree) -> bool:
    """Whether isnan or isfinite stand in a part of a condition."""
    return tree.kind in ASKS_FOR_NAN or any(map(asks_for_nan, tree.parts))


def decimal(column: Any) -> Any:
    """A column in float64, in which a float32 that was recorded from 0.001 is 0.001; a mask stays.

    >>> decimal(np.array([0.001, 0.1], np.float32)) == [0.001, 0.1]
    array([ True,  True])
    """
    values = np.ma.getdata(column)
    wide = (
        values.astype(str).astype(np.float64)
        if values.dtype == np.float32
        else np.asarray(values, np.float64)
    )
    return np.ma.masked_array(wide, np.ma.getmaskarray(column)) if np.ma.isMaskedArray(column) else wide


def first_column(columns: Columns) -> Any:
    """Any column: they all have the same length."""
    found = next(iter(columns.values()), ())
    return first_column(found) if isinstance(found, Mapping) else found


def nested(columns: Columns) -> dict[str, Any]:
    """Columns with those of layers as dicts: {"grad_rms[dense]": a} -> {"grad_rms": {"dense": a}}."""
    found: dict[str, Any] = {}
    for name, values in columns.items():
        what, bracket, layer = name.partition("[")
        if bracket and not isinstance(values, Mapping):
            found.setdefault(what, {})[layer.rstrip("]")] = values
        else:
            found[name] = values
    return found


def columns_of(run: Any) -> dict[str, Any]:
    """All that a recorded run knows of its steps, with their numbers and their epochs (from 1). run: a `chainrule.runs.Run`.

    Sizes of layers are measured at some steps only; their columns are masked at the others.
    """
    steps = run.steps
    number = np.arange(steps.first, steps.stop)
    sizes = [name for name in steps.columns if "[" in name]
    columns = {name: np.asarray(steps[name]) for name in steps.columns}
    unmeasured = not_measured([columns[name] for name in sizes], number)
    masked = {name: np.ma.masked_array(columns[name], unmeasured) for name in sizes}
    return (
        columns
        | masked
        | {"step": number, "epoch": np.floor(run.through_epochs(number) + 1e-9).astype(int) + 1}
    )


def not_measured(sizes: list[np.ndarray], number: np.ndarray) -> np.ndarray:
    """The steps at which no sizes were measured: all but every k-th. A measured step may hold nan, when learning diverged.

    >>> not_measured([np.array([1, np.nan, np.nan, np.nan, 2, np.nan, np.nan])], np.arange(7))
    array([False,  True,  True,  True, False,  True,  True])
    """
    if not sizes:
        return np.zeros(len(number), bool)
    known = number[~np.all(np.isnan(sizes), axis=0)]
    every = int(np.gcd.reduce(known)) if len(known) else 0
    return np.asarray(number % every != 0 if every else ~np.isin(number, known))
