"""Which pieces of ink make one digit, which digits stand in one row, and in what order they are read.

All sizes are measured against the height of the writing itself.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.images.components import Components

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Glyph:
    """Pieces (component numbers, from 0) that make one sign, its box in pixels of the mask, its row.

    `start` and `stop` are left and right after the writing's lean is taken out: slanted digits whose boxes overlap
    stand apart there.
    """

    pieces: tuple[int, ...]
    left: int
    top: int
    right: int
    bottom: int
    start: float
    stop: float
    row: int = 0

    @property
    def width(self) -> int:
        """Columns it spans."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows it spans."""
        return self.bottom - self.top

    def joined(self, other: "Glyph") -> "Glyph":
        """Both as one sign."""
        return Glyph(
            tuple(sorted(self.pieces + other.pieces)),
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
            min(self.start, other.start),
            max(self.stop, other.stop),
            self.row,
        )


def glyphs(parts: Components, keep: Flags, lean: float = 0.0) -> list[Glyph]:
    """One glyph for every component kept, left to right."""
    rows, columns = np.nonzero(parts.mask(keep))
    label = parts.labels[rows, columns] - 1
    x = columns + lean * rows
    start, stop = np.full(len(parts), np.inf), np.full(len(parts), -np.inf)
    np.minimum.at(start, label, x)
    np.maximum.at(stop, label, x + 1)
    found = [
        Glyph(
            (int(k),),
            int(parts.left[k]),
            int(parts.top[k]),
            int(parts.right[k]),
            int(parts.bottom[k]),
            float(start[k]),
            float(stop[k]),
        )
        for k in np.flatnonzero(keep)
    ]
    return sorted(found, key=lambda g: (g.start, g.top))


def common_lean(parts: Components, keep: Flags) -> float:
    """How far the writing leans, in columns a row: the middle one of the components' own, each counted by its area."""
    chosen = np.flatnonzero(keep)
    if len(chosen) < 2:
        return 0.0
    rows, columns = np.nonzero(parts.mask(keep))
    label = parts.labels[rows, columns] - 1
    n = len(parts)
    area = np.maximum(np.bincount(label, minlength=n), 1)
    y = rows - (np.bincount(label, rows, n) / area)[label]
    x = columns - (np.bincount(label, columns, n) / area)[label]
    lean = -np.bincount(label, x * y, n) / np.maximum(np.bincount(label, y * y, n), 1.0)
    tall = chosen[parts.height[chosen] >= 0.5 * parts.height[chosen].max()]
    order = tall[np.argsort(lean[tall])]
    total = np.cumsum(parts.area[order])
    return float(np.clip(lean[order[np.searchsorted(total, total[-1] / 2)]], -0.3, 1.0))


def writing_height(found: list[Glyph]) -> float:
    """The height of the digits: the middle one of the heights, each counted by its square.

    >>> writing_height([Glyph((k,), 0, 0, 5, h, 0, 5) for k, h in enumerate((40, 44, 42, 3, 2))])
    42.0
    """
    heights = np.array(sorted(max(g.height, g.width // 2) for g in found), float)
    if not len(heights):
        return 0.0
    total = np.cumsum(heights**2)
    return float(heights[np.searchsorted(total, total[-1] / 2)])


def shared(low: float, high: float, other_low: float, other_high: float) -> float:
    """How much two stretches overlap, as a share of the shorter one (negative: the gap)."""
    return (min(high, other_high) - max(low, other_low)) / max(1.0, min(high - low, other_high - other_low))


def gathered(found: list[Glyph], height: float) -> list[Glyph]:
    """Joins the pieces of one digit: a 5 and its hat, the two strokes of a 4, a stroke broken by a bad pen."""
    for _ in range(3):  # a piece may belong to what two others became
        root = list(range(len(found)))
        for i, a in enumerate(found):
            for j in range(i + 1, len(found)):
                if found[j].start > a.stop + 0.1 * height:
                    break  # sorted by start: all further ones are further away
                if belongs(a, found[j], height):
                    one, other = _root(root, i), _root(root, j)
                    root[max(one, other)] = min(one, other)
        groups: dict[int, Glyph] = {}
        for k, glyph in enumerate(found):
            top = _root(root, k)
            groups[top] = groups[top].joined(glyph) if top in groups else glyph
        if len(groups) == len(found):
            break
        found = sorted(groups.values(), key=lambda g: (g.start, g.top))
    return found


def _root(root: list[int], k: int) -> int:
    while root[k] != k:
        k = root[k]
    return k


def belongs(a: Glyph, b: Glyph, height: float) -> bool:
    """Whether two pieces are parts of one digit, by geometry alone."""
    whole = a.joined(b)
    if whole.height > 1.5 * height or whole.stop - whole.start > 1.4 * height:
        return False
    small, large = sorted((a, b), key=lambda g: g.height)
    across = shared(a.start, a.stop, b.start, b.stop)
    down = shared(a.top, a.bottom, b.top, b.bottom)
    gap_down = max(a.top, b.top) - min(a.bottom, b.bottom)
    gap_across = max(a.start, b.start) - min(a.stop, b.stop)
    if small.height < 0.25 * height and small.top > large.bottom - 0.05 * height:
        return False  # an underline, a full stop, a comma
    if across >= 0.55 and gap_down <= 0.3 * height:
        return True
    hat = small.bottom <= large.top + 0.3 * height and small.width >= 0.25 * height
    if hat and across >= 0.25 and gap_down <= 0.35 * height:
        return True
    if (
        small.height < 0.6 * height
        and max(gap_across, 0) <= 0.08 * height
        and max(gap_down, 0) <= 0.15 * height
    ):
        return small.top < large.bottom - 0.25 * height and (down > 0.3 or across > 0.2)
    return False


def rows(found: list[Glyph]) -> list[Glyph]:
    """Gives every glyph its row, top to bottom, and returns them in reading order; lines of writing may slope.

    A glyph joins the row whose last glyph to its left it overlaps most in height.
    """
    lines: list[list[Glyph]] = []
    for glyph in sorted(found, key=lambda g: g.start):
        best, overlap = None, 0.3
        for line in lines:
            last = line[-1]
            share = shared(glyph.top, glyph.bottom, last.top, last.bottom)
            level = shared(
                glyph.top,
                glyph.bottom,
                *(float(np.median([getattr(g, side) for g in line[-4:]])) for side in ("top", "bottom")),
            )
            if max(share, level) > overlap:
                best, overlap = line, max(share, level)
        if best is None:
            lines.append([glyph])
        else:
            best.append(glyph)
    lines.sort(key=lambda line: float(np.mean([(g.top + g.bottom) / 2 for g in line])))
    return [replace(g, row=k) for k, line in enumerate(lines) for g in line]


def solid(glyph: Glyph, pen: float) -> bool:
    """Whether a glyph is a blot and not strokes: its pen wider than a third of it. Digits' pens are at most a quarter."""
    return pen > max(2.0, 0.36 * max(glyph.width, glyph.height))


def plausible(found: list[Glyph], height: float) -> list[Glyph]:
    """Without what is far too small, too flat or too large beside the writing to be one of its digits."""
    return [
        g
        for g in found
        if 0.5 * height <= g.height <= 1.9 * height and g.width <= min(3.0 * height, 2.5 * g.height)
    ]
