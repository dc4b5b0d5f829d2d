"""What a run's network says to its own training examples, at any step of the run."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import seconds_on_numpy
from chainrule.backprop import forward_sweep
from chainrule.engine.examples import as_float, each
from chainrule.graph import taken
from chainrule.inference.probabilities import as_probabilities
from chainrule.recording.replay import Replay
from chainrule.training.meaningless import SCALE_BY_THEMSELVES

ROWS_AT_ONCE = 4096
AT_ONCE = 250  # examples, where all that passes through a network is kept
SAMPLE = 2000  # examples that stand for all, where shares are measured
NO_LABEL = -1


class Answers:
    """Asks the network of a replayed run, by the run's own engine. which: of its outputs, where it has several."""

    def __init__(self, replay: Replay, which: int = 0) -> None:
        self.replay, self.model, self.examples, self.which = replay, replay.model, replay.examples, which
        self.graph = self.model.graph

        def say(params: Any, x: Any, divisor: float) -> Any:
            inputs = each(lambda array: as_float(array, divisor), x)
            values, _ = forward_sweep(self.graph, params, inputs)
            return taken([self.graph.outputs[which]], values, inputs if isinstance(x, tuple) else (inputs,))

        self.say = replay.engine.compiled(say)

    @property
    def output_name(self) -> str:
        """The name of the output that is asked, where there are several; else nothing."""
        names = self.model.output_names
        return str(names[self.which]) if len(names) > 1 else ""

    @property
    def y(self) -> NDArray[Any]:
        """The targets of the output."""
        y = self.examples.y
        return np.asarray(y[self.which] if isinstance(y, tuple) else y)

    @property
    def loss(self) -> Any:
        """The loss of the output."""
        asked = self.model.outputs_asked
        return asked[self.which].loss if asked else self.model.loss_object

    @property
    def end(self) -> str:
        """The activation that the output ends with."""
        return str(self.graph.last_activation(self.which))

    @cached_property
    def given(self) -> NDArray[np.int64] | None:
        """Each example's label, NO_LABEL where its answer is no single class; None when it learns no classes."""
        return labels_of(self.y, self.outputs, str(self.loss.key))

    @property
    def outputs(self) -> int:
        """How many numbers the output has."""
        return int(np.prod(self.model.output_tuple()[self.which] or (1,)))

    @property
    def inputs(self) -> dict[str, NDArray[Any]]:
        """The inputs of the sample by name, without those that the network scales by itself or takes as places in a table."""
        x = self.examples.inputs(self.sample)
        arrays = x if isinstance(x, tuple) else (x,)
        names = self.model.input_names if len(arrays) > 1 else [""]
        return {
            str(name): np.asarray(array)
            for k, (name, array) in enumerate(zip(names, arrays, strict=True))
            if not any(type(layer).__name__ in SCALE_BY_THEMSELVES for layer in self.first_layers(k))
        }

    def first_layers(self, k: int) -> list[Any]:
        """The layers that take the k-th input, and those that take what these give."""
        nodes = self.graph.nodes
        first = [i for i, node in enumerate(nodes) if any(s.node == -1 - k for s in node.sources)]
        second = [user for i in first for user in self.graph.users(i)]
        return [nodes[i].layer for i in [*first, *second]]

    @property
    def names(self) -> list[str]:
        """What the classes are called."""
        known = self.model.extras.get("class_names")
        return [str(name) for name in known] if known else [str(k) for k in range(max(2, self.outputs))]

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """Some training examples, spread over all."""
        n = len(self.examples)
        return np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64))

    def params(self, step: int) -> Any:
        """The weights before a step, one dict a layer; without the augmentation, which only learning has."""
        return self.replay.at(step)["params"][-len(self.graph.layers) :]

    def probabilities(
        self, step: int, places: Sequence[int] | NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """What the network before a step says, as a probability for each class: (n, classes)."""
        params, loaded = self.params(step), self.replay.loaded
        n = len(loaded) if places is None else len(places)
        rows, said = min(n, ROWS_AT_ONCE), []
        starts = [*range(0, n - rows + 1, rows), *([n - rows] if n % rows else [])]
        with np.errstate(all="ignore"):
            for start in starts:  # the last piece reaches back, so that all are of one size: one program
                piece = slice(start, start + rows)
                chosen = piece if places is None else np.asarray(places)[piece]
                x = rows_of(loaded.x, chosen)
                said.append(np.asarray(self.say(params, x, loaded.divisor)))
        if n % rows and len(said) > 1:
            said[-1] = said[-1][rows - n % rows :]
        return as_probabilities(np.concatenate(said), self.loss, self.end)

    def outputs_of_units(self, step: int) -> list[tuple[str, str, NDArray[np.float32]]]:
        """Layer, activation and outputs (examples, ..., units) of each node with relu, sigmoid or tanh below the ends, on the sample.

        A layer at several nodes is one, with the outputs of all.
        """
        params, ends = self.params(step), {source.node for source in self.graph.outputs}
        kinds = [node.layer.activation_name for node in self.graph.nodes]
        places = [i for i, kind in enumerate(kinds) if kind in ("relu", "sigmoid", "tanh") and i not in ends]
        found: dict[str, list[NDArray[np.float32]]] = {}
        with np.errstate(all="ignore"):
            for start in range(0, len(self.sample), AT_ONCE) if places else ():
                x = self.examples.inputs(self.sample[start : start + AT_ONCE])
                values, _ = forward_sweep(self.graph, params, x)
                for i in places:
                    found.setdefault(self.graph.names[i], []).append(np.asarray(values[i]))
        by_name = {self.graph.names[i]: str(kinds[i]) for i in places}
        return [
            (name.partition(":")[0], by_name[name], np.concatenate(arrays)) for name, arrays in found.items()
        ]

    def seconds(self, steps: int) -> float:
        """About how long it takes to learn so many steps again, as guessed for NumPy."""
        return (
            seconds_on_numpy(self.model.count_params(), self.replay.run.info.settings.batch, steps)
            if steps
            else 0.0
        )


def rows_of(x: Any, chosen: Any) -> Any:
    """Some examples of one input, or of each of several."""
    return each(lambda array: array[chosen], x)


def labels_of(y: NDArray[Any], outputs: int, loss: str) -> NDArray[np.int64] | None:
    """Targets as the indices of classes: from one-hot rows, from whole numbers, from 0 and 1; None for a regression.

    >>> labels_of(np.array([[0., 1, 0], [.5, .5, 0]]), 3, "categorical_crossentropy")
    array([ 1, -1])
    """
    if "crossentropy" not in loss:
        return None
    if loss.startswith("sparse"):
        return y.reshape(-1).astype(np.int64) if y.size == len(y) else None
    if outputs == 1:
        return np.where(np.isin(y, (0, 1)), y, NO_LABEL).reshape(-1).astype(np.int64)
    if y.ndim != 2 or not loss.startswith("categorical"):
        return None
    return np.where(y.max(axis=1) > 0.5, y.argmax(axis=1), NO_LABEL)
