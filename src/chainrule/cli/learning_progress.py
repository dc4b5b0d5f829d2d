"""One line while a network learns: a bar over all epochs with the time left, and the latest figures."""

import sys
import time
from typing import Any

from chainrule.callbacks import Callback
from chainrule.internal.terminal import is_terminal
from chainrule.training.progress import clock

OFTEN = 0.1  # seconds between two drawings
BAR = 20


class LearningProgress(Callback):
    """Draws itself over and over on a terminal, and is gone when learning ends; elsewhere it is silent."""

    def __init__(self, epochs: int, stream: Any = None) -> None:
        super().__init__()
        self.stream = sys.stderr if stream is None else stream
        self.epochs, self.began, self.drawn = epochs, time.perf_counter(), 0.0
        self.first: int | None = None
        self.wide = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.first is None:
            self.first, self.began = epoch, time.perf_counter()
            self.draw(epoch, {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if time.perf_counter() - self.drawn > OFTEN:
            self.draw(epoch + 1, logs or {})

    def on_train_end(self, logs: Any = None) -> None:
        self.write("")

    def draw(self, done: int, logs: dict[str, float]) -> None:
        """The line as it stands: epochs that are done, time left, figures."""
        self.drawn, first = time.perf_counter(), self.first or 0
        full = BAR * done // max(1, self.epochs)
        left = ""
        if done > first:
            left = f" {clock((self.drawn - self.began) / (done - first) * max(0, self.epochs - done))} left"
        figures = "".join(
            f" - {name}: {value:.4g}"
            for name, value in logs.items()
            if name in ("loss", "val_accuracy", "val_mae")
        )
        self.write(
            f"learning: epoch {min(done + 1, self.epochs)}/{self.epochs} [{'#' * full}{'.' * (BAR - full)}]{left}{figures}"
        )

    def write(self, line: str) -> None:
        """Writes over the line before."""
        if not is_terminal(self.stream):
            return
        from shutil import get_terminal_size

        line = line[: get_terminal_size().columns - 1]
        print(
            "\r" + line + " " * max(0, self.wide - len(line)) + ("" if line else "\r"),
            end="",
            file=self.stream,
            flush=True,
        )
        self.wide = len(line)
