"""A moment of learning: all that one step is made of, before it is taken."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.backprop import Batch, State
from chainrule.engine.epoch import on_host
from chainrule.errors import SettingError
from chainrule.layers.base import Layer
from chainrule.losses.base import Loss
from chainrule.metrics import Metric
from chainrule.optimizers.base import Optimizer
from chainrule.runs import Run


class Moment(NamedTuple):
    """What a step learns from: the chain and its rules, the state before it, and the batch.

    chain, loss, optimizer, metrics: as the training had them (`model.learning_chain`, `model.loss_object`, ...).
    state: weights, memory, step, rate, seed.  batch: inputs, targets and weights (or None), as the step gets them.
    classes: what the outputs stand for.  places: the examples' numbers in the data set.  after: what training made
    of it, where that is known.
    """

    chain: Sequence[Layer]
    loss: Loss
    optimizer: Optimizer
    state: State
    batch: Batch
    metrics: Sequence[Metric] = ()
    classes: Sequence[str] | None = None
    places: Sequence[int] | None = None
    after: State | None = None

    def on_host(self) -> "Moment":
        """The same with NumPy arrays throughout."""
        x, y, weight = self.batch
        batch = np.asarray(x), np.asarray(y), None if weight is None else np.asarray(weight)
        after = None if self.after is None else on_host(self.after)
        return self._replace(state=on_host(self.state), batch=batch, after=after)

    def as_float64(self) -> "Moment":
        """The same in float64, in which rounding is out of the way."""
        moment = self.on_host()
        x, y, weight = moment.batch
        wide = None if weight is None else widened(weight)
        return moment._replace(state=widened(moment.state), batch=(widened(x), widened(y), wide), after=None)

    def example(self, k: int) -> str:
        """How the k-th example of the batch is called."""
        place = "" if self.places is None else f" (example {int(self.places[k])})"
        return f"#{k}{place}"

    def target(self, k: int) -> str:
        """What the k-th example should be: the name or number of its class, or its number."""
        y = np.asarray(self.batch[1])[k]
        if "crossentropy" in self.loss.name and "binary" not in self.loss.name:
            label = int(y.argmax()) if y.size > 1 else int(y.reshape(-1)[0])
        elif "binary" in self.loss.name and y.size == 1 and float(y.reshape(-1)[0]) in (0, 1):
            label = int(y.reshape(-1)[0])
        else:
            return ", ".join(format(float(v), ".4g") for v in y.reshape(-1)[:4]) + (
                ", …" if y.size > 4 else ""
            )
        names = self.classes
        return str(names[label]) if names is not None and label < len(names) else str(label)


def moment(
    model: Any, x: Any, y: Any, sample_weight: Any = None, *, state: State | None = None, after: Any = None,
    classes: Sequence[str] | None = None, places: Sequence[int] | None = None,
) -> Moment:  # fmt: skip
    """The step that a compiled model would take next from a batch, or from a state of that model.

    x, y, sample_weight: as for fit, all of them one batch.  after: a state, or a model that has learned the step.

    >>> import chainrule
    >>> model = chainrule.Sequential([chainrule.layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> moment(model, [[1, 2]], [3]).batch[1]
    array([[3.]], dtype=float32)
    """
    from chainrule.training.fit import state_of

    if not hasattr(model, "learning_chain"):
        raise SettingError(f"A step is explained of a model with a batch, or of a Moment; it got {model!r}.")
    model._compiled("explaining a step")  # noqa: SLF001 (the checks that fit makes)
    model._ready(x, y)  # noqa: SLF001
    examples = model._examples(x, y, sample_weight)  # noqa: SLF001
    if classes is None:
        classes = (model.extras or {}).get("class_names")
    if after is not None and hasattr(after, "learning_chain"):
        after = state_of(after)
    batch = examples.inputs(slice(None)), examples.y, examples.weight
    return Moment(
        model.learning_chain, model.loss_object, model.optimizer, state_of(model) if state is None else state,
        batch, model.metric_objects, classes, places, after,
    ).on_host()  # fmt: skip


def replayed(run: Any, step: Any, **more: Any) -> Moment:
    """The moment before a step of a recorded run, with what training made of it. run: see `replay_of`."""
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)):
        raise SettingError(f"Which step? Its number, counted from 0; it got {step!r}.")
    replay, number = replay_of(run), int(step)
    model = replay.model
    if not replay.first <= number < replay.last:
        raise SettingError(
            f"The run has the steps {replay.first} to {replay.last - 1}; there is no step {number}."
        )
    settings = {"classes": (model.extras or {}).get("class_names"), "places": replay.chosen(number)} | more
    before = replay.at(number)
    return Moment(
        model.learning_chain, model.loss_object, model.optimizer, before, replay.batch(number),
        model.metric_objects, after=replay.at(number + 1), **settings,
    ).on_host()  # fmt: skip


def replay_of(run: Any) -> Any:
    """What takes a run's steps again. run: of `chainrule.open_run` (it keeps its Replay), of `chainrule.runs`, or a Replay."""
    from chainrule.recording import resume

    if not isinstance(run, Run):
        return run
    return run.replay if isinstance(run, resume.OpenRun) else resume.opened(run)


def widened(tree: Any) -> Any:
    """Every float array of a state in float64."""
    if isinstance(tree, dict):
        return {key: widened(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [widened(value) for value in tree]
    array = np.asarray(tree)
    return array.astype(np.float64) if array.dtype.kind == "f" else array
