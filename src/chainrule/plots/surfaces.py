"""The loss around a network's weights, drawn from what `chainrule.landscapes` computed."""

import math
from typing import TYPE_CHECKING

import numpy as np

from chainrule.errors import DataError
from chainrule.landscapes import Line, Plane
from chainrule.plots.style import COLOURS, DEPTHS, axes, dressed, note, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 16


def loss_line(line: Line, ax: "Axes | None" = None) -> "Axes":
    """The loss along a line through a network's weights, which lie at 0.  line: see `landscapes.line`.

    >>> from chainrule import plots
    >>> ax = plots.loss_line(Line(np.array([-1.0, 0, 1]), np.array([3.0, 1, 2]), "somewhere", known=(0.0,)))
    >>> ax.get_xlabel(), ax.lines[1].get_xydata().tolist()
    ('somewhere', [[0.0, 1.0]])
    """
    ax = axes(ax)
    ax.plot(line.places, line.losses, color=COLOURS[0])
    for place in line.known:
        ax.plot(place, np.interp(place, line.places, line.losses), "o", color=COLOURS[1])
    return dressed(ax, "The loss along a line", line.words, "loss")


def loss_plane(plane: Plane, ax: "Axes | None" = None) -> "Axes":
    """The loss on a plane through a network's weights, with the way that the training took where the plane has one.

    plane: see `landscapes.plane` and `landscapes.path_plane`.  From one line to the next the loss grows by the same factor.
    The losses written at the ends of the way are the network's own there, which may lie above or below the plane.

    >>> from chainrule import plots
    >>> here = np.linspace(-1, 1, 3)
    >>> ax = plots.loss_plane(Plane(here, here, 1 + here**2 + here[:, None] ** 2, ("east", "north")))
    >>> ax.get_xlabel(), ax.get_ylabel(), ax.lines[0].get_xydata().tolist()
    ('east', 'north', [[0.0, 0.0]])
    """
    tall = (plane.b[-1] - plane.b[0]) / (plane.a[-1] - plane.a[0])
    ax = axes(ax, 6.6, min(8.0, max(2.8, 0.9 + 5.0 * tall)))
    levels = levels_of(plane.losses)
    image = ax.contourf(
        plane.a, plane.b, np.clip(plane.losses, levels[0], levels[-1]), levels=levels, cmap=DEPTHS, norm="log"
    )
    ax.contour(plane.a, plane.b, plane.losses, levels=levels, colors="black", linewidths=0.3, alpha=0.4)
    ax.set_aspect("equal")
    scale(ax, image, "loss", ticks_of(levels))
    if plane.path is None:
        ax.plot(0, 0, "P", color=COLOURS[1], markeredgecolor="white", markersize=9)
    else:
        ax.plot(
            plane.path[:, 0],
            plane.path[:, 1],
            "-o",
            color=COLOURS[1],
            markeredgecolor="white",
            markersize=5,
            linewidth=1.5,
        )
        rising = plane.path[-1, 1] > plane.path[-2, 1]
        for k, above in ((0, plane.path[0, 1] > plane.path[1, 1]), (-1, rising)):
            loss = "" if plane.path_losses is None else f": loss {plane.path_losses[k]:.3g}"
            note(ax, f"step {plane.steps[k]:,}{loss}", plane.path[k], above)
    return dressed(ax, "The loss on a plane", plane.words[0], plane.words[1])


def levels_of(losses: np.ndarray) -> np.ndarray:
    """Levels from the lowest loss to the highest, each the same multiple of the one below."""
    seen = losses[np.isfinite(losses)]
    if not seen.size:
        raise DataError("The loss is finite at no point of this plane: the network's weights are not finite.")
    low, high = max(float(seen.min()), 1e-12), float(seen.max())
    return np.geomspace(low, max(high, low * 1.0001), LEVELS + 1)


def ticks_of(levels: np.ndarray) -> list[float]:
    """Round numbers between the lowest level and the highest.

    >>> ticks_of(np.array([0.3, 6.0]))
    [0.5, 1.0, 2.0, 5.0]
    """
    low, high = float(levels[0]), float(levels[-1])
    tens = [10.0**k for k in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    return [round(m * ten, 12) for ten in tens for m in (1, 2, 5) if low <= m * ten <= high]
