"""The loss around a network's weights, drawn from what `chainrule.landscapes` computed."""

from typing import TYPE_CHECKING

import numpy as np

from chainrule.landscapes import Line, Plane
from chainrule.plots.style import COLOURS, RISING, axes, dressed, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = 16


def loss_line(line: Line, ax: "Axes | None" = None) -> "Axes":
    """The loss along a line through a network's weights, which lie at 0.  line: see `landscapes.line`."""
    ax = axes(ax)
    ax.plot(line.places, line.losses, color=COLOURS[0])
    for place in (0.0, 1.0):
        hit = np.flatnonzero(line.places == place)
        if len(hit):
            ax.plot(place, line.losses[hit[0]], "o", color=COLOURS[1])
    return dressed(ax, "The loss along a line", line.words, "loss")


def loss_plane(plane: Plane, ax: "Axes | None" = None) -> "Axes":
    """The loss on a plane through a network's weights, with the way that the training took where the plane has one.

    plane: see `landscapes.plane` and `landscapes.path_plane`.  Lines join places of equal loss, at ratios that stay the same.
    """
    ax = axes(ax, 6.4, 5.2)
    levels = levels_of(plane.losses)
    image = ax.contourf(plane.a, plane.b, np.clip(plane.losses, levels[0], levels[-1]), levels=levels, cmap=RISING, norm="log")
    ax.contour(plane.a, plane.b, plane.losses, levels=levels, colors="black", linewidths=0.3, alpha=0.5)
    scale(ax, image, "loss")
    if plane.path is not None:
        ax.plot(plane.path[:, 0], plane.path[:, 1], "-o", color="white", markersize=3.5, linewidth=1.2)
        losses = [] if plane.path_losses is None else [(k, plane.path_losses[k]) for k in (0, -1)]
        for k, loss in losses:
            ax.annotate(f"before step {plane.steps[k]:,}: loss {loss:.3g}", plane.path[k], color="white",
                        textcoords="offset points", xytext=(6, 6), fontsize=8)  # fmt: skip
    else:
        ax.plot(0, 0, "+", color="white", markersize=9)
    return dressed(ax, "", plane.words[0], plane.words[1])


def levels_of(losses: np.ndarray) -> np.ndarray:
    """Levels from the lowest loss to the highest, each the same multiple of the one below."""
    seen = losses[np.isfinite(losses)]
    low, high = max(float(seen.min()), 1e-12), float(seen.max())
    return np.geomspace(low, max(high, low * 1.0001), LEVELS + 1)


