"""Why a picture holds no writing at all: it is blank, dark all over, or full of small marks as noise and cloth are."""

from typing import Any

import numpy as np

from chainrule.images.components import Components, Mask
from chainrule.images.filters import Floats

MOST_PIECES = 600  # a page of two hundred broken digits has fewer; noise and cloth have more


def nothing_written(ink: Floats, mask: Mask) -> str | None:
    """The reason why this picture holds no writing at all, or None."""
    share = float(mask.mean())
    if share < 2e-5 or int(mask.sum()) < 6:
        return "There is no ink in this picture: it is blank, or the writing is too faint to see."
    if share > 0.85:
        return "This picture is dark all over: no paper and no writing can be told apart."
    return None


def too_busy(parts: Components, keep: np.ndarray[Any, Any]) -> str | None:
    """The reason why what was found is texture and not writing, or None."""
    if len(parts) == 0 or not keep.any():
        return "There is no writing in this picture, only specks."
    if int(keep.sum()) > MOST_PIECES:
        return "This picture is full of small marks, as noise, cloth or a photo of things is: no writing was found."
    return None
