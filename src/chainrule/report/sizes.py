"""How large gradients, updates and weights were, layer by layer."""

import numpy as np

from chainrule import plots
from chainrule.diagnosis.records import Records
from chainrule.errors import SettingError
from chainrule.plots.style import axes
from chainrule.report.curves import SIZE
from chainrule.report.markup import drawing, figure, h, join, table
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.wording import count, number, per_cent

WORDS = {
    "gradient": "How strongly the loss pulls at each weight (the root of the mean square, layer by layer). Where it shrinks from layer to layer "
                "towards the input, the first layers learn slowly.",
    "ratio": "By which share of its own size a layer's weights moved in one step. About a thousandth is usual; far more shakes the network, "
             "far less hardly moves it.",
}  # fmt: skip


def section(of: Material) -> Section:
    """The section."""
    records = Records(of.run)
    if not len(of.run.steps) or not records.sizes:
        raise SettingError("The run recorded no sizes of layers.")
    shown = []
    for what, words in WORDS.items():
        ax = plots.sizes(of.run, what, ax=axes(None, *SIZE))
        ax.set_title("")
        ax.locator_params(axis="x", nbins=5)
        shown.append(figure(drawing(plots.svg(ax), f"{what} over the steps"), words))
    rows = [
        (s.layer, number(float(s.gradient[-1])), number(float(s.update[-1])), number(float(s.weight[-1])),
         per_cent(float(s.ratio[-1])) if np.isfinite(s.ratio[-1]) else "")
        for s in records.sizes
    ]  # fmt: skip
    last = max(int(s.steps[-1]) for s in records.sizes)
    heads = ("layer", "gradient", "update", "weights", "update / weights")
    result = table(
        heads, rows, f"At step {last:,}, the last at which they were measured: root mean squares per weight."
    )
    moved = np.array([np.nanmedian(s.ratio) for s in records.sizes if np.isfinite(s.ratio).any()])
    low, high = (
        (number(100 * float(choose(moved)), 2) for choose in (np.min, np.max)) if len(moved) else ("", "")
    )
    title = (
        f"A step moves the weights by {low if low == high else f'{low} to {high}'}\u00a0% of their size"
        if low
        else "The weights did not move"
    )
    looks = count(len(records.sizes[0].steps), "step")
    body = [
        h("p", f"Measured at {looks}, spread over the training."),
        h("div", shown, class_="figures"),
        result,
    ]
    return Section("sizes", "Sizes, layer by layer", title, join(*body))
