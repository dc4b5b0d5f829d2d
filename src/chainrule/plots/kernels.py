"""The weights themselves: what the first layer looks for, and how weights spread while they learn."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.models.building import flat
from chainrule.plots.convolutions import filters
from chainrule.plots.pictures import columns_for, grid_of
from chainrule.plots.style import COLOURS, INK, SIGNED, axes, bare, dressed, name_run, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def weights(
    model: Any,
    layer: str | None = None,
    count: int = 60,
    shape: tuple[int, ...] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """What the units of a layer look for: each one's incoming weights, laid out as the input is.

    Red weights make the unit answer to ink there, blue ones are against it. The units with the longest weights come first.
    Of colour pictures the weights are shown in colour (grey is 0); of a network that begins with a convolution, its filters.
    model: a model, or a kernel (inputs, units).  layer: its name (default: the first with a kernel).  count: how many
    units.  shape: of an input, where it is neither a square nor the model's own.

    >>> from chainrule import plots
    >>> ax = plots.weights(np.eye(4, 3))
    >>> ax.get_title(), ax.images[0].get_array()[:, :2].tolist()
    ('kernel: 3 units', [[1.0, 0.0], [0.0, 0.0]])
    """
    if layer is None and begins_with_convolution(model):
        return filters(model, count=count, ax=ax)
    kernel, name, inputs = kernel_of(model, layer)
    shape = shape or inputs or square(kernel.shape[0])
    if shape is None or math.prod(shape) not in (
        kernel.shape[0],
        kernel.shape[0] // 3 if kernel.shape[0] % 3 == 0 else -1,
    ):
        raise ShapeError(
            f"{kernel.shape[0]} weights make no picture{f' of {shape}' if shape else ''}: say shape=(height, width)."
        )
    with np.errstate(over="ignore"):  # weights may have grown out of all bounds
        order = np.argsort(-np.linalg.norm(kernel, axis=0), kind="stable")[:count]
    colour = math.prod(shape) * 3 == kernel.shape[0] or len(shape) == 3
    pictures = kernel[:, order].T.reshape(-1, *shape[:2], *([3] if colour else []))
    columns = columns_for(len(order))
    ax = axes(ax, min(9.0, 1.3 + 0.65 * columns), min(12.0, 0.6 + 0.65 * -(-len(order) // columns)))
    limit = float(np.quantile(np.abs(finite(pictures)), 0.995)) or 1.0
    if colour:  # grey is 0
        grid_of(ax, np.clip(0.5 + pictures / (2 * limit), 0, 1), columns)
    else:
        grid_of(ax, pictures, columns, cmap=SIGNED, vmin=-limit, vmax=limit)
    bare(
        ax,
        f"{name}: {len(order)} of {kernel.shape[1]:,} units"
        if len(order) < kernel.shape[1]
        else f"{name}: {len(order)} units",
    )
    if not colour:
        scale(ax, ax.images[0], "weight")
    return ax


def begins_with_convolution(model: Any) -> bool:
    """Whether the first kernel of a model is that of a convolution over pictures."""
    if not hasattr(model, "layers"):
        return False
    model.build()
    ranks = [np.ndim(part.params["kernel"]) for part in flat(model.layers) if "kernel" in part.params]
    return bool(ranks) and ranks[0] == 4


def kernel_of(model: Any, layer: str | None) -> tuple[np.ndarray, str, tuple[int, ...] | None]:
    """A layer's kernel (inputs, units), its name, and the shape of what it looks at if that is a picture."""
    if not hasattr(model, "layers"):
        kernel = np.asarray(model)
        if kernel.ndim != 2:
            raise ShapeError(f"A kernel has the shape (inputs, units); this has {kernel.shape}.")
        return kernel, "kernel", None
    model.build()
    known = [part for part in flat(model.layers) if np.ndim(part.params.get("kernel")) == 2]
    if not known:
        raise SettingError("The model has no layer with a kernel.")
    names = [part.name for part in known]
    if layer is not None and layer not in names:
        raise unknown("layer with a kernel", layer, names)
    at = 0 if layer is None else names.index(layer)
    shape = tuple(model.input_shape) if at == 0 else ()
    kernel = np.asarray(known[at].params["kernel"])
    shape = shape[:2] if len(shape) == 3 and shape[2] == 1 else shape
    fits = (len(shape) == 2 or shape[2:] == (3,)) and math.prod(shape) == kernel.shape[0]
    return kernel, names[at], shape if fits else None


def square(n: int) -> tuple[int, int] | None:
    """The sides of a square of so many numbers, in grey or in three colours."""
    side = round(n**0.5)
    if side * side == n:
        return (side, side)
    side = round((n / 3) ** 0.5)
    return (side, side) if side >= 8 and 3 * side * side == n else None


def histograms(
    run: Any, layer: str | None = None, name: str = "kernel", bins: int = 120, ax: "Axes | None" = None
) -> "Axes":
    """How a layer's weights spread while they learn: one ridge for each snapshot of a run, the first one on top.

    run: a recorded run.  layer: its name (default: the first that has weights).  name: "kernel", "bias", ...; of a layer without a kernel its first array by default.
    Heights are densities, with one scale for all ridges; numbers that are not finite are left out.

    >>> import tempfile
    >>> from chainrule import Sequential, layers, plots, runs
    >>> from chainrule.recording import recorder
    >>> model = Sequential([layers.Dense(2, input_shape=(3,))])
    >>> model.compile("adam", "mse", backend="numpy")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = recorder.RunRecorder(folder)
    ...     history = model.fit(np.eye(3), np.eye(3)[:, :2], epochs=2, verbose=0, callbacks=record)
    ...     ax = plots.histograms(runs.Run(record.folder))
    >>> ax.get_title(), [label.get_text() for label in ax.get_yticklabels()]      # the first snapshot and the last
    ('dense: kernel (6 numbers)', ['0', '2'])
    """
    steps, arrays, layer = weights_over_time(run, layer, name)
    low, high = np.quantile(
        np.concatenate([finite(a)[:: max(1, a.size // 100_000)] for a in arrays]), [0.001, 0.999]
    )
    edges = np.linspace(low - 0.1 * (high - low), high + 0.1 * (high - low) + 1e-12, bins + 1)
    ridges = [np.histogram(a[np.isfinite(a)], edges)[0] / a.size / (edges[1] - edges[0]) for a in arrays]
    own, ax = ax is None, axes(ax, 6.0, 1.5 + 0.35 * len(arrays))
    tallest = max(float(ridge.max()) for ridge in ridges)
    middles = (edges[1:] + edges[:-1]) / 2
    for k, ridge in enumerate(ridges):
        base = -float(k)
        ax.fill_between(
            middles, base, base + 1.8 * ridge / tallest, color=COLOURS[0], alpha=0.55, linewidth=0, zorder=k
        )
        ax.plot(middles, base + 1.8 * ridge / tallest, color=INK, linewidth=0.8, zorder=k)
    ax.set_yticks([-float(k) for k in range(len(steps))], [f"{step:,}" for step in steps])
    dressed(ax, f"{layer} ({arrays[0].size:,} numbers)", "weight", "before step")
    ax.spines["left"].set_visible(False)
    return name_run(ax, run) if own else ax


def finite(array: np.ndarray) -> np.ndarray:
    """The numbers that are finite, in one row; a single 0 where none is."""
    kept = array[np.isfinite(array)]
    return kept if kept.size else np.zeros(1, array.dtype)


def weights_over_time(run: Any, layer: str | None, name: str) -> tuple[list[int], list[np.ndarray], str]:
    """The steps of a run's snapshots, an array of a layer at each, and the names of both."""
    steps = run.snapshots()
    states = [run.load_snapshot(step).state["learning"]["params"] for step in steps]
    places = [i for i, params in enumerate(states[0]) if params]
    named = [
        column[len("weight_rms[") : -1] for column in run.steps.columns if column.startswith("weight_rms[")
    ]
    if len(named) != len(places):  # some of them do not learn
        named = [f"layer {i}" for i in places]
    if layer is not None and layer not in named:
        raise unknown("layer with weights", layer, named)
    at = 0 if layer is None else named.index(layer)
    found = [state[places[at]] for state in states]
    if name == "kernel" and name not in found[0]:
        name = next(iter(found[0]))
    if name not in found[0]:
        raise unknown(f"array in {named[at]}", name, found[0])
    return steps, [np.asarray(params[name]) for params in found], f"{named[at]}: {name}"
