"""The window that a convolution or a pooling slides over its input: size, strides, dilation and padding."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import choice
from chainrule.layers.naming import Shape

PADDINGS = ("valid", "same")
AXES = {1: "steps", 2: "height, width", 3: "depth, height, width"}


class Window(NamedTuple):
    """A window over the spatial axes; each field but `padding` has one number per axis.

    >>> Window((3, 3), (2, 2), (1, 1), "same").places((28, 28))
    (14, 14)
    """

    size: Shape
    strides: Shape
    dilation: Shape
    padding: str

    @property
    def extent(self) -> Shape:
        """How far a window reaches: (size - 1) · dilation + 1."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.dilation, strict=True))

    def places(self, sizes: Shape) -> Shape:
        """How many places the window takes along each axis of an input of these sizes."""
        if self.padding == "valid":
            reach = zip(sizes, self.extent, self.strides, strict=True)
            return tuple((n - extent) // s + 1 for n, extent, s in reach)
        return tuple(-(-n // s) for n, s in zip(sizes, self.strides, strict=True))

    def margins(self, sizes: Shape) -> list[tuple[int, int]]:
        """How many cells are added before and after each axis, so that the window fits at every place."""
        if self.padding == "valid":
            return [(0, 0)] * len(sizes)
        if self.padding == "causal":  # a step sees itself and what came before it
            return [(extent - 1, 0) for extent in self.extent]
        spans = zip(sizes, self.places(sizes), self.extent, self.strides, strict=True)
        missing = [max(0, (places - 1) * s + extent - n) for n, places, extent, s in spans]
        return [(m // 2, m - m // 2) for m in missing]  # an odd cell goes to the end

    def cells(self, places: Shape) -> Iterator[tuple[slice, ...]]:
        """For each cell of the window in turn, where its values lie in the padded input, for all places at once."""
        for cell in product(*map(range, self.size)):
            axes = zip(cell, self.dilation, self.strides, places, strict=True)
            yield tuple(slice(i * d, i * d + s * (n - 1) + 1, s) for i, d, s, n in axes)

    @property
    def tiles(self) -> bool:
        """Whether the windows lie side by side, without overlap or gap."""
        return self.size == self.strides and max(self.dilation) == 1


def window_of(
    layer: str, rank: int, size: Any, strides: Any, dilation: Any, padding: Any, causal: bool = False,
    size_setting: str = "kernel_size",
) -> Window:  # fmt: skip
    """A window from a layer's settings, or an error that names the layer and the setting."""
    known = (*PADDINGS, "causal") if causal else PADDINGS
    if not isinstance(padding, str):
        raise SettingError(f"{layer}: padding is {' or '.join(map(repr, known))}; it got {padding!r}.")
    window = Window(
        whole_numbers(layer, size_setting, size, rank),
        whole_numbers(layer, "strides", strides, rank),
        whole_numbers(layer, "dilation_rate", dilation, rank),
        choice("padding", padding.lower(), known),
    )
    if max(window.strides) > 1 and max(window.dilation) > 1:
        raise SettingError(f"{layer}: strides and dilation_rate cannot both be above 1, as in Keras.")
    return window


def whole_numbers(layer: str, setting: str, value: Any, count: int, least: int = 1) -> Shape:
    """One whole number for all axes, or one for each of `count` axes.

    >>> whole_numbers("Conv2D", "kernel_size", 3, 2)
    (3, 3)
    """
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
    whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= least for n in values)
    if len(values) != count or not whole:
        example = f"{max(2, least)}" + (f" or {(max(2, least),) * count}" if count > 1 else "")
        raise SettingError(
            f"{layer}: {setting} takes whole numbers of {least} or more, such as {example}; it got {value!r}."
        )
    return tuple(int(n) for n in values)


def refuse_channels_first(layer: str, data_format: Any) -> None:
    """Channels are the last axis; says how to bring them there."""
    if data_format == "channels_first":
        raise SettingError(
            f"{layer}: data_format='channels_first' is not supported. Move the channels to the last axis "
            "(np.moveaxis(x, 1, -1)) and leave data_format out."
        )
    if data_format not in (None, "channels_last"):
        raise SettingError(f"{layer}: data_format is 'channels_last' or None; it got {data_format!r}.")


def check_rank(label: str, input_shape: Shape, rank: int) -> tuple[Shape, int]:
    """The spatial sizes and the number of channels of an input, or an error that says how it must look."""
    if len(input_shape) != rank + 1:
        hint = ""
        if len(input_shape) == rank:
            hint = f" Put Reshape({(*input_shape, 1)}) before it."
        raise ShapeError(
            f"{label} takes examples of shape ({AXES[rank]}, channels); it got {tuple(input_shape)}.{hint}"
        )
    return tuple(input_shape[:-1]), input_shape[-1]


def check_fits(label: str, window: Window, sizes: Shape) -> None:
    """Refuses a window that is larger than its input."""
    if window.padding == "valid" and any(e > n for e, n in zip(window.extent, sizes, strict=True)):
        raise ShapeError(
            f"{label} has a window of {window.extent}, larger than its input of {sizes}. "
            "Use a smaller one, padding='same', or fewer pooling layers before it."
        )
