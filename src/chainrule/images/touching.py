"""From pieces of ink to digits: joined, parted where two touch, put in reading order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.images import grouping
from chainrule.images.components import Components
from chainrule.images.grouping import Glyph
from chainrule.images.windows import Floats

Judge = Callable[[list[Floats]], np.ndarray[Any, Any]]
WIDE = 1.15                 # wider than this, as a share of its height, a glyph may be two


def separated(parts: Components, ink: Floats, keep: np.ndarray[Any, Any], judge: Judge | None
              ) -> tuple[Components, list[Glyph]]:
    """The digits among the pieces kept, in reading order, and the components with new numbers where one was cut."""
    every = grouping.glyphs(parts, keep)
    height = grouping.writing_height(every)
    found = grouping.gathered(every, height)
    height = grouping.writing_height(found)
    found = grouping.plausible(found, height) or found
    cut: list[Glyph] = []
    for glyph in found:
        parts, pieces = _parted(parts, glyph, height, judge)
        cut += pieces
    return parts, grouping.rows(cut, height)


def _parted(parts: Components, glyph: Glyph, height: float, judge: Judge | None) -> tuple[Components, list[Glyph]]:
    """A glyph cut where two digits touch, when it is too wide for one and the seam is thin; else as it is."""
    if glyph.width < WIDE * max(glyph.height, 0.8 * height) or glyph.height < 6:
        return parts, [glyph]
    seam = best_seam(own(parts, glyph))
    if seam is None:
        return parts, [glyph]
    column, _ = seam
    inks = own(parts, glyph)
    if judge is not None:
        one, left, right = judge([inks, _trimmed(inks[:, :column]), _trimmed(inks[:, column:])])
        if one >= min(left, right):
            return parts, [glyph]
    parts, left_glyph, right_glyph = cut_at(parts, glyph, column)
    out: list[Glyph] = []
    for half in (left_glyph, right_glyph):
        parts, pieces = _parted(parts, half, height, judge)
        out += pieces
    return parts, out


def own(parts: Components, glyph: Glyph) -> Floats:
    """The glyph's ink alone, cut out: 1 or 0, float32."""
    window = parts.labels[glyph.top : glyph.bottom, glyph.left : glyph.right]
    return np.isin(window, np.array(glyph.pieces) + 1).astype(np.float32)


def best_seam(ink: Floats) -> tuple[int, float] | None:
    """The column with the least ink away from the ends, and that ink as a share of the height; None if none is thin."""
    h, w = ink.shape
    low, high = int(0.2 * w), int(0.8 * w)
    if high - low < 3:
        return None
    profile = ink.sum(0)
    smooth = np.convolve(np.pad(profile, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    middle = 1.0 + 0.5 * np.abs(np.arange(w) - w / 2) / w
    column = low + int((smooth * middle)[low:high].argmin())
    share = float(smooth[column]) / h
    return (column, share) if share < 0.3 else None


def cut_at(parts: Components, glyph: Glyph, column: int) -> tuple[Components, Glyph, Glyph]:
    """Gives all the glyph's ink right of `column` (counted from its left) one new number."""
    labels = parts.labels.copy()
    window = labels[glyph.top : glyph.bottom, glyph.left : glyph.right]
    mine = np.isin(window, np.array(glyph.pieces) + 1)
    numbers = (len(parts) + 1, len(parts) + 2)
    window[:, :column][mine[:, :column]] = numbers[0]
    window[:, column:][mine[:, column:]] = numbers[1]
    boxes = []
    for side, offset in ((mine[:, :column], 0), (mine[:, column:], column)):
        r, c = np.flatnonzero(side.any(1)), np.flatnonzero(side.any(0))
        boxes.append((glyph.left + offset + int(c[0]), glyph.top + int(r[0]),
                      glyph.left + offset + int(c[-1]) + 1, glyph.top + int(r[-1]) + 1, int(side.sum())))
    columns = list(zip(*boxes, strict=True))
    parts = replace(parts, labels=labels, left=np.append(parts.left, columns[0]), top=np.append(parts.top, columns[1]),
                    right=np.append(parts.right, columns[2]), bottom=np.append(parts.bottom, columns[3]),
                    area=np.append(parts.area, columns[4]))
    lean = (glyph.start - glyph.left, glyph.stop - glyph.right)
    first, second = (Glyph((n - 1,), *box[:4], box[0] + lean[0], box[2] + lean[1], glyph.row)
                     for n, box in zip(numbers, boxes, strict=True))
    return parts, first, second


def _trimmed(ink: Floats) -> Floats:
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink
