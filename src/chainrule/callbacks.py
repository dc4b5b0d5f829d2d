"""What is called while a model learns. Keras's names, hooks and settings.

A callback sees `self.model` and `self.params` and overrides the hooks it needs; `logs` is a dict of figures.
Hooks per batch run the loop one step at a time, which costs speed; hooks per epoch cost nothing.
"""

import csv
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.optimizers.schedules import LearningRateSchedule

Logs = dict[str, Any]


class Callback:
    """Does nothing at every hook; subclasses override some.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, sorted(logs))
    """

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}

    def set_model(self, model: Any) -> None:
        """Called by fit with the model that learns."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called by fit with {"verbose", "epochs", "steps"}."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before each epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After each epoch and its validation; logs holds the epoch's figures and may be added to."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before each step of an epoch, counted from 0."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After each step; logs holds the running figures of the epoch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before a validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After a validation."""


BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
HOOKS = (
    "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin",
    "on_train_batch_end", "on_test_begin", "on_test_end",
)  # fmt: skip


class CallbackList:
    """Calls the same hook of several callbacks, in their order."""

    def __init__(self, callbacks: list[Any], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = callbacks
        for callback in callbacks:
            if not hasattr(callback, "on_epoch_end"):
                raise SettingError(f"{callback!r} is not a callback: derive it from chainrule.callbacks.Callback.")
            callback.set_model(model)
            callback.set_params(params)

    @property
    def per_batch(self) -> bool:
        """Whether any callback wants to be called at every step."""
        return any(wants(callback, BATCH_HOOKS) for callback in self.callbacks)

    def call(self, hook: str, *args: Any) -> None:
        """Calls one hook of all callbacks."""
        for callback in self.callbacks:
            getattr(callback, hook)(*args)


def wants(callback: Any, hooks: tuple[str, ...]) -> bool:
    """Whether a callback overrides one of these hooks."""
    own = [getattr(type(callback), hook, None) for hook in hooks] + [vars(callback).get(hook) for hook in hooks]
    plain = [getattr(Callback, hook, None) for hook in hooks]
    return any(method is not None and method not in plain for method in own)


class History(Callback):
    """What fit returns: `history` holds each figure's values, one per epoch; `epoch` their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items() if values)
        return f"<History of {len(self.epoch)} epochs{': ' + last if last else ''}>"


class LambdaCallback(Callback):
    """Hooks given as functions: LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))."""

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        super().__init__()
        for name, function in hooks.items():
            if name not in HOOKS:
                raise unknown("hook", name, HOOKS)
            if function is not None:
                setattr(self, name, function)


class _Monitor(Callback):
    """What EarlyStopping, ModelCheckpoint and ReduceLROnPlateau share: a figure that should fall, or rise."""

    def __init__(self, monitor: str, mode: str) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise unknown("mode", mode, ("auto", "min", "max"))
        rising = ("acc", "accuracy", "auc", "precision", "recall", "fmeasure")
        rises = monitor.endswith(rising) if mode == "auto" else mode == "max"
        self.monitor, self.mode, self.sign = monitor, mode, -1.0 if rises else 1.0
        self.warned = False

    def value(self, logs: Logs | None) -> float | None:
        """The figure of this epoch, or None (and once a warning) when it is not there."""
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
        return best is None or self.sign * value < self.sign * best - min_delta


class EarlyStopping(_Monitor):
    """Ends training when a figure has not improved for `patience` epochs."""

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode)
        self.min_delta, self.patience, self.verbose = abs(min_delta), patience, verbose
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

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Monitor):
    """Saves the model after epochs: every one, or those that are the best so far.

    filepath may hold figures, "model-{epoch:02d}-{val_loss:.2f}.keras"; the epoch is counted from 1 there.
    """

    def __init__(
        self, filepath: Any, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False,
        save_weights_only: bool = False, mode: str = "auto", save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode)
        if save_freq != "epoch":
            raise SettingError("ModelCheckpoint saves at the end of epochs: save_freq='epoch'.")
        self.filepath = os.fspath(filepath)
        ending = ".weights.h5" if save_weights_only else (".keras", ".h5", ".hdf5")
        if not self.filepath.endswith(ending):
            wanted = ".weights.h5" if save_weights_only else ".keras or .h5"
            raise SettingError(f"ModelCheckpoint's filepath must end in {wanted}; it is {self.filepath!r}.")
        self.verbose, self.save_best_only, self.save_weights_only = verbose, save_best_only, save_weights_only
        self.best = initial_value_threshold

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        path = self.filepath.format(epoch=epoch + 1, **logs)
        if self.save_best_only:
            value = self.value(logs)
            if value is None:
                return
            if not self.better(value, self.best):
                if self.verbose:
                    print(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {self.best:.5f}")
                return
            if self.verbose:
                was = "inf" if self.best is None else f"{self.best:.5f}"
                print(f"\nEpoch {epoch + 1}: {self.monitor} improved from {was} to {value:.5f}, saving model to {path}")
            self.best = value
        elif self.verbose:
            print(f"\nEpoch {epoch + 1}: saving model to {path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)


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


class ReduceLROnPlateau(_Monitor):
    """Multiplies the rate by `factor` when a figure has not improved for `patience` epochs."""

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode)
        if factor >= 1:
            raise SettingError(f"ReduceLROnPlateau needs a factor below 1; it got {factor!r}.")
        self.factor, self.patience, self.verbose, self.min_delta = factor, patience, verbose, min_delta
        self.cooldown, self.min_lr = cooldown, min_lr

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait, self.cooling = 0, 0
        self.best: float | None = None

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


def numeric_rate(model: Any, who: str) -> float:
    """The optimizer's rate, refused when a schedule already decides it."""
    rate = model.optimizer.learning_rate
    if isinstance(rate, LearningRateSchedule):
        raise SettingError(f"{who} can not change the rate: the optimizer follows {type(rate).__name__} already.")
    return float(rate)


class CSVLogger(Callback):
    """Writes each epoch's figures as a row of a CSV file."""

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = os.fspath(filename), separator, append

    def on_train_begin(self, logs: Logs | None = None) -> None:
        path = Path(self.filename)
        self.keys: list[str] | None = None
        fresh = not (self.append and path.exists() and path.stat().st_size > 0)
        self.file = path.open("a" if self.append else "w", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file, delimiter=self.separator)
        self.fresh = fresh

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if self.fresh:
                self.writer.writerow(["epoch", *self.keys])
        self.writer.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])
        self.file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.file.close()


class TerminateOnNaN(Callback):
    """Ends training when the loss is not finite. fit says at which step and in which layer that began."""

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            self.model.stop_training = True
            if self.raise_error:
                raise RuntimeError(f"Epoch {epoch + 1}: the loss is {loss}; training ends.")
            print(f"Epoch {epoch + 1}: the loss is {loss}; training ends.")


class BackupAndRestore(Callback):
    """Keeps what is needed to go on after an interruption, and goes on from it when fit is called again.

    The backup is one file, written beside the old one and renamed, so that there is always a whole one. It holds
    weights, optimizer memory, seed and epoch: the run that goes on ends with the same bits as one that was not cut.
    """

    FILE: ClassVar[str] = "backup.keras"

    def __init__(
        self, backup_dir: Any, save_freq: Any = "epoch", double_checkpoint: bool = False, delete_checkpoint: bool = True
    ) -> None:
        super().__init__()
        if save_freq != "epoch":
            raise SettingError("BackupAndRestore saves at the end of epochs: save_freq='epoch'.")
        if not str(backup_dir):
            raise SettingError("BackupAndRestore needs a folder: backup_dir='...'.")
        self.path, self.delete_checkpoint = Path(os.fspath(backup_dir)) / self.FILE, delete_checkpoint

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.path.exists():
            self.model.restore(self.path)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.model.backup(self.path, epoch + 1)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint and not self.model.interrupted:
            self.path.unlink(missing_ok=True)
