"""The loss around a network's weights: along a line, or on a plane, through the hundreds of thousands of dimensions.

    line(model, x, y)                from the model's weights in a random direction, or to other weights
    plane(model, x, y)               two random directions, scaled neuron by neuron (Li et al. 2018)
    path_plane(model, x, y, path)    the plane in which most of a training's own way lies (its principal components)

Every point is a network of its own, sent forward by the engine's own lines; on JAX all points are one compiled program.
A Dense layer is linear in its weights. So the lowest one, where nearly all the work is, answers once for the centre and
once for each direction, and all points of a plane are sums of these answers.

Nothing here draws: `chainrule.plots.loss_line` and `loss_plane` do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, choose_backend, namespace, seconds_on_numpy
from chainrule.backprop import Weights, end_of, forward_sweep, penalty
from chainrule.engines import Compiled, use_compilation_cache
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import Dense
from chainrule.replay import Replay
from chainrule.reruns import Recorded
from chainrule.runs import Run
from chainrule.training import ROWS_AT_ONCE

__all__ = ["Line", "Path", "Plane", "Surface", "direction", "line", "path", "path_plane", "plane"]

Progress = Callable[[int, int], Any]  # called with (points done, points in all)
POINTS_AT_ONCE = 128  # between two calls of progress
STATES = 25  # visited on a replayed way
FLAT = 1e-6  # a smaller second share of the variance is rounding


@dataclass(frozen=True, eq=False)
class Line:
    """The loss along a line. places, losses: (points,). words: what the line is. known: where networks of one's own lie."""

    places: np.ndarray
    losses: np.ndarray
    words: str
    known: tuple[float, ...] = (0.0,)


@dataclass(frozen=True, eq=False)
class Plane:
    """The loss on a plane: losses[j, i] where a[i] steps along the first direction and b[j] along the second are taken.

    a, b: (points,).  losses: (points, points).  words: what each direction is.  explained: the share of the way's
    variance along each.  path: (states, 2), where on the plane the states of a way lie; steps, path_losses: (states,).
    """

    a: np.ndarray
    b: np.ndarray
    losses: np.ndarray
    words: tuple[str, str]
    explained: tuple[float, float] | None = None
    path: np.ndarray | None = None
    steps: tuple[int, ...] = ()
    path_losses: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Path:
    """The weights that a training had before some of its steps."""

    steps: tuple[int, ...]
    weights: list[Weights]


def line(
    model: Any, x: Any, y: Any, to: Any = None, points: int = 101, span: tuple[float, float] | None = None, seed: int = 0,
    backend: str | None = None, progress: Progress | None = None,
) -> Line:  # fmt: skip
    """The loss along a line through a compiled model's weights.

    x, y: examples as `evaluate` takes them.  to: a model of the same shape, or its `get_weights()`, that lies at 1;
    None: a random direction.  span: where the line begins and ends.  progress: called with (points done, all).

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, use_bias=False, input_shape=(1,))])
    >>> model.compile("sgd", "mse")
    >>> model.set_weights([[[3.0]]])
    >>> found = line(model, [[1.0]], [[1.0]], to=[[[1.0]]], points=3, span=(0, 1))
    >>> found.places, found.losses                           # (3 - 1)², (2 - 1)², (1 - 1)²
    (array([0. , 0.5, 1. ]), array([4., 1., 0.]))
    """
    centre = weights_of(model)
    if to is None:
        way, words, begin, end = direction(centre, seed), f"a {RANDOM}", -1.0, 1.0
    else:
        other, words, begin, end = like(model, to), "from these weights (0) to the others (1)", -0.25, 1.25
        way = [{k: other[i][k] - w for k, w in params.items()} for i, params in enumerate(centre)]
    begin, end = (begin, end) if span is None else span
    places = spread(begin, end, points)
    losses = Surface(model, x, y, [way], backend, points).at(places[:, None], progress)
    return Line(places, losses, words, (0.0,) if to is None else (0.0, 1.0))


def plane(
    model: Any, x: Any, y: Any, points: int = 51, span: float = 1.0, seed: int = 0, directions: Sequence[Weights] | None = None,
    words: tuple[str, str] | None = None, backend: str | None = None, progress: Progress | None = None,
) -> Plane:  # fmt: skip
    """The loss on a plane around a compiled model's weights, from -span to span in two directions.

    directions: two changes of all weights (a list with a dict for each link of `model.chain`) and words for them;
    None: two random ones (`direction`).  points: along each of them, best an odd number, so that the centre is one.
    """
    ways = list(directions) if directions is not None else [direction(weights_of(model), seed, k) for k in range(2)]
    if len(ways) != 2:
        raise SettingError(f"A plane needs two directions; it got {len(ways)}.")
    axis = spread(-span, span, points)
    losses = grid(Surface(model, x, y, ways, backend, points**2), axis, axis, progress)
    return Plane(axis, axis, losses, words or (f"a {RANDOM}", f"another {RANDOM}"))


def path_plane(
    model: Any, x: Any, y: Any, path: Path, points: int = 51, margin: float = 0.25, backend: str | None = None,
    progress: Progress | None = None,
) -> Plane:  # fmt: skip
    """The loss on the plane in which most of a training's way lies. Its last weights are the plane's origin.

    path: the way (see `path`).  margin: how much of the way's size is shown beyond it on each side.  The directions are the
    way's principal components, of length 1, so that places are distances between weights. `path_losses` are measured at
    the states themselves; where the way leaves the plane, the loss below it on the plane is another.
    """
    centre = path.weights[-1]
    ways, explained, places = principal(path)
    surface = Surface(model, x, y, ways, backend, points**2, centre)
    low, high = places.min(axis=0), places.max(axis=0)
    room = margin * (high - low).max()
    a, b = (spread(low[i] - room, high[i] + room, points) for i in range(2))
    losses = grid(surface, a, b, progress)
    words = tuple(
        f"distance along the way's {which} direction\n({share:.0%} of its variance)".replace("%", " %")
        for which, share in zip(("main", "second"), explained, strict=True)
    )
    measured = np.array([Surface(model, x, y, [], "numpy", 1, weights).at(np.zeros((1, 0)))[0] for weights in path.weights])
    return Plane(a, b, losses, (words[0], words[1]), explained, places, path.steps, measured)


def path(source: Run | Replay, steps: Sequence[int] | None = None) -> Path:
    """The weights along the way of a recorded run: those of its snapshots; of any steps where it is a Replay or from `open_run`.

    steps: before which; None: all snapshots of a run, 25 states of a Replay, closer where it began.
    """
    if steps is not None:
        chosen = list(steps)
    elif isinstance(source, Run):
        chosen = source.snapshots()
    else:
        first, last = source.first, source.last
        chosen = sorted({first + round((last - first) * (k / (STATES - 1)) ** 2) for k in range(STATES)})
    return Path(tuple(chosen), [state_at(source, step)["params"] for step in chosen])


def state_at(source: Run | Replay, step: int) -> Any:
    """What learning had before a step: from its snapshot, or learned again by what can do that."""
    if isinstance(source, Run) and (step in source.snapshots() or not isinstance(source, Recorded)):
        return source.load_snapshot(step).state["learning"]
    return source.at(step)


# ── directions ───────────────────────────────────────────────────────────────────────────────────────────────────

RANDOM = "random direction\n(1: each neuron moved by the length of its weights)"


def direction(centre: Weights, seed: int = 0, number: int = 0) -> Weights:
    """A random direction in which each neuron moves as far as its own weights are long (filter normalisation).

    A network with larger weights in one layer and smaller ones in the next can be the same function; without this
    scaling it would look flatter. A neuron is a unit's column of the kernel together with its bias.

    >>> way = direction([{"kernel": np.array([[3.0, 0.0], [4.0, 0.0]])}])
    >>> np.linalg.norm(way[0]["kernel"], axis=0)                 # the first neuron's weights are 5 long, the second's 0
    array([5., 0.])
    """
    luck = np.random.default_rng([seed, number])
    drawn = [{k: luck.normal(size=np.shape(w)) for k, w in params.items()} for params in centre]
    return [scaled(step, params) for step, params in zip(drawn, centre, strict=True)]


def scaled(step: dict[str, Array], params: dict[str, Array]) -> dict[str, Array]:
    """One link's direction with each neuron's part as long as the neuron's own weights."""
    units = {np.shape(w)[-1] for w in params.values() if np.ndim(w)}
    if len(units) > 1 or not all(np.ndim(w) for w in params.values()):  # a layer of another kind: array by array
        return {k: whole_scaled(step[k], np.asarray(w)) for k, w in params.items()}
    if not units:
        return {}
    long, drawn = (sum((np.asarray(w, np.float64) ** 2).reshape(-1, *units).sum(axis=0) for w in part.values()) ** 0.5
                   for part in (params, step))  # fmt: skip
    factor = np.where(drawn > 0, long / np.where(drawn > 0, drawn, 1), 0)
    return {k: (step[k] * factor).astype(np.asarray(w).dtype) for k, w in params.items()}


def whole_scaled(step: Array, array: Array) -> Array:
    """An array's direction, as long as the array."""
    drawn = float(np.linalg.norm(step))
    return (step * (np.linalg.norm(array) / drawn if drawn else 0)).astype(array.dtype)


def principal(path: Path) -> tuple[list[Weights], tuple[float, float], np.ndarray]:
    """The two main directions of a way, the share of its variance along each, and its places on their plane."""
    end = path.weights[-1]
    away = np.stack([flat(weights, end) for weights in path.weights]) - flat(end, end)
    centred = away - away.mean(axis=0)
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))  # as many numbers as states, not as weights
    values, vectors = values[::-1], vectors[:, ::-1]
    if len(values) < 3 or not values[1] > FLAT * values[0]:
        raise SettingError("The plane of a way needs at least three states of it that do not lie on one line.")
    units = [(centred.T @ vectors[:, i].astype(np.float32)) / np.float32(np.sqrt(values[i])) for i in range(2)]
    places = np.stack([away @ unit for unit in units], axis=1).astype(np.float64)
    signs = [-1.0 if places[0, 0] > 0 else 1.0, -1.0 if places[np.abs(places[:, 1]).argmax(), 1] < 0 else 1.0]  # from left, upwards
    ways = [unflat(np.float32(sign) * unit, end) for sign, unit in zip(signs, units, strict=True)]
    return ways, (float(values[0] / values.sum()), float(values[1] / values.sum())), places * signs


# ── weights ──────────────────────────────────────────────────────────────────────────────────────────────────────


def weights_of(model: Any) -> Weights:
    """The weights of a model, with a dict for each link of its chain."""
    model.build()
    return [dict(link.params) for link in model.chain]


def like(model: Any, other: Any) -> Weights:
    """Another model's weights (or its `get_weights()`) in the places of this one's."""
    rest = [np.asarray(a, np.float32) for a in (other.get_weights() if hasattr(other, "get_weights") else other)]
    own = model.get_weights()
    if [a.shape for a in own] != [a.shape for a in rest]:
        raise ShapeError(f"The two models differ: weights of shapes {[a.shape for a in own]} and {[a.shape for a in rest]}.")
    found: Weights = []
    for link in model.chain:
        names = [name for name in link.weight_names if name in link.params]
        found.append(dict(zip(names, rest, strict=False)))
        rest = rest[len(names) :]
    return found


def flat(weights: Weights, order: Weights) -> np.ndarray:
    """All weights as one vector, those of the links that `order` has (a chain that learned may begin with one more)."""
    weights = weights[len(weights) - len(order) :]
    return np.concatenate([np.asarray(weights[i][k], np.float32).reshape(-1) for i, part in enumerate(order) for k in part])


def unflat(vector: np.ndarray, order: Weights) -> Weights:
    """The weights that `flat` made a vector of."""
    found: Weights = [{} for _ in order]
    at = 0
    for i, part in enumerate(order):
        for k, w in part.items():
            found[i][k] = vector[at : at + np.size(w)].reshape(np.shape(w))
            at += np.size(w)
    return found


# ── the loss at many places ──────────────────────────────────────────────────────────────────────────────────────


class Surface:
    """The loss of a compiled model on some examples where its weights are centre + Σ placeᵢ · directionᵢ.

    points: how many places will be asked for, roughly: it decides whether compiling pays.
    """

    def __init__(
        self, model: Any, x: Any, y: Any, directions: Sequence[Weights], backend: str | None = None, points: int = 1,
        centre: Weights | None = None,
    ) -> None:  # fmt: skip
        model._compiled("a landscape")  # noqa: SLF001 - it must know its loss
        model._ready(x, y)  # noqa: SLF001
        self.examples = model._examples(x, y)  # noqa: SLF001
        self.chain = model.chain
        self.body, _, self.loss = end_of(self.chain, model.loss_object)
        centre = weights_of(model) if centre is None else centre[len(centre) - len(self.chain) :]
        lowest = next((i for i, part in enumerate(centre) if part), len(self.body))
        self.linear = lowest < len(self.body) and type(self.chain[lowest]) is Dense
        self.above = lowest + self.linear  # what is below answers once for all places
        self.centre, self.directions = centre, [list(way) for way in directions]
        self.penalised = any(link.penalties() for link in self.chain)
        seconds = seconds_on_numpy(model.count_params(), len(self.examples), 1) / 3 * points  # forward: a third of a step
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
            found += [float(penalty(self.chain, moved(self.centre, self.directions, place))) for place in places]
        return found

    def answers(self, x: Array) -> list[Array]:
        """What goes into the links above: the lowest Dense's answers, for the centre and for each direction."""
        for link, params in zip(self.chain[: self.above - self.linear], self.centre, strict=False):
            x, _ = link.forward(params, x)
        if not self.linear:
            return [x]
        i = self.above - 1
        return [self.chain[i].forward(weights[i], x)[0] for weights in (self.centre, *self.directions)]

    def losses(self, place: Array, answers: list[Array], y: Array, centre: Weights, directions: list[Weights]) -> Array:
        """Each example's loss at one place. centre, directions: of the links above."""
        a = answers[0]
        for i, answer in enumerate(answers[1:]):
            a = a + place[i] * answer
        z, _ = forward_sweep(self.body[self.above :], moved(centre, directions, place), a)
        return self.loss.values(y, z)

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
        options = Compiled.options if jax.default_backend() == "cpu" else None
        upper = jax.device_put(self.upper())

        def every(places: Array, answers: list[Array], y: Array, centre: Weights, directions: list[Weights]) -> Array:
            return jax.lax.map(lambda place: self.losses(place, answers, y, centre, directions), places)

        program = jax.jit(every, compiler_options=options)

        def run(places: np.ndarray, answers: list[np.ndarray], y: np.ndarray) -> np.ndarray:
            padded = np.concatenate([places, np.zeros((POINTS_AT_ONCE - len(places), places.shape[1]), np.float32)])
            values = np.asarray(program(padded, answers, y, *upper))[: len(places)]
            return np.asarray(np.sum(values, axis=1, dtype=np.float64))

        return run


def moved(centre: Weights, directions: Sequence[Weights], place: Array) -> Weights:
    """centre + Σ placeᵢ · directionᵢ."""
    found = [dict(part) for part in centre]
    for i, way in enumerate(directions):
        found = [{k: w + namespace(place).asarray(place[i], dtype=w.dtype) * way[j][k] for k, w in part.items()}
                 for j, part in enumerate(found)]  # fmt: skip
    return found


def grid(surface: Surface, a: np.ndarray, b: np.ndarray, progress: Progress | None) -> np.ndarray:
    """The losses where a and b meet, (len(b), len(a))."""
    places = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
    return surface.at(places, progress).reshape(len(b), len(a))


def spread(begin: float, end: float, points: int) -> np.ndarray:
    """Places at even distances; 0 is one of them exactly, where it is meant to be."""
    if points < 2 or not begin < end:
        raise SettingError(f"A landscape needs at least 2 points from a lower to a higher place; it got {points} from {begin} to {end}.")
    places = np.linspace(begin, end, points)
    return np.where(np.abs(places) < 1e-9 * (end - begin), 0.0, places)
