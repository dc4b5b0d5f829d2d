"""What is to be learned, without a model: a graph, outputs with their losses, an optimizer, a seed; and examples for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import choose_backend
from chainrule.backprop import State, first_state, make_step
from chainrule.engine.cost import seconds_of
from chainrule.engine.examples import Examples, as_array, check_examples
from chainrule.engine.inputs import build_for, by_name, check_values, inputs_for
from chainrule.engine.jax_engine import JaxEngine
from chainrule.engine.numpy_engine import NumpyEngine
from chainrule.engine.pieces import PiecesEngine, StepInPieces
from chainrule.errors import SettingError
from chainrule.graph import Graph, tuple_of
from chainrule.losses.outputs import Output
from chainrule.optimizers.base import Optimizer


@dataclass(frozen=True)
class Problem:
    """A learning problem: all that decides a step, and what examples must look like.

    graph: while learning, the augmentation included.  outputs: losses, weights and metrics of the network's outputs.
    inputs, shapes: the shape of one example for each input and output.  names: of inputs and outputs.
    engines: the loops that were made for it, kept by the model.
    """

    graph: Graph
    outputs: Sequence[Output]
    optimizer: Optimizer
    seed: int
    input_shapes: tuple[Any, ...]
    output_shapes: tuple[Any, ...]
    input_names: Sequence[str]
    output_names: Sequence[str]
    first_label: str
    backend_asked: str | None
    engines: dict[Any, Any]
    device_asked: str | None = None

    def examples(self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None) -> Examples:
        """Inputs, targets and weights, checked against the network and the losses."""
        if len(self.input_shapes) == 1 and len(self.output_shapes) == 1:
            found = check_examples(
                by_name(x, self.input_names, "inputs")[0], by_name(y, self.output_names, "targets")[0],
                self.outputs[0].loss, self.input_shapes[0], self.output_shapes[0], sample_weight,
                class_weight, self.first_label,
            )  # fmt: skip
        else:
            found = self.several(x, y, sample_weight, class_weight)
        check_values(self.graph, found)
        return found

    def several(self, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> Examples:
        """The same for several inputs or outputs."""
        inputs = inputs_for(x, self.input_shapes, self.input_names, self.first_label)
        targets = by_name(y, self.output_names, "targets")
        weights = by_name(sample_weight, self.output_names, "sample_weight", missing=True)
        if class_weight is not None and len(targets) > 1:
            raise SettingError("class_weight is for models with one output; give sample_weight instead.")
        columns = inputs.x if isinstance(inputs.x, tuple) else (inputs.x,)
        found = [
            check_examples(
                columns[0], t, output.loss, columns[0].shape[1:], shape, w, class_weight, self.first_label
            )
            for t, w, output, shape in zip(targets, weights, self.outputs, self.output_shapes, strict=True)
        ]
        ys, ws = tuple(f.y for f in found), tuple(f.weight for f in found)
        several = len(found) > 1
        return Examples(inputs.x, ys if several else ys[0], ws if several else ws[0], inputs.divisor)

    def first_state(self, optimizer_state: Any = None) -> State:
        """The state before the next step: the layers' weights as they are."""
        params = [dict(layer.params) for layer in self.graph.layers]
        return first_state(
            params, self.optimizer, optimizer_state, self.optimizer.iterations, self.seed, self.graph
        )

    def backend(self, batch: int, examples: Examples, epochs: int, pieces: int | None = None) -> str:
        """The array library that learns, from what the job is alone; NumPy where JAX cannot follow a user's own code.

        pieces: where a batch is learned in pieces, which is JAX's.
        """
        if pieces:
            if self.graph.carries_states:
                raise SettingError(
                    "A network with stateful layers is not learned in pieces of a batch: learn it in one process."
                )
            if self.backend_asked == "numpy":
                raise SettingError("Learning in pieces is JAX's; leave backend='numpy' out.")
            choose_backend("jax", 0)
            if own := self.not_traceable(examples):
                raise SettingError(
                    f"JAX cannot follow {own[0]}: it calls NumPy, or counts by itself. Write it with keras.ops to learn in pieces."
                )
            return "jax"
        steps = -(-len(examples) // batch) * epochs
        chosen = choose_backend(self.backend_asked, *seconds_of(self.graph, batch, steps))
        own = [] if chosen == "numpy" else self.not_traceable(examples)
        if own and self.backend_asked == "jax":
            raise SettingError(
                f"JAX cannot follow {own[0]}: it calls NumPy, or counts by itself. Write it with keras.ops, or "
                "compile(backend='numpy')."
            )
        return "numpy" if own else chosen

    def not_traceable(self, examples: Examples) -> list[str]:
        """The names of losses and metrics of the user's own that JAX cannot follow."""
        from chainrule.losses.own import is_traceable as loss_is_traceable
        from chainrule.metrics.own import is_traceable as metric_is_traceable

        found = []
        for output, shape, y in zip(
            self.outputs, self.output_shapes, tuple_of(examples.y, len(self.outputs)), strict=True
        ):
            p = np.zeros((len(y[:2]), *shape), np.float32)
            found += [] if loss_is_traceable(output.loss, y[:2], p) else [output.loss.name]
            found += [metric.name for metric in output.metrics if not metric_is_traceable(metric, y[:2], p)]
        return found

    def engine(self, backend: str, batch: int, pieces: int | None = None, peers: Any = None) -> Any:
        """The loop for this way of learning, made once and kept. pieces, peers: of a step in pieces (engine/pieces.py)."""
        settings = self.optimizer.get_config()
        if isinstance(self.optimizer.learning_rate, float):  # it travels in the state
            settings.pop("learning_rate", None)
        nodes = tuple(
            (id(n.layer), n.sources, n.layer.trainable, repr(n.layer.activation)) for n in self.graph.nodes
        )
        key = (
            backend, self.device_asked, batch, pieces, id(peers), nodes, type(self.optimizer), repr(settings),
            tuple((id(o.loss), o.weight, tuple(m.name for m in o.metrics)) for o in self.outputs),
        )  # fmt: skip
        if key not in self.engines and pieces:
            step = StepInPieces(self.graph, self.outputs, self.optimizer, pieces)
            self.engines[key] = PiecesEngine(step, batch, peers)
        elif key not in self.engines:
            plain = make_step(self.graph, self.outputs, self.optimizer)
            on_jax = backend == "jax"
            self.engines[key] = (
                JaxEngine(plain, batch, self.device_asked) if on_jax else NumpyEngine(plain, batch)
            )
        return self.engines[key]


def problem_of(model: Any, x: Any, y: Any, what: str) -> Problem:
    """The problem that a compiled model is to learn from such data; the model is built where it was not."""
    if model.optimizer is None or model.loss_object is None:
        raise SettingError(f"Before {what}, say how to learn: model.compile(optimizer='adam', loss='...').")
    if not model.layers:
        raise SettingError(f"The model has no layers yet; add some before {what}.")
    names = model.output_names
    if x is not None or not model.outputs_asked:  # else the targets' shapes are known already
        build_for(model, x)
        targets = by_name(y, names, "targets", missing=True)
        y_shapes = [() if t is None else as_array(t, "targets").shape[1:] for t in targets]
        model.outputs_asked = same_or(
            model.outputs_asked, model.asked.outputs(names, y_shapes, model.output_tuple())
        )
    for output in model.outputs_asked:
        if output.loss is None:
            raise SettingError(
                f"The output {output.name!r} has no loss; leave it out of the model, or give it one."
            )
    return Problem(
        model.learning_graph, model.outputs_asked, model.optimizer, model.seed, model.input_tuple(), model.output_tuple(),
        model.input_names, names, model.layers[0].label, engine_asked(model), model._engines,  # noqa: SLF001
        model.device_asked,
    )  # fmt: skip


def engine_asked(model: Any) -> str | None:
    """The engine that was asked for; a model that has learned stays where it learned."""
    if model.backend_asked is None and model.optimizer_state is not None:
        used: str | None = model.backend_used
        return used
    asked: str | None = model.backend_asked
    return asked


def same_or(before: list[Output], now: list[Output]) -> list[Output]:
    """The outputs as they were, where nothing changed: so that compiled loops and metric objects are kept."""
    alike = len(before) == len(now) and all(
        a.loss.get_config() == b.loss.get_config() and type(a.loss) is type(b.loss) and a.weight == b.weight
        and [(type(m), m.name) for m in a.metrics] == [(type(m), m.name) for m in b.metrics]
        for a, b in zip(before, now, strict=False) if a.loss is not None and b.loss is not None
    )  # fmt: skip
    return before if alike and before else now
