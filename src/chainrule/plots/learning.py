"""How a training went: its figures over the epochs, and how large gradients, updates and weights were at its steps."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.plots.style import COLOURS, LINES, axes, dressed, legend, thousands

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PARTS = (("", "training", "-"), ("val_", "validation", "--"))
SIZES = {
    "gradient": ("grad_rms", "gradients"),
    "update": ("update_rms", "updates"),
    "weight": ("weight_rms", "weights"),
    "ratio": ("", "updates as a share of the weights"),
}


def curves(*runs: Any, figure: str = "loss", labels: Sequence[str] | None = None, ax: "Axes | None" = None) -> "Axes":
    """Learning curves: a figure over the epochs; on what was learned from as a line, on held-out examples dashed.

    runs: recorded runs, what `fit` returned, or dicts of lists such as {"loss": [...], "val_loss": [...]}; each has its
    colour.  figure: "loss", "accuracy", ...  labels: one for each run.  Raises SettingError when no run has the figure.

    The figures of training are means over an epoch in which the network was learning; those of the validation are
    measured after it. So the first dashed point often lies better than the first of the line.

    >>> from chainrule import plots
    >>> ax = plots.curves({"loss": [0.9, 0.5], "val_loss": [0.6, 0.5]})
    >>> [(line.get_label(), line.get_ydata().tolist()) for line in ax.lines]
    [('training', [0.9, 0.5]), ('validation', [0.6, 0.5])]
    """
    if not runs:
        raise SettingError("Curves of which runs? Give at least one.")
    if labels is not None and len(labels) != len(runs):
        raise SettingError(f"There are {len(runs)} runs but {len(labels)} labels.")
    told = [figures_of(run) for run in runs]
    known = sorted({name.removeprefix("val_") for figures, _ in told for name in figures})
    if figure not in known:
        raise unknown("figure in these runs", figure, known)
    ax = axes(ax)
    names = labels if labels is not None else [getattr(run, "name", f"run {k + 1}") for k, run in enumerate(runs)]
    for k, (figures, epochs) in enumerate(told):
        for prefix, what, style in PARTS:
            values = figures.get(prefix + figure)
            if values:
                label = what if len(runs) == 1 else f"{names[k]}, {what}"
                ax.plot(epochs[: len(values)], values, style, marker="o", markersize=4, color=COLOURS[k % len(COLOURS)], label=label)
    ax.locator_params(axis="x", integer=True)
    legend(ax)
    return dressed(ax, "", "epoch", figure)


def figures_of(run: Any) -> tuple[dict[str, list[float]], list[int]]:
    """A run's figures by name, one for each epoch, and the epochs' numbers, from 1."""
    if hasattr(run, "epochs"):  # a recorded run
        names = dict.fromkeys(name for epoch in run.epochs for name in epoch.figures)
        return {name: [epoch.figures.get(name, np.nan) for epoch in run.epochs] for name in names}, [e.epoch + 1 for e in run.epochs]
    history = getattr(run, "history", run)
    if not isinstance(history, Mapping):
        raise SettingError(f"Curves are drawn of runs, of what fit returns, or of dicts of lists; it got {type(run).__name__}.")
    longest = max((len(values) for values in history.values()), default=0)
    epochs = [epoch + 1 for epoch in getattr(run, "epoch", range(longest))]
    return {name: list(values) for name, values in history.items()}, epochs


def sizes(run: Any, what: str = "gradient", ax: "Axes | None" = None) -> "Axes":
    """How large a layer's gradients, updates or weights were, step by step: the root mean square per weight.

    run: a recorded run.  what: "gradient", "update", "weight", or "ratio": the update as a share of the weight, which for
    most healthy trainings is about a thousandth. A gradient that shrinks from layer to layer down vanishes, one that grows
    explodes.  Raises SettingError for a run that recorded no sizes.
    """
    if what not in SIZES:
        raise unknown("size", what, SIZES)
    column, words = SIZES[what]
    steps = run.steps
    layers = [name[len("weight_rms[") : -1] for name in steps.columns if name.startswith("weight_rms[")]
    if not layers:
        raise SettingError(f"{run.name} recorded no sizes of layers.")
    ax = axes(ax)
    number = np.arange(steps.first, steps.stop)
    for k, layer in enumerate(layers):
        values = steps[f"update_rms[{layer}]"] / steps[f"weight_rms[{layer}]"] if what == "ratio" else steps[f"{column}[{layer}]"]
        seen = np.isfinite(values) & (values > 0)
        ax.plot(number[seen], values[seen], LINES[k // len(COLOURS) % len(LINES)], color=COLOURS[k % len(COLOURS)], label=layer, linewidth=1.2)
    ax.set_yscale("log")
    thousands(ax.xaxis)
    legend(ax)
    return dressed(ax, f"{words[:1].upper()}{words[1:]}, layer by layer", "step", "update / weight" if what == "ratio" else "root mean square per weight")
