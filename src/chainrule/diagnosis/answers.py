"""What a run's network says to its own training examples, at any step of the run."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.activations import sigmoid, softmax
from chainrule.arrays import seconds_on_numpy
from chainrule.backprop import forward_sweep
from chainrule.engine.examples import as_float
from chainrule.recording.replay import Replay

ROWS_AT_ONCE = 4096
SAMPLE = 2000  # examples that stand for all, where shares are measured
NO_LABEL = -1


class Answers:
    """Asks the network of a replayed run, by the run's own engine."""

    def __init__(self, replay: Replay) -> None:
        self.replay, self.model, self.examples = replay, replay.model, replay.examples
        self.chain = list(self.model.chain)

        def say(params: Any, x: Any, divisor: float) -> Any:
            return forward_sweep(self.chain, params, as_float(x, divisor))[0][-1]

        self.say = replay.engine.compiled(say)

    @cached_property
    def given(self) -> NDArray[np.int64] | None:
        """Each example's label, NO_LABEL where its answer is no single class; None when it learns no classes."""
        return labels_of(np.asarray(self.examples.y), self.outputs, str(self.model.loss_object.key))

    @property
    def outputs(self) -> int:
        """How many numbers the network answers."""
        return int(np.prod(self.model.output_shape or (1,)))

    @property
    def takes_numbers_of_words(self) -> bool:
        """Whether the inputs are places in a table (an Embedding comes first), which have no scale."""
        return any(type(layer).__name__ == "Embedding" for layer in self.chain[:2])

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
        """The weights before a step, one dict a link of the chain; without the augmentation, which only learning has."""
        return self.replay.at(step)["params"][-len(self.chain) :]

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
                x = loaded.x[piece if places is None else np.asarray(places)[piece]]
                said.append(np.asarray(self.say(params, x, loaded.divisor)))
        if n % rows and len(said) > 1:
            said[-1] = said[-1][rows - n % rows :]
        return as_probabilities(np.concatenate(said), self.model.graph.last_activation())

    def outputs_of_units(self, step: int) -> list[tuple[str, str, NDArray[np.float32]]]:
        """Layer, activation and outputs (examples, ..., units) of each link with relu, sigmoid or tanh below the end, on the sample."""
        found, params = [], self.params(step)
        x: Any = self.examples.inputs(self.sample)
        with np.errstate(all="ignore"):
            for i, link in enumerate(self.chain[:-1]):
                x, _ = link.forward(params[i], x)
                kind = getattr(link, "activation", None) if not link.weight_names else None
                if kind in ("relu", "sigmoid", "tanh"):
                    found.append((str(link.name).partition(":")[0], str(kind), np.asarray(x)))
        return found

    def seconds(self, steps: int) -> float:
        """About how long it takes to learn so many steps again, as guessed for NumPy."""
        return (
            seconds_on_numpy(self.model.count_params(), self.replay.run.info.settings.batch, steps)
            if steps
            else 0.0
        )


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


def as_probabilities(said: NDArray[Any], end: str) -> NDArray[np.float32]:
    """Answers of a classifier as a probability for each class; scores without an activation go through their function.

    >>> as_probabilities(np.array([[0.25]], np.float32), "sigmoid")
    array([[0.75, 0.25]], dtype=float32)
    """
    said = said.reshape(len(said), -1)
    if said.shape[1] == 1:
        p = said if end == "sigmoid" else sigmoid(said)
        return np.concatenate([1 - p, p], axis=1)
    return said if end in ("softmax", "sigmoid") else softmax(said)
