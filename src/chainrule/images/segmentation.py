"""From pieces of ink to digits: joined, parted where two touch, put in reading order.

Geometry alone decides what is plain. Where a judge is given (a network's confidence in a piece of ink being one
digit), it decides what is not: a doubtful cut, a doubtful join, a mark that may be no digit.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.images import grouping
from chainrule.images.components import Components, Mask
from chainrule.images.filters import Floats
from chainrule.images.grouping import Glyph

Judge = Callable[[list[Floats]], np.ndarray[Any, Any]]
WIDE = 1.15  # wider than this, as a share of its height, a glyph may be two
MAYBE_WIDE = 0.8  # the same where a judge decides
SURE, UNSURE = 0.75, 0.3  # a judge's confidence: surely a digit; and, beside sure ones, surely none
TALL = 0.8  # a sign of at least this share of the sure digits' height is not overlooked


def separated(
    parts: Components, keep: np.ndarray[Any, Any], judge: Judge | None
) -> tuple[Components, list[Glyph]]:
    """The digits among the pieces kept, in reading order, and the components with new numbers where one was cut."""
    lean = grouping.common_lean(parts, keep)
    every = grouping.glyphs(parts, keep, lean)
    height = grouping.writing_height(every)
    found = grouping.gathered(every, height)
    height = grouping.writing_height(found)
    found = grouping.plausible(found, height) or found
    if judge is not None and 2 <= len(found) <= 6:
        found = _joined(parts, found, judge)
    cut: list[Glyph] = []
    wide = (
        WIDE if judge is None or len(found) == 1 else MAYBE_WIDE
    )  # a sign alone on its paper may be a U as well as 11
    for glyph in found:
        parts, pieces = _parted(parts, glyph, height, lean, judge, wide)
        cut += pieces
    if judge is not None and len(cut) > 1:
        cut = _without_non_digits(parts, grouping.rows(cut), judge)
    return parts, grouping.rows(cut)


def _joined(parts: Components, found: list[Glyph], judge: Judge) -> list[Glyph]:
    """Two glyphs above each other that make a surer digit together than alone become one (a broken stroke)."""
    for i, a in enumerate(found):
        for b in found[i + 1 :]:
            if grouping.shared(a.start, a.stop, b.start, b.stop) < 0.3:
                continue
            gap = max(a.top, b.top) - min(a.bottom, b.bottom)
            if gap > 0.5 * min(a.height, b.height):
                continue
            whole = a.joined(b)
            one, first, second = judge([own(parts, g) for g in (whole, a, b)])
            if one > max(SURE, min(first, second)):
                return _joined(parts, [g for g in found if g not in (a, b)] + [whole], judge)
    return found


def _without_non_digits(parts: Components, found: list[Glyph], judge: Judge) -> list[Glyph]:
    """Leaves out small signs that the judge takes for no digit, and rows without one sure digit when another has some.

    A sign as tall as the sure ones of its row stays: to leave it out would turn 1?3 into 13.
    """
    sure = judge([own(parts, g) for g in found])
    if sure.max() < SURE:
        return found
    heights = {row: [g.height for g, c in zip(found, sure, strict=True) if g.row == row and c >= SURE]
               for row in {g.row for g in found}}  # fmt: skip
    return [
        g
        for g, c in zip(found, sure, strict=True)
        if heights[g.row] and (c >= UNSURE or g.height >= TALL * np.median(heights[g.row]))
    ]


def _parted(
    parts: Components, glyph: Glyph, height: float, lean: float, judge: Judge | None, maybe: float
) -> tuple[Components, list[Glyph]]:
    """A glyph cut where two digits touch, when it is too wide for one and the seam is thin; else as it is."""
    wide = (glyph.stop - glyph.start) / max(glyph.height, 0.8 * height)
    if wide < maybe or glyph.height < 6:
        return parts, [glyph]
    ink = own(parts, glyph)
    seam = best_seam(ink, lean)
    if seam is None:
        return parts, [glyph]
    right = right_of(ink.shape, seam, lean)
    if judge is not None:
        one, first, second = judge(
            [ink, _trimmed(np.where(right, 0, ink)), _trimmed(np.where(right, ink, 0))]
        )
        if one >= min(first, second) - (0.1 if wide > WIDE else 0.0):
            return parts, [glyph]
    parts, halves = cut(parts, glyph, right, lean)
    out: list[Glyph] = []
    for half in halves:
        parts, pieces = _parted(parts, half, height, lean, judge, maybe)
        out += pieces
    return parts, out


def own(parts: Components, glyph: Glyph) -> Floats:
    """The glyph's ink alone, cut out: 1 or 0, float32."""
    window = parts.labels[glyph.top : glyph.bottom, glyph.left : glyph.right]
    if len(glyph.pieces) == 1:
        mine = window == glyph.pieces[0] + 1
    else:
        mine = np.isin(window, np.array(glyph.pieces) + 1)
    out: Floats = mine.astype(np.float32)
    return out


def best_seam(ink: Floats, lean: float = 0.0) -> int | None:
    """Where to cut: the leaning column with the least ink, away from the ends; None if none is thin.

    Columns are counted after the lean is taken out, from the left edge of the box's first row.
    """
    rows, columns = np.nonzero(ink >= 0.5)
    upright = np.rint(columns + lean * rows).astype(int)
    low = int(upright.min())
    profile = np.bincount(upright - low).astype(float)
    w = len(profile)
    first, last = int(0.2 * w), int(0.8 * w)
    if last - first < 3:
        return None
    smooth = np.convolve(np.pad(profile, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    central = 1.0 + 0.5 * np.abs(np.arange(w) - w / 2) / w
    column = first + int((smooth * central)[first:last].argmin())
    return column + low if smooth[column] < 0.3 * ink.shape[0] else None


def right_of(shape: tuple[int, ...], seam: int, lean: float) -> Mask:
    """True for the pixels at or beyond the seam."""
    rows, columns = np.indices(shape[:2])
    right: Mask = np.rint(columns + lean * rows) >= seam
    return right


def cut(
    parts: Components, glyph: Glyph, right: np.ndarray[Any, Any], lean: float
) -> tuple[Components, tuple[Glyph, Glyph]]:
    """Gives the glyph's ink two new numbers, one on either side of a seam."""
    labels = parts.labels.copy()
    window = labels[glyph.top : glyph.bottom, glyph.left : glyph.right]
    mine = np.isin(window, np.array(glyph.pieces) + 1)
    first, second = len(parts) + 1, len(parts) + 2
    window[mine] = np.where(right, second, first)[mine]
    found, boxes = [], []
    for number in (first, second):
        rows, columns = np.nonzero(window == number)
        rows, columns = rows + glyph.top, columns + glyph.left
        upright = columns + lean * rows
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        found.append(Glyph((number - 1,), *box, float(upright.min()), float(upright.max()) + 1.0, glyph.row))
        boxes.append((*box, len(rows)))
    new = {
        name: np.append(getattr(parts, name), [box[k] for box in boxes])
        for k, name in enumerate(("left", "top", "right", "bottom", "area"))
    }
    return replace(parts, labels=labels, **new), (found[0], found[1])


def _trimmed(ink: Floats) -> Floats:
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink
