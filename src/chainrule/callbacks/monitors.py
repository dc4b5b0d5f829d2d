"""Callbacks that watch a figure: to stop in time, to keep the best, to learn more slowly."""

import os
import warnings
from pathlib import Path
from string import Formatter
from typing import Any, ClassVar

import numpy as np

from chainrule.callbacks.base import Callback, Logs
from chainrule.callbacks.rates import numeric_rate
from chainrule.errors import SettingError, nearest, unknown


class _Monitor(Callback):
    """What EarlyStopping, ModelCheckpoint and ReduceLROnPlateau share: a figure that should fall, or rise."""

    def __init__(self, monitor: str, mode: str) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise unknown("mode", mode, ("auto", "min", "max"))
        self.monitor, self.mode, self.warned = monitor, mode, False

    @property
    def rises(self) -> bool:
        """Whether the figure should rise: as mode says, or as the model's metric of that name does.

        Raises SettingError for mode="auto" where neither tells.
        """
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        metrics = {metric.name: bool(metric.rises) for metric in getattr(self.model, "metric_objects", [])}
        if name in metrics:
            return metrics[name]
        if name == "loss" or name.endswith("_loss"):
            return False
        guess = nearest(name, metrics)
        raise SettingError(
            f"{type(self).__name__} watches {self.monitor!r}, which is none of the model's metrics, so it cannot know whether it "
            "should rise or fall: "
            + (f"did you mean {self.monitor.replace(name, guess)!r}? " if guess else "")
            + "Say mode='max' or mode='min'."
        )

    def value(self, logs: Logs | None) -> float | None:
        """The figure of this epoch, or None (and once a warning) when it is not there."""
        _ = self.rises  # says at once where it cannot know
        found = (logs or {}).get(self.monitor)
        if found is None and not self.warned:
            self.warned = True
            known = ", ".join(sorted(logs or {}))
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not among the figures: {known}.",
                stacklevel=2,
            )
        return None if found is None else float(found)

    def better(self, value: float, best: float | None, min_delta: float = 0.0) -> bool:
        """Whether a figure is better than the best so far by more than min_delta."""
        if best is None:
            return True
        return value > best + min_delta if self.rises else value < best - min_delta


def must_count(kind: str, **settings: Any) -> None:
    """SettingError for a number of epochs that is none, or a least change that is no number."""
    for name, value in settings.items():
        number = (
            isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and np.isfinite(value)
        )
        if not number or (name != "min_delta" and (value < 0 or value != int(value))):
            expected = "a number" if name == "min_delta" else "a whole number from 0 on"
            raise SettingError(f"{kind}'s {name} must be {expected}; it is {value!r}.")


class EarlyStopping(_Monitor):
    """Ends training when a figure has not improved for `patience` epochs."""

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode)
        self.min_delta, self.patience, self.verbose = abs(min_delta), patience, verbose
        must_count("EarlyStopping", patience=patience, start_from_epoch=start_from_epoch, min_delta=min_delta)
        self.baseline, self.restore_best_weights = baseline, restore_best_weights
        self.start_from_epoch = start_from_epoch

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best: float | None = None
        self.best_weights: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
        self.wait += 1
        if self.better(value, self.best, self.min_delta):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.better(value, self.baseline, self.min_delta):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def get_state(self) -> dict[str, Any]:
        names = ("wait", "stopped_epoch", "best_epoch", "best", "best_weights")
        return {name: getattr(self, name) for name in names}

    def set_state(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Monitor):
    """Saves the model after epochs, or every `save_freq` batches: every time, or when it is the best so far.

    filepath may hold figures, "model-{epoch:02d}-{val_loss:.2f}.keras"; epoch (and batch, with a number as save_freq) are
    counted from 1 there.
    """

    endings: ClassVar[dict[bool, tuple[str, ...]]] = {  # of files of weights alone, and of whole models
        True: (".weights.h5",),
        False: (".keras", ".h5", ".hdf5"),
    }

    def __init__(
        self, filepath: Any, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False,
        save_weights_only: bool = False, mode: str = "auto", save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode)
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq != "epoch" and not whole:
            raise SettingError(
                f"ModelCheckpoint's save_freq is 'epoch' or a number of batches; it got {save_freq!r}."
            )
        self.every: int | None = save_freq if whole else None
        self.epoch = self.batches = 0
        if self.every:  # a hook per batch makes fit go step by step, so it is only there when it is needed
            vars(self)["on_train_batch_end"] = self.batch_done
        self.filepath = os.fspath(filepath)
        endings = self.endings[bool(save_weights_only)]
        if not self.filepath.endswith(endings):
            wanted = " or ".join(endings[:2])
            raise SettingError(f"ModelCheckpoint's filepath must end in {wanted}; it is {self.filepath!r}.")
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only
        self.best = initial_value_threshold

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, "batches": self.batches}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best, self.batches = state["best"], state["batches"]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.every:
            self.save(epoch, {"epoch": epoch + 1}, logs)

    def batch_done(self, batch: int, logs: Logs | None = None) -> None:
        """Counts the batches, and saves when there are enough."""
        self.batches += 1
        if self.every and self.batches >= self.every:
            self.batches = 0
            self.save(self.epoch, {"epoch": self.epoch + 1, "batch": batch + 1}, logs)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Refuses a file's name that asks for a figure which there will not be, before anything is learned."""
        metrics = getattr(self.model, "metrics_names", ["loss"])
        known = [*metrics, *(f"val_{name}" for name in metrics if self.params.get("do_validation", True))]
        try:
            asked = [name for _, name, *_ in Formatter().parse(self.filepath) if name is not None]
        except ValueError:  # a bracket is missing, which filling in says
            asked = []
        for name in asked:
            if name.startswith("val_") and name not in known:
                raise self.missing(name, known)
        self.named(dict.fromkeys(asked, 0.5) | {"epoch": 1, "batch": 1})

    def named(self, figures: dict[str, Any]) -> str:
        """The file's name with these figures."""
        try:
            return str(self.filepath.format(**figures))
        except KeyError as problem:
            raise self.missing(str(problem.args[0]), list(figures)) from None
        except (ValueError, IndexError, AttributeError, TypeError) as problem:
            raise SettingError(
                f"ModelCheckpoint's filepath {self.filepath!r} cannot be filled in ({problem}); it may hold figures as in "
                "'model-{epoch:02d}-{loss:.2f}.keras'."
            ) from None

    def missing(self, name: str, known: list[str]) -> SettingError:
        """What is said of a figure that a file's name asks for and that there is not."""
        guess = nearest(name, known)
        hint = f" Did you mean {guess!r}?" if guess else ""
        held = " Nothing is held back: give validation_data." if name.startswith("val_") and name not in known and not any(
            one.startswith("val_") for one in known
        ) else ""  # fmt: skip
        return SettingError(
            f"ModelCheckpoint's filepath asks for {name!r}; the figures are {', '.join(known)}.{held or hint}"
        )

    def save(self, epoch: int, counted: dict[str, int], logs: Logs | None) -> None:
        """Saves the model, if it is to be saved now."""
        logs = logs or {}
        path = self.named(counted | logs)
        if self.save_best_only:
            value = self.value(logs)
            was = "None" if self.best is None else f"{self.best:.5f}"
            if value is not None and not self.better(value, self.best):
                if self.verbose:
                    print(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {was}")
                return
            if value is not None and self.verbose:
                print(
                    f"\nEpoch {epoch + 1}: {self.monitor} improved from {was} to {value:.5f}, saving model to {path}"
                )
            self.best = (
                self.best if value is None else value
            )  # without the figure every epoch is kept, as in Keras
        elif self.verbose:
            print(f"\nEpoch {epoch + 1}: saving model to {path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: finished saving model to {path}")


class ReduceLROnPlateau(_Monitor):
    """Multiplies the rate by `factor` when a figure has not improved for `patience` epochs."""

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode)
        must_count("ReduceLROnPlateau", patience=patience, cooldown=cooldown, min_delta=min_delta)
        if not factor < 1:
            raise SettingError(f"ReduceLROnPlateau needs a factor below 1; it got {factor!r}.")
        self.factor, self.patience, self.verbose, self.min_delta = factor, patience, verbose, abs(min_delta)
        self.cooldown, self.min_lr = cooldown, min_lr

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait, self.cooling = 0, 0
        self.best: float | None = None

    def get_state(self) -> dict[str, Any]:
        return {"wait": self.wait, "cooling": self.cooling, "best": self.best}

    def set_state(self, state: dict[str, Any]) -> None:
        self.wait, self.cooling, self.best = state["wait"], state["cooling"], state["best"]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        rate = numeric_rate(self.model, "ReduceLROnPlateau")
        if logs is not None:
            logs["learning_rate"] = rate
        value = self.value(logs)
        if value is None:
            return
        if self.cooling > 0:
            self.cooling -= 1
            self.wait = 0
        if self.better(value, self.best, self.min_delta):
            self.best, self.wait = value, 0
        elif self.cooling <= 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                lower = max(rate * self.factor, self.min_lr)
                self.model.optimizer.learning_rate = lower
                if self.verbose:
                    print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {lower}.")
                self.cooling, self.wait = self.cooldown, 0
