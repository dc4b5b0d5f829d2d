"""Several figures on one sheet."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, require_package
from chainrule.plots.style import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE, HIGH = 5.2, 3.9  # inches of one figure


def sheet(drawings: Sequence[Callable[..., Any]], title: str = "", columns: int | None = None) -> "Figure":
    """Figures beside and below each other. Each of `drawings` draws one into the axes that it is given as `ax`.

    columns: how many stand beside each other (default: two, or three from five figures on).  Raises SettingError when there is
    nothing to draw, MissingDependencyError without matplotlib.

    >>> from functools import partial
    >>> from chainrule import plots
    >>> losses = {"loss": [0.9, 0.5, 0.4]}
    >>> figure = plots.sheet([partial(plots.curves, losses), plots.valleys], title="Two figures")
    >>> figure.axes[0].get_ylabel(), figure.get_suptitle()
    ('loss', 'Two figures')
    """
    if not drawings:
        raise SettingError("A sheet of which figures? Give at least one.")
    beside = columns or min(len(drawings), 3 if len(drawings) > 4 else 2)
    rows = math.ceil(len(drawings) / beside)
    made = require_package("matplotlib.figure", "plot", "Drawing").Figure
    figure: Figure = made(figsize=(WIDE * beside, HIGH * rows), layout="constrained", facecolor="none")
    for k, draw in enumerate(drawings):
        draw(ax=figure.add_subplot(rows, beside, k + 1, facecolor="none"))
    if title:
        figure.suptitle(title, color=INK, fontsize=12)
    return figure
