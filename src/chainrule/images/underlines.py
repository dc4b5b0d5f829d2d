"""Underlines that touch the writing: a level stroke below a number, found and taken out as ruled lines are."""

import numpy as np

from chainrule.images.components import Components, Mask
from chainrule.images.filters import percentile
from chainrule.images.lines import run_lengths

TILTS = np.tan(np.radians(np.arange(-12.0, 12.1, 3.0)))
COVERED = 0.85  # of the width of what it underlines
LOW = 0.6  # of the height: the stroke lies below
THICK = 0.22  # of the height: a thicker one is no underline
REST = 0.3  # of the ink must be something else


def without_underlines(parts: Components, keep: np.ndarray, shape: tuple[int, ...]) -> Mask | None:
    """The writing without the underlines that are part of it; None where there are none.

    >>> from chainrule.images.components import components
    >>> page = np.zeros((60, 80), bool); page[10:50, 30:34] = page[46:50, 10:70] = True
    >>> rest = without_underlines(components(page), np.ones(1, bool), page.shape)
    >>> bool(rest[20, 31]), bool(rest[48, 15]), bool(rest[48, 31])
    (True, False, True)
    """
    mask, found = np.zeros(shape, bool), False
    for k in np.flatnonzero(keep):
        window = (
            slice(int(parts.top[k]), int(parts.bottom[k])),
            slice(int(parts.left[k]), int(parts.right[k])),
        )
        ink = parts.labels[window] == k + 1
        rest = _without(ink) if ink.shape[1] >= 0.9 * ink.shape[0] >= 7 else None
        found |= rest is not None
        mask[window] |= ink if rest is None else rest
    return mask if found else None


def _without(ink: Mask) -> Mask | None:
    """One piece of ink without its underline, None where it has none."""
    h, w = ink.shape
    up, down = run_lengths(ink)
    long = np.where(ink, up + down - 1, 0)
    thin = ink & (long <= max(2.0, THICK * h))
    x = np.arange(w)
    best, at = 0.0, (0, 0.0)
    for tilt in TILTS:
        rows = np.arange(int(LOW * h), h)[:, None] - np.rint(tilt * (x - w / 2)).astype(int)[None]
        inside = (rows >= 0) & (rows < h)
        near = ink[np.clip(rows, 0, h - 1), x[None]] & inside
        covered = near.mean(axis=1)
        row = int(covered.argmax())
        if covered[row] > best:
            best, at = float(covered[row]), (int(LOW * h) + row, float(tilt))
    if best < COVERED:
        return None
    line = np.clip(at[0] - np.rint(at[1] * (x - w / 2)).astype(int), 0, h - 1)
    rest = ink.copy()
    columns = np.flatnonzero(thin[line, x])
    if len(columns) < 0.5 * w:
        return None
    typical = percentile(long[line, x][columns], 30)
    columns = columns[long[line, x][columns] <= max(typical + 1.0, 1.5 * typical)]
    for column in columns:
        row = line[column]
        rest[row - up[row, column] + 1 : row + down[row, column], column] = False
    return rest if rest.sum() > REST * ink.sum() else None
