"""Whether a picture is a page with writing at all, or a photo of things, cloth, noise: two measures of it.

On a page the paper is quiet beside the ink, and a pen is about as wide all along a stroke. A photo of things has
neither: beside whatever was taken for strokes it goes on light and dark, and the "strokes" are patches.
"""

import numpy as np

from chainrule.images.components import Mask
from chainrule.images.filters import Floats, median, padded, window_max, window_min
from chainrule.images.strokes import stroke_width

Box = tuple[int, int, int, int]

PEN = 8  # pixels: a sign is made so much smaller that its mean stroke is about this wide
LEFT = 0.02  # the widest stroke is what is left of a sign when all but this share is worn away


def unrest(ink: Floats, writing: Mask, lines: Mask, boxes: list[Box], inks: list[Floats]) -> float:
    """How little a picture is like a page where the digits are: about 0.2 for writing, above 1 for photos of things.

    ink: darkness against the paper, 0 to 1.  writing: all of it.  lines: ruled lines that were taken out.
    boxes, inks: of the digits. The sum of ten times the paper's roughness around them and half of how much wider their
    widest strokes are than their mean ones.
    """
    around = round(median([bottom - top for _, top, _, bottom in boxes]) / 2)
    left, top, right, bottom = _around(boxes)
    rows = slice(max(0, top - around), bottom + around)
    columns = slice(max(0, left - around), right + around)
    rough = roughness(ink[rows, columns], writing[rows, columns], lines[rows, columns])
    patches = np.average([widest(i) for i in inks], weights=[i.sum() for i in inks])
    return 10.0 * rough + 0.5 * max(0.0, float(patches) - 1.0)


def _around(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


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
    dark = median(ink[inner if inner.any() else writing])
    rest = ink[~taken]
    return float(np.sqrt(np.mean(rest**2))) / max(dark, 1e-6) if rest.size else 0.0


def widest(ink: Floats) -> float:
    """A sign's widest stroke as a share of its mean one: it is worn away from its edges until nothing is left.

    >>> round(widest(np.ones((60, 8), np.float32)), 1), round(widest(np.ones((60, 60), np.float32)), 1)
    (0.9, 1.5)
    """
    pen = stroke_width(ink)
    factor = max(1, int(pen / PEN))
    left, pen = padded(ink[::factor, ::factor] >= 0.5, 1), pen / factor
    least, worn = LEFT * left.sum(), 0
    while left.sum() > least:
        left, worn = window_min(left, 1), worn + 1
    return 2.0 * worn / max(pen, 1.0)


def unread(writing: Mask, boxes: list[Box], inks: list[Floats]) -> float:
    """The share of the writing on the rows of the digits found that belongs to none of them."""
    _, top, _, bottom = _around(boxes)
    read = float(sum(i.sum() for i in inks))
    rest = max(0.0, float(writing[top:bottom].sum()) - read)
    return rest / max(1.0, rest + read)


def elsewhere(writing: Mask, inks: list[Floats]) -> float:
    """The share of all the picture's writing that belongs to none of the digits found."""
    total = float(writing.sum())
    return max(0.0, 1.0 - float(sum(i.sum() for i in inks)) / total) if total else 0.0


def unevenness(ink: Floats, writing: Mask) -> float:
    """How much the darkness varies within some writing, away from its edges: its spread as a share of its mean.

    ink: darkness, 0 to 1; writing: which of it is meant, of the same shape. A pen's is even, a patch of a photo is not.

    >>> unevenness(np.full((9, 9), 0.5, np.float32), np.ones((9, 9), bool))
    0.0
    """
    inner = window_min(padded(writing, 1), 1)[1:-1, 1:-1]
    dark = ink[inner if inner.sum() >= 8 else writing]
    return float(dark.std() / max(float(dark.mean()), 1e-6)) if dark.size else 0.0
