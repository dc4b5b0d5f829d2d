"""What a run wrote down while it learned, in the shape that the symptoms are looked for in."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.runs import Run

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sizes:
    """How large a layer's gradient, update and weights were (root mean square per weight) at some steps."""

    layer: str
    steps: NDArray[np.int64]
    gradient: Numbers
    update: Numbers
    weight: Numbers

    @cached_property
    def ratio(self) -> Numbers:
        """Update to weight: by which share of their size the weights moved in that step."""
        unknown = np.full(len(self.steps), np.nan)
        return np.asarray(np.divide(self.update, self.weight, out=unknown, where=self.weight > 0))

    def way(self, steps: int) -> float:
        """How far `steps` steps can have carried the weights, in their own size: the mean ratio times the steps.

        No more than that, because updates that point in different directions carry less far.
        """
        known = self.ratio[np.isfinite(self.ratio)]
        return float(known.mean() * steps) if len(known) else float("nan")


@dataclass(frozen=True, eq=False)
class Shares:
    """The share of a layer's units that were dead, or saturated, at some steps."""

    layer: str
    what: str  # "dead" or "saturated"
    steps: NDArray[np.int64]
    share: Numbers


class Records:
    """The numbers of a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        steps = run.steps
        self.first, self.count = steps.first, len(steps)
        self.loss: Numbers = np.asarray(steps["loss"], np.float64)
        self.metrics = [epoch.metrics for epoch in run.epochs]

    def of_output(self, name: str) -> "Records":
        """The same run as one of several outputs saw it: its own loss, and its figures by their plain names."""
        return OutputRecords(self.run, name) if name else self

    @property
    def last(self) -> int:
        """The number of the last step."""
        return self.first + self.count - 1

    @cached_property
    def sizes(self) -> list[Sizes]:
        """Of each layer that learns, the lowest first; only finite numbers."""
        found = []
        for column in self.run.columns:
            if column.startswith("grad_rms["):
                layer = column[len("grad_rms[") : -1]
                arrays = [self._column(f"{what}_rms[{layer}]") for what in ("grad", "update", "weight")]
                known = np.isfinite(np.sum(arrays, axis=0))
                if known.any():
                    found.append(
                        Sizes(layer, np.flatnonzero(known) + self.first, *(array[known] for array in arrays))
                    )
        return found

    @cached_property
    def shares(self) -> list[Shares]:
        """Of each hidden layer with relu, sigmoid or tanh. The end of the network may saturate: that is being sure."""
        found = []
        for column in self.run.columns:
            what, _, layer = column.rstrip("]").partition("[")
            if what in ("dead", "saturated") and layer != self.end:
                values = self._column(column)
                known = np.isfinite(values)
                if known.any():
                    found.append(Shares(layer, what, np.flatnonzero(known) + self.first, values[known]))
        return found

    @property
    def end(self) -> str:
        """The name of the layer that answers: the last one that has, or could have, an activation."""
        entries = [entry.get("config", {}) for entry in self.run.info.settings.model.get("layers", [])]
        return str(next((entry.get("name") for entry in reversed(entries) if "activation" in entry), ""))

    @property
    def rate(self) -> float | None:
        """The highest learning rate: as it was set, unless other rates were recorded, as where a callback changed it."""
        optimizer = self.run.info.settings.training.get("optimizer") or {}
        named = highest(optimizer.get("config", {}).get("learning_rate"))
        if "learning_rate" not in self.run.columns:
            return named
        recorded = self._column("learning_rate")
        most = float(np.nanmax(recorded)) if np.isfinite(recorded).any() else None
        if most is None or (
            named is not None and 0.9 * named <= most <= 1.001 * named
        ):  # a peak between two steps
            return named
        return float(f"{most:.6g}")

    @property
    def begins_solved(self) -> bool:
        """Whether the network is a line that begins at its least squares, from which it has hardly a way to go."""
        recipe, loss = self.run.info.settings.recipe, str(self.run.info.settings.training.get("loss"))
        is_line = (
            recipe.get("network") == "none" and not recipe.get("hidden") and bool(recipe.get("standardised"))
        )
        return is_line and "crossentropy" not in loss

    @property
    def rate_fell(self) -> bool:
        """Whether the learning rate was brought down to a tenth of its highest, or less, by the end."""
        if "learning_rate" not in self.run.columns:
            return False
        recorded = self._column("learning_rate")
        recorded = recorded[np.isfinite(recorded)]
        return len(recorded) > 0 and float(recorded[-1]) <= 0.1 * float(recorded.max())

    @property
    def windows(self) -> Numbers:
        """The mean loss of each of (at most) fifty stretches of the run that are of one length."""
        return windows(self.loss)

    def has(self, name: str) -> bool:
        """Whether a figure was measured after any epoch."""
        return any(name in figures for figures in self.metrics)

    @property
    def has_accuracy(self) -> bool:
        """Whether any accuracy was counted."""
        return any(name.endswith("accuracy") for metrics in self.metrics for name in metrics)

    @property
    def outputs(self) -> int:
        """How many outputs the network has, where its last layer says so; else 0."""
        entries = [entry.get("config", {}) for entry in self.run.info.settings.model.get("layers", [])]
        return next((int(entry["units"]) for entry in reversed(entries) if "units" in entry), 0)

    def figure(self, name: str) -> Numbers:
        """A figure of each epoch; not a number where it was not measured."""
        return np.array([metrics.get(name, np.nan) for metrics in self.metrics], np.float64)

    def _column(self, name: str) -> Numbers:
        return np.asarray(self.run.steps[name], np.float64)


class OutputRecords(Records):
    """The numbers of one output of several: "accuracy" is "kind_accuracy", and "val_accuracy" "val_kind_accuracy"."""

    def __init__(self, run: Run, name: str) -> None:
        super().__init__(run)
        self.loss = self._column(f"{name}_loss")
        begin = len(name) + 1
        self.metrics = [
            {
                ("val_" if key.startswith("val_") else "") + key.removeprefix("val_")[begin:]: value
                for key, value in metrics.items()
                if key.removeprefix("val_").startswith(f"{name}_")
            }
            for metrics in self.metrics
        ]


def windows(values: Numbers, most: int = 50, least: int = 5) -> Numbers:
    """Means over stretches of one length: at most `most` of them, of `least` numbers or more where there are so many.

    >>> windows(np.arange(10.0))
    array([2., 7.])
    """
    length = max(min(least, len(values)), -(-len(values) // most), 1)
    whole = len(values) // length * length
    with np.errstate(all="ignore"):
        return np.asarray(values[len(values) - whole :].reshape(-1, length).mean(axis=1))


def highest(rate: Any) -> float | None:
    """The largest learning rate in an optimizer's settings: a number, or a schedule's dict.

    >>> highest(0.01), highest({"config": {"initial_learning_rate": 0.0, "warmup_target": 0.002}})
    (0.01, 0.002)
    """
    if isinstance(rate, int | float):
        return float(rate)
    if not isinstance(rate, dict):
        return None
    config = rate.get("config", {})
    named = [
        v for key, v in config.items() if key.endswith("learning_rate") or key in ("warmup_target", "values")
    ]
    numbers = [
        n
        for value in named
        for n in (value if isinstance(value, list) else [value])
        if isinstance(n, int | float)
    ]
    return float(max(numbers)) if numbers else None
