"""What recording a run costs: epochs of the classic job with and without `Record`, in turns, in one process.

    python -m benchmarks.run_recording [rounds] [epochs]

Prints one JSON line: seconds an epoch without and with recording (median, least and most over all epochs of all rounds),
how much more the recorded median is, the bytes that an epoch leaves, and the share of the machine's processor time that others
had meanwhile.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from typing import Any

from benchmarks.quiet import processor_seconds
from chainrule import RunRecorder, Scaled, Sequential, datasets
from chainrule.callbacks import Callback
from chainrule.layers import Dense, Input
from chainrule.runs import Run, this_machine
from chainrule.utils import set_random_seed, to_categorical


class Clock(Callback):
    """The seconds from the beginning of each epoch to that of the next: what is written at its end belongs to it."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.begins: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begins.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        """Those of all epochs but the last, which has no next one."""
        return [later - earlier for earlier, later in zip(self.begins, self.begins[1:], strict=False)]


def classic() -> Sequential:
    """The classic network, compiled."""
    set_random_seed(1)
    model = Sequential([Input((784,)), Dense(784, "relu"), Dense(100, "relu"), Dense(10, "softmax")])
    model.compile("adam", "categorical_crossentropy", ["accuracy"], backend="jax")
    return model


def main(rounds: int, epochs: int) -> None:
    """Trains in turns."""
    (x, y), _ = datasets.mnist.load_data()
    x, y = Scaled(x.reshape(-1, 784), 255), to_categorical(y, 10)
    model, clock = classic(), Clock()
    seconds: dict[str, list[float]] = {"plain": [], "recorded": []}
    size, before, cpu, since = 0.0, processor_seconds(), time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory() as runs_dir:
        for number in range(2 * (rounds + 1)):  # the first of each compiles, and does not count
            kind = ("plain", "recorded")[number % 2]
            record = RunRecorder(runs_dir, "cost", data={"name": "mnist", "digest": "-"})
            model.fit(
                x,
                y,
                epochs=epochs + 1,
                batch_size=32,
                verbose=0,
                callbacks=[clock] + [record] * (kind == "recorded"),
            )
            if number > 1:
                seconds[kind] += clock.seconds
            if kind == "recorded":
                run = Run(record.folder)
                size = run.size / (epochs + 1)
    wall, after = time.perf_counter() - since, processor_seconds()
    others = (
        None
        if before is None
        else round((after - before - time.process_time() + cpu) / wall / (os.cpu_count() or 1), 3)
    )
    middle = {kind: statistics.median(times) for kind, times in seconds.items()}
    fields = {
        kind: [round(value, 4) for value in (middle[kind], min(times), max(times))]
        for kind, times in seconds.items()
    }
    cost = middle["recorded"] / middle["plain"] - 1
    print(json.dumps({
        "epochs_each": len(seconds["plain"]), **fields, "cost": round(cost, 4), "others": others, "bytes_an_epoch": round(size),
        "machine": this_machine(),
    }))  # fmt: skip


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:])) if len(sys.argv) > 2 else main(4, 4)
