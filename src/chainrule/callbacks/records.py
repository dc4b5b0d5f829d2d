"""Callbacks that write down how learning went, and one that ends it."""

import csv
import os
from pathlib import Path
from typing import Any

from chainrule.callbacks.base import Callback, Logs
from chainrule.errors import NotFiniteError


class CSVLogger(Callback):
    """Writes each epoch's figures as a row of a CSV file."""

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = os.fspath(filename), separator, append

    def on_train_begin(self, logs: Logs | None = None) -> None:
        path = Path(self.filename)
        self.keys: list[str] | None = None
        self.fresh = not (self.append and path.exists() and path.stat().st_size > 0)
        self.begins = not self.append  # what is there is replaced by the first row, and not before
        self.file = path.open("a", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file, delimiter=self.separator)

    def get_state(self) -> dict[str, Any]:
        return {"size": self.file.tell(), "keys": self.keys, "fresh": self.fresh, "begins": self.begins}

    def set_state(self, state: dict[str, Any]) -> None:
        """Rows that came after what is gone on from are taken off again; they will come once more."""
        self.keys, self.fresh, self.begins = state["keys"], state["fresh"], state["begins"]
        if os.fstat(self.file.fileno()).st_size > state["size"]:
            self.file.truncate(state["size"])

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.begins:
            self.file.truncate(0)
            self.begins = False
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(
                key.startswith("val_") for key in self.keys
            ):  # a later epoch may be the first that is validated
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
