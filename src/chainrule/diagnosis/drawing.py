"""Pictures of what was found: the labels that look wrong, and the loss while the learning rate rose."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.diagnosis.labels import Suspects
from chainrule.engine.examples import Scaled
from chainrule.plots import digits
from chainrule.plots.style import COLOURS, axes, dressed, legend
from chainrule.training.learning_rates import RateCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def suspects_grid(found: Suspects, x: Any, count: int = 40, ax: "Axes | None" = None) -> "Axes":
    """The first candidates as pictures, with what each would rather be: "9 not 4" is labelled 4.

    x: the training examples that the places in `found` count.
    """
    first = found.index[:count]
    some = Scaled(x.values[first], x.divisor) if isinstance(x, Scaled) else np.asarray(x)[first]
    return digits(some, found.given[:count], found.other[:count], names=found.names, ax=ax)


def rate_curve(curve: RateCurve, ax: "Axes | None" = None) -> "Axes":
    """The loss of each step over the rate it had, a smooth line through it, and the suggestion."""
    ax = axes(ax)
    ax.semilogx(curve.rates, curve.losses, ".", markersize=3, alpha=0.45, color=COLOURS[0], label="one step")
    ax.semilogx(curve.rates, curve.smooth, "-", color=COLOURS[0], label="smoothed")
    if curve.suggestion is not None:
        ax.axvline(
            curve.suggestion, linestyle="--", color=COLOURS[1], label=f"suggested: {curve.suggestion:g}"
        )
    low, high = float(np.nanmin(curve.smooth)), float(curve.smooth[: max(1, len(curve.smooth) // 2)].max())
    margin = 0.15 * (high - low) or 0.1
    ax.set_ylim(low - 2 * margin, high + 3 * margin)
    legend(ax)
    return dressed(ax, "", "learning rate", "loss")
