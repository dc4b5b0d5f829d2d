"""How good a model is on examples whose answers are known: overall, class by class, and how honest its probabilities are."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.engine.examples import Scaled
from chainrule.errors import ChainruleError, DataError, NotFiniteError, SettingError, unknown
from chainrule.images.rejection import Rejection, calibration_error
from chainrule.inference.card import ModelCard, options_of
from chainrule.inference.inputs import fit_shape
from chainrule.inference.predictor import probabilities
from chainrule.internal.class_counts import confusion_counts
from chainrule.internal.table_endings import TABLES

if TYPE_CHECKING:
    from chainrule.datasets import Dataset
    from chainrule.models import Model

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Evaluation:
    """What was measured; None where it does not apply."""

    examples: int
    loss: float | None = None
    accuracy: float | None = None
    baseline: float | None = None
    calibration_error: float | None = None
    mean_absolute_error: float | None = None
    root_mean_squared_error: float | None = None
    classes: list[dict[str, Any]] = field(default_factory=list)
    confusion: list[list[int]] = field(
        default_factory=list
    )  # rows: what it is; columns: what it was taken for

    def to_dict(self) -> dict[str, Any]:
        """All of it, for programs."""
        error = None if self.accuracy is None else round(1 - self.accuracy, 9)
        return {**self.__dict__, "error": error}


def evaluate(model: "Model", card: ModelCard, x: Array, y: Array) -> Evaluation:
    """Measures a model on raw examples x, (n, ...), and answers y, (n,): numbers of classes, or values."""
    if not len(x):
        raise DataError("There are no examples to measure on.")
    x = fit_shape(x, model.input_shape)
    given = x if card.divisor is None else Scaled(x, card.divisor)
    predictions = model.predict(given, verbose=0)
    lost = int((~np.isfinite(predictions).reshape(len(predictions), -1).all(axis=1)).sum())
    if lost:
        raise NotFiniteError(
            f"The network's answer is not a finite number (NaN or infinity) for {lost:,} of {len(predictions):,} examples: nothing is "
            "measured on such answers."
        )
    loss = _loss(model, card, predictions, y)
    if card.task == "regression":
        off = predictions.reshape(len(y), -1) - y.reshape(len(y), -1)
        return Evaluation(
            len(y), loss, baseline=float(np.abs(y - np.median(y)).mean()), mean_absolute_error=float(np.abs(off).mean()),
            root_mean_squared_error=float(np.sqrt((off.astype(np.float64) ** 2).mean())),
        )  # fmt: skip
    p = probabilities(model, predictions)
    if card.rejection is not None:  # as `predict` gives them
        p = card.rejection.calibrated(p)
    taken = p.argmax(axis=1)
    n = len(card.class_names)
    confusion = confusion_counts(y, taken, n)
    return Evaluation(
        len(y), loss, accuracy=float((taken == y).mean()), baseline=float(confusion.sum(axis=1).max() / len(y)),
        calibration_error=calibration_error(p, y.astype(np.int64)), classes=class_by_class(confusion, card.class_names),
        confusion=confusion.tolist(),
    )  # fmt: skip


def _loss(model: "Model", card: ModelCard, said: Array, y: Array) -> float | None:
    """The mean of the loss that the model learned with, or None where it has none that fits."""
    loss = model.loss_object
    if loss is None:
        return None
    from chainrule.utils import to_categorical

    whole = card.task != "classes" or loss.key == "sparse_categorical_crossentropy"
    targets = y if whole else to_categorical(y, len(card.class_names))
    try:
        return float(np.mean(loss.values(loss.check(targets, said.shape[1:]), said)))
    except ChainruleError:
        return None


def class_by_class(confusion: Array, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """For each class: how many there are, how many were found, how many so called are it, and its usual mistake.

    >>> class_by_class(np.array([[8, 2], [0, 10]]), ("cat", "dog"))[0]["taken_for"]
    {'dog': 2}
    """
    found = []
    for k, name in enumerate(names):
        there, called, right = int(confusion[k].sum()), int(confusion[:, k].sum()), int(confusion[k, k])
        wrong = {
            names[i]: int(confusion[k, i])
            for i in np.argsort(-confusion[k], kind="stable")
            if i != k and confusion[k, i]
        }
        found.append({
            "name": name, "examples": there, "right": right, "recall": right / there if there else None,
            "precision": right / called if called else None, "taken_for": wrong,
        })  # fmt: skip
    return found


def part_of(data: "Dataset", part: str) -> tuple[Array, Array]:
    """One part of a data set, or all of it."""
    pieces = [
        (getattr(data, f"x_{p}"), getattr(data, f"y_{p}"))
        for p in ("train", "val", "test")
        if part in (p, "all")
    ]
    pieces = [(x, y) for x, y in pieces if x is not None and len(x)]
    if not pieces:
        raise SettingError(f"{data.name} has no {part} part; --part all takes every example.")
    return np.concatenate([x for x, _ in pieces]), np.concatenate([y for _, y in pieces])


def renumbered(y: Array, names: tuple[str, ...] | None, known: tuple[str, ...]) -> Array:
    """The numbers of classes as the model counts them, by the classes' names; DataError for a class it does not know.

    >>> renumbered(np.array([0, 1]), ("dog", "cat"), ("cat", "dog"))
    array([1, 0])
    """
    if names is None:
        raise DataError("The model tells classes apart, but the answers in this data are numbers.")
    if names == known:
        return y
    for name in names:
        if name not in known:
            problem = unknown("class", name, known)
            raise DataError(f"The model does not know every class of this data. {problem}")
    return np.array([known.index(name) for name in names])[y]


def table_of(path: str, preparation: dict[str, Any]) -> tuple[Array, Array]:
    """All rows of a table, prepared as a model's own were: x (n, features) and the answers, numbered as the model does."""
    from chainrule import datasets
    from chainrule.datasets import cells, columns, table

    target, rows = preparation["target"], table.read_like(path, preparation)
    if target["name"] not in rows.columns:
        raise unknown("column", target["name"], rows.columns)
    x = datasets.prepare(preparation, path)
    for row, fault in columns.faults(rows, target).items():
        raise DataError(f"{rows.where(row)}: {fault}.")
    if target["kind"] == "number":
        return x, rows.numbers(target["name"], target.get("notation"))[0].astype(np.float32)
    own = cells.words(rows.columns[target["name"]])
    return x, np.array([target["values"].index(word) for word in own])


@dataclass(frozen=True)
class LabelledExamples:
    """Raw examples (n, ...) with their answers (n,) as the model numbers them, and where they come from."""

    name: str
    part: str
    x: Array
    y: Array
    note: str = ""  # what a person should know about them


def examples_for(card: ModelCard, source: str | None, part: str = "test", **given: Any) -> LabelledExamples:
    """Examples to measure a model on: of `source`, or of the data it learned from where that is a set known by name.

    The data is cut into its parts as it was for learning, unless an option of `chainrule.datasets.load` says otherwise.
    SettingError where no data are named or the task is another one, DataError for a class that the model does not know.
    """
    from chainrule import datasets

    learned = card.dataset
    name = str(source or learned.get("name") or "")
    if source is None and name not in datasets.NAMES:
        origin = f" The model learned from {name!r}." if name else ""
        raise SettingError(f"Measured on which data?{origin} Name them: chainrule evaluate MODEL DATA.")
    is_table = card.preparation.get("kind") == "table" and name.lower().endswith(TABLES)
    try:
        data = datasets.load(name, **options_for(card, name) | given)
        same = data.digest == learned.get("digest")
    except DataError:  # nothing to learn from may still be something to measure on
        if not is_table:
            raise
        same = False
    if is_table and not same:
        note = f"{name} is not the table that was learned from: all its rows are measured."
        return LabelledExamples(Path(name).stem, "all", *table_of(name, card.preparation), note)
    note = (
        ""
        if same or not learned
        else f"These are not the data that were learned from ({learned.get('name')})."
    )
    x, y = part_of(data, part)
    if card.task == "regression":
        if data.class_names is not None:
            raise SettingError(
                f"The model answers with numbers, but {data.name} has classes; --task regression?"
            )
        return LabelledExamples(data.name, part, x, y, note)
    return LabelledExamples(data.name, part, x, renumbered(y, data.class_names, card.class_names), note)


def options_for(card: ModelCard, name: str) -> dict[str, Any]:
    """The options with which data of this name are read as they were for learning."""
    from chainrule.datasets import catalogue

    takes, preparation = catalogue.options_of(name), card.preparation
    options: dict[str, Any] = {}
    if "target" in takes and isinstance(target := preparation.get("target"), dict):
        options["target"] = target.get("name")
    if "size" in takes and preparation.get("kind") == "picture":
        options |= {"size": (preparation["height"], preparation["width"]), "colour": preparation["colour"]}
    options |= options_of({"dataset": card.dataset})
    return {key: value for key, value in options.items() if key in takes}


def calibrated(card: ModelCard, data: "Dataset", model: "Model") -> ModelCard:
    """The card of a digit reader, completed by when it does not answer and how its probabilities are calibrated."""
    if data.preparation.get("like") != "mnist" or len(data.class_names or ()) != 10 or data.name != "mnist":
        return card
    from chainrule.inference.handwriting import PAGES
    from chainrule.inference.handwriting import calibrated as calibration_of

    x, y, part = data.x_test, data.y_test, "test"
    if data.x_val is not None and data.y_val is not None:
        x, y, part = data.x_val, data.y_val, "validation"
    pages = (
        PAGES if card.recipe.get("name") == "handwriting" else 0
    )  # half a minute, for a reader of photos only
    found = calibration_of(
        lambda pixels: model.predict(fit_shape(pixels, model.input_shape), verbose=0), x, y, pages
    )
    results = {"calibration_error": found["calibration_error"], "calibrated_on": f"the {part} part"}
    return replace(card, rejection=Rejection.from_dict(found["rejection"]), results=card.results | results)
