"""What a report is written from: a run, and as much of its network and its data as can be had."""

import math
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.dataset import Dataset
from chainrule.diagnosis import Diagnosis, diagnose
from chainrule.diagnosis.answers import NO_LABEL, Answers
from chainrule.errors import ChainruleError, DataError, SettingError
from chainrule.inference.predictor import probabilities
from chainrule.models import Functional, Sequential
from chainrule.models.summary import is_straight
from chainrule.recording import program_run, resume
from chainrule.recording.replay import Replay
from chainrule.runs import Run
from chainrule.runs.network_kinds import kind_of
from chainrule.training import recipes

PARTS = (("test", "the test part"), ("val", "the validation part"), ("train", "what it learned from"))
SMALLEST = 8  # pixels a side: what is smaller is a row of a table


@dataclass(frozen=True)
class Evaluated:
    """What the network says to examples whose answers are known.

    part: which ones.  x: (n, ...) raw.  y: (n,) classes or values.  p: (n, classes), of a regression (n, 0).
    predicted: (n,) classes or values.
    """

    part: str
    x: NDArray[Any]
    y: NDArray[Any]
    p: NDArray[Any]
    predicted: NDArray[Any]

    @property
    def unseen(self) -> bool:
        """Whether it has not learned from them."""
        return self.part != "train"

    @property
    def words(self) -> str:
        """The part, in words."""
        return dict(PARTS)[self.part]


class Material:
    """A run with what belongs to it; each thing is got when it is asked for, and ChainruleError says why it cannot be.

    source: where its data are now, if they have moved.  replay: the run, opened, if you have it.
    """

    shows_examples = True

    def __init__(self, run: Run, source: Any = None, replay: Replay | None = None) -> None:
        if replay is None and isinstance(run, resume.OpenRun) and "source" not in run.info.settings.data:
            replay = run.replay  # a program's own run: it brought its data along
        if replay is None and program_run.has_kept(run):
            replay = program_run.opened(run)
        self.run, self.settings, self._source, self._replay = run, run.info.settings, source, replay

    # ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def _data(self) -> Dataset | str:
        """The data, or why they cannot be had."""
        try:
            data = resume.rebuild(self.run, self._source, backend="numpy").data
        except (ChainruleError, OSError) as problem:
            return (
                self.private(str(problem))
                if self._replay is None
                else data_of(self._replay, str(self.settings.data.get("name") or "data"))
            )
        if data.digest != self.settings.data.get("digest"):
            return (
                f"The data called {self.source_name} are not those that it learned from: their digest is {data.digest[:12]}, "
                f"that of the run's data {str(self.settings.data.get('digest'))[:12]}."
            )
        return data

    @property
    def data(self) -> Dataset:
        """What it learned from; DataError when it cannot be had."""
        if isinstance(self._data, str):
            raise DataError(self._data)
        return self._data

    @property
    def missing(self) -> str:
        """Why the data cannot be had, or nothing."""
        return self._data if isinstance(self._data, str) else ""

    @property
    def source_name(self) -> str:
        """What the data are called: a set's name, or the last part of a path; nobody needs the folders above it."""
        source = str(self.settings.data.get("source") or self.settings.data.get("name") or "data of its own")
        return Path(source).name or source

    def private(self, text: str) -> str:
        """A text without the folders in which the user keeps things."""
        known = [
            self.settings.data.get("source"),
            self._source,
            (self.settings.data.get("options") or {}).get("test"),
            self.run.path,
        ]
        for path in known:
            if isinstance(path, str | os.PathLike) and os.sep in str(path):
                text = text.replace(str(Path(path).parent) + os.sep, "")
        return text

    @property
    def names(self) -> tuple[str, ...]:
        """What its classes are called; none for a regression."""
        return tuple(map(str, self.data.class_names or ()))

    # ── the network ──────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def state(self) -> Any:
        """All that it had learned at its newest whole snapshot."""
        return self.run.load_nearest(max(self.run.snapshots(), default=self.run.info.step))

    @property
    def step(self) -> int:
        """The step at which it is evaluated: that of the newest whole snapshot."""
        return int(self.state.step)

    @cached_property
    def built(self) -> Any:
        """The network with its layers and their shapes, but first weights."""
        return self.fresh_network()

    def fresh_network(self) -> Any:
        """The network by its settings, with first weights."""
        functional = "input_layers" in self.settings.model
        kind: Any = Functional if functional else Sequential
        model = kind.from_config(self.settings.model)
        model.build()
        return model

    @cached_property
    def model(self) -> Any:
        """The network with what it learned; SettingError when its weights are not finite any more."""
        model, learned = self.fresh_network(), self.state.state["learning"]["params"]
        layers = model.graph.layers
        for layer, params in zip(layers, learned[len(learned) - len(layers) :], strict=True):
            layer.params = params
        if not all(np.isfinite(weight).all() for weight in model.get_weights()):
            raise SettingError(
                "The network's weights are not finite any more, so it cannot predict anything."
            )
        return model

    @cached_property
    def weights(self) -> int:
        """How many numbers it learned; 0 where no snapshot can be read."""
        try:
            return int(
                sum(
                    np.size(weight)
                    for layer in self.state.state["learning"]["params"]
                    for weight in layer.values()
                )
            )
        except ChainruleError:
            return 0

    @property
    def replay(self) -> Replay:
        """Any step of it again."""
        if self._replay is None:
            self._replay = resume.replay_of(self.run, resume.rebuild(self.run, self._source, self.data))
        return self._replay

    # ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def evaluated(self) -> Evaluated:
        """The examples it has not learned from (where there are none: all others), and what it says to them."""
        data = self.data
        part = next(
            part
            for part, _ in PARTS
            if getattr(data, f"x_{part}") is not None and len(getattr(data, f"x_{part}"))
        )
        x, y = np.asarray(getattr(data, f"x_{part}")), np.asarray(getattr(data, f"y_{part}"))
        result = self.model.predict(recipes.inputs(data, x), verbose=0)
        if data.task == "regression":
            return Evaluated(part, x, y, np.zeros((len(y), 0)), result.reshape(len(y), -1)[:, 0])
        p = probabilities(self.model, result)
        return Evaluated(part, x, y.astype(np.int64), p, p.argmax(axis=1))

    @property
    def classes(self) -> Evaluated:
        """The same, of a network that tells classes apart; SettingError for another one."""
        if self.data.task == "regression":
            raise SettingError("It answers with numbers, not with classes.")
        return self.evaluated

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What the doctor finds."""
        try:
            replay = self.replay
        except (ChainruleError, OSError):
            return diagnose(self.run, source=self._source)  # it says why the data cannot be had
        return diagnose(self.run, replay)

    # ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def pictures(self) -> bool:
        """Whether the examples are pictures, (n, h, w) or (n, h, w, 3)."""
        shape = self.data.input_shape
        return len(shape) in (2, 3) and min(shape[:2]) >= SMALLEST and shape[2:] in ((), (3,))

    @property
    def thing(self) -> str:
        """What one example is: digit, picture, row, example."""
        if self.missing:
            return "digit" if self.settings.data.get("name") == "mnist" else "example"
        if self.pictures:
            return (
                "digit"
                if self.names == tuple("0123456789") and self.data.preparation.get("like") == "mnist"
                else "picture"
            )
        return "row" if self.data.preparation.get("kind") == "table" else "example"

    @property
    def things(self) -> str:
        """What several are."""
        return self.thing + "s"

    def network(self) -> str:
        """How many inputs it has, and the sizes of its layers: 784-784-100-10; what kind it is, where not only sizes tell."""
        entries = self.settings.model.get("layers", [])
        if kind := kind_of(entries):
            return kind
        if not is_straight(self.built):
            return f"{len(self.built.layers)}-layer"
        units = [entry.get("config", {}).get("units") for entry in entries]
        return "-".join(str(n) for n in (math.prod(self.built.input_shape or ()), *units) if n)


class WithoutExamples(Material):
    """A run for a page that others may see: no picture, no row and no number of any single example is shown."""

    shows_examples = False

    @property
    def pictures(self) -> bool:
        """None are shown."""
        return False


def data_of(replay: Replay, name: str) -> Dataset | str:
    """What a program's own run learned from, as a data set: one array of examples, each with one class or amount.

    A sentence where it is none.
    """
    answers, examples, model = Answers(replay), replay.examples, replay.model
    for what, value, names in (
        ("inputs", examples.x, model.input_names),
        ("outputs", examples.y, model.output_names),
    ):
        if isinstance(value, tuple):
            listed = ", ".join(map(str, names))
            return f"The network has several {what} ({listed}), and this is about examples of one array with one answer."
    x, y, kept = examples.x[:], answers.given, replay.data
    if y is None and np.asarray(examples.y).size != len(x):
        shape = " × ".join(map(str, np.shape(examples.y)[1:]))
        return f"The targets are {shape} numbers for each example, and this is about examples with one class or amount."
    if kept is not None and (kept.task == "regression") == (y is None):
        whole: Dataset = kept  # with what was held back
        two_of_two = whole.task == "two classes" and answers.outputs == 2
        return replace(whole, task="classes") if two_of_two else whole
    scale = None if examples.divisor == 1 else 1 / examples.divisor
    if y is None:
        y = np.asarray(examples.y).reshape(len(x), -1)[:, 0]
        return Dataset(name, x, y, x[:0], y[:0], task="regression", scale=scale)
    known = y != NO_LABEL
    task = "two classes" if answers.outputs == 1 else "classes"
    return Dataset(
        name, x[known], y[known], x[:0], y[:0], task=task, class_names=tuple(answers.names), scale=scale
    )
