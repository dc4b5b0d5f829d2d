"""The receptive field: which inputs of the network one unit depends on."""

from typing import NamedTuple

import numpy as np

from chainrule.explain.layers import formulas_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.pictures import picture_of, picture_shape


class Field(NamedTuple):
    """Rows and columns of a picture, first and last included."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    def __str__(self) -> str:
        high, wide = (last - first + 1 for first, last in (self.rows, self.columns))
        (top, bottom), (left, right) = self.rows, self.columns
        return f"rows {top} to {bottom} and columns {left} to {right} of the picture, {high} × {wide} pixels"


def inputs_seen(step: OpenedStep, link: OpenedLink, unit: int) -> np.ndarray | None:
    """The places in one example's input (as in a row) that an output depends on; None where that is not known."""
    places = np.array([unit])
    while True:
        if len(link.sources) != 1:
            return None
        found = [formulas_of(link.link).inputs_of(link, int(place)) for place in places]
        if any(one is None for one in found):
            return None
        places = np.unique(np.concatenate([one for one in found if one is not None]))
        source = link.sources[0].node
        if source < 0:
            return places
        link = step.links[source]


def field_of(step: OpenedStep, link: OpenedLink, unit: int) -> Field | None:
    """The rows and columns that a unit sees, where examples are pictures and it does not see all of them."""
    shape = picture_shape(step.inputs)
    places = None if shape is None else inputs_seen(step, link, unit)
    if shape is None or places is None or not len(places):
        return None
    rows, columns = np.unravel_index(places, shape)[:2]
    field = Field((int(rows.min()), int(rows.max())), (int(columns.min()), int(columns.max())))
    whole = field == Field((0, shape[0] - 1), (0, shape[1] - 1))
    return None if whole else field


def patch_of(step: OpenedStep, k: int, field: Field) -> np.ndarray | None:
    """What a unit sees of the k-th example."""
    picture = picture_of(step, k)
    if picture is None:
        return None
    (top, bottom), (left, right) = field
    return picture[top : bottom + 1, left : right + 1]
