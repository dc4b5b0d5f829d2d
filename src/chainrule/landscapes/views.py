"""A line and a plane through the weights: where their points lie, and the loss there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backprop import Weights
from chainrule.errors import SettingError
from chainrule.landscapes.directions import RANDOM, direction
from chainrule.landscapes.surface import Progress, Surface
from chainrule.landscapes.training_path import Path, principal
from chainrule.landscapes.weights import like, weights_of


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

    directions: two changes of all weights (a list with a dict for each layer of `model.graph.layers`) and words for them;
    None: two random ones (`direction`).  points: along each of them, best an odd number, so that the centre is one.

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(1,))])
    >>> model.compile("sgd", "mse")
    >>> model.set_weights([[[3.0]], [1.0]])
    >>> slope, intercept = [{"kernel": np.ones((1, 1)), "bias": np.zeros(1)}], [{"kernel": np.zeros((1, 1)), "bias": np.ones(1)}]
    >>> plane(model, [[1.0]], [[4.0]], points=3, directions=(slope, intercept)).losses      # (a + b)²
    array([[4., 1., 0.],
           [1., 0., 1.],
           [0., 1., 4.]])
    """
    ways = (
        list(directions)
        if directions is not None
        else [direction(weights_of(model), seed, k) for k in range(2)]
    )
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

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, use_bias=False, input_shape=(3,))])
    >>> model.compile("sgd", "mse")
    >>> way = [[{"kernel": np.array(w, np.float32)[:, None]}] for w in ((0, 0, 0), (3, 0, 0), (4, 2, 0))]
    >>> found = path_plane(model, [[1.0, 1, 1]], [[6.0]], Path((0, 1, 2), way), points=5)
    >>> found.path_losses.tolist(), round(sum(found.explained), 3)                # three states always lie on a plane
    ([36.0, 9.0, 0.0], 1.0)
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
    measured = np.array(
        [Surface(model, x, y, [], "numpy", 1, weights).at(np.zeros((1, 0)))[0] for weights in path.weights]
    )
    return Plane(a, b, losses, (words[0], words[1]), explained, places, path.steps, measured)


def grid(surface: Surface, a: np.ndarray, b: np.ndarray, progress: Progress | None) -> np.ndarray:
    """The losses where a and b meet, (len(b), len(a))."""
    places = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
    return surface.at(places, progress).reshape(len(b), len(a))


def spread(begin: float, end: float, points: int) -> np.ndarray:
    """Places at even distances; 0 is one of them exactly, where it is meant to be."""
    if points < 2 or not begin < end:
        raise SettingError(
            f"A landscape needs at least 2 points from a lower to a higher place; it got {points} from {begin} to {end}."
        )
    places = np.linspace(begin, end, points)
    return np.where(np.abs(places) < 1e-9 * (end - begin), 0.0, places)
