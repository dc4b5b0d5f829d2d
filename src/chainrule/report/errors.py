"""How far off its numbers are: the predictions against the right values, and the largest errors."""

from typing import TYPE_CHECKING

import numpy as np

from chainrule import plots
from chainrule.plots.style import COLOURS, INK, axes, dressed
from chainrule.report.examples import place, row
from chainrule.report.markup import Html, drawing, figure, h, join
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.sprites import Sprite
from chainrule.report.wording import count, number, per_cent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 2000
COUNT = 8


def section(of: Material) -> Section | None:
    """The section; none where the network answers with classes."""
    if of.missing or of.data.task != "regression":
        return None
    evaluated = of.evaluated
    off = np.asarray(evaluated.predicted, np.float64) - evaluated.y
    tenth = float(np.quantile(np.abs(off), 0.9))
    middle = float(np.median(np.abs(off)))
    shown = figure(
        drawing(plots.svg(scatter(of)), "the predictions against the right values"),
        f"Each dot is one {of.thing}: across what is right, upwards what the network predicted. On the line the two are the same.",
    )
    spread = figure(
        drawing(plots.svg(histogram(off)), "how often it is how far off"),
        "How often it is how far off. Left of 0 it predicted too little, right of it too much.",
    )
    worst = np.argsort(-np.abs(off), kind="stable")[:COUNT]
    sprite = Sprite("wrong", evaluated.x[worst]) if of.pictures else None
    cards = [card(of, int(k), n, sprite) for n, k in enumerate(worst)]
    right = 1 - float((off**2).mean()) / (float(np.var(evaluated.y)) or 1.0)
    text = f"Half of its answers are within {number(middle)}, nine in ten within {number(tenth)}. It explains {per_cent(right, 1)} of the variance (R²)."
    body = [h("p", text), h("div", [shown, spread], class_="figures"), sprite.style if sprite else None,
            h("h3", f"The {count(len(worst), 'largest error')}"), h("ol", cards, class_="cards")]  # fmt: skip
    return Section(
        "errors", "How far off it is", f"Nine in ten of its answers are within {number(tenth)}", join(*body)
    )


def scatter(of: Material) -> "Axes":
    """The predictions against the right values."""
    y, predicted = of.evaluated.y[:DOTS], of.evaluated.predicted[:DOTS]
    ax = axes(None, 4.6, 3.6)
    ax.plot(y, predicted, "o", color=COLOURS[0], markersize=3, alpha=0.5, markeredgewidth=0)
    ends = [float(min(y.min(), predicted.min())), float(max(y.max(), predicted.max()))]
    ax.plot(ends, ends, color=INK, linewidth=1)
    return dressed(ax, "", "what is right", "what it predicted")


def histogram(off: np.ndarray) -> "Axes":
    """How often it is how far off."""
    ax = axes(None, 4.6, 3.6)
    ax.hist(off, bins=40, color=COLOURS[0], alpha=0.8)
    ax.axvline(0, color=INK, linewidth=1)
    return dressed(ax, "", "predicted - right", "how often")


def card(of: Material, k: int, n: int, sprite: Sprite | None) -> Html:
    """One error."""
    predicted, right = float(of.evaluated.predicted[k]), float(of.evaluated.y[k])
    words = f"{place(of, k)}: true {number(right)}, predicted {number(predicted)}"
    return h(
        "li",
        sprite.picture(n, words) if sprite else row(of, k),
        h("div",
          h("p", "true ", h("b", number(right)), ", predicted ", h("b", number(predicted), class_="wrong-word")),
          h("p", f"{number(abs(predicted - right))} too {'much' if predicted > right else 'little'}"),
          h("p", place(of, k), class_="place"), class_="told"),
        class_="card" if sprite else "card with-row",
    )  # fmt: skip
