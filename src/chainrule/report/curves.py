"""How the learning went: the loss of its steps, and the figures of its epochs."""

from typing import TYPE_CHECKING

import numpy as np

from chainrule import plots
from chainrule.diagnosis.records import Records
from chainrule.errors import SettingError
from chainrule.losses.lowest import lowest
from chainrule.plots.style import COLOURS, INK, axes, by_powers, dressed, whole_steps
from chainrule.report.markup import Html, drawing, figure, h, join, table
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.wording import count, duration, number, per_cent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE, WIDE = (4.6, 3.1), (6.6, 2.7)  # inches of a small figure and of a wide one
STRETCHES = 150  # points of the curve of all steps
ROWS = 12  # epochs in the table
FAR = 30  # from one to the other: what is so far apart is drawn by its size in powers of ten


def section(of: Material) -> Section:
    """The section."""
    run = of.run
    if not len(run.steps):
        raise SettingError("No step was recorded.")
    each = -(-len(run.steps) // STRETCHES)
    whole = figure(drawing(plots.svg(steps(of)), "the loss, step by step"), [
        "The loss is how wrong the network is, as a number; learning makes it small. ",
        f"Each point is the mean over about {count(each, 'step')}, so that the randomness of single batches does not hide the trend." if each > 1
        else "Each point is one step, and so one batch; some batches are harder than others.",
        floor_in_words(of),
    ], wide=True)  # fmt: skip
    shown = []
    known = [name for name in metrics(of) if name != "loss"]
    for name in ["loss", *known[:2]] if len(run.epochs) > 1 else []:
        if not np.isfinite([epoch.metrics.get(name, np.nan) for epoch in run.epochs]).any():
            continue
        ax = plots.curves(run, figure=name, steps=False, ax=axes(None, *SIZE))
        drawn = np.concatenate([np.asarray(line.get_ydata(), np.float64) for line in ax.lines])
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn) and drawn.min() > 0 and drawn.max() > FAR * drawn.min():
            by_powers(ax.yaxis)
        shown.append(figure(drawing(plots.svg(ax), f"{name}, epoch by epoch"), words(of, name)))
    body = [whole, h("div", shown, class_="figures") if shown else None, epochs(of)]
    return Section("curves", "How it learned", title(of), join(*body))


def title(of: Material) -> str:
    """What happened to the loss."""
    loss = np.asarray(of.run.steps["loss"], np.float64)
    broken = np.flatnonzero(~np.isfinite(loss))
    if len(broken):
        return f"From step {broken[0] + of.run.steps.first:,} on the loss was not finite any more"
    piece = max(1, min(100, len(loss) // 10))
    first, last = float(loss[:piece].mean()), float(loss[-piece:].mean())
    word = "fell" if last < 0.98 * first else "rose" if last > 1.02 * first else "stayed"
    way = f"at {number(last, 2)}" if word == "stayed" else f"from {number(first, 2)} to {number(last, 2)}"
    return f"The loss {word} {way} in {count(len(loss), 'step')}"


def steps(of: Material) -> "Axes":
    """The loss over the steps."""
    run = of.run
    loss = np.asarray(run.steps["loss"], np.float64)
    number = np.arange(run.steps.first, run.steps.stop)[np.isfinite(loss)]
    pieces, places = (
        np.array_split(a, min(STRETCHES, max(1, len(number)))) for a in (loss[np.isfinite(loss)], number)
    )
    means = [float(piece.mean()) for piece in pieces if len(piece)]
    ax = axes(None, *WIDE)
    ax.plot([float(place.mean()) for place in places if len(place)], means, color=COLOURS[0], linewidth=1.5)
    if means and floor_of(of):
        ax.axhline(floor_of(of), color=INK, linewidth=1, linestyle=":")
    if means and min(means) > 0:
        by_powers(ax.yaxis)
    ax.locator_params(axis="x", integer=True)
    whole_steps(ax.xaxis)
    return dressed(ax, "", "step", "loss")


def floor_of(of: Material) -> float:
    """The least that its loss can be."""
    return lowest(
        of.settings.training.get("loss"), len(of.names) if not of.missing else Records(of.run).outputs
    )


def floor_in_words(of: Material) -> str:
    """Why the loss does not come near 0, where label smoothing keeps it up."""
    floor = floor_of(of)
    if not floor:
        return ""
    return (
        f" Label smoothing asks for a little doubt in every answer, so the loss cannot fall below {number(floor, 2)} (dotted), "
        "however right the answers are."
    )


def metrics(of: Material) -> list[str]:
    """The names of what was measured of each epoch, without val_."""
    return list(dict.fromkeys(name.removeprefix("val_") for epoch in of.run.epochs for name in epoch.metrics))


def words(of: Material, name: str) -> str:
    """What a curve shows."""
    held = any(f"val_{name}" in epoch.metrics for epoch in of.run.epochs)
    result = {
        "loss": "The same by epochs. An epoch is one time through all it learns from.",
        "accuracy": "The share of right answers.",
        "mae": "How far off it is on average (the mean absolute error).",
    }.get(name, f"The {name.replace('_', ' ')}, epoch by epoch.")
    more = (
        " Dashed: on what was held back and not learned from. Where the two part, it memorises."
        if held
        else ""
    )
    return result + more


def epochs(of: Material) -> Html | None:
    """All figures of all epochs; of many epochs some."""
    known = of.run.epochs
    if not known:
        return h("p", "No epoch came to its end.", class_="aside")
    names = list(dict.fromkeys(name for epoch in known for name in epoch.metrics))
    places = sorted({round(k) for k in np.linspace(0, len(known) - 1, min(len(known), ROWS))})
    rows = [
        [known[k].epoch + 1, *(cell(name, known[k].metrics.get(name)) for name in names),
         "" if known[k].seconds is None else duration(known[k].seconds or 0)]
        for k in places
    ]  # fmt: skip
    heads = ["epoch", *(name.replace("val_", "held back: ").replace("_", " ") for name in names), "time"]
    some = f"{len(places)} of {len(known)} epochs. " if len(places) < len(known) else ""
    return table(
        heads,
        rows,
        f"{some}Figures of learning are means over the epoch; those of what was held back are measured at its end.",
    )


def cell(name: str, value: float | None) -> str:
    """A figure in the table."""
    if value is None:
        return ""
    if not np.isfinite(value):
        return "not finite"
    return (
        per_cent(value)
        if name.endswith("accuracy") and 0 <= value <= 1
        else f"{value:.4f}"
        if abs(value) < 100
        else number(value)
    )
