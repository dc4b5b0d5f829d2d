"""Whether a picture is a page with writing at all, or a photo of things, cloth, noise: two measures of it.

On a page the paper is quiet beside the ink, and a pen is about as wide all along a stroke. A photo of things has
neither: beside whatever was taken for strokes it goes on light and dark, and the "strokes" are patches.
"""

import numpy as np

from chainrule.images.components import Components, Mask
from chainrule.images.filters import Floats, window_max, window_min
from chainrule.images.grouping import Glyph
from chainrule.images.segmentation import own
from chainrule.images.strokes import stroke_width

PEN = 8  # pixels: a sign is made so much smaller that its mean stroke is about this wide
LEFT = 0.02  # the widest stroke is what is left of a sign when all but this share is worn away


def unrest(ink: Floats, writing: Mask, lines: Mask, parts: Components, found: list[Glyph]) -> float:
    """How little a picture is like a page where the digits are: about 0.2 for writing, above 1 for photos of things.

    ink: darkness against the paper, 0 to 1.  writing: all of it.  lines: ruled lines that were taken out.
    found: the digits. The sum of ten times the paper's roughness around them and half of how much wider their widest
    strokes are than their mean ones.
    """
    around = round(float(np.median([g.height for g in found])) / 2)
    rows = slice(max(0, min(g.top for g in found) - around), max(g.bottom for g in found) + around)
    columns = slice(max(0, min(g.left for g in found) - around), max(g.right for g in found) + around)
    rough = roughness(ink[rows, columns], writing[rows, columns], lines[rows, columns])
    inks = [own(parts, g) for g in found]
    patches = np.average([widest(i) for i in inks], weights=[i.sum() for i in inks])
    return 10.0 * rough + 0.5 * max(0.0, float(patches) - 1.0)


def roughness(ink: Floats, writing: Mask, lines: Mask) -> float:
    """How dark it is beside the writing (root of the mean square), as a share of how dark the writing is.

    >>> page = np.zeros((60, 60), np.float32); page[10:50, 27:33] = 0.8
    >>> roughness(page, page > 0.5, page < 0), round(roughness(page + 0.08, page > 0.5, page < 0), 2)
    (0.0, 0.09)
    """
    step = max(1, round(0.006 * max(ink.shape)))
    taken = window_max(writing, 2 * step)
    if lines.any():
        taken = taken | window_max(lines, step)
    inner = window_min(writing, 1)
    dark = float(np.median(ink[inner if inner.any() else writing]))
    rest = ink[~taken]
    return float(np.sqrt(np.mean(rest**2))) / max(dark, 1e-6) if rest.size else 0.0


def widest(ink: Floats) -> float:
    """A sign's widest stroke as a share of its mean one: it is worn away from its edges until nothing is left.

    >>> round(widest(np.ones((60, 8), np.float32)), 1), round(widest(np.ones((60, 60), np.float32)), 1)
    (0.9, 1.5)
    """
    pen = stroke_width(ink)
    factor = max(1, int(pen / PEN))
    left, pen = np.pad(ink[::factor, ::factor] >= 0.5, 1), pen / factor
    least, worn = LEFT * left.sum(), 0
    while left.sum() > least:
        left, worn = window_min(left, 1), worn + 1
    return 2.0 * worn / max(pen, 1.0)


def unread(parts: Components, writing: Mask, found: list[Glyph]) -> float:
    """The share of the writing on the rows of the digits found that belongs to none of them."""
    top, bottom = min(g.top for g in found), max(g.bottom for g in found)
    mine = np.zeros(len(parts) + 1, bool)
    mine[[piece + 1 for g in found for piece in g.pieces]] = True
    read = mine[parts.labels[top:bottom]]
    rest = writing[top:bottom] & ~read
    return float(rest.sum() / max(1, rest.sum() + read.sum()))
