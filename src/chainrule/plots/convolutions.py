"""Convolutions in pictures: the filters that were learned, and the feature maps that they make of an example."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.backprop import forward_sweep
from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.graph import as_graph
from chainrule.models.building import flat
from chainrule.plots.pictures import columns_for, grid_of
from chainrule.plots.style import SIGNED, axes, bare, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANNELS = 16  # of a filter, one picture each
PIXELS = 12  # sides of a small filter's picture, at least
CELL = 0.62  # inches of a small picture


def filters(model: Any, layer: str | None = None, count: int = 64, ax: "Axes | None" = None) -> "Axes":
    """The filters of a convolution: red weights answer to what is bright there, blue ones are against it.

    model: a model, or a kernel (height, width, channels, filters).  layer: its name (default: the first convolution).
    count: how many filters.  Filters of one channel stand in a grid; those of three, on colour pictures, are shown in
    colour (grey is 0); of more channels each filter is a row, with a picture for each of at most 16 channels.

    >>> from chainrule import plots
    >>> ax = plots.filters(np.ones((3, 3, 1, 8)))
    >>> ax.get_title()
    'kernel: 8 filters, 3 × 3'
    """
    kernel, name = convolution_of(model, layer)
    high, wide, channels, total = kernel.shape
    shown = min(count, total)
    weights = np.nan_to_num(
        np.moveaxis(kernel[..., :shown], -1, 0).astype(np.float64)
    )  # (filters, h, w, channels)
    larger = -(-PIXELS // min(high, wide))  # so that there is room for a gap between two
    weights = weights.repeat(larger, axis=1).repeat(larger, axis=2)
    limit = float(np.abs(weights).max()) or 1.0
    title = f"{name}: {shown if shown == total else f'{shown} of {total}'} filters, {high} × {wide}"
    if channels == 3:
        columns = columns_for(shown)
        ax = axes(ax, min(9.0, 0.6 + CELL * columns), 0.6 + CELL * -(-shown // columns))
        grid_of(ax, 0.5 + weights / (2 * limit), columns)
        return bare(ax, title)
    columns = columns_for(shown) if channels == 1 else min(channels, CHANNELS)
    pictures = weights[..., :CHANNELS].transpose(0, 3, 1, 2).reshape(-1, *weights.shape[1:3])
    rows = -(-len(pictures) // columns)
    ax = axes(ax, min(9.0, 1.3 + CELL * columns), min(12.0, 0.6 + CELL * rows))
    grid_of(ax, pictures, columns, cmap=SIGNED, vmin=-limit, vmax=limit)
    rest = (
        f", {CHANNELS} of {channels} channels"
        if channels > CHANNELS
        else f", {channels} channels each"
        if channels > 1
        else ""
    )
    bare(ax, title + rest)
    scale(ax, ax.images[0], "weight")
    return ax


def feature_maps(
    model: Any, x: Any, layer: str | None = None, count: int = 64, ax: "Axes | None" = None
) -> "Axes":
    """What a layer makes of one example: a picture for each of its channels.

    x: one example, or a batch of one, as the model takes it.  layer: a layer whose output is (height, width, channels)
    (default: the first); its activation is included.  Raises ShapeError where the example or the output does not fit.

    >>> from chainrule import Sequential, layers, plots
    >>> model = Sequential([layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1))])
    >>> plots.feature_maps(model, np.ones((8, 8, 1))).get_title()
    'conv2d: 4 feature maps, 6 × 6'
    """
    model.build()
    graph = as_graph(model.graph if hasattr(model, "graph") else model.chain)
    values = np.asarray(x, np.float32)
    shape = tuple(model.input_shape)
    values = values.reshape(1, *shape) if values.shape in (shape, (1, *shape)) else values
    if values.shape != (1, *shape):
        raise ShapeError(f"Feature maps are of one example of shape {shape}; x has the shape {np.shape(x)}.")
    outputs, _ = forward_sweep(graph, [dict(part.params) for part in graph.layers], values)
    maps = {
        str(node.layer.name).partition(":")[0]: np.asarray(y)[0]
        for node, y in zip(graph.nodes, outputs, strict=True)
        if np.ndim(y) == 4
    }
    if not maps:
        raise SettingError("No layer of the model gives pictures, (height, width, channels).")
    if layer is not None and layer not in maps:
        raise unknown("layer whose output is pictures", layer, maps)
    name = next(iter(maps)) if layer is None else layer
    found = np.nan_to_num(maps[name].astype(np.float64))
    shown = min(count, found.shape[2])
    pictures = np.moveaxis(found[..., :shown], 2, 0)
    columns = columns_for(shown)
    ax = axes(ax, min(9.0, 1.3 + 1.1 * columns), min(12.0, 0.6 + 1.1 * -(-shown // columns)))
    limit = float(np.abs(pictures).max()) or 1.0
    signed = bool(pictures.min() < 0)
    grid_of(
        ax, pictures, columns, cmap=SIGNED if signed else "gray", vmin=-limit if signed else 0, vmax=limit
    )
    some = f"{shown} of {found.shape[2]}" if shown < found.shape[2] else f"{shown}"
    bare(ax, f"{name}: {some} feature maps, {found.shape[0]} × {found.shape[1]}")
    scale(ax, ax.images[0], "output")
    return ax


def convolution_of(model: Any, layer: str | None) -> tuple[np.ndarray, str]:
    """A convolution's kernel (height, width, channels, filters) and its layer's name."""
    if not hasattr(model, "layers"):
        kernel = np.asarray(model)
        if kernel.ndim != 4:
            raise ShapeError(
                f"A kernel has the shape (height, width, channels, filters); this has {kernel.shape}."
            )
        return kernel, "kernel"
    model.build()
    known = {part.name: part for part in flat(model.layers) if np.ndim(part.params.get("kernel")) == 4}
    if not known:
        raise SettingError(
            "The model has no convolution over pictures; plots.weights draws the weights of a Dense."
        )
    if layer is not None and layer not in known:
        raise unknown("convolution", layer, known)
    name = next(iter(known)) if layer is None else layer
    return np.asarray(known[name].params["kernel"]), str(name)
