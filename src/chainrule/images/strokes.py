"""How wide the strokes of a digit are, and the same digit drawn with a wider or a finer pen."""

import numpy as np

from chainrule.images.filters import Floats, disc_max, padded


def stroke_width(ink: Floats) -> float:
    """Mean stroke width in pixels of a soft mask (0 paper, 1 ink): twice the area over the length of the outline.

    The outline's length is counted as crossings along rows and columns, times pi/4 (Cauchy and Crofton's formula).

    >>> bar = np.zeros((60, 60), np.float32); bar[5:55, 20:26] = 1
    >>> 5 < stroke_width(bar) < 8
    True
    """
    on = padded(ink >= 0.5, 1)
    crossings = int((on[1:] != on[:-1]).sum() + (on[:, 1:] != on[:, :-1]).sum())
    area = float(on.sum())
    if crossings == 0:
        return 0.0
    return 2.0 * area / (crossings * np.pi / 4.0)


def rewidened(ink: Floats, change: float) -> Floats:
    """Strokes wider by `change` pixels (finer when negative), measured across; soft edges stay soft."""
    radius = abs(change) / 2.0
    if radius < 0.5:
        return ink
    if change > 0:
        return disc_max(ink, radius)
    margin = int(radius) + 1  # outside the picture there is paper
    wide: Floats = padded(ink, margin)
    return 1.0 - disc_max(1.0 - wide, radius)[margin:-margin, margin:-margin]
