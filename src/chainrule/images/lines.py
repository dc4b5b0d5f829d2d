"""Ruled and squared paper: straight lines that cross the whole picture are found and taken out of the ink.

A line is where, for one small tilt, the ink of almost every column (or row) lies at the same height. It is followed
column by column, since paper bends, and erased wherever the ink is no thicker and not much darker than the line itself;
where a stroke crosses, or lies along it, the ink is thicker or darker and stays.
"""

from collections.abc import Iterator

import numpy as np

from chainrule.images.components import Ints, Mask
from chainrule.images.filters import Floats, median, percentile, window_max

TILTS = np.tan(np.radians(np.arange(-9.0, 9.01, 0.25)))
SIDE = 320  # lines are looked for on a mask of about this size
COVERED = 0.72  # share of the columns in which a line must have ink
ENOUGH = 0.4  # share of the columns that must vote for a line before it is looked at
SMALLEST = 40  # in a picture this small a digit's own strokes reach nearly as far as a line would
MOST = 80  # lines a direction
DARKER = 2.0  # times as dark as its line: that is a stroke, which lies on the line
OBLONG = 1.5  # no digit fills a picture that is so much longer than high


def without_lines(mask: Mask, weak: Mask | None = None, ink: Floats | None = None) -> tuple[Mask, Mask]:
    """The mask without ruled lines, and the lines that were taken out.

    `weak` is a mask with a lower threshold, in which a faint line has fewer gaps; lines are looked for there. `ink` is how
    dark each pixel is, 0 to 1: with it, a stroke along a fainter line stays.
    A single line as thick as the writing's strokes is a stroke of a digit that fills its picture, and stays; in a picture
    far longer than high, which no digit fills, it goes.

    >>> page = np.zeros((60, 80), bool); page[30] = True; page[10:50, 40:44] = True
    >>> rest, lines = without_lines(page)
    >>> int(lines.sum()) > 60, bool(rest[30, 41]), bool(rest[30, 5])
    (True, True, False)
    """
    weak = mask if weak is None else weak
    across, n = _lines(weak, ink)
    down, m = _lines(weak.T.copy(), None if ink is None else ink.T)
    found = (across | down.T) & mask
    long, short = mask.shape if m else mask.shape[::-1]
    if n + m == 1 and found.any() and long <= OBLONG * short:
        rest = mask & ~found
        if rest.sum() < 0.06 * mask.sum() or _pen(found) >= 0.6 * _pen(rest):
            return mask, np.zeros_like(mask)
    return mask & ~found, found


def _pen(mask: Mask) -> float:
    """The usual stroke width: the middle one of the shorter of the two run lengths through each pixel of ink."""
    up, down = run_lengths(mask)
    left, right = run_lengths(mask.T.copy())
    return median(np.minimum(up + down, (left + right).T)[mask]) - 1.0 if mask.any() else 0.0


def _lines(mask: Mask, ink: Floats | None) -> tuple[Mask, int]:
    """The level lines (to 9 degrees) of a mask, as far as they can be erased without cutting strokes; how many."""
    h, w = mask.shape
    erased = np.zeros_like(mask)
    if min(h, w) < SMALLEST or not mask.any():
        return erased, 0
    shrink = max(1, round(max(h, w) / SIDE))
    small = blocks(mask, shrink)
    near = window_max(small, 1, 0)
    lengths: tuple[Ints, Ints] | None = None
    level: Floats | None = None
    x = np.arange(small.shape[1])
    lines = 0
    for height, tilt in _candidates(small):
        if lines < MOST and _crosses(near, np.rint(height + tilt * x).astype(int)):
            if lengths is None:
                lengths = run_lengths(mask)
                level = None if ink is None else window_max(np.ascontiguousarray(ink), 1, 0)
            lines += _erase(mask, lengths, level, erased, (height + 0.5) * shrink, tilt, shrink)
    return erased, lines


def blocks(mask: Mask, size: int) -> Mask:
    """The mask in squares of `size` pixels: True where any of them is ink."""
    h, w = mask.shape
    padded = np.pad(mask, ((0, -h % size), (0, -w % size)))
    blocks: Mask = np.asarray(padded.reshape(padded.shape[0] // size, size, -1, size).any(axis=(1, 3)))
    return blocks


def _candidates(mask: Mask) -> Iterator[tuple[float, float]]:
    """(height at column 0, tilt) of lines that many columns agree on, strongest first, each place once."""
    h, w = mask.shape
    y, x = np.nonzero(mask)
    offset = int(np.ceil(abs(TILTS[-1]) * w)) + 2
    votes = np.stack(
        [
            np.bincount(np.rint(y - tilt * x).astype(np.int64) + offset, minlength=h + 2 * offset)
            for tilt in TILTS
        ]
    )
    tilts, heights = np.nonzero(votes >= ENOUGH * w)
    order = np.argsort(-votes[tilts, heights], kind="stable")[:2000]
    seen: list[tuple[float, float]] = []
    for k in order:
        left = float(heights[k] - offset)
        right = left + float(TILTS[tilts[k]]) * w
        if all(abs(left - a) + abs(right - b) > 6 for a, b in seen):
            seen.append((left, right))
            yield left, float(TILTS[tilts[k]])


def straight(mask: Mask, share: float) -> Iterator[tuple[float, float]]:
    """(height at column 0, tilt) of the level lines that have ink along a share of the columns, strongest first.

    >>> page = np.zeros((60, 80), bool); page[30, 10:] = True
    >>> [(at, round(tilt, 1)) for at, tilt in straight(page, 0.8)]
    [(30.0, -0.0)]
    """
    near, x = window_max(mask, 1, 0), np.arange(mask.shape[1])
    for height, tilt in _candidates(mask):
        rows = np.rint(height + tilt * x).astype(int)
        inside = (rows >= 0) & (rows < mask.shape[0])
        if near[rows[inside], x[inside]].sum() >= share * mask.shape[1]:
            yield height, tilt


def _crosses(near: Mask, centre: Ints) -> bool:
    """Whether there is ink along most of a line and at both its ends: a stroke of a digit rarely reaches both edges."""
    h, w = near.shape
    inside = (centre >= 0) & (centre < h)
    hit = np.zeros(w, bool)
    hit[inside] = near[centre[inside], np.flatnonzero(inside)]
    if inside.sum() < 0.5 * w or hit.sum() < COVERED * inside.sum():
        return False
    ends = max(2, w // 12)
    first, last = np.flatnonzero(inside)[[0, -1]]
    return bool(hit[first : first + ends].mean() >= 0.5 and hit[last - ends + 1 : last + 1].mean() >= 0.5)


def _erase(
    mask: Mask,
    lengths: tuple[Ints, Ints],
    level: Floats | None,
    erased: Mask,
    height: float,
    tilt: float,
    reach: int,
) -> bool:
    """Follows a line through the full mask and marks its thin ink in `erased`; False when it is no ruled line."""
    h, w = mask.shape
    up, down = lengths
    x = np.arange(w)
    around = np.arange(-2 * reach - 1, 2 * reach + 2)
    guess = height + tilt * (x + 0.5)
    rows = np.clip(np.floor(guess[:, None]).astype(int) + around, 0, h - 1)
    on = mask[rows, x[:, None]]
    long = np.where(on, up[rows, x[:, None]] + down[rows, x[:, None]] - 1, 10 * h)
    pick = (long + np.abs(around) * 0.01).argmin(1)
    found = on[x, pick]
    thickness = long[x, pick]
    if not found.any():
        return False
    typical = percentile(thickness[found], 40)
    thin = found & (thickness <= max(typical + 2.0, 1.8 * typical))
    if typical > 0.03 * max(h, w) + 2:  # too thick to be a ruled line
        return False
    if level is not None and thin.any():
        dark = level[rows[x, pick], x]
        thin &= dark <= DARKER * percentile(dark[thin], 40)
    for column in np.flatnonzero(thin):
        row = rows[column, pick[column]]
        erased[row - up[row, column] + 1 : row + down[row, column], column] = True
    return True


def run_lengths(mask: Mask) -> tuple[Ints, Ints]:
    """For every pixel of ink, how many pixels of ink in a row end here going down, and start here going down."""
    h, _w = mask.shape
    row = np.arange(1, h + 1)[:, None]
    last_paper = np.maximum.accumulate(np.where(mask, 0, row), axis=0)
    up = np.where(mask, row - last_paper, 0)
    flipped = mask[::-1]
    last_paper = np.maximum.accumulate(np.where(flipped, 0, row), axis=0)
    down = np.where(flipped, row - last_paper, 0)[::-1]
    return up, down
