"""Which columns its answers rest on: how much worse it answers when a column's values are shuffled among the rows.

The permutation importance of Breiman (2001). A column is named only where the loss is more than chance gives: a test of the
differences row by row, with a level of 5 % for all columns together.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from chainrule.datasets.columns import width
from chainrule.errors import SettingError
from chainrule.inference.predictor import probabilities
from chainrule.report.markup import Html, bar, figure, h
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.report.wording import count, number
from chainrule.training import recipes

SHUFFLES = 5  # of each column
ROWS = 2000  # rows that are asked, of more a part
SHOWN = 30
MOST = 300  # columns: of more it would take too long
LEVEL = 0.05
NAMED = 3  # columns in the title


@dataclass(frozen=True)
class Effect:
    """A column, and how much worse the answers are without it: a mean over rows, with its standard error."""

    name: str
    worse: float
    error: float
    each: Any


def section(of: Material) -> Section:
    """The section, for networks that are given rows."""
    found = sorted(effects(of), key=lambda effect: -effect.worse)
    return Section("weights", "What it looks for", title(found), bars(of, found))


def title(found: list[Effect]) -> str:
    """The columns that chance does not explain; "most" is only said of one that is clearly ahead of the next."""
    limit = NormalDist().inv_cdf(1 - LEVEL / len(found))
    sure = [effect for effect in found if effect.worse > limit * effect.error]
    if not sure:
        return "No single column matters more than chance would have it"
    first = sure[0]
    ahead = True
    if len(found) > 1:
        lead = first.each - found[1].each
        ahead = float(lead.mean()) > 2 * float(lead.std()) / math.sqrt(len(lead))
    if ahead:
        return f"It listens most to {first.name}"
    names = [effect.name for effect in sure[:NAMED]]
    more = len(sure) - len(names)
    said = ", ".join(names) if more or len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"It listens to {said}" + (f" and {count(more, 'column')} more" if more else "")


def effects(of: Material) -> list[Effect]:
    """Each column's effect. SettingError where there are too many."""
    evaluated, rng = of.evaluated, np.random.default_rng(0)  # the same run gives the same page
    groups = columns_of(of)
    if len(groups) > MOST:
        raise SettingError(f"Its {len(groups):,} columns are too many to shuffle one by one.")
    some = rng.permutation(len(evaluated.y))[:ROWS]
    x, y = evaluated.x[some], evaluated.y[some]
    before = goodness(of, x, y)
    found = []
    for name, places in groups:
        worse = np.zeros(len(y))
        for _ in range(SHUFFLES):
            shuffled = x.copy()
            shuffled[:, places] = x[rng.permutation(len(x))][:, places]
            worse += (before - goodness(of, shuffled, y)) / SHUFFLES
        found.append(Effect(name, float(worse.mean()), float(worse.std() / math.sqrt(len(y))), worse))
    return found


def columns_of(of: Material) -> list[tuple[str, list[int]]]:
    """The columns of the table, each with the inputs that it became; without a table each input."""
    known = of.data.preparation.get("columns") or []
    inputs = int(of.data.input_shape[0])
    groups, at = [], 0
    for column in known:
        wide = width(column)
        groups.append((str(column["name"]), list(range(at, at + wide))))
        at += wide
    return groups if groups and at == inputs else [(f"input {k}", [k]) for k in range(inputs)]


def goodness(of: Material, x: Any, y: Any) -> Any:
    """For each row whether the answer is right, or how far it is off, with a minus."""
    result = of.model.predict(recipes.inputs(of.data, x), verbose=0)
    if of.data.task == "regression":
        return -np.abs(result.reshape(len(y), -1)[:, 0].astype(np.float64) - y)
    return (probabilities(of.model, result).argmax(axis=1) == y).astype(np.float64)


def bars(of: Material, found: list[Effect]) -> Html:
    """The columns with their bars."""
    most = max((effect.worse for effect in found), default=0.0)
    most = most if most > 0 else 1.0
    rows = [
        h("li", h("span", effect.name, class_="name"), bar(max(0.0, effect.worse) / most), h("span", amount(of, effect), class_="value"))
        for effect in found[:SHOWN]
    ]  # fmt: skip
    more = f" {len(found) - SHOWN} more are not shown." if len(found) > SHOWN else ""
    what = (
        "further off the answers are, on average"
        if of.data.task == "regression"
        else "fewer rows of 100 are answered right"
    )
    caption = (f"How many {what}," if of.data.task != "regression" else f"How much {what},") + (
        f" when the values of one column are shuffled among {min(ROWS, len(of.evaluated.y)):,} rows of {of.evaluated.words} "
        f"({SHUFFLES} times; ± the standard error). Of columns that say nearly the same, each can be spared; what causes what, this does "
        f"not show.{more}"
    )
    return figure(h("ul", rows, class_="bars wide-bars"), caption, wide=True)


def amount(of: Material, effect: Effect) -> str:
    """An effect with its standard error: points of a hundred, or the target's unit."""
    if of.data.task == "regression":
        return f"{number(effect.worse, 2)} ± {number(effect.error, 1)}"
    return f"{100 * effect.worse:.1f} ± {100 * effect.error:.1f}"
