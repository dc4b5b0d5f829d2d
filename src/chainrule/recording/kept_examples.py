"""Runs of a program that keep what was learned from, so that explain, doctor and report need neither the program nor its data.

The examples lie beside the runs, once for all runs that learned from the same: `runs/.examples/DIGEST.npz`. Pixels that were
divided by 255 are kept as bytes.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.callbacks.checkpoint import ResumePoint
from chainrule.datasets import npz
from chainrule.datasets.dataset import Dataset
from chainrule.engine.examples import Examples
from chainrule.errors import ChainruleError, FileError, SettingError
from chainrule.recording.recorder import RunRecorder
from chainrule.recording.replay import TOLERANCE, Replay
from chainrule.runs import Run
from chainrule.training.fingerprint import digest_of

FOLDER = ".examples"
MOST = 1 << 30  # bytes; larger data are not kept


class ExamplesRecorder(RunRecorder):
    """A recorder that also keeps the examples. label: the end of the run's name, and the name of its data."""

    def begin(self, engine: Any, plan: Any, start: ResumePoint) -> ResumePoint:
        """Keeps the examples, then opens the folder."""
        if self.data is None and self.resume is None:
            digest = digest_of(plan.examples)
            self.data = {"name": self.label, "digest": digest}
            kept = keep(Path(self.runs_dir) / FOLDER, digest, plan.examples, plan.validation)
            if kept is not None:
                self.data["kept"] = kept
        return super().begin(engine, plan, start)


def keep(folder: Path, digest: str, examples: Examples, validation: Examples | None) -> str | None:
    """Writes the examples, unless they are there already or too large; the file's name."""
    arrays = as_arrays(examples) | {f"val_{name}": array for name, array in as_arrays(validation).items()}
    if sum(array.nbytes for array in arrays.values()) > MOST:
        return None
    name = f"{digest[:24]}-{0 if validation is None else digest_of(validation)[:8]}.npz"
    path = folder / name
    if path.exists():
        return name
    part = path.with_name(f"{name}.{os.getpid()}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        part.replace(path)
    except OSError:  # the run is recorded without them
        part.unlink(missing_ok=True)
        return None
    return name


def as_arrays(examples: Examples | None) -> dict[str, np.ndarray]:
    """The arrays to write."""
    if examples is None or not isinstance(examples.x, np.ndarray) or not isinstance(examples.y, np.ndarray):
        return {}
    x, divisor = as_bytes(examples.x, examples.divisor)
    arrays: dict[str, Any] = {"x": x, "y": examples.y, "divisor": np.float64(divisor)}
    return arrays if examples.weight is None else arrays | {"weight": examples.weight}


def as_bytes(x: np.ndarray, divisor: float) -> tuple[np.ndarray, float]:
    """float32 numbers that are bytes divided by 255 as those bytes.

    >>> as_bytes(np.array([[0, 51]], np.float32) / np.float32(255), 1.0)
    (array([[ 0, 51]], dtype=uint8), 255.0)
    """
    if x.dtype != np.float32 or divisor != 1.0 or not x.size or x.min() < 0 or x.max() > 1:
        return x, divisor
    pixels = np.round(x * np.float32(255)).astype(np.uint8)
    same = np.array_equal(pixels.astype(np.float32) / np.float32(255), x)
    return (pixels, 255.0) if same else (x, divisor)


def has_kept(run: Run) -> bool:
    """Whether a run kept what it learned from."""
    return isinstance(run.info.settings.data.get("kept"), str)


def opened(run: Run, cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE) -> Replay:
    """Any step of such a run again, with its network made from what the run says about it."""
    settings = run.info.settings
    name = Path(str(settings.data["kept"])).name
    path = run.path.parent / FOLDER / name
    if not path.is_file():
        raise FileError(
            f"{run.name} learned from examples that were kept in {path}; they are not there any more."
        )
    arrays = npz.read(path)
    examples = from_arrays(arrays, "")
    if examples is None:
        raise FileError(f"{path} does not hold examples.")
    replay = Replay(run, network(settings, examples), examples, cache_bytes, tolerance)
    replay.data = dataset(str(settings.data.get("name")), examples, from_arrays(arrays, "val_"))
    return replay


def from_arrays(arrays: dict[str, np.ndarray], prefix: str) -> Examples | None:
    """Examples from a file's arrays; None where there are none."""
    if not {f"{prefix}x", f"{prefix}y", f"{prefix}divisor"} <= arrays.keys():
        return None
    return Examples(
        arrays[f"{prefix}x"],
        arrays[f"{prefix}y"],
        arrays.get(f"{prefix}weight"),
        float(arrays[f"{prefix}divisor"]),
    )


def network(settings: Any, examples: Examples) -> Any:
    """The network of a run, compiled as it was; its weights are those of no step yet."""
    from chainrule import models

    functional = "input_layers" in settings.model
    try:
        model = (models.Functional if functional else models.Sequential).from_config(settings.model)
        learned = settings.training
        model.compile(learned["optimizer"], learned["loss"], learned["metrics"])
    except (KeyError, ChainruleError) as problem:
        raise SettingError(
            f"The network cannot be made again without the program that recorded it: {problem}"
        ) from None
    model.seed = settings.seed
    model.problem(examples.inputs(slice(0, 1)), examples.y[:1])
    return model


def dataset(name: str, examples: Examples, validation: Examples | None) -> Dataset | None:
    """The examples as a data set with what was held back as its test part; None where its targets are no classes or amounts."""
    try:
        y_train, names = classes(examples.y)
        y_test = y_train[:0] if validation is None else classes(validation.y)[0]
        x_test = examples.x[:0] if validation is None else validation.x
        return Dataset(
            name, examples.x, y_train, x_test, y_test, class_names=names,
            task="regression" if names is None else "two classes" if len(names) == 2 else "classes",
            scale=1 / examples.divisor if examples.divisor != 1 else None,
        )  # fmt: skip
    except ChainruleError:
        return None


def classes(y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Targets in one row: classes with their names, or amounts.

    >>> classes(np.eye(3)[[2, 0]]), classes(np.array([[1.5], [2.0]]))
    ((array([2, 0]), ('0', '1', '2')), (array([1.5, 2. ]), None))
    """
    if y.ndim == 2 and y.shape[1] > 1 and ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all():
        return y.argmax(axis=1), tuple(map(str, range(y.shape[1])))
    flat = y.reshape(len(y), -1)
    if flat.shape[1] != 1:
        raise SettingError("The targets are neither classes nor amounts.")
    flat = flat[:, 0]
    whole = np.issubdtype(flat.dtype, np.integer) or bool(((flat == 0) | (flat == 1)).all())
    if not whole or flat.min() < 0:
        return flat, None
    return flat.astype(np.int64), tuple(map(str, range(int(flat.max()) + 1)))
