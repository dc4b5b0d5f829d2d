"""Which pieces of ink surely make one glyph, which glyphs stand in one row, and in what order they are read.

Only geometry is used here; where it does not decide, `segmentation` asks the network.
"""

from dataclasses import replace

import numpy as np

from chainrule.images.glyphs import Glyph

FLAT = 0.15  # of its width: so flat is no digit, nor several that touch
TOUCHING = 6.0  # of its height: how wide a row of digits that touch may be


def writing_height(found: list[Glyph]) -> float:
    """The height of the digits: the middle one of the heights, each counted by its cube: two digits are more than a printed line.

    >>> writing_height([Glyph(np.ones((h, 5), bool), 0, 0, 0.0, 5.0) for h in (40, 44, 42, 3, 2)])
    42.0
    """
    heights = np.array(sorted(max(g.height, g.width // 2) for g in found if not flat(g)), float)
    if not len(heights):
        heights = np.array(sorted(g.width // 2 for g in found), float)
    if not len(heights):
        return 0.0
    total = np.cumsum(heights**3)
    return float(heights[np.searchsorted(total, total[-1] / 2)])


def flat(glyph: Glyph) -> bool:
    """Whether a glyph is so flat that it is a rule or a dash: six digits that touch are higher for their width."""
    return glyph.height < FLAT * glyph.width


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
    tall = max(a.bottom, b.bottom) - min(a.top, b.top)
    wide = max(a.stop, b.stop) - min(a.start, b.start)
    if tall > 1.5 * height or wide > 1.4 * height:
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
            middle = sorted(line[-4:], key=lambda g: g.top + g.bottom)[(len(line[-4:]) - 1) // 2]
            level = shared(glyph.top, glyph.bottom, middle.top, middle.bottom)
            if max(share, level) > overlap:
                best, overlap = line, max(share, level)
        if best is None:
            lines.append([glyph])
        else:
            best.append(glyph)
    lines.sort(key=lambda line: float(np.mean([(g.top + g.bottom) / 2 for g in line])))
    return [replace(g, row=k) for k, line in enumerate(lines) for g in line]


def plausible(glyph: Glyph, height: float) -> bool:
    """False for what is far too small, too flat or too large beside the writing to be one of its digits."""
    return 0.5 * height <= glyph.height <= 1.9 * height and glyph.width <= min(
        5.0 * height, TOUCHING * glyph.height
    )
