"""A make-believe training whose every number follows from its step: what the tests of runs record and expect back."""

import math

import numpy as np

from chainrule.runs import Run, RunWriter, Settings

COLUMNS = ("loss", "hits", "rms")


def settings(**changes) -> Settings:
    """The settings of the make-believe training."""
    plain = {
        "seed": 7, "model": {"layers": [{"units": 4}, {"units": 2}]}, "batch": 32, "epochs": 10, "backend": "numpy",
        "training": {"optimizer": {"name": "adam", "learning_rate": 0.001}, "loss": "categorical_crossentropy"},
        "data": {"name": "mnist", "digest": "abc", "n": 60, "scale": 1 / 255}, "recipe": {"name": "classic"},
    }  # fmt: skip
    return Settings(**plain | changes)


def state(step: int) -> dict:
    """All that learning changes, before a step: dicts, lists, links without weights, scalars of three types."""
    kernel = np.arange(12, dtype=np.float32).reshape(3, 4) * np.float32(1.01) ** step
    return {
        "params": [{}, {"kernel": kernel, "bias": np.full(4, step, np.float32)}, {}],
        "optimizer_state": {"momentum": [{}, {"kernel": -kernel, "bias": np.zeros(4, np.float32)}, {}]},
        "step": np.asarray(step, np.int32), "seed": np.array([7, step], np.uint32), "rate": np.asarray(0.001, np.float64),
    }  # fmt: skip


def rows(start: int, stop: int) -> np.ndarray:
    """What is recorded of each step: one number is not finite."""
    steps = np.arange(start, stop, dtype=np.float32)
    return np.stack([1 / (1 + steps), steps % 32, np.where(steps == 3, np.nan, steps)], axis=1).astype(
        np.float32
    )


def metrics(epoch: int) -> dict:
    """What is recorded of each epoch: one number is not finite."""
    return {"loss": 1 / (1 + epoch), "val_loss": math.nan if epoch == 1 else 0.5}


def begin(runs_dir, **options) -> RunWriter:
    """A new run, at its first step."""
    first = options.get("step", 0)
    return RunWriter.create(
        runs_dir, "mnist_classic", options.pop("settings", settings()), state(first), columns=COLUMNS,
        extra={"epochs_seen": 0, "best": math.inf}, **options,
    )  # fmt: skip


def go_on(writer: RunWriter, steps: int) -> None:
    """Records the next steps."""
    writer.append_steps(rows(writer.step, writer.step + steps))


def end_epoch(writer: RunWriter) -> None:
    """Records the end of an epoch."""
    writer.append_epoch(metrics(writer.epoch), 0.25)


def keep(writer: RunWriter) -> int:
    """Records a snapshot."""
    return writer.snapshot(state(writer.step), {"epochs_seen": writer.epoch, "best": math.inf})


def whole(runs_dir, **options) -> Run:
    """A finished run of two epochs of six steps each."""
    with begin(runs_dir, **options) as writer:
        for _ in range(2):
            go_on(writer, 4)
            go_on(writer, 2)
            end_epoch(writer)
            keep(writer)
        writer.finish(results={"loss": 0.5, "accuracy": 0.9})
    return Run(writer.folder)


def same(one, other) -> bool:
    """Whether two states are the same to the last bit, with the same dicts, lists, types and shapes."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(one[key], other[key]) for key in one)
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    return one == other or one != one


def is_prefix(run: Run, steps: int, epochs: int) -> bool:
    """Whether exactly the first steps and epochs are recorded, each once and in its place."""
    lines = [(epoch.epoch, epoch.metrics) for epoch in run.epochs]
    return (
        same(run.steps.rows, rows(run.info.step, run.info.step + steps))
        and len(lines) == epochs
        and all(number == i and same(found, metrics(i)) for i, (number, found) in enumerate(lines))
    )
