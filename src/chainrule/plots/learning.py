"""How a training went: its figures over the epochs, and how large gradients, updates and weights were at its steps."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.plots.style import (
    BESIDE,
    COLOURS,
    LINES,
    axes,
    by_powers,
    dressed,
    legend,
    name_run,
    whole_steps,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEANS = 200  # points of a line through all steps
SHORT = 3  # epochs: so few points say little
MARKED = 30  # epochs: of more, points would hide the lines
FEW = 10  # points: fewer are marked one by one
PARTS = (("", "training", "-"), ("val_", "validation", "--"))
SIZES = {
    "gradient": ("grad_rms", "gradients"),
    "update": ("update_rms", "updates"),
    "weight": ("weight_rms", "weights"),
    "ratio": ("", "updates as a share of the weights"),
}


def curves(
    *runs: Any,
    figure: str = "loss",
    labels: Sequence[str] | None = None,
    steps: bool | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Learning curves: a figure over the epochs; on what was learned from as a line, on held-out examples dashed.

    runs: recorded runs, what `fit` returned, or dicts of lists such as {"loss": [...], "val_loss": [...]}; each has its
    colour, of one run each part.  figure: "loss", "accuracy", ...  labels: one for each run.  steps: whether recorded runs also show, faintly, what
    was recorded at their steps; None: where one run of at most three epochs is drawn.  Raises SettingError when no run has the figure.

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
    lines = [metrics_of_rate(run) for run in runs]
    if not any(epochs for _, epochs in lines):
        raise SettingError("There is nothing to draw yet: no epoch has ended.")
    known = sorted({name.removeprefix("val_") for metrics, _ in lines for name in metrics})
    if figure not in known:
        raise unknown("figure in these runs", figure, known)
    own, ax = ax is None, axes(ax)
    names = (
        labels if labels is not None else [getattr(run, "name", f"run {k + 1}") for k, run in enumerate(runs)]
    )
    for k, (metrics, epochs) in enumerate(lines):
        if (len(runs) == 1 and len(epochs) <= SHORT if steps is None else steps) and figure in getattr(
            runs[k], "columns", ()
        ):
            at, means, window = along_the_steps(runs[k], figure)
            label = f"means of {window} steps" if window > 1 else "steps"
            ax.plot(
                at,
                means,
                color=COLOURS[k % len(COLOURS)],
                linewidth=0.8,
                alpha=0.4,
                label=label if len(runs) == 1 else None,
            )
        for part, (prefix, what, style) in enumerate(PARTS):
            values = metrics.get(prefix + figure)
            if values:
                label = what if len(runs) == 1 else f"{names[k]}, {what}"
                ax.plot(
                    epochs[: len(values)],
                    values,
                    style,
                    marker="o" if len(epochs) <= MARKED else "",
                    markersize=4,
                    color=COLOURS[(part if len(runs) == 1 else k) % len(COLOURS)],
                    label=label,
                )
    ax.locator_params(axis="x", integer=True)
    legend(ax)
    if own and len(runs) == 1:  # of several the key has the names
        name_run(ax, runs[0])
    return dressed(ax, "", "epoch", figure)


def along_the_steps(run: Any, figure: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Where in the epochs a recorded run's steps lie, a figure there, and over how many steps it is a mean."""
    values = np.asarray(run.steps[figure], np.float64)
    window = max(1, len(values) // MEANS)
    whole = len(values) // window * window
    middles = run.info.step + np.arange(0, whole, window) + window / 2
    return run.through_epochs(middles), values[:whole].reshape(-1, window).mean(axis=1), window


def metrics_of_rate(run: Any) -> tuple[dict[str, list[float]], list[int]]:
    """A run's figures by name, one for each epoch, and the epochs' numbers, from 1."""
    if hasattr(run, "epochs"):  # a recorded run
        names = dict.fromkeys(name for epoch in run.epochs for name in epoch.metrics)
        return {name: [epoch.metrics.get(name, np.nan) for epoch in run.epochs] for name in names}, [
            e.epoch + 1 for e in run.epochs
        ]
    history = getattr(run, "history", run)
    if not isinstance(history, Mapping):
        raise SettingError(
            f"Curves are drawn of runs, of what fit returns, or of dicts of lists; it got {type(run).__name__}."
        )
    longest = max((len(values) for values in history.values()), default=0)
    epochs = [epoch + 1 for epoch in getattr(run, "epoch", range(longest))]
    return {name: list(values) for name, values in history.items()}, epochs


def sizes(run: Any, what: str = "gradient", ax: "Axes | None" = None) -> "Axes":
    """How large a layer's gradients, updates or weights were, step by step: the root mean square per weight.

    run: a recorded run.  what: "gradient", "update", "weight", or "ratio": the update as a share of the weight, which for
    most healthy trainings is about a thousandth. A gradient that shrinks from layer to layer down vanishes, one that grows
    explodes.  Raises SettingError for a run that recorded no sizes.

    >>> import tempfile
    >>> from chainrule import Sequential, layers, plots, runs
    >>> from chainrule.recording import recorder
    >>> model = Sequential([layers.Dense(2, input_shape=(3,))])
    >>> model.compile("adam", "mse", backend="numpy")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = recorder.RunRecorder(folder)
    ...     history = model.fit(np.eye(3), np.eye(3)[:, :2], epochs=2, verbose=0, callbacks=record)
    ...     ax = plots.sizes(runs.Run(record.folder))
    >>> ax.get_title(), [line.get_label() for line in ax.lines]
    ('Gradients, layer by layer', ['dense'])
    """
    if what not in SIZES:
        raise unknown("size", what, SIZES)
    column, words = SIZES[what]
    steps = run.steps
    layers = [name[len("weight_rms[") : -1] for name in steps.columns if name.startswith("weight_rms[")]
    if not layers:
        raise SettingError(f"{run.name} recorded no sizes of layers.")
    own, ax = ax is None, axes(ax)
    number = np.arange(steps.first, steps.stop)
    for k, layer in enumerate(layers):
        with np.errstate(all="ignore"):  # weights that are all 0, or not finite, have no ratio
            ratio = steps[f"update_rms[{layer}]"] / steps[f"weight_rms[{layer}]"]
        values = ratio if what == "ratio" else steps[f"{column}[{layer}]"]
        seen = np.isfinite(values) & (values > 0)
        ax.plot(
            number[seen],
            values[seen],
            LINES[k // len(COLOURS) % len(LINES)],
            color=COLOURS[k % len(COLOURS)],
            label=layer,
            linewidth=1.2,
            marker="o" if np.count_nonzero(seen) < FEW else None,  # one point makes no line
            markersize=3,
        )
    by_powers(ax.yaxis)
    whole_steps(ax.xaxis)
    legend(ax, **(BESIDE if len(layers) > 6 else {}))  # many names would lie on the lines
    if own:
        name_run(ax, run)
    return dressed(
        ax,
        f"{words[:1].upper()}{words[1:]}, layer by layer",
        "step",
        "update / weight" if what == "ratio" else "root mean square per weight",
    )
