"""What it looks for: the first layer's weights as pictures; for rows the columns that its answers rest on."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule import plots
from chainrule.errors import SettingError
from chainrule.explain.pictures import looks_like_a_square
from chainrule.models.building import flat
from chainrule.plots.pictures import columns_for
from chainrule.plots.style import axes
from chainrule.report import columns
from chainrule.report.markup import Html, drawing, figure
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.wording import count

COUNT = 40  # units that are shown
LOOKED_AT = 200  # examples, to see whether rows are pictures


def section(of: Material) -> Section:
    """The section."""
    layer: Any = next((layer for layer in flat(of.model.layers) if layer.params), None)
    if layer is not None and np.ndim(layer.params.get("kernel")) == 4:
        return convolution(layer)
    if layer is None or np.ndim(layer.params.get("kernel")) != 2:
        raise SettingError(
            "The first layer that learns has no weights that could be laid out as the input is."
        )
    if len(of.model.input_tuple()) > 1:
        raise SettingError("It has several inputs, and its first layer sees only one of them.")
    kernel = np.asarray(layer.params["kernel"])
    shape = tuple(of.model.input_shape or ())
    sides = picture_of(shape, len(kernel))
    rows = len(shape) == 1  # may be pictures laid out as rows, or a table's
    if sides is not None and not (
        rows and (of.missing or not looks_like_a_square(of.data.x_train[:LOOKED_AT]))
    ):
        title = f"What the {count(kernel.shape[1], 'unit')} of the first layer look for"
        return Section(
            "weights",
            "What it looks for",
            title,
            pictures(kernel.reshape(-1, kernel.shape[1]), shape, sides, str(layer.name)),
        )
    return columns.section(of)


def convolution(layer: Any) -> Section:
    """The filters of a network that begins with a convolution."""
    kernel = np.asarray(layer.params["kernel"])
    total = min(COUNT, kernel.shape[3])
    columns = columns_for(total) if kernel.shape[2] in (1, 3) else min(kernel.shape[2], 16)
    rows = -(-total // columns) if kernel.shape[2] in (1, 3) else total
    ax = plots.filters(kernel, count=COUNT, ax=axes(None, 6.6, 0.4 + 5.6 / columns * rows))
    ax.set_title("")
    caption = (
        f"The filters of {layer.name}, which is applied at every place of the picture"
        f"{', in colour: grey is 0' if kernel.shape[2] == 3 else '. Red: something bright there makes it answer; blue: it speaks against it'}."
    )
    shown = figure(drawing(plots.svg(ax), "filters of the first layer"), caption, wide=True)
    title = f"What the {count(kernel.shape[3], 'filter')} of the first layer look for"
    return Section("weights", "What it looks for", title, shown)


def picture_of(shape: tuple[int, ...], inputs: int) -> tuple[int, int] | None:
    """The sides of the pictures that the first layer sees, if it sees some.

    >>> picture_of((28, 28), 784), picture_of((784,), 784), picture_of((16, 24, 3), 1152), picture_of((5,), 5)
    ((28, 28), (28, 28), (16, 24), None)
    """
    if len(shape) in (2, 3) and min(shape[:2]) >= 8 and math.prod(shape) == inputs:
        return shape[0], shape[1]
    side = math.isqrt(inputs)
    return (side, side) if shape == (inputs,) and side >= 8 and side * side == inputs else None


def pictures(kernel: NDArray[Any], shape: tuple[int, ...], sides: tuple[int, int], name: str) -> Html:
    """Each unit's weights, laid out as the picture is."""
    colours = len(shape) == 3 and shape[2] > 1
    if colours:  # the mean of the three colours
        kernel = kernel.reshape(*sides, shape[2], -1).mean(axis=2).reshape(sides[0] * sides[1], -1)
    units = min(COUNT, kernel.shape[1])
    across = columns_for(units)
    tall = 5.6 / across * -(-units // across) * sides[0] / sides[1]
    ax = plots.weights(kernel, count=units, shape=sides, ax=axes(None, 6.6, 0.4 + tall))
    ax.set_title("")
    caption = (
        f"The weights of {f'the {units} strongest units' if units < kernel.shape[1] else 'its units'} of {name}, each laid out as the picture is"
        f"{', the mean of its colours' if colours else ''}. Red: something bright there makes the unit answer; blue: it speaks against it; white: the unit does not look there."
    )
    return figure(drawing(plots.svg(ax), "weights of the first layer"), caption, wide=True)
