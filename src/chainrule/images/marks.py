"""Glyphs that are no digits, told by their shape and place beside the digits: minus, point, slash, bracket and others.

A slash alone looks like a 1 to any reader; beside digits it is taller than they are, and leans more.
"""

from dataclasses import replace

import numpy as np

from chainrule.images.filters import median, padded
from chainrule.images.glyphs import Glyph
from chainrule.images.strokes import stroke_width

TALL = 1.12  # a stroke so much taller than the digits around it may be a slash
LEANS = 0.12  # columns a row: one that leans less is none
SMALL, LARGE = (
    0.65,
    1.6,
)  # of the digits' height: what stands alone on its row and is of another size is no digit
HAIR = 19.0  # times as long as its pen is wide: a hair line
FINER = 0.4  # of the others' pen: a stroke as fine as that was not written with it
BOWED = 0.05  # of the height: a bracket's middle is so far from the line between its ends


def kind_of(glyph: Glyph, digits: list[Glyph]) -> str:
    """What a glyph beside digits is, if it is no digit.

    One of "minus", "equals", "plus", "point", "comma", "slash", "bracket", "rule", "frame", "speck", "other".
    """
    if not digits:
        return "other"
    height = median([d.height for d in digits])
    if glyph.kind not in ("digit", "other"):
        return glyph.kind
    w, h = glyph.width, glyph.height
    if max(w, h) < 0.06 * height:
        return "speck"
    near = min(digits, key=lambda d: abs(d.left + d.right - glyph.left - glyph.right))
    low = glyph.top + h / 2 > near.top + 0.7 * near.height
    if w >= 3.0 * height and h < 0.5 * height:
        return "rule"
    if h < 0.3 * height and w >= 2.0 * h:
        return "rule" if glyph.top > near.bottom - 0.05 * near.height else "minus"
    if max(w, h) < 0.45 * height and low:
        return "comma" if h > 1.5 * w else "point"
    if max(w, h) < 0.3 * height:
        return "point"
    share = glyph.ink.mean()
    if 0.25 * height < h < 0.9 * height and w > 0.8 * h and _two_bars(glyph):
        return "equals"
    if 0.3 * height < h < 0.95 * height and 0.6 < w / h < 1.6 and _crossed(glyph):
        return "plus"
    if max(w, h) > 2.5 * height and share < 0.25:
        return "frame"
    return "other"


def paired(marks: list[Glyph]) -> list[Glyph]:
    """The marks with two minus signs above each other joined to one equals sign."""
    out: list[Glyph] = []
    for glyph in marks:
        above = next((g for g in out if g.kind == glyph.kind == "minus" and _stacked(g, glyph)), None)
        if above is None:
            out.append(glyph)
        else:
            out = [g for g in out if g is not above] + [replace(above.joined(glyph), kind="equals")]
    return out


def _stacked(a: Glyph, b: Glyph) -> bool:
    shared = min(a.right, b.right) - max(a.left, b.left)
    gap = max(a.top, b.top) - min(a.bottom, b.bottom)
    return shared > 0.6 * min(a.width, b.width) and 0 <= gap < 0.8 * min(a.width, b.width)


def without_marks(digits: list[Glyph]) -> tuple[list[Glyph], list[Glyph]]:
    """The digits without what only looks like a 1: slashes, brackets, stray strokes; and these.

    A slash stands between two digits, is taller than the digits around it and leans; a bracket at an end is taller
    and bowed; what stands alone on its row and is of another size than the digits is none of them, and a stroke needs less for that.
    A stroke far finer than the pen that wrote the others is what is left of a rule.
    """
    fine = [_much_finer(g, digits) for g in digits]
    marks = [replace(g, kind="rule") for g, hair in zip(digits, fine, strict=True) if hair]
    digits = [g for g, hair in zip(digits, fine, strict=True) if not hair]
    kept: list[Glyph] = []
    height = median([d.height for d in digits]) if digits else 0.0
    for row in {d.row: [e for e in digits if e.row == d.row] for d in digits}.values():
        strokes = [is_stroke(g) for g in row]
        if len(row) == 1 < len(digits) - 1 and not SMALL * height <= row[0].height <= LARGE * height:
            marks.append(replace(row[0], kind="other"))
            continue
        if all(strokes) and len(row) < len(digits) and len(row) <= 1:
            stray = not 0.75 * height <= row[0].height <= 1.35 * height
            (marks if stray else kept).append(replace(row[0], kind="other") if stray else row[0])
            continue
        for k, (glyph, stroke) in enumerate(zip(row, strokes, strict=True)):
            kind = _stroke_kind(row, strokes, k) if stroke else None
            (kept if kind is None else marks).append(glyph if kind is None else replace(glyph, kind=kind))
    return (kept, marks) if kept else (digits, [m for m in marks if m.kind == "rule"])


def _much_finer(glyph: Glyph, digits: list[Glyph]) -> bool:
    """Whether a glyph is one upright stroke much finer than the pen of the other digits, or of most of them."""
    if len(digits) < 2 or HAIR * glyph.ink.sum() > 2 * glyph.height**2:  # no hair line, twice as wide as one
        return False
    pen = stroke_width(glyph.floats())
    if glyph.height <= HAIR * pen or not is_stroke(glyph) or abs(line_of(glyph)[0]) > LEANS:
        return False
    return pen < FINER * median([stroke_width(g.floats()) for g in digits if g is not glyph])


def _stroke_kind(row: list[Glyph], strokes: list[bool], k: int) -> str | None:
    """Whether a single stroke in a row is a slash or a bracket; None when it may be a 1."""
    others = [g.height for g, stroke in zip(row, strokes, strict=True) if not stroke]
    if not others:
        return None
    height = median(others)
    lean, bow = line_of(row[k])
    ratio = row[k].height / max(1.0, height)
    opposite = row[-1 if k == 0 else 0]
    inward = bow if k == 0 else -bow
    pair = (
        strokes[0]
        and strokes[-1]
        and line_of(row[0])[1] > BOWED
        and line_of(row[-1])[1] < -BOWED
        and len(row) > 2
    )
    if k in (0, len(row) - 1) and opposite is not row[k] and ratio > 1.02 and (pair or inward > 2 * BOWED):
        return "bracket"
    if 0 < k < len(row) - 1 and ratio > TALL and lean > LEANS:
        ones = [
            g.height
            for j, (g, s) in enumerate(zip(row, strokes, strict=True))
            if s and j in (0, len(row) - 1)
        ]
        return "slash" if row[k].height > 1.12 * max(ones, default=0) else None
    return None


def is_stroke(glyph: Glyph) -> bool:
    """Whether a glyph is one stroke, straight or bowed, from top to bottom: in no row is there ink in two places."""
    edges = np.diff(padded(glyph.ink, 0, 1).astype(np.int8), axis=1)
    runs = (edges == 1).sum(axis=1)
    pen = stroke_width(glyph.floats())
    across = glyph.ink.sum(axis=1)
    return bool(
        (runs > 1).mean() < 0.05 and across.max() < max(3.0, 2.2 * pen + 2) and glyph.height > 2.5 * pen
    )


def line_of(glyph: Glyph) -> tuple[float, float]:
    """How far a stroke leans (columns to the left per row down), and how far its middle bows from the line of its ends.

    The bow is a share of the height, positive when the middle is left of the ends, as in an opening bracket.
    """
    rows = np.flatnonzero(glyph.ink.any(axis=1))
    columns = np.arange(glyph.width)
    middle = (glyph.ink[rows] * columns).sum(axis=1) / glyph.ink[rows].sum(axis=1)
    n = len(rows)
    if n < 5:
        return 0.0, 0.0
    ends = max(1, n // 8)
    top, bottom = middle[:ends].mean(), middle[-ends:].mean()
    centre = middle[n // 2 - ends // 2 : n // 2 + ends // 2 + 1].mean()
    return float((top - bottom) / n), float(((top + bottom) / 2 - centre) / n)


def _two_bars(glyph: Glyph) -> bool:
    """Two level strokes above each other and nothing between."""
    filled = glyph.ink.sum(axis=1) > 0.5 * glyph.width
    starts = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(np.int8)) == 1)
    return len(starts) == 2 and not glyph.ink.any(axis=1).all()


def _crossed(glyph: Glyph) -> bool:
    """One level and one upright stroke through the middle, the corners empty."""
    h, w = glyph.ink.shape
    a, b = max(1, h // 4), max(1, w // 4)
    corners = [glyph.ink[:a, :b], glyph.ink[:a, -b:], glyph.ink[-a:, :b], glyph.ink[-a:, -b:]]
    level = glyph.ink[h // 3 : -(h // 3) or None].any(axis=0).mean()
    upright = glyph.ink[:, w // 3 : -(w // 3) or None].any(axis=1).mean()
    return bool(max(c.mean() for c in corners) < 0.12 and level > 0.9 and upright > 0.9)
