"""One glyph on the paper: the ink that makes it, where it stands, its row; and, where it is no digit, what kind it is.

All sizes are measured against the height of the writing itself.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.images.components import Components, Mask
from chainrule.images.filters import Floats, padded, window_max

EDGE = np.float32(0.5)  # the shade of a stroke's edge
SMALL = 48  # pixels: in a larger glyph the edges' shade says nothing
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Glyph:
    """The ink of one glyph, cut out, bool (h, w); the place of its upper left corner in the picture; its row.

    `start` and `stop` are left and right after the writing's lean is taken out: slanted digits whose boxes overlap
    stand apart there. `kind` is "digit", or what it is taken for if it is none. `cut` is what its seams cost where it was cut
    out of a larger piece of ink: 0 where it was not. `shade` is how dark each pixel of the whole picture is, 0.5 at a stroke's edge.
    """

    ink: Mask
    left: int
    top: int
    start: float
    stop: float
    row: int = 0
    kind: str = "digit"
    cut: float = 0.0
    shade: Floats | None = None

    @property
    def right(self) -> int:
        """One past the last column."""
        return int(self.left + self.ink.shape[1])

    @property
    def bottom(self) -> int:
        """One past the last row."""
        return int(self.top + self.ink.shape[0])

    @property
    def width(self) -> int:
        """Columns it spans."""
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        """Rows it spans."""
        return int(self.ink.shape[0])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    def floats(self) -> Floats:
        """Its ink as float32: 1 or 0."""
        return self.ink.astype(np.float32)

    def shaded(self) -> Floats:
        """The same with the shade of its edges, one pixel more on every side: between few pixels it tells where a stroke ends."""
        if self.shade is None or max(self.ink.shape) > SMALL:
            return self.floats()
        own, window = padded(self.ink, 1), np.zeros((self.height + 2, self.width + 2), np.float32)
        top, left = max(0, self.top - 1), max(0, self.left - 1)
        there = self.shade[top : self.bottom + 1, left : self.right + 1]
        row, column = top - self.top + 1, left - self.left + 1
        window[row : row + there.shape[0], column : column + there.shape[1]] = there
        edge = window_max(own, 1) & (window < EDGE)  # beyond it is paper; what is darker there is another's
        return np.where(own, np.maximum(window, EDGE), np.where(edge, window, np.float32(0)))

    def joined(self, other: "Glyph") -> "Glyph":
        """Both as one glyph."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        ink = np.zeros((max(self.bottom, other.bottom) - top, max(self.right, other.right) - left), bool)
        for one in (self, other):
            ink[one.top - top : one.bottom - top, one.left - left : one.right - left] |= one.ink
        return replace(
            self,
            ink=ink,
            left=left,
            top=top,
            start=min(self.start, other.start),
            stop=max(self.stop, other.stop),
        )

    def part(self, mask: Mask, lean: float) -> "Glyph | None":
        """The ink under a mask of its own size as a glyph of its own; None when there is none."""
        ink = self.ink & mask
        rows, columns = np.nonzero(ink)
        if not len(rows):
            return None
        t, b, l, r = int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1
        upright = columns + self.left + lean * (rows + self.top)
        return replace(
            self, ink=ink[t:b, l:r], left=self.left + l, top=self.top + t,
            start=float(upright.min()), stop=float(upright.max()) + 1.0,
        )  # fmt: skip


def joined(found: list[Glyph]) -> Glyph:
    """Several glyphs as one."""
    whole = found[0]
    for other in found[1:]:
        whole = whole.joined(other)
    return whole


def glyphs(parts: Components, keep: Flags, lean: float = 0.0) -> list[Glyph]:
    """One glyph for every component kept, left to right."""
    found = []
    for k in np.flatnonzero(keep):
        l, t, r, b = int(parts.left[k]), int(parts.top[k]), int(parts.right[k]), int(parts.bottom[k])
        ink = parts.labels[t:b, l:r] == k + 1
        rows, columns = np.nonzero(ink)
        upright = columns + l + lean * (rows + t)
        found.append(Glyph(ink, l, t, float(upright.min()), float(upright.max()) + 1.0, shade=parts.shade))
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


def solid(glyph: Glyph, pen: float) -> bool:
    """Whether a glyph is a blot and not strokes: its pen wider than a third of it. Digits' pens are at most a quarter."""
    return pen > max(2.0, 0.36 * max(glyph.width, glyph.height))
