"""Which pixels are ink: those at least half as dark as the darkest near them, and darker than the paper's noise."""

import numpy as np

from chainrule.images.components import Mask
from chainrule.images.filters import Floats, median, percentile, resized, window_max

BLOCK = 8  # the local maximum is looked up on blocks of this many pixels
FAINTEST = 0.07  # darkness below this is never ink


def noise(ink: Floats) -> float:
    """The paper's own roughness: the spread of the darkness where there is no ink, but not more than grain explains.

    Where ink covers most of the picture, what differs little from its neighbours tells the grain from the ink.
    """
    step = max(1, min(ink.shape) // 400)
    if min(ink.shape) < 3:
        return 0.0
    rough = median(np.abs(2.0 * ink[::step, 1:-1:step] - ink[::step, :-2:step] - ink[::step, 2::step])) / 2.0
    sample = ink[::step, ::step]
    low = sample[sample < max(0.08, percentile(sample, 60))]
    return min(float(np.sqrt(np.mean(low**2))) if low.size else 0.0, 0.015 + 3.0 * rough)


def peaks(ink: Floats, reach: float = 0.04) -> Floats:
    """The largest darkness near every pixel, within about `reach` of the long side."""
    h, w = ink.shape
    block = BLOCK if min(h, w) >= 64 else 1
    rows, columns = -(-h // block), -(-w // block)
    tiles = np.pad(ink, ((0, rows * block - h), (0, columns * block - w)))
    if block > 1:  # the mean of 2 x 2 first: one dark grain is no peak
        tiles = (tiles[::2] + tiles[1::2])[:, ::2] + (tiles[::2] + tiles[1::2])[:, 1::2]
        tiles = (tiles / 4).reshape(rows, block // 2, columns, block // 2).max(axis=(1, 3))
    tiles = window_max(tiles, max(1, round(reach * max(h, w) / block)))
    return tiles if block == 1 else resized(tiles, columns * block, rows * block)[:h, :w]


def faintest(ink: Floats) -> float:
    """The darkness from which on something is ink and not the paper's own roughness."""
    return max(FAINTEST, 4.0 * noise(ink))


def ink_level(ink: Floats, share: float = 0.4, floor: float | None = None) -> Floats:
    """How dark each pixel must be to be ink: at least `share` of the local peak, and above the noise.

    Half the peak is where a blurred stroke has its true edge, whatever pen it was.
    """
    level: Floats = np.maximum(np.float32(faintest(ink) if floor is None else floor), share * peaks(ink))
    return level


def ink_mask(ink: Floats, share: float = 0.4, floor: float | None = None) -> Mask:
    """True where there is ink, see `ink_level`."""
    mask: Mask = ink >= ink_level(ink, share, floor)
    return mask


def shade_of(ink: Floats, level: Floats) -> Floats:
    """How dark each pixel is beside what counts as ink: 0 paper, 0.5 a stroke's edge, 1 full ink.

    >>> shade_of(np.float32([0.1, 0.2, 0.5]), np.float32([0.2, 0.2, 0.2])).tolist()
    [0.25, 0.5, 1.0]
    """
    shade: Floats = np.clip(0.5 * ink / level, 0.0, 1.0).astype(np.float32)
    return shade
