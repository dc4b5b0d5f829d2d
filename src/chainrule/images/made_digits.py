"""MNIST's digits as bad pictures of them look once they are prepared: of few pixels, torn, with something beside them.

They stay the digits they were; a network that has seen them is less surprised by what pens, scans and cuts leave.
"""

from typing import Any

import numpy as np

from chainrule.images import placing
from chainrule.images.filters import Floats, resized, window_mean

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

LARGER = 3  # digits are worked on so many times larger
MARGIN = 8  # pixels around them then
MOST_STRETCH = 2.2  # times wider: more makes a 1 a block


def coarse(digits: Pixels, seed: int) -> Pixels:
    """Each digit as of a picture 7 to 18 pixels high: noisy, cut at a level, made large again; uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    return np.stack([_coarse(digit, rng) for digit in digits])


def disturbed(digits: Pixels, seed: int) -> Pixels:
    """Each digit with an edge of a neighbour beside it, a rule through or under it, gaps, or specks; uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    out = []
    for digit in digits:
        ink = np.pad(_enlarged(digit), MARGIN)
        kind = rng.random()
        if kind < 0.35:
            _neighbour(ink, _enlarged(digits[rng.integers(len(digits))]), rng)
        elif kind < 0.55:
            _rule(ink, rng)
        elif kind < 0.85:
            _gaps(ink, rng)
        else:
            _specks(ink, rng)
        out.append(placing.centred(window_mean(ink, 1)) if (ink >= 0.5).any() else digit)
    return np.stack(out)


def _enlarged(digit: Pixels) -> Floats:
    ink = placing.cropped(digit.astype(np.float32) / np.float32(255))[0]
    h, w = ink.shape
    large: Floats = np.clip(resized(np.ascontiguousarray(ink), w * LARGER, h * LARGER, "BICUBIC"), 0, 1)
    return large


def _coarse(digit: Pixels, rng: np.random.Generator) -> Pixels:
    ink = np.pad(_enlarged(digit), 4)
    h, w = ink.shape
    scale = rng.uniform(7, 18) / max(h, w)
    small = resized(ink, max(3, round(w * scale)), max(3, round(h * scale)), "BOX")
    small = small + np.asarray(rng.normal(0, rng.uniform(0, 0.12), small.shape), np.float32)
    level = rng.uniform(0.25, 0.55) * small.max()
    if rng.random() < 0.7:
        small = (small - level) / rng.uniform(0.05, 0.5) + 0.5
    small = np.pad(np.clip(small, 0, 1), 1).astype(np.float32)
    large = np.clip(resized(small, small.shape[1] * 6, small.shape[0] * 6, "BICUBIC"), 0, 1)
    large = placing.sharpened(large) if rng.random() < 0.6 else large
    return placing.centred(large) if (large >= 0.5).any() else digit


def _neighbour(ink: Floats, other: Floats, rng: np.random.Generator) -> None:
    """The edge of another digit at one side."""
    h, w = ink.shape
    wide = int(rng.integers(2, 8))
    piece = other[:, -wide:] if rng.random() < 0.5 else other[:, :wide]
    top = max(0, (h - len(piece)) // 2 + int(rng.integers(-6, 7)))
    left = int(rng.integers(0, 6)) if rng.random() < 0.5 else w - wide - int(rng.integers(0, 6))
    there = ink[top : top + len(piece), max(0, left) : max(0, left) + wide]
    piece = piece[: there.shape[0], : there.shape[1]]
    there = there[: piece.shape[0], : piece.shape[1]]
    np.maximum(there, piece, out=there)


def _rule(ink: Floats, rng: np.random.Generator) -> None:
    """A level line, mostly under the digit."""
    h, w = ink.shape
    y = int(rng.uniform(0, h - 2)) if rng.random() < 0.3 else h - MARGIN - 1 + int(rng.integers(-4, 6))
    first, last = (0, w) if rng.random() < 0.6 else sorted(rng.integers(0, w, 2))
    y = min(max(y, 0), h - 2)
    ink[y : y + int(rng.integers(1, 4)), first:last] = 1


def _gaps(ink: Floats, rng: np.random.Generator) -> None:
    """Level gaps all across, or holes."""
    h, w = ink.shape
    for _ in range(int(rng.integers(1, 4))):
        y, x, r = int(rng.integers(8, h - 8)), int(rng.integers(8, max(9, w - 8))), int(rng.integers(1, 4))
        if rng.random() < 0.5:
            ink[max(0, y - r // 2) : y + r // 2 + 1] = 0
        else:
            ink[max(0, y - r) : y + r, max(0, x - r) : x + r] = 0


def _specks(ink: Floats, rng: np.random.Generator) -> None:
    """A few small squares anywhere."""
    h, w = ink.shape
    for _ in range(int(rng.integers(1, 5))):
        y, x, r = int(rng.integers(0, h - 2)), int(rng.integers(0, w - 2)), int(rng.integers(1, 4))
        ink[y : y + r, x : x + r] = 1


def joined_to_neighbours(digits: Pixels, seed: int) -> Pixels:
    """Each digit with a stroke that came from the digit before it or goes on to the next, as a cut leaves it; uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    out = []
    for digit in digits:
        ink = np.pad(_enlarged(digit), ((MARGIN, MARGIN), (3 * MARGIN, 3 * MARGIN)))
        for side in rng.permutation([-1, 1])[: 1 if rng.random() < 0.7 else 2]:
            _tail(ink, int(side), rng)
        out.append(placing.centred(window_mean(ink, 1)) if (ink >= 0.5).any() else digit)
    return np.stack(out)


def _tail(ink: Floats, side: int, rng: np.random.Generator) -> None:
    """A bowed stroke from the ink's edge at one side (-1 left, 1 right) outwards, about as wide as a pen."""
    rows = np.flatnonzero((ink >= 0.5).any(axis=1))
    if not len(rows):
        return
    row = int(rng.choice(rows))
    columns = np.flatnonzero(ink[row] >= 0.5)
    if not len(columns):
        return
    column = int(columns[-1 if side > 0 else 0])
    length, rise, bow = rng.uniform(4, 3 * MARGIN - 2), rng.uniform(-0.7, 0.7), rng.uniform(-4, 4)
    pen = int(rng.integers(2, 7))
    for t in np.linspace(0, 1, 2 * int(length)):
        y = round(row + rise * t * length + bow * np.sin(np.pi * t)) - pen // 2
        x = round(column + side * t * length)
        ink[max(0, y) : max(0, y + pen), max(0, x - 1) : x + 1] = 1


def slanted(digits: Pixels, seed: int) -> Pixels:
    """Each digit leaning far to the right, as a steep joined hand writes, or a little to the left; uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    out = []
    for digit in digits:
        lean = rng.uniform(0.25, 0.9) if rng.random() < 0.85 else rng.uniform(-0.4, -0.15)
        ink = placing.sheared(np.pad(_enlarged(digit), 2), -lean)
        fine = placing.sharpened(placing.fitted(np.ascontiguousarray(ink)))
        out.append(placing.centred(placing.widened(fine, 2.2, 3.0)) if (fine >= 0.5).any() else digit)
    return np.stack(out)


def stretched(digits: Pixels, seed: int) -> Pixels:
    """Each digit as wide as high, or nearly, at 14 to 24 pixels of two tones: as some scans were stored; uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    return np.stack([_stretched(digit, rng) for digit in digits])


def _stretched(digit: Pixels, rng: np.random.Generator) -> Pixels:
    ink = _enlarged(digit)
    ink = placing.sheared(np.pad(ink, 2), rng.normal(0.0, 0.15))
    ink = placing.cropped(ink)[0]
    high = int(rng.integers(14, 25))
    share = rng.uniform(0.85, 1.05) if rng.random() < 0.7 else rng.uniform(0.45, 0.85)
    wide = max(4, round(high * min(share, MOST_STRETCH * ink.shape[1] / ink.shape[0])))
    small = np.clip(resized(np.ascontiguousarray(ink), wide, high, "BOX"), 0, 1)
    if rng.random() < 0.75:
        small = (small > rng.uniform(0.25, 0.6) * small.max()).astype(np.float32)
    pen = float(rng.uniform(2.2, 3.0))
    fine = placing.sharpened(placing.fitted(small.astype(np.float32)))
    return placing.centred(placing.widened(fine, pen, pen)) if (fine >= 0.5).any() else digit
