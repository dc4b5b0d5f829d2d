"""Callbacks that set the learning rate, and who decides it."""

from collections.abc import Callable
from typing import Any

from chainrule.callbacks.base import Callback, Logs
from chainrule.errors import SettingError
from chainrule.optimizers.schedules import LearningRateSchedule


class LearningRateScheduler(Callback):
    """Sets the rate before each epoch: schedule(epoch, rate) -> rate, or schedule(epoch) -> rate."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        rate = numeric_rate(self.model, "LearningRateScheduler")
        try:
            rate = self.schedule(epoch, rate)
        except TypeError:
            rate = self.schedule(epoch)
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {float(rate)}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def numeric_rate(model: Any, who: str) -> float:
    """The optimizer's rate, refused when a schedule already decides it."""
    rate = model.optimizer.learning_rate
    if isinstance(rate, LearningRateSchedule):
        raise SettingError(
            f"{who} cannot change the rate: the optimizer follows {type(rate).__name__} already."
        )
    return float(rate)
