"""Frames in another colour than the writing: told by their colour, so that digits which touch or cross them stay whole."""

from typing import Any

import numpy as np

from chainrule.images.components import Mask
from chainrule.images.fields import Field

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

COLOURED = 60  # levels between the brightest and the darkest of red, green and blue
MOSTLY, HARDLY = 0.6, 0.3  # shares of a frame's ink and of the writing's that are coloured
AROUND = 0.15  # of a field's smaller side: so far beside it its frame lies


def without_coloured_frames(mask: Mask, rest: Mask, fields: list[Field], pixels: Pixels) -> Mask:
    """`rest` with the ink of black digits in coloured boxes put right: all that is not coloured, nothing that is.

    mask: all ink.  rest: the same without frames, as `fields.without_frames` gives it.  pixels: of the picture, (h, w) or (h, w, 3).

    >>> from chainrule.images.fields import without_frames
    >>> page = np.full((80, 120, 3), 255, np.uint8)
    >>> for lines in (page[20:61, [30, 31, 89, 90]], page[[20, 21, 59, 60], 30:91]): lines[:] = 230, 40, 50
    >>> page[30:60, 60:64] = 20  # a digit that reaches the frame
    >>> mask = page.min(axis=2) < 128
    >>> rest, fields = without_frames(mask)
    >>> int(without_coloured_frames(mask, rest, fields, page).sum())
    120
    """
    if pixels.ndim != 3 or not fields:
        return rest
    coloured = pixels.max(axis=2) - pixels.min(axis=2) > COLOURED
    out = rest.copy()
    for field in fields:
        beside = max(2, round(AROUND * min(field.width, field.height)))
        wide = (
            slice(max(0, field.top - beside), field.bottom + beside),
            slice(max(0, field.left - beside), field.right + beside),
        )
        inner = (
            slice(field.top + beside, max(field.top + beside, field.bottom - beside)),
            slice(field.left + beside, max(field.left + beside, field.right - beside)),
        )
        frame, written = coloured[wide][mask[wide] & ~rest[wide]], coloured[inner][rest[inner]]
        if frame.size and written.size and frame.mean() > MOSTLY and written.mean() < HARDLY:
            inside = slice(field.top, field.bottom), slice(field.left, field.right)
            out[wide] &= ~coloured[wide]
            out[inside] |= mask[inside] & ~coloured[inside]
    return out
