"""Which examples are pictures, and how they look."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chainrule.explain.step import LinkExplained, StepExplained

SMALLEST = 8  # pixels a side: what is smaller is a row of a table


def picture_shape(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The height and width of one example, if it is a picture: (28, 28), (28, 28, 1), or a row of 784.

    >>> picture_shape((784,)), picture_shape((28, 28)), picture_shape((4,))
    ((28, 28), (28, 28), None)
    """
    if len(shape) == 3 and shape[2] in (1, 3):
        shape = shape[:2]
    if len(shape) == 1 and math.isqrt(shape[0]) ** 2 == shape[0]:
        shape = (math.isqrt(shape[0]),) * 2
    return (shape[0], shape[1]) if len(shape) == 2 and min(shape) >= SMALLEST else None


def picture_of(step: "StepExplained", k: int) -> np.ndarray | None:
    """The k-th example as a grey picture, 0 (paper) to 1 (ink), as the first layer saw it; None if it is none."""
    x = step.moment.batch[0]
    shape = picture_shape(x.shape[1:])
    if shape is None:
        return None
    low, high = float(x.min()), float(x.max())
    picture = np.asarray(x[k], np.float64).reshape(*shape, -1).mean(axis=2)
    return np.asarray((picture - low) / ((high - low) or 1.0))


def looks_at(step: "StepExplained", link: "LinkExplained") -> tuple[int, int] | None:
    """The height and width of the pictures whose pixels, laid out as a row, are a link's input; None for other links."""
    shape = picture_shape(step.moment.batch[0].shape[1:])
    first = all(not other.params for other in step.links[: link.place])
    return shape if first and shape is not None and link.x.shape[1:] == (shape[0] * shape[1],) else None
