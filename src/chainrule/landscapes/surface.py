"""The loss at many places around some weights: in NumPy one after the other, in JAX as one compiled program."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, choose_backend, seconds_on_numpy
from chainrule.backprop import Weights, forward_sweep, penalty
from chainrule.engine.forward import ROWS_AT_ONCE
from chainrule.engine.jax_engine import JaxEngine, use_compilation_cache
from chainrule.graph import Graph, Source, taken
from chainrule.landscapes.weights import moved, weights_of
from chainrule.layers import Dense
from chainrule.losses.outputs import fused_output

Progress = Callable[[int, int], Any]  # called with (points done, points in all)
POINTS_AT_ONCE = 128  # between two calls of progress


def is_chain(graph: Graph) -> bool:
    """Whether each layer is fed by the one before it, and none stands at two places."""
    fed = all(node.sources == (Source(i - 1),) for i, node in enumerate(graph.nodes))
    return fed and len(graph.layers) == len(graph.nodes)


class Surface:
    """The loss of a compiled model on some examples where its weights are centre + Σ placeᵢ · directionᵢ.

    points: how many places will be asked for, roughly: it decides whether compiling pays.
    """

    def __init__(
        self, model: Any, x: Any, y: Any, directions: Sequence[Weights], backend: str | None = None, points: int = 1,
        centre: Weights | None = None,
    ) -> None:  # fmt: skip
        self.examples = model.problem(x, y, "a landscape").examples(x, y)
        self.graph = model.graph
        self.end = fused_output(self.graph, model.loss_object)
        self.loss, layers = self.end.loss, self.graph.layers
        centre = weights_of(model) if centre is None else centre[len(centre) - len(layers) :]
        self.chain = layers if is_chain(self.graph) else []
        self.body = self.chain[: self.end.z.node + 1]
        lowest = next((i for i, part in enumerate(centre) if part), len(self.body)) if self.chain else 0
        self.linear = lowest < len(self.body) and type(self.chain[lowest]) is Dense
        self.above = lowest + self.linear  # what is below gives the same for all places
        self.centre, self.directions = centre, [list(way) for way in directions]
        self.penalised = any(layer.penalties() for layer in layers)
        seconds = (
            seconds_on_numpy(model.count_params(), len(self.examples), 1) / 3 * points
        )  # forward: a third of a step
        self.backend = choose_backend(backend or model.backend_asked, seconds)

    def at(self, places: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """The mean loss at each place. places: (points, directions).  Returns (points,) float64."""
        places = np.asarray(places, np.float32)
        n, total = len(self.examples), len(places)
        found = np.zeros(total)
        blocks = [slice(start, min(n, start + ROWS_AT_ONCE)) for start in range(0, n, ROWS_AT_ONCE)]
        run = self.compiled() if self.backend == "jax" else self.watched
        for done, rows in enumerate(blocks):
            y, answers = self.examples.y[rows], self.answers(self.examples.inputs(rows))
            for start in range(0, total, POINTS_AT_ONCE):
                some = places[start : start + POINTS_AT_ONCE]
                found[start : start + len(some)] += run(some, answers, y)
                if progress is not None:
                    progress((done * total + start + len(some)) // len(blocks), total)
        found /= n
        if self.penalised:
            found += [
                float(penalty(self.graph, moved(self.centre, self.directions, place))) for place in places
            ]
        return found

    def answers(self, x: Array) -> list[Array]:
        """What goes into the links above: the lowest Dense's answers, for the centre and for each direction."""
        for link, params in zip(self.chain[: self.above - self.linear], self.centre, strict=False):
            x, _ = link.forward(params, x)
        if not self.linear:
            return [x]
        i = self.above - 1
        return [self.chain[i].forward(weights[i], x)[0] for weights in (self.centre, *self.directions)]

    def losses(
        self, place: Array, answers: list[Array], y: Array, centre: Weights, directions: list[Weights]
    ) -> Array:
        """Each example's loss at one place. centre, directions: of the links above."""
        a = answers[0]
        if not self.chain:
            outputs, _ = forward_sweep(self.graph, moved(centre, directions, place), a)
            return self.loss.values(y, taken([self.end.z], outputs, (a,)))
        for i, answer in enumerate(answers[1:]):
            a = a + place[i] * answer
        values, _ = forward_sweep(self.body[self.above :], moved(centre, directions, place), a)
        return self.loss.values(y, values[-1] if values else a)

    def upper(self) -> tuple[Weights, list[Weights]]:
        """Centre and directions of the links above."""
        return self.centre[self.above :], [way[self.above :] for way in self.directions]

    def watched(self, places: np.ndarray, answers: list[np.ndarray], y: np.ndarray) -> np.ndarray:
        """The sums of the losses at some places, in NumPy."""
        with np.errstate(all="ignore"):  # far away the loss may be more than a float32 holds
            values = [self.losses(place, answers, y, *self.upper()) for place in places]
        return np.asarray(np.sum(values, axis=1, dtype=np.float64))

    def compiled(self) -> Callable[..., np.ndarray]:
        """The same as one program of JAX's, which runs through the places."""
        import jax

        use_compilation_cache()
        options = JaxEngine.options if jax.default_backend() == "cpu" else None
        upper = jax.device_put(self.upper())

        def every(
            places: Array, answers: list[Array], y: Array, centre: Weights, directions: list[Weights]
        ) -> Array:
            return jax.lax.map(lambda place: self.losses(place, answers, y, centre, directions), places)

        program = jax.jit(every, compiler_options=options)

        def run(places: np.ndarray, answers: list[np.ndarray], y: np.ndarray) -> np.ndarray:
            padded = np.concatenate(
                [places, np.zeros((POINTS_AT_ONCE - len(places), places.shape[1]), np.float32)]
            )
            values = np.asarray(program(padded, answers, y, *upper))[: len(places)]
            return np.asarray(np.sum(values, axis=1, dtype=np.float64))

        return run
