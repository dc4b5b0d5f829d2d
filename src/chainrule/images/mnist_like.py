"""A picture that already is as MNIST's are passes through; this tells which ones are."""

from typing import Any

import numpy as np

from chainrule.images.filters import median

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def is_mnist_like(pixels: Pixels, size: int = 28) -> Pixels | None:
    """The picture itself, or turned over when it is MNIST in black on white; None when it must be prepared.

    MNIST's digits, all 70,000: the longer side 19 or 20 pixels, the centre of mass within half a pixel of the
    middle, next to nothing in the outermost ring. A little more is allowed for copies kept as JPEG.

    >>> is_mnist_like(np.zeros((28, 28), np.uint8)) is None
    True
    """
    if pixels.shape[:2] != (size, size):
        return None
    if pixels.ndim == 3:
        if (pixels.max(2).astype(int) - pixels.min(2)).max() > 16:
            return None
        pixels = pixels[..., 0]
    ring = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if median(ring) >= 216:
        pixels, ring = 255 - pixels, 255 - ring
    weight = pixels.astype(np.float64) * (pixels >= 32)
    on = pixels >= 32
    total = weight.sum()
    if total <= 0 or pixels.max() < 128 or np.mean(ring >= 32) > 0.08 or on.mean() > 0.5 or median(ring) > 24:
        return None
    rows, columns = np.flatnonzero(on.any(1)), np.flatnonzero(on.any(0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    at = np.arange(size)
    middle = (size - 1) / 2 + 0.5
    away = max(
        abs(float(weight.sum(1) @ at) / total - middle), abs(float(weight.sum(0) @ at) / total - middle)
    )
    return pixels if 17 <= longer <= 22 and away <= 0.8 else None
