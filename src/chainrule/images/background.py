"""The background under the ink: the brightness of the paper, and whether the ink is darker or lighter than it."""

from typing import Any

import numpy as np

from chainrule.images.components import components
from chainrule.images.filters import Floats, median, percentile, resized, window_max, window_mean, window_min
from chainrule.images.grey import thumbnail

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

REACH = 0.09  # half the widest stroke that is still taken for ink, as a share of the long side
WIDE_REACH = 0.16  # the same, where the first turns out too narrow
OFF_SHEET = 0.33  # a hard shadow leaves more of the light than this
NEARLY_OFF = 0.45  # the same beside what surely is no sheet
TWO_TONES = 0.995  # so much of a drawing has one of its two tones: then what is dark is ink, however broad
SMALL = 24  # a picture this small is one digit cut out: too little for a lamp or a shadow to show
# What is darker than its paper by this share is ink; by the second, where all ink is faint.
CLEAR, FAINT = 0.12, 0.04
WHOLLY = 0.5  # a strip of which so much lies outside the sheet is no part of it
SHADOW = 0.1  # of the picture's side: what is dark so far around is no stroke
DARKEST = 24.0  # paper is never taken to be darker: dividing by less would make noise into ink


def ink_is_light(grey: Pixels) -> bool:
    """Whether the ink is lighter than its ground (chalk, a dark screen), decided from the picture.

    Two signs, both in units of the picture's own contrast. The border is ground more often than ink; and ink is the
    rarer of the two tones wherever one looks, so the differences from the surroundings are lopsided towards it.

    >>> board = np.full((40, 40), 30, np.uint8); board[10:30, 18:22] = 220
    >>> ink_is_light(board), ink_is_light(255 - board)
    (True, False)
    """
    small = thumbnail(grey).astype(np.float32)
    away = small - window_mean(small, max(2, round(max(small.shape) * 0.09)))
    scale = float(np.sqrt(np.mean(away**2))) + 1e-6
    lopsided = float(np.mean(away**3)) / scale**3
    ring = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    low, high = percentile(small, 2), percentile(small, 98)
    ground = (median(ring) - (low + high) / 2) / max(8.0, (high - low) / 2)  # -1 dark … 1 light
    return bool(lopsided - 1.5 * ground > 0.0)


def background(grey: Pixels) -> Floats:
    """The paper's brightness under every pixel of a picture with dark ink: shadows and lamps kept, ink taken out.

    Found on a thumbnail, with a narrow window first, since that follows shadows best. Where the "paper" it finds
    is in places as dark as the ink, the strokes are wider than the window, and a wider one is used.
    """
    level = even_level(grey)
    if level is not None:
        return np.full(grey.shape, level, np.float32)
    small = thumbnail(grey).astype(np.float32)
    ground = filled(small, round(max(small.shape) * REACH))
    if as_dark_as_ink(small, ground):
        ground = filled(small, round(max(small.shape) * WIDE_REACH), framed=True)
    h, w = grey.shape
    return ground if small.shape == grey.shape else resized(ground, w, h)


def even_level(grey: Pixels) -> float | None:
    """The paper's one brightness in a drawing of two tones or a very small picture; None where light may vary."""
    step = max(1, max(grey.shape) // 400)
    sample = grey[::step, ::step].astype(np.float32)
    low, high = percentile(sample, 1), percentile(sample, 99)
    light = sample > (low + high) / 2
    if high - low < 64 or not light.any() or light.all():
        return None
    solid = window_min(~light, max(1, round(SHADOW * max(sample.shape))))
    tones = np.where(light, median(sample[light]), median(sample[~light]))
    even = float(np.mean(np.abs(sample - tones) <= max(3.0, 0.015 * (high - low))))
    if max(grey.shape) >= SMALL and solid.mean() > 0.03 and even < TWO_TONES:
        return None  # half of it lies in the shade: ink and edges are a third tone there
    return median(sample[light]) if even > 0.85 or max(grey.shape) < SMALL else None


def filled(small: Floats, reach: int, framed: bool = False) -> Floats:
    """The ground of a thumbnail, strokes up to twice `reach` wide taken out.

    First a closing: what is darker than all around it and narrower than the window is filled with the brightness
    beside it. Then the mean of the neighbouring pixels that are not ink, so that noise evens out.
    """
    reach = max(1, reach)
    wide = with_frame(small, reach) if framed else small
    closed = window_min(window_max(wide, reach), reach)
    closed = closed[reach:-reach, reach:-reach] if framed else closed
    away = 1.0 - small / np.maximum(closed, 1.0)
    least = min(CLEAR, max(FAINT, percentile(away, 98) / 2.0))  # faint ink is not half so dark as that
    clear = window_min((away < least).astype(np.float32), 1)
    near = max(1, round(max(small.shape) * 0.01))
    weight = window_mean(clear, near)
    mean = window_mean(small * clear, near) / np.maximum(weight, 1e-3)
    trust = np.minimum(1.0, weight * 4.0)
    ground: Floats = trust * mean + (1.0 - trust) * closed
    return ground


def as_dark_as_ink(small: Floats, ground: Floats) -> bool:
    """Whether parts of the ground found are really ink: as dark as what counts as ink, and no larger than that."""
    ink = small < 0.6 * ground
    dark = ground < 0.65 * percentile(ground, 90)
    if not ink.any() or dark.mean() < 0.004 or dark.sum() > 1.5 * ink.sum():
        return False
    return bool(median(small[dark]) < 1.3 * median(small[ink]))


def with_frame(small: Floats, width: int) -> Floats:
    """A frame of paper around the picture, as bright as the paper along the edge nearby.

    Without it, ink that touches the edge has paper on one side only, and would be taken for dark paper.
    """
    out = np.pad(small, width, mode="edge")
    along = max(1, round(max(small.shape) * 0.15))
    top, bottom = window_max(out[:width], 0, along), window_max(out[-width:], 0, along)
    left, right = window_max(out[:, :width], along, 0), window_max(out[:, -width:], along, 0)
    out[:width], out[-width:] = top, bottom
    out[:, :width], out[:, -width:] = np.maximum(left, out[:, :width]), np.maximum(right, out[:, -width:])
    return out


def beside(ground: Floats) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where there is no sheet: large parts far darker than the paper, as a book's gutter, a table, a scanner's lid."""
    small = thumbnail(np.clip(ground, 0, 255).astype(np.uint8))
    light = percentile(small, 90)
    dark = small < OFF_SHEET * light
    if not dark.any():
        return np.zeros(ground.shape, bool)
    parts = components(small < NEARLY_OFF * light)
    surely = np.bincount(parts.labels[dark], minlength=len(parts) + 1)[1:]
    dark |= parts.mask(10 * surely > parts.area)
    wide = window_max(dark, max(1, round(max(small.shape) * 0.01)))
    return resized(wide.astype(np.uint8) * 255, ground.shape[1], ground.shape[0]) > 127


def sheet_in(outside: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the sheet, where whole strips along the picture's edges lie outside it.

    >>> outside = np.zeros((4, 6), bool); outside[:, :2] = True
    >>> sheet_in(outside)
    (2, 0, 6, 4)
    """
    columns, rows = (np.flatnonzero(outside.mean(axis=axis) < WHOLLY) for axis in (0, 1))
    if not len(columns) or not len(rows):
        return 0, 0, outside.shape[1], outside.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def darkness(grey: Pixels, ground: Floats) -> Floats:
    """Ink as a share of the light that the paper would send back: 0 paper, 1 black. float32 (h, w)."""
    return np.clip(1.0 - grey / np.maximum(ground, DARKEST), 0.0, 1.0).astype(np.float32)
