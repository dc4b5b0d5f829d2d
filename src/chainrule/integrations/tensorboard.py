"""A recorded run as TensorBoard's event files: every step's numbers, every epoch's, and the weights of its snapshots."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.callbacks.event_files import EventFile
from chainrule.errors import ChainruleError, FileError, SettingError
from chainrule.integrations.run_times import seconds_of_steps, stamp
from chainrule.models.saving import model_from_json
from chainrule.runs import Run


@dataclass(frozen=True)
class Exported:
    """What was written: how many steps, epochs and histograms. notes: what was left out, in sentences."""

    path: str
    steps: int
    epochs: int
    histograms: int
    notes: tuple[str, ...] = ()


def export_tensorboard(run: Any, folder: Any) -> Exported:
    """Writes a run into `folder`/train and `folder`/validation, under the names that `callbacks.TensorBoard` uses.

    run: a folder or a `chainrule.runs.Run`.  folder: new or empty; SettingError otherwise, as TensorBoard would mix the
    files. Steps and epochs have the run's own numbers, from 0. Sizes that were not measured at a step are left out there.
    MissingDependencyError without the extra `trackers`.

    >>> export_tensorboard("runs/2026-11-23T07-31-05_mnist_fast", "logs/fast").epochs             # doctest: +SKIP
    9
    """
    run = run if isinstance(run, Run) else Run(run)
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SettingError(
            f"{str(path)!r} is not empty. Name a new folder: TensorBoard shows all files of a folder as one."
        )
    with EventFile(path / "train") as train:
        write_steps(run, train)
        write_settings(run, train)
        count, notes = write_snapshots(run, train)
        epochs = write_epochs(run, train, path / "validation")
    return Exported(str(path), len(run.steps), epochs, count, notes)


def write_steps(run: Run, file: EventFile) -> None:
    """Each step's own loss and metrics (not their running means), the learning rate and the measured sizes."""
    steps = run.steps
    numbers = np.arange(steps.first, steps.stop)
    times = seconds_of_steps(run, numbers)
    for name in steps.columns:
        tag, column = step_tag(name), steps[name]
        shown = np.isfinite(column) if "[" in name else np.full(len(column), True)
        for k in np.flatnonzero(shown):
            file.scalar(tag, column[k], int(numbers[k]), float(times[k]))


def step_tag(column: str) -> str:
    """A column's name in TensorBoard, which groups by what stands before a slash.

    >>> step_tag("loss"), step_tag("grad_rms[dense]")
    ('batch_loss', 'grad_rms/dense')
    """
    what, bracket, layer = column.partition("[")
    return f"{what}/{layer.removesuffix(']')}" if bracket else f"batch_{column}"


def write_epochs(run: Run, train: EventFile, validation: Path) -> int:
    """Each epoch's figures; those of the validation in a file of their own, so that TensorBoard draws both in one chart."""
    held = [epoch for epoch in run.epochs if any(name.startswith("val_") for name in epoch.metrics)]
    file = EventFile(validation) if held else None
    for epoch in run.epochs:
        seconds = stamp(epoch.time) if epoch.time else None
        for name, value in epoch.metrics.items():
            if np.ndim(value):
                continue
            if file is not None and name.startswith("val_"):
                file.scalar(f"epoch_{name[4:]}", value, epoch.epoch, seconds)
            else:
                train.scalar(f"epoch_{name}", value, epoch.epoch, seconds)
    if file is not None:
        file.close()
    return len(run.epochs)


def write_settings(run: Run, file: EventFile) -> None:
    """The network under Graphs, and what the run was set to under HParams."""
    settings = run.info.settings
    optimizer = settings.training.get("optimizer") or {}
    rate = (optimizer.get("config") or {}).get("learning_rate")
    values = {
        "seed": settings.seed, "batch_size": settings.batch, "epochs": settings.epochs, "backend": settings.backend,
        "optimizer": optimizer.get("class_name"), "learning_rate": rate if isinstance(rate, float) else None,
        "loss": settings.training.get("loss") if isinstance(settings.training.get("loss"), str) else None,
        "data": settings.data.get("name"), "recipe": settings.recipe.get("name"),
    }  # fmt: skip
    names = [
        f"epoch_{name}"
        for name, value in run.metrics.items()
        if np.ndim(value) == 0 and not name.startswith("val_")
    ]
    file.hyperparameters(
        {name: value for name, value in values.items() if value is not None}, dict.fromkeys(names, 0.0)
    )
    if settings.model.get("layers"):
        file.architecture(json.dumps(architecture(run)))


def architecture(run: Run) -> dict[str, Any]:
    """The network of a run, as Keras writes it."""
    config = run.info.settings.model
    return {"class_name": "Functional" if config.get("input_layers") else "Sequential", "config": config}


def write_snapshots(run: Run, file: EventFile) -> tuple[int, tuple[str, ...]]:
    """Histograms of all weights at the steps of which there is a snapshot; damaged ones are passed over and named."""
    names, count, notes = layer_names(run), 0, list[str]()
    for step in run.snapshots():
        try:
            params = run.load_snapshot(step).state["learning"]["params"]
        except FileError as problem:
            notes.append(f"Left out: {problem}")
            continue
        seconds = float(seconds_of_steps(run, np.array([step - 1]))[0])
        for i, layer in enumerate(params):
            for name, weight in layer.items():
                file.histogram(
                    f"{names[i] if i < len(names) else f'layer_{i}'}/{name}/histogram", weight, step, seconds
                )
                count += 1
    return count, tuple(notes)


def layer_names(run: Run) -> list[str]:
    """The names of the layers that hold a snapshot's weights, in its order; none where the network is of other classes."""
    try:
        model = model_from_json(json.dumps(architecture(run)))
        model.build()
        return [f"{model.name}/{str(layer.name).partition(':')[0]}" for layer in model.learning_graph.layers]
    except ChainruleError:
        return []
