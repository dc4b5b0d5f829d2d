"""A run that a program recorded, opened without the program: its network from the run, its examples from beside it."""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets import npz
from chainrule.datasets.dataset import Dataset
from chainrule.engine.examples import Examples, each
from chainrule.errors import ChainruleError, FileError, SettingError
from chainrule.recording import batch_replay
from chainrule.recording.kept_examples import from_arrays, has_digest, must_be_what_was_learned
from chainrule.recording.replay import TOLERANCE, Replay
from chainrule.runs import Run
from chainrule.runs.removal import EXAMPLES


def has_kept(run: Run) -> bool:
    """Whether a run kept what it learned from."""
    return isinstance(run.info.settings.data.get("kept"), str)


def kept_path(run: Run) -> Path:
    """The file with what a run learned from; FileError where it is not there any more."""
    path = run.path.parent / EXAMPLES / Path(str(run.info.settings.data["kept"])).name
    if not path.is_file():
        raise FileError(
            f"{run.name} learned from examples that were kept in {path}; they are not there any more."
        )
    return path


def opened(run: Run, cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE) -> Replay:
    """Any step of such a run again, with its network made from what the run says about it."""
    settings, path = run.info.settings, kept_path(run)
    arrays = npz.read(path)
    if "batch_numbers" in arrays:
        replay = batch_replay.opened(
            run, lambda examples: network(run, examples, path), arrays, cache_bytes, tolerance
        )
        replay.data = dataset(str(settings.data.get("name")), replay.examples, None)
        return replay
    try:
        examples, validation = from_arrays(arrays), from_arrays(arrays, "val_")
    except (TypeError, ValueError, OverflowError) as problem:
        raise FileError(f"{path} does not hold examples as they are kept ({problem}).") from None
    if examples is None:
        raise FileError(f"{path} does not hold examples.")
    if not has_digest(examples, path.name.split("-")[0]):
        raise FileError(
            f"{path} does not hold what {run.name} learned from: its name is the digest of other examples."
        )
    model = network(run, examples, path)
    if validation is not None:
        must_be_what_was_learned(path, run.name, model.problem(what="replay"), validation)
    replay = Replay(run, model, examples, cache_bytes, tolerance)
    replay.data = dataset(str(settings.data.get("name")), examples, validation)
    return replay


def network(run: Run, examples: Examples, path: Path) -> Any:
    """The network of a run, compiled as it was; its weights are those of no step yet. FileError where the examples of a
    file do not fit it.
    """
    from chainrule import models

    settings = run.info.settings
    functional = "input_layers" in settings.model
    try:
        model = (models.Functional if functional else models.Sequential).from_config(settings.model)
        learned = settings.training
        model.compile(learned["optimizer"], learned["loss"], learned["metrics"], learned.get("loss_weights"))
    except (KeyError, TypeError, ValueError, AttributeError, ChainruleError) as problem:
        raise SettingError(
            f"The network cannot be made again without the program that recorded it: {problem}"
        ) from None
    model.seed = settings.seed
    of_model = model.problem(examples.inputs(slice(0, 1)), each(lambda y: y[:1], examples.y))
    must_be_what_was_learned(path, run.name, of_model, examples)
    return model


def dataset(name: str, examples: Examples, validation: Examples | None) -> Dataset | None:
    """The examples as a data set with what was held back as its test part; None where its targets are no classes or amounts,
    or where there are several inputs or outputs."""
    if not isinstance(examples.x, np.ndarray) or not isinstance(examples.y, np.ndarray):
        return None
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
