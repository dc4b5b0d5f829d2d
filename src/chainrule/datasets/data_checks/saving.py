"""How far saving a picture anew moves it, and how far two pictures are apart in that measure.

A JPEG keeps each wave of each field of 8 x 8 pixels only in steps, small ones for slow waves and large ones for quick ones.
What that changes is the picture's residue. A copy that was saved anew lies one residue away from what it copies, whatever
the picture shows; different pictures lie many away, because they differ in their slow waves.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

FIELD = 8  # pixels of a side
QUALITY = 60  # as photo programs and web sites save
# The steps of the 8 x 8 waves at quality 50, from slow to quick: ITU T.81, table K.1.
STEPS = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
WEAKEST, STRONGEST = 0.7, 1.4  # contrast of a copy, as a share of what it copies
WHITE = 225  # from here on a brighter picture may have lost what was there
MOST = (
    0.05  # of a picture's own waves: where a residue is more, all such pictures are about one residue apart
)
ROUNDING = 0.25  # of a wave's square: pixels are whole numbers

Floats = NDArray[np.float32]


def apart(a: Floats, b: Floats) -> Floats:
    """How far pictures lie apart, (n, height, width) each, in residues; brightness and contrast do not count.

    Infinitely far are those that differ by more than a twentieth of what they show.

    >>> rng = np.random.default_rng(0)
    >>> a = (rng.normal(0, 9, (2, 16, 16)).cumsum(axis=2) + 128).round().clip(0, 255).astype("f4")
    >>> bool(apart(a, (0.9 * a).round())[0] < 0.1), float(apart(a[:1], a[1:])[0])
    (True, inf)
    """
    below_white = (np.maximum(a, b) < WHITE).astype(np.float32)
    tries = [_like(a, b, counts) for counts in (np.ones_like(a), below_white)]
    differences = np.stack([_size(a - like) for like in tries])
    like = np.where((differences[0] <= differences[1])[:, None, None], *tries)
    difference, shown = differences.min(axis=0), _size(a - a.mean(axis=(1, 2), keepdims=True))
    moved = np.maximum(_size(residue(a)), _size(residue(like))) + (ROUNDING / _steps(*a.shape[1:]) ** 2).sum()
    return np.where(difference <= MOST * shown, difference / moved, np.inf).astype(np.float32)


def residue(x: Floats) -> Floats:
    """What a JPEG of quality 60 loses of pictures (n, height, width), their first field at the first pixel."""
    n, height, width = x.shape
    down, right = -(-height // FIELD), -(-width // FIELD)
    padded = np.pad(x, ((0, 0), (0, down * FIELD - height), (0, right * FIELD - width)), mode="edge")
    fields = padded.reshape(n, down, FIELD, right, FIELD).swapaxes(2, 3) - 128
    waves, steps = _waves(FIELD), _steps(FIELD, FIELD)
    sizes = waves @ fields @ waves.T
    lost = waves.T @ (sizes - np.round(sizes / steps) * steps) @ waves
    return np.asarray(lost.swapaxes(2, 3).reshape(padded.shape)[:, :height, :width], np.float32)


def _like(a: Floats, b: Floats, counts: Floats) -> Floats:
    """b with the brightness and contrast of a, measured on the pixels that count, and cut to what a pixel can hold."""
    many = np.maximum(counts.sum(axis=(1, 2), keepdims=True), 1)
    mean_a, mean_b = ((x * counts).sum(axis=(1, 2), keepdims=True) / many for x in (a, b))
    away = (b - mean_b) * counts
    variance = (away * away).sum(axis=(1, 2), keepdims=True)
    covariance = (away * (a - mean_a)).sum(axis=(1, 2), keepdims=True)
    contrast = np.clip(covariance / np.maximum(variance, 1e-3), WEAKEST, STRONGEST)
    return np.asarray((contrast * (b - mean_b) + mean_a).clip(0, 255), np.float32)


def _size(x: Floats) -> Floats:
    """The squares of all waves, each in its own steps, added up."""
    _, height, width = x.shape
    waves = _waves(height) @ x @ _waves(width).T
    return np.asarray(((waves / _steps(height, width)) ** 2).sum(axis=(1, 2)), np.float32)


@cache
def _waves(n: int) -> Floats:
    """The cosines of n pixels, each of length 1; row k has k half waves."""
    place, k = np.arange(n) + 0.5, np.arange(n)[:, None]
    rows = np.cos(np.pi * place * k / n) * np.sqrt(2 / n)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, np.float32)


@cache
def _steps(height: int, width: int) -> Floats:
    """The step of each wave at quality 60, by its half waves in 8 pixels, between those of the table in proportion."""
    table, known = np.array(STEPS) * (200 - 2 * QUALITY) / 100, np.arange(FIELD)
    rows = np.array([np.interp(np.arange(width) * FIELD / width, known, row) for row in table])
    both = [np.interp(np.arange(height) * FIELD / height, known, column) for column in rows.T]
    return np.asarray(np.transpose(both), np.float32)
