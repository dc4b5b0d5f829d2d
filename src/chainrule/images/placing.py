"""From one digit's ink to 28 x 28: upright, boxed, with MNIST's stroke width, size, place and grey levels."""

from typing import Any

import numpy as np

from chainrule.images.filters import Floats, padded, resized, window_mean
from chainrule.images.strokes import rewidened, stroke_width

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
FINE = 6  # fine pixels per pixel of the 20-pixel box while the strokes are worked on
MOST_CHANGE = 2.5  # strokes are made finer by at most this many of the box's pixels
MARGIN = 4  # boxes' pixels of paper kept around the digit meanwhile


def cropped(ink: Floats) -> tuple[Floats, tuple[int, int, int, int]]:
    """The smallest box around what is at least half ink, and that box (left, top, right, bottom)."""
    on = ink >= 0.5
    if not on.any():
        return ink, (0, 0, ink.shape[1], ink.shape[0])
    rows, columns = np.flatnonzero(on.any(1)), np.flatnonzero(on.any(0))
    t, b, l, r = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return ink[t:b, l:r], (l, t, r, b)


def fitted(ink: Floats, box: int = 20) -> Floats:
    """The cropped digit on a fine grid: longest side `box` * FINE, soft-edged, with paper around it."""
    h, w = ink.shape
    scale = box * FINE / max(h, w)
    width, height = max(1, round(w * scale)), max(1, round(h * scale))
    around = max(1, round(MARGIN * FINE / scale))
    wide = padded(ink, around)
    border = round(around * scale)
    big = resized(wide, width + 2 * border, height + 2 * border, "BOX" if scale < 1 else "BICUBIC")
    pen = stroke_width(ink) * scale
    if 0.0 < pen < 2.5:  # a pen finer than the grid: what is left of it counts as full
        big = big * np.float32(2.5 / pen)
    spare = max(0, border - MARGIN * FINE)
    big = big[spare : big.shape[0] - spare, spare : big.shape[1] - spare]
    return np.clip(window_mean(big, 1), 0.0, 1.0)


def sharpened(ink: Floats, softness: float = 0.25) -> Floats:
    """Edges made as steep as the fine grid allows: below and above half ink there is soon paper and full ink."""
    out: Floats = np.clip((ink - 0.5) / softness + 0.5, 0.0, 1.0).astype(np.float32)
    return out


def slant(ink: Floats) -> float:
    """How far the ink leans: columns to the left per row down (a slash leans positively)."""
    total = float(ink.sum())
    if total <= 0:
        return 0.0
    y, x = np.arange(ink.shape[0], dtype=np.float32), np.arange(ink.shape[1], dtype=np.float32)
    down, across = ink.sum(1), ink.sum(0)
    cy, cx = float(down @ y) / total, float(across @ x) / total
    yy = float(down @ (y - cy) ** 2)
    xy = float((y - cy) @ ink @ (x - cx))
    return -xy / yy if yy > 0 else 0.0


def sheared(ink: Floats, lean: float) -> Floats:
    """Each row moved so that a lean of `lean` stands upright; the picture grows wide enough to lose nothing."""
    from PIL import Image

    h, _w = ink.shape
    grow = int(np.ceil(abs(lean) * h / 2)) + 1
    wide = padded(ink, 0, grow)
    image = Image.fromarray(wide)
    moved = image.transform(
        image.size, Image.Transform.AFFINE, (1, -lean, lean * h / 2, 0, 1, 0), Image.Resampling.BILINEAR
    )
    return np.asarray(moved)


def centred(ink: Floats, box: int = 20, size: int = 28) -> Pixels:
    """Area means into a box of `box` pixels, aspect kept, centre of mass in the middle of `size` x `size`."""
    ink, _ = cropped(ink)
    h, w = ink.shape
    scale = box / max(h, w)
    height, width = max(1, round(h * scale)), max(1, round(w * scale))
    small = resized(ink, width, height, "BOX")
    total = float(small.sum())
    if total <= 0:
        return np.zeros((size, size), np.uint8)
    cy = float(small.sum(1) @ (np.arange(height) + 0.5)) / total
    cx = float(small.sum(0) @ (np.arange(width) + 0.5)) / total
    top = min(max(round(size / 2 - cy), 0), size - height)
    left = min(max(round(size / 2 - cx), 0), size - width)
    out = np.zeros((size, size), np.float32)
    out[top : top + height, left : left + width] = small
    levels: Pixels = np.rint(np.clip(out, 0.0, 1.0) * 255.0).astype(np.uint8)
    return levels


def widened(ink: Floats, finest: float, widest: float) -> Floats:
    """Strokes brought between `finest` and `widest` (in pixels of the 20-pixel box) where they are not."""
    width = stroke_width(ink) / FINE
    if width <= 0.0 or finest <= width <= widest:
        return ink
    change = (finest if width < finest else widest) - width
    return rewidened(ink, max(change, -MOST_CHANGE) * FINE)
