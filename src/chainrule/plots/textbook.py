"""The textbook's figures, computed while they are drawn: by the engine's own step, its optimizer, its loss.

line_fit      the squared error of a line over slope and intercept is a bowl; gradient descent rolls down
valleys       one curve, several valleys, three learning rates: too small, about right, too large
batch_paths   all examples at every step, or a few: few wander, but get there with less work
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import layers, optimizers
from chainrule.arrays import generator
from chainrule.backprop import first_state, make_step
from chainrule.errors import ShapeError
from chainrule.landscapes import Surface
from chainrule.models import Sequential
from chainrule.plots.style import COLOURS, INK, axes, dressed, legend
from chainrule.plots.surfaces import levels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BELOW: dict[str, Any] = {
    "loc": "upper center",
    "bbox_to_anchor": (0.5, -0.13),
    "ncols": 2,
}  # where no line runs through it
REACH = 3.0  # how far a figure follows a path, in distances of its start from the least error
Curve = tuple[Callable[[Any], Any], Callable[[Any], Any]]


def line_fit(
    x: Any = None,
    y: Any = None,
    rate: float = 0.2,
    steps: int = 40,
    start: tuple[float, float] = (-1.0, 3.5),
    ax: "Axes | None" = None,
) -> "Axes":
    """The squared error of a line through points, over its slope and intercept, and the path of gradient descent.

    x, y: the points, (n,); left out, 24 points near 2 x + 1.  rate, steps: of gradient descent on all points.
    start: slope and intercept at which it begins.

    >>> from chainrule import plots
    >>> ax = plots.line_fit([0, 1], [1, 3], rate=0.5, steps=50)      # through (0, 1) and (1, 3): slope 2, intercept 1
    >>> ax.lines[0].get_xydata()[-1].round(2).tolist()
    [2.0, 1.0]
    """
    x, y = points(x, y)
    ax = axes(ax, 6.4, 5.0)
    path = descent(x, y, rate, start, [slice(None)] * steps)
    ax.plot(
        path[:, 0],
        path[:, 1],
        "-o",
        color=COLOURS[1],
        markersize=4,
        linewidth=1.2,
        label=f"{steps} steps, learning rate {rate:g}",
    )
    bowl(ax, x, y, [path])
    legend(ax, **BELOW)
    return dressed(ax, "Mean squared error of the line y = slope · x + intercept", "slope", "intercept")


def batch_paths(
    x: Any = None, y: Any = None, rate: float = 0.1, sizes: Sequence[int | None] = (2, 8, None), epochs: int = 15,
    start: tuple[float, float] = (-1.0, 3.5), seed: int = 1, ax: "Axes | None" = None,
) -> "Axes":  # fmt: skip
    """The paths of gradient descent on the same bowl, with batches of several sizes, over the same number of epochs.

    sizes: examples in a batch, None for all.  A batch's gradient points about, not exactly, where that of all examples
    does: small batches wander, but take more steps for the same work.  x, y, start: as in `line_fit`.

    >>> from chainrule import plots
    >>> ax = plots.batch_paths(sizes=(1, None), rate=0.05, epochs=3)
    >>> [(line.get_label(), len(line.get_xdata()) - 1) for line in ax.lines[:2]]
    [('batches of 1: 72 steps', 72), ('all 24 at once: 3 steps', 3)]
    """
    x, y = points(x, y)
    ax = axes(ax, 6.4, 5.0)
    n, paths = len(x), []
    for size in sizes:
        orders = [generator(seed, "order", epoch).permutation(n) for epoch in range(epochs)]
        batch = size or n
        paths.append(
            descent(x, y, rate, start, [order[k : k + batch] for order in orders for k in range(0, n, batch)])
        )
    for k, (size, path) in enumerate(zip(sizes, paths, strict=True)):
        label = f"{f'batches of {size}' if size else f'all {n} at once'}: {len(path) - 1} steps"
        whole = not size or size >= n
        ax.plot(path[:, 0], path[:, 1], "-o", color=COLOURS[k % len(COLOURS)], markersize=4 if whole else 2, linewidth=1.5 if whole else 0.8,
                alpha=1 if whole else 0.8, label=label)  # fmt: skip
    bowl(ax, x, y, paths)
    legend(ax, **BELOW)
    return dressed(ax, f"{epochs} epochs of gradient descent, learning rate {rate:g}", "slope", "intercept")


def valleys(
    rates: Sequence[float] = (0.02, 0.1, 0.9),
    start: float = -4.2,
    steps: int = 40,
    curve: Curve | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Gradient descent on a curve with several valleys, at several learning rates, each from the same start.

    A small rate does not arrive, a larger one ends in the first valley, which is not the deepest; one larger still jumps over
    narrow valleys and settles in a wide one.  curve: a function of one number and its derivative, instead of `valley`.

    >>> from chainrule import plots
    >>> ax = plots.valleys(rates=(0.25,), start=1.0, steps=2, curve=(lambda w: w * w, lambda w: 2 * w))
    >>> ax.lines[1].get_xydata().tolist()                           # w <- w - 0.25 · 2 w halves w
    [[1.0, 1.0], [0.5, 0.25], [0.25, 0.0625]]
    """
    loss, derivative = curve or (valley, valley_slope)
    ways = [rolled(derivative, rate, start, steps) for rate in rates]
    ax = axes(ax, 7.0, 4.2)
    seen = np.concatenate([[-5.0, 5.0] if curve is None else [start - 1, start + 1], *ways])
    seen = seen[
        np.abs(seen - start) <= 2 * REACH * max(1.0, abs(start))
    ]  # a way that explodes leaves the picture
    low, high = float(seen.min()), float(seen.max())
    room = 0.05 * (high - low)
    along = np.linspace(low - room, high + room, 600)
    ax.plot(along, loss(along), color=INK, linewidth=1.5)
    for k, (rate, way) in enumerate(zip(rates, ways, strict=True)):
        label = f"learning rate {rate:g}: loss {loss(way[-1]):.2f}"
        ax.plot(
            way,
            loss(way),
            "-o",
            color=COLOURS[k % len(COLOURS)],
            markersize=4.5,
            linewidth=1,
            label=label,
            zorder=3 - k / 10,
        )
    ax.plot(start, loss(start), "o", color=INK, markersize=8, label="start")
    tall = loss(along)
    ax.set_xlim(low - room, high + room)
    ax.set_ylim(tall.min() - 0.08 * np.ptp(tall), tall.max() + 0.04 * np.ptp(tall))
    legend(ax)
    return dressed(ax, f"{steps} steps of gradient descent on a curve with several valleys", "weight", "loss")


def valley(w: Any) -> Any:
    """A wide valley around 2, and on its left slope two narrow ones, around -2.2 and -0.4."""
    dents = sum(depth * np.exp(-5 * (w - place) ** 2) for depth, place in DENTS)
    return (w - 2) ** 2 / 14 + 1.2 - dents


def valley_slope(w: Any) -> Any:
    """The derivative of `valley`."""
    return (w - 2) / 7 + sum(
        depth * 10 * (w - place) * np.exp(-5 * (w - place) ** 2) for depth, place in DENTS
    )


DENTS = ((0.9, -2.3), (0.75, -0.4))  # (depth, place)


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def points(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """The points to fit a line to, or 24 near 2 x + 1."""
    if x is None or y is None:
        rng = np.random.default_rng(4)
        x = np.linspace(0, 2, 24)
        y = 2 * x + 1 + rng.normal(0, 0.5, len(x))
    x, y = np.asarray(x, np.float64).reshape(-1), np.asarray(y, np.float64).reshape(-1)
    if len(x) != len(y) or not len(x):
        raise ShapeError(f"Each point needs an x and a y; there are {len(x)} and {len(y)}.")
    return x, y


def line_model() -> Sequential:
    """A line as a network: one Dense unit, whose kernel is the slope and whose bias is the intercept."""
    model = Sequential([layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    return model


def descent(
    x: np.ndarray, y: np.ndarray, rate: float, start: tuple[float, float], batches: Sequence[Any]
) -> np.ndarray:
    """Slope and intercept before each step and after the last, (steps + 1, 2). batches: the points of each step."""
    model, sgd = line_model(), optimizers.SGD(rate)
    step = make_step(model.chain, model.loss_object, sgd)
    state = first_state([{"kernel": np.array([[float(start[0])]]), "bias": np.array([float(start[1])])}], sgd)
    path = [(float(start[0]), float(start[1]))]
    for chosen in batches:
        state, _ = step(state, (x[chosen, None], y[chosen, None], None))
        path.append((float(state["params"][0]["kernel"][0, 0]), float(state["params"][0]["bias"][0])))
    return np.array(path)


def bowl(ax: "Axes", x: np.ndarray, y: np.ndarray, paths: Sequence[np.ndarray]) -> None:
    """Draws the squared error over slope and intercept, with room for all paths."""
    least, every = np.polyfit(x, y, 1), np.concatenate(paths)
    off = np.linalg.norm(every - least, axis=1)
    every = np.concatenate(
        [every[off <= REACH * off[0]], least[None]]
    )  # a path that explodes leaves the picture
    low, high = every.min(axis=0), every.max(axis=0)
    room = 0.15 * np.maximum(high - low, 0.5)
    a, b = (np.linspace(low[i] - room[i], high[i] + room[i], 61) for i in range(2))
    kernel, bias = np.ones((1, 1), np.float32), np.ones(1, np.float32)
    ways = [[{"kernel": kernel, "bias": 0 * bias}], [{"kernel": 0 * kernel, "bias": bias}]]
    surface = Surface(
        line_model(), x[:, None], y[:, None], ways, "numpy", centre=[{"kernel": 0 * kernel, "bias": 0 * bias}]
    )
    losses = surface.at(np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)).reshape(len(b), len(a))
    levels = levels_of(losses)[:-1]
    lines = ax.contour(a, b, losses, levels=levels, colors=INK, linewidths=0.8, alpha=0.6, zorder=0)
    ax.clabel(lines, levels[2::3], fontsize=7, fmt="%.2g")
    ax.plot(
        *least, "P", color=COLOURS[3], markersize=9, markeredgecolor="white", label="the least squared error"
    )
    ax.set_xlim(a[0], a[-1])
    ax.set_ylim(b[0], b[-1])


def rolled(derivative: Callable[[Any], Any], rate: float, start: float, steps: int) -> np.ndarray:
    """The places of a weight under gradient descent, (steps + 1,)."""
    sgd = optimizers.SGD(rate)
    memory: dict[str, Any] = {}
    way = [np.array([float(start)])]
    for step in range(steps):
        gradient = [{"w": np.asarray(derivative(way[-1]))}]
        params, memory = sgd.update(gradient, memory, [{"w": way[-1]}], np.asarray(step), np.asarray(rate))
        way.append(params[0]["w"])
    return np.concatenate(way)
