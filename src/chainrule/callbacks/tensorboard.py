"""TensorBoard's callback, with Keras's settings."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.callbacks.base import Callback, Logs
from chainrule.callbacks.event_files import EventFile, weight_pixels
from chainrule.errors import ChainruleError, MissingDependencyError, SettingError, unknown

OLD = (
    "batch_size",
    "write_grads",
    "embeddings_layer_names",
    "embeddings_data",
)  # of older Keras: without effect


class TensorBoard(Callback):
    """Writes event files for TensorBoard, in `log_dir`/train and `log_dir`/validation, with Keras's names of curves.

    log_dir: a folder; look at it with `tensorboard --logdir LOG_DIR`.  histogram_freq: every how many epochs the weights'
    histograms are written; 0: never.  write_graph: the network's layers, under Graphs.  write_images: weights as pictures,
    as often as histograms.  write_steps_per_second: the speed.  update_freq: "epoch", "batch", or every how many steps
    the running loss and metrics are written as well, which takes the steps one at a time.  profile_batch and
    embeddings_freq are not supported; it says so and changes nothing.

    Needs the extra `trackers`. Without it nothing is written: that is said once, and training goes on.
    SettingError for frequencies that make no sense. Source: keras.callbacks.TensorBoard.

    >>> TensorBoard(update_freq=10).log_dir
    'logs'
    """

    said = False

    def __init__(
        self, log_dir: Any = "logs", histogram_freq: int = 0, write_graph: bool = True, write_images: bool = False,
        write_steps_per_second: bool = False, update_freq: Any = "epoch", profile_batch: Any = 0, embeddings_freq: int = 0,
        embeddings_metadata: Any = None, **old: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        for name in old:
            if name not in OLD:
                raise unknown("setting of TensorBoard", name, OLD)
        self.histogram_freq = whole("histogram_freq", histogram_freq or 0, 0)
        every = 1 if update_freq == "batch" else update_freq
        self.update_freq: Any = "epoch" if every == "epoch" else whole("update_freq", every, 1)
        self.write_graph, self.write_images = bool(write_graph), bool(write_images)
        self.write_steps_per_second = bool(write_steps_per_second)
        self.without_effect = [
            name
            for name, value in (("profile_batch", profile_batch), ("embeddings_freq", embeddings_freq))
            if value
        ]
        self.files: dict[str, EventFile] = {}
        self.batches = 0
        if (
            self.update_freq != "epoch"
        ):  # on this object alone: fit takes steps one at a time only where somebody looks
            vars(self)["on_train_batch_end"] = self.batch_ended

    # ── the files ────────────────────────────────────────────────────────────────────────────────────────────────
    def file(self, part: str) -> EventFile:
        """The event file of "train" or "validation"; begun when there is something to write."""
        if part not in self.files:
            self.files[part] = EventFile(Path(self.log_dir) / part)
        return self.files[part]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.files, self.batches = {}, 0
        if self.without_effect:
            print(
                f"TensorBoard: {' and '.join(self.without_effect)} not supported, without effect.",
                file=sys.stderr,
            )
        try:
            file = self.file("train")
        except MissingDependencyError as problem:
            self.off = True
            if not TensorBoard.said:
                TensorBoard.said = True
                print(f"TensorBoard: nothing is written to {self.log_dir}. {problem}", file=sys.stderr)
            return
        self.off = False
        if self.write_graph:
            try:
                file.architecture(self.model.to_json())
            except (ChainruleError, TypeError, ValueError) as problem:  # a layer whose settings are no JSON
                print(f"TensorBoard: the graph is left out: {problem}", file=sys.stderr)

    def on_train_end(self, logs: Logs | None = None) -> None:
        for file in self.files.values():
            file.close()

    def get_state(self) -> dict[str, Any]:
        return {"batches": self.batches}

    def set_state(self, state: dict[str, Any]) -> None:
        """Steps are counted on from where the run is taken up again."""
        self.batches = int(state["batches"])

    # ── what is written ──────────────────────────────────────────────────────────────────────────────────────────
    def batch_ended(self, batch: int, logs: Logs | None = None) -> None:
        """With update_freq, after each step."""
        self.batches += 1
        if self.off or self.batches % self.update_freq:
            return
        for name, value in numbers(logs).items():
            self.file("train").scalar(f"batch_{name}", value, self.batches)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.began, self.seen = time.perf_counter(), int(self.model.optimizer.iterations)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """A validation's figures over the steps taken so far."""
        if self.off:
            return
        for name, value in numbers(logs).items():
            self.file("validation").scalar(
                f"evaluation_{name}_vs_iterations", value, self.model.optimizer.iterations
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.off:
            return
        steps = int(self.model.optimizer.iterations) - self.seen
        figures = numbers(logs) | {"learning_rate": self.learning_rate()}
        if self.write_steps_per_second:
            figures["steps_per_second"] = steps / max(time.perf_counter() - self.began, 1e-9)
        for name, value in figures.items():
            part, name = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
            self.file(part).scalar(f"epoch_{name}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self.write_weights(epoch)
        for file in self.files.values():
            file.flush()

    def write_weights(self, epoch: int) -> None:
        """Histograms of all weights, and pictures of them where they are wanted."""
        for layer in self.model.flat_layers:
            for name, weight in layer.params.items():
                tag = f"{self.model.name}/{layer.name}/{name}"
                self.file("train").histogram(f"{tag}/histogram", weight, epoch)
                if self.write_images and (pixels := weight_pixels(weight)) is not None:
                    self.file("train").image(f"{tag}/image", pixels, epoch)

    def learning_rate(self) -> float:
        """The optimizer's rate of the next step."""
        optimizer = self.model.optimizer
        return float(
            optimizer.rate_at(np.asarray(optimizer.iterations), np.asarray(optimizer_rate(optimizer)))
        )


def optimizer_rate(optimizer: Any) -> Any:
    """The rate as a float32 number; zero where a schedule will give it."""
    rate = optimizer.learning_rate
    return np.float32(rate if isinstance(rate, float) else 0.0)


def numbers(logs: Logs | None) -> dict[str, float]:
    """What of the logs is one number."""
    return {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}


def whole(name: str, value: Any, least: int) -> int:
    """A frequency, if it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        other = " or 'epoch' or 'batch'" if name == "update_freq" else ""
        raise SettingError(
            f"TensorBoard's {name} is a whole number from {least} on{other}; it got {value!r}."
        )
    return int(value)
