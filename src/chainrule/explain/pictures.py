"""Which examples are pictures, and how they look."""

import math

import numpy as np

from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.step_inputs import StepInputs
from chainrule.graph import as_graph

SMALLEST = 8  # pixels a side: what is smaller is a row of a table
ALIKE = 0.3  # by how much more neighbours in a picture are correlated than pixels that are none


def picture_shape(inputs: StepInputs) -> tuple[int, ...] | None:
    """The shape (height, width) or (height, width, channels) of an example, if it is a picture.

    Said by `inputs.picture`, or seen from the data: (h, w, channels), (h, w) that is laid out as a row before it is
    learned from, or a row of a square number of pixels, of which neighbours look alike in both directions.
    """
    if inputs.picture is not None:
        return tuple(inputs.picture)
    if isinstance(inputs.batch[0], tuple):
        return None
    shape = np.shape(inputs.batch[0])[1:]
    if len(shape) == 3 and shape[2] in (1, 3) and min(shape[:2]) >= SMALLEST:
        return shape
    first = next((node.layer for node in as_graph(inputs.network).nodes if node.layer.weight_names), None)
    flattened = first is not None and first.input_shape == (math.prod(shape),)
    if len(shape) == 2 and min(shape) >= SMALLEST and flattened:
        return shape
    if len(shape) == 1 and looks_like_a_square(np.asarray(inputs.batch[0])):
        return (math.isqrt(shape[0]),) * 2
    return None


def looks_like_a_square(x: np.ndarray) -> bool:
    """Whether rows of numbers are square pictures: pixels beside and below each other are alike, others are not.

    Not so the end of a line and the beginning of the next: those are alike in a signal (a spectrum, a curve over time).

    >>> rng = np.random.default_rng(0)
    >>> rows = rng.uniform(size=(50, 64))
    >>> looks_like_a_square(rows)
    False
    """
    n, side = len(x), math.isqrt(x.shape[1])
    if side * side != x.shape[1] or side < SMALLEST or n < 2 or not np.isfinite(x).all():
        return False
    pictures = np.asarray(x, np.float64).reshape(n, side, side)
    pictures = pictures - pictures.mean(axis=0)
    far = likeness(pictures[:, : side // 2], pictures[:, side - side // 2 :])
    near = [likeness(pictures[:, 1:], pictures[:, :-1]), likeness(pictures[:, :, 1:], pictures[:, :, :-1])]
    seam = likeness(pictures[:, :-1, -1], pictures[:, 1:, 0])
    return bool(min(near) > far + ALIKE and near[1] > 1.5 * seam)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation of two sets of pixels over the examples and places."""
    length = math.sqrt(float((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / length if length else 0.0


def picture_of(step: OpenedStep, k: int) -> np.ndarray | None:
    """The k-th example as a picture from 0 (background) to 1, in grey or (h, w, 3); None if it is none."""
    shape = picture_shape(step.inputs)
    if shape is None:
        return None
    x = step.inputs.batch[0]
    low, high = float(x.min()), float(x.max())
    picture = (np.asarray(x[k], np.float64).reshape(shape) - low) / ((high - low) or 1.0)
    return picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture


def pixel_of(step: OpenedStep, link: OpenedLink, i: int) -> str:
    """Which pixel an input of a layer is, in words; "" where the layer is not given the pixels themselves, as a row."""
    shape = pixels_of(step, link)
    if shape is None:
        return ""
    place = np.unravel_index(i, shape)
    colour = "" if len(shape) == 2 or shape[2] == 1 else f", channel {place[2]}"
    words = f"nput {i} is the pixel in row {place[0]}, column {place[1]}{colour}."
    guessed = step.inputs.picture is None and np.ndim(step.inputs.batch[0]) == 2
    return f"Taken as a picture of {shape[0]} × {shape[1]}, i{words}" if guessed else f"I{words}"


def pixels_of(step: OpenedStep, link: OpenedLink) -> tuple[int, ...] | None:
    """The shape of the pictures whose pixels, laid out as a row, are a link's input; None for other links."""
    shape = picture_shape(step.inputs)
    first = all(not other.params for other in step.links[: link.place])
    return shape if first and shape is not None and link.x.shape[1:] == (math.prod(shape),) else None
