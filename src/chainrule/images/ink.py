"""Which pixels are ink: those at least half as dark as the darkest near them, and darker than the paper's noise."""

import numpy as np

from chainrule.images.components import Mask
from chainrule.images.windows import Floats, resized, window_max, window_mean

BLOCK = 8                   # the local maximum is looked up on blocks of this many pixels
FAINTEST = 0.07             # darkness below this is never ink


def noise(ink: Floats) -> float:
    """The paper's own roughness: a robust spread of the darkness where there is no ink."""
    sample = ink[:: max(1, ink.shape[0] // 400), :: max(1, ink.shape[1] // 400)]
    low = sample[sample < max(0.08, float(np.percentile(sample, 60)))]
    return float(np.sqrt(np.mean(low**2))) if low.size else 0.0


def peaks(ink: Floats, reach: float = 0.04) -> Floats:
    """The largest darkness near every pixel, within about `reach` of the long side."""
    h, w = ink.shape
    soft = window_mean(ink, 1) if min(h, w) >= 100 else ink
    block = BLOCK if min(h, w) >= 64 else 1
    rows, columns = -(-h // block), -(-w // block)
    tiled = np.pad(soft, ((0, rows * block - h), (0, columns * block - w)))
    tiles = tiled.reshape(rows, block, columns, block).max(axis=(1, 3))
    tiles = window_max(tiles, max(1, round(reach * max(h, w) / block)))
    return tiles if block == 1 else resized(tiles, columns * block, rows * block)[:h, :w]


def faintest(ink: Floats) -> float:
    """The darkness from which on something is ink and not the paper's own roughness."""
    return max(FAINTEST, 4.0 * noise(ink))


def ink_mask(ink: Floats, share: float = 0.45) -> Mask:
    """True where there is ink: at least `share` of the local peak and above the noise.

    Half the peak is where a blurred stroke has its true edge, whatever pen it was.
    """
    return ink >= np.maximum(faintest(ink), share * peaks(ink))
