"""Keras's progress bar, for training loops of one's own."""

from collections.abc import Iterable, Sequence
from typing import Any

from chainrule.errors import SettingError
from chainrule.training.progress import Progress

__all__ = ["Progbar"]


class Progbar:
    """A bar over `target` steps. Figures are averaged over the steps, but for those named in stateful_metrics.

    >>> bar = Progbar(2, verbose=2)
    >>> bar.update(1, [("loss", 3.0)]); bar.update(2, [("loss", 1.0)])     # doctest: +ELLIPSIS
    2/2 - 0s - ...us/step - loss: 2.0000
    """

    def __init__(
        self, target: int | None, width: int = 20, verbose: int = 1, interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None, stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:  # fmt: skip
        if stateful_metrics is not None and stateless_metrics is not None:
            raise SettingError("Progbar takes stateful_metrics or stateless_metrics, not both.")
        self.target, self.verbose, self.unit_name = target, verbose, unit_name
        self.stateful = set(stateful_metrics or ())
        self.stateless = None if stateless_metrics is None else set(stateless_metrics)
        self.seen, self.sums = 0, dict[str, list[float]]()
        self.progress = Progress(verbose, target or 0)

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Shows the bar at a step, with the figures of the steps since the last call."""
        for name, value in values or ():
            if name in self.stateful or (self.stateless is not None and name not in self.stateless):
                self.sums[name] = [float(value), 1]
            else:
                total, count = self.sums.get(name, [0.0, 0])
                steps = max(current - self.seen, 1)
                self.sums[name] = [total + float(value) * steps, count + steps]
        self.seen = current
        figures = {name: total / count for name, (total, count) in self.sums.items()}
        if finalize or (finalize is None and self.target is not None and current >= self.target):
            self.progress.steps = self.target or current
            self.progress.finish(figures, current)
        else:
            self.progress.update(current, figures)

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Goes n steps on."""
        self.update(self.seen + n, values)
