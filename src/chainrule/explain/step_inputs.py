"""The inputs of one learning step: network, state and batch, before the step is taken."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.backprop import Batch, State
from chainrule.engine.epoch import on_host
from chainrule.errors import SettingError
from chainrule.graph import Network, tuple_of
from chainrule.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from chainrule.losses.base import Loss
from chainrule.losses.outputs import Output
from chainrule.metrics import Metric
from chainrule.optimizers.base import Optimizer
from chainrule.recording import resume
from chainrule.runs import Run
from chainrule.training.fit import state_of

LISTED = 4  # numbers of a target that are told


class StepInputs(NamedTuple):
    """What a step learns from: the network and its rules, the state before it, and the batch.

    network, loss, optimizer, metrics: as the training had them (`model.learning_chain`, `model.loss_object`, ...); loss may
    be several outputs with losses, weights and metrics of their own.
    state: weights, optimizer state, step, rate, seed.  batch: inputs, targets and weights (or None), as the step gets them.
    classes: what the outputs stand for.  places: the examples' numbers in the data set.  after: what training made
    of it, where that is known.  picture: the shape (h, w) or (h, w, channels) of an example that is a picture laid out
    as a row.  batch_size: of the training, which decides how many threads NumPy uses.  doubt: where `after` was replayed
    and the losses on the way were not those recorded, how far they were off.
    """

    network: Network
    loss: Loss | Sequence[Output]
    optimizer: Optimizer
    state: State
    batch: Batch
    metrics: Sequence[Metric] = ()
    classes: Sequence[str] | None = None
    places: Sequence[int] | None = None
    after: State | None = None
    picture: Sequence[int] | None = None
    batch_size: int | None = None
    doubt: str | None = None

    @property
    def outputs(self) -> Sequence[Output]:
        """Each output of the network with its loss."""
        return [Output(self.loss, metrics=self.metrics)] if isinstance(self.loss, Loss) else self.loss

    def on_host(self) -> "StepInputs":
        """The same with NumPy arrays throughout."""
        x, y, weight = self.batch
        batch = arrays(x), arrays(y), arrays(weight)
        after = None if self.after is None else on_host(self.after)
        return self._replace(state=on_host(self.state), batch=batch, after=after)

    @property
    def n(self) -> int:
        """How many examples the batch has."""
        x = self.batch[0]
        return len(x[0] if isinstance(x, tuple) else x)

    def as_float64(self) -> "StepInputs":
        """The same in float64, in which rounding is out of the way."""
        host = self.on_host()
        x, y, weight = host.batch
        return host._replace(
            state=widened(host.state), batch=(widened(x), widened(y), widened(weight)), after=None
        )

    def example(self, k: int) -> str:
        """How the k-th example of the batch is called."""
        place = "" if self.places is None else f" (example {int(self.places[k])})"
        return f"#{k}{place}"

    def target(self, k: int) -> str:
        """What the k-th example should be: the name or number of its class, or its numbers; of several outputs each."""
        ys = tuple_of(self.batch[1], len(self.outputs))
        most = LISTED if len(ys) == 1 else 1
        told = [
            self.target_at(output.loss, np.asarray(y)[k], most)
            for output, y in zip(self.outputs, ys, strict=True)
        ]
        if len(told) == 1:
            return told[0]
        return "; ".join(f"{output.name} {one}" for output, one in zip(self.outputs, told, strict=True))

    def target_at(self, loss: Loss, y: np.ndarray, most: int) -> str:
        """What one example should be at one output."""
        if isinstance(loss, SparseCategoricalCrossentropy):
            return listed([self.class_name(int(label)) for label in y.reshape(-1)], most)
        if isinstance(loss, CategoricalCrossentropy):
            return listed([self.class_of(row) for row in y.reshape(-1, y.shape[-1])], most)
        if isinstance(loss, BinaryCrossentropy) and y.size == 1 and float(y.reshape(-1)[0]) in (0, 1):
            return self.class_name(int(y.reshape(-1)[0]))
        return listed([format(float(v), ".4g") for v in y.reshape(-1)], most)

    def class_name(self, label: int) -> str:
        """The name of a class, or its number."""
        names = self.classes
        return str(names[label]) if names is not None and 0 <= label < len(names) else str(label)

    def class_of(self, row: np.ndarray) -> str:
        """The class that a row of targets stands for, or how it is spread over several.

        >>> import chainrule
        >>> inputs = StepInputs([], chainrule.losses.get("categorical_crossentropy"), None, {}, (None, None, None))
        >>> inputs.class_of(np.array([0, 1, 0])), inputs.class_of(np.full(10, 0.1)), inputs.class_of(np.array([0.4, 0.6]))
        ('1', 'none (0.1 for each class)', '0.6 of 1, 0.4 of 0')
        """
        order = np.argsort(-row, kind="stable")
        if len(row) > 1 and row.max() == row.min():
            return f"none ({row[0]:.4g} for each class)"
        sure = 0.5 if len(row) > 2 else 0.75
        if row[order[0]] > sure and (len(row) < 2 or row[order[1]] == row.min()):  # one-hot, smoothed or not
            return self.class_name(int(order[0]))
        return ", ".join(f"{row[m]:.4g} of {self.class_name(int(m))}" for m in order[:3] if row[m] > 0)


def listed(words: Sequence[str], most: int = LISTED) -> str:
    """Some words, the first of many.

    >>> listed(["3", "0"]), listed(list("abcdef"))
    ('3, 0', 'a, b, c, d, …')
    """
    return ", ".join(words[:most]) + (", …" if len(words) > most else "")


def step_inputs(
    model: Any, x: Any, y: Any, sample_weight: Any = None, *, state: State | None = None, after: Any = None,
    classes: Sequence[str] | None = None, places: Sequence[int] | None = None,
    picture: Sequence[int] | None = None, batch_size: int | None = None,
) -> StepInputs:  # fmt: skip
    """The step that a compiled model would take next from a batch, or from a state of that model.

    x, y, sample_weight: as for fit, all of them one batch.  after: a state, or a model that has learned the step.

    >>> import chainrule
    >>> model = chainrule.Sequential([chainrule.layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> step_inputs(model, [[1, 2]], [3]).batch[1]
    array([[3.]], dtype=float32)
    """
    if not hasattr(model, "problem"):
        raise SettingError(
            f"A step is explained of a model with a batch, or of StepInputs; it got {model!r}."
        )
    problem = model.problem(x, y, "explaining a step")
    examples = problem.examples(x, y, sample_weight)
    if classes is None:
        classes = (model.extras or {}).get("class_names")
    if after is not None and hasattr(after, "problem"):
        after = state_of(after)
    batch = examples.inputs(slice(None)), examples.y, examples.weight
    return StepInputs(
        problem.graph, problem.outputs, model.optimizer, state_of(model) if state is None else state,
        batch, (), classes, places, after, checked_picture(picture, batch[0]), batch_size,
    ).on_host()  # fmt: skip


def checked_picture(picture: Sequence[int] | None, x: np.ndarray) -> tuple[int, ...] | None:
    """The shape of an example that is a picture; SettingError when an example has another number of values."""
    if picture is None:
        return None
    shape = tuple(int(side) for side in picture)
    if len(shape) not in (2, 3) or math.prod(shape) != math.prod(x.shape[1:]):
        raise SettingError(
            f"picture is the shape (height, width) or (height, width, channels) of one example; {shape} does not fit "
            f"examples of shape {tuple(x.shape[1:])}."
        )
    return shape


def inputs_of_run(run: Any, step: Any, **more: Any) -> StepInputs:
    """The inputs of a step of a recorded run, with what training made of it. run: see `replay_of`."""
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)):
        raise SettingError(f"Which step? Its number, counted from 0; it got {step!r}.")
    replay, number = replay_of(run), int(step)
    model = replay.model
    if not replay.first <= number < replay.last:
        raise SettingError(
            f"The run has the steps {replay.first} to {replay.last - 1}; there is no step {number}."
        )
    settings = {"classes": (model.extras or {}).get("class_names"), "places": replay.chosen(number)} | more
    settings = {"picture": picture_in(replay), "batch_size": replay.run.info.settings.batch} | settings
    before, problem = replay.at(number), model.problem(what="explaining a step")
    refuse_statistics_of_pieces(replay.run, problem.graph)
    after = replay.at(number + 1)
    return StepInputs(
        problem.graph, problem.outputs, model.optimizer, before, replay.batch(number),
        after=after, doubt=replay.note(), **settings,
    ).on_host()  # fmt: skip


def refuse_statistics_of_pieces(run: Any, graph: Any) -> None:
    """SettingError where layers took their statistics from pieces of a batch: an explanation opens the batch as a whole."""
    pieces = run.info.settings.training.get("pieces")
    coupled = [layer.label for layer in graph.layers if layer.couples_examples]
    if pieces and coupled:
        raise SettingError(
            f"{run.name} was learned in {pieces} pieces, and {' and '.join(coupled)} took the statistics of each piece: its "
            "steps are replayed, but not explained, because an explanation opens a batch as a whole."
        )


def picture_in(replay: Any) -> tuple[int, ...] | None:
    """The shape of the pictures that a run learned from; None where its data are not known or are none."""
    data = replay.data
    if data is None or data.scale is None or len(data.input_shape) not in (2, 3):
        return None
    shapes = replay.model.input_tuple()
    fits = len(shapes) == 1 and math.prod(data.input_shape) == math.prod(shapes[0])
    return tuple(data.input_shape) if fits else None


def replay_of(run: Any) -> Any:
    """What replays a run's steps. run: of `chainrule.open_run` (it keeps its Replay), of `chainrule.runs`, or a Replay."""
    if not isinstance(run, Run):
        return run
    return run.replay if isinstance(run, resume.OpenRun) else resume.opened(run)


def arrays(value: Any) -> Any:
    """A value as a NumPy array, None as it is; a tuple of values as a tuple of arrays."""
    if isinstance(value, tuple):
        return tuple(map(arrays, value))
    return None if value is None else np.asarray(value, order="C")


def widened(tree: Any) -> Any:
    """Every float array of a state in float64; None as it is."""
    if tree is None:
        return None
    if isinstance(tree, dict):
        return {key: widened(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(widened(value) for value in tree)
    array = np.asarray(tree)
    return array.astype(np.float64) if array.dtype.kind == "f" else array
