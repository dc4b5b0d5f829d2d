"""The network that a picture is drawn of, with the data to judge it by: from a run, a step of it, or a model file."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.run_options import found, step_of
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.models import Model
    from chainrule.runs import Run


@dataclass(frozen=True)
class PlotTarget:
    """A network, some raw examples with their answers, and what the answers mean.

    raw: (n, ...).  y: (n,) classes or values.  divisor: what pixels are divided by.  source: the data, where they were named.
    """

    model: "Model"
    raw: Any
    y: Any
    task: str
    names: tuple[str, ...]
    divisor: float | None
    source: str | None = None

    def first(self, count: int) -> "PlotTarget":
        """The same with the first so many examples only."""
        return replace(self, raw=self.raw[:count], y=self.y[:count])

    @cached_property
    def x(self) -> Any:
        """The examples as the network takes them."""
        from chainrule.engine.examples import Scaled
        from chainrule.inference.inputs import fit_shape

        x = fit_shape(self.raw, self.model.input_shape)
        return x if self.divisor is None else Scaled(x, self.divisor)

    @property
    def targets(self) -> Any:
        """The answers as the network's loss takes them."""
        from chainrule.utils import to_categorical

        key = None if self.model.loss_object is None else self.model.loss_object.key
        whole = self.task != "classes" or key == "sparse_categorical_crossentropy"
        return self.y if whole else to_categorical(self.y, len(self.names))

    @property
    def probabilities(self) -> Any:
        """A probability for each example and class."""
        from chainrule.inference.predictor import probabilities

        if self.task == "regression":
            raise SettingError("This network answers with numbers, not with classes: it confuses nothing.")
        return probabilities(self.model, self.model.predict(self.x, verbose=0))

    @property
    def pictures(self) -> Any:
        """The examples, if they are pictures; SettingError otherwise."""
        if self.raw.ndim < 3 and not (self.raw.ndim == 2 and self.raw.shape[1] == 784):
            raise SettingError(
                f"These examples are no pictures: they have the shape {tuple(self.raw.shape[1:])}."
            )
        return self.raw


def plot_target(word: str, args: "Namespace", out: Output) -> PlotTarget:
    """What RUN, RUN@STEP or a model file stands for, with that part of the data which is asked for."""
    if word.lower().endswith(paths.MODELS):
        return of_file(word, args, out)
    from chainrule.inference.evaluation import part_of
    from chainrule.recording import program_run, resume
    from chainrule.report.material import data_of
    from chainrule.training.fit import put_back

    run, step = run_and_step(word, args)
    part, source = args.part, None
    if args.data is None and program_run.has_kept(run):
        replay = program_run.opened(run)
        model = replay.model
        data = data_of(replay, str(run.info.settings.data.get("name") or "data"))
        if isinstance(data, str):
            raise SettingError(data)
        if part == "test" and not len(data.x_test):
            part = "train"
            out.tell("Nothing was held back: the picture shows examples that it learned from.")
    else:
        job = resume.rebuild(run, None if args.data is None else paths.data(args.data))
        replay = resume.replay_of(run, job)  # says so where the data are others
        model, data, source = job.model, job.data, job.source
    put_back(model, last_state(run) if step is None else replay.at(step))
    x, y = part_of(data, part)
    divisor = None if data.scale is None else round(1 / data.scale)
    return PlotTarget(model, x, y, data.task, tuple(data.class_names or ()), divisor, source)


def of_file(word: str, args: "Namespace", out: Output) -> PlotTarget:
    """What a model file stands for; its data are read as `evaluate` reads them."""
    from chainrule.cli.options import data_options
    from chainrule.inference.card import ModelCard
    from chainrule.inference.evaluation import examples_for
    from chainrule.models.saving import load_model

    model = load_model(paths.existing(word, "model file"))
    card = ModelCard.of(model)
    source = None if args.data is None else paths.data(args.data)
    examples = examples_for(card, source, args.part, **data_options(args))
    if examples.note:
        out.tell(examples.note)
    return PlotTarget(model, examples.x, examples.y, card.task, card.class_names, card.divisor)


def network(word: str, args: "Namespace") -> "Model":
    """The network alone: no data are read, unless they are needed to reach a step."""
    from chainrule.models import Functional, Sequential
    from chainrule.models.saving import load_model

    if word.lower().endswith(paths.MODELS):
        found: Model = load_model(paths.existing(word, "model file"), compile=False)
        return found
    run, step = run_and_step(word, args)
    stored = run.info.settings.model
    kind = Functional if "input_layers" in stored else Sequential
    model: Model = kind.from_config(stored)
    model.build()
    if step is None or step in run.snapshots():
        state = last_state(run) if step is None else run.load_snapshot(step).state["learning"]
    else:
        from chainrule.recording import resume

        state = resume.opened(run, None if args.data is None else paths.data(args.data)).at(step)
    learned = state["params"]
    layers = model.graph.layers
    for layer, params in zip(layers, learned[len(learned) - len(layers) :], strict=True):
        layer.params = params
    return model


def run_and_step(word: str, args: "Namespace") -> tuple["Run", int | None]:
    """A run, and its step if one is named."""
    name, steps = step_of(word)
    if len(steps) > 1:
        raise SettingError(f"A picture is of one step: RUN@STEP; got {word!r}.")
    return found(args, name), steps[0] if steps else None


def last_state(run: "Run") -> Any:
    """All that a run had learned at its newest snapshot."""
    return run.load_nearest(run.steps.stop).state["learning"]
