"""Callbacks that write down how learning went, and those that end it or go on with it."""

import csv
import os
from pathlib import Path
from typing import Any, ClassVar

from chainrule.callbacks.base import Callback, Logs
from chainrule.errors import NotFiniteError, SettingError


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
            if not any(key.startswith("val_") for key in self.keys):  # a later epoch may be the first that is validated
                self.keys += [f"val_{key}" for key in self.keys]
            if self.fresh:
                self.writer.writerow(["epoch", *self.keys])
        self.writer.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])
        self.file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.file.close()


class TerminateOnNaN(Callback):
    """Ends training as soon as the loss is not finite. fit says at which step and in which layer that began."""

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_not_finite(self, logs: Logs | None = None) -> None:
        if self.raise_error:
            raise NotFiniteError(f"Training ends: at {self.model.not_finite} was not finite.")
        print(f"Training ends: at {self.model.not_finite} was not finite.")
        self.model.stop_training = True


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
