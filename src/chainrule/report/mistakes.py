"""Its worst mistakes: what it saw, what it predicted, and how sure it was."""

import numpy as np

from chainrule import plots
from chainrule.report.examples import place, row
from chainrule.report.markup import Html, bar, h, join
from chainrule.report.material import Evaluated, Material
from chainrule.report.section import Section
from chainrule.report.sprites import Sprite, room
from chainrule.report.wording import probability

COUNT = 12
TOLD = 3  # probabilities of each


def section(of: Material) -> Section:
    """The section."""
    evaluated = of.classes
    worst = plots.most_wrong(evaluated.y, evaluated.p, COUNT)
    if not len(worst):
        return Section(
            "mistakes",
            "Its worst mistakes",
            f"It made no mistake on {len(evaluated.y):,} {of.things}",
            join(),
        )
    worst = worst[: room(of.data.input_shape)] if of.pictures else worst
    sprite = Sprite("wrong", evaluated.x[worst]) if of.pictures else None
    cards = [card(of, evaluated, int(k), n, sprite) for n, k in enumerate(worst)]
    k = worst[0]
    sure = probability(evaluated.p[k, evaluated.predicted[k]])
    title = f"At worst it took {of.names[evaluated.y[k]]} for {of.names[evaluated.predicted[k]]}, and was {sure} sure"
    words = (
        f"These {of.things} were misread, those first whose truth it thought least likely. Some are hard for people, too; "
        "some have a label that one may doubt."
    )
    body = [sprite.style if sprite else None, h("p", words), h("ol", cards, class_="cards")]
    return Section("mistakes", "Its worst mistakes", title, join(*body))


def card(of: Material, evaluated: Evaluated, k: int, n: int, sprite: Sprite | None) -> Html:
    """One mistake."""
    p, truth, predicted = evaluated.p[k], int(evaluated.y[k]), int(evaluated.predicted[k])
    order = [int(c) for c in np.argsort(-p, kind="stable")[:TOLD]]
    if truth not in order:
        order[-1] = truth
    bars = [
        h("li", h("span", of.names[c], class_="name"), bar(float(p[c]), "true" if c == truth else ""),
          h("span", probability(p[c]), class_="value"), class_="true" if c == truth else None)
        for c in order
    ]  # fmt: skip
    words = f"{place(of, k)}: true {of.names[truth]}, predicted {of.names[predicted]}"
    seen = sprite.picture(n, words) if sprite else row(of, k)
    return h(
        "li",
        seen,
        h("div",
          h("p", "true ", h("b", of.names[truth]), ", predicted ", h("b", of.names[predicted], class_="wrong-word")),
          h("ul", bars, class_="bars"),
          h("p", place(of, k), class_="place"), class_="told"),
        class_="card" if sprite else "card with-row",
    )  # fmt: skip
