"""Which numbers are 0 because a dropout dropped them, and how that is said."""

import re

import numpy as np

from chainrule.explain.equations import Equation
from chainrule.explain.layers import formulas_of
from chainrule.explain.layers.noise import DropoutFormulas, GaussianDropoutFormulas
from chainrule.explain.layers.shaping import SameNumbers
from chainrule.explain.layers.sums import WeightedSums
from chainrule.explain.layers.view import LayerView
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.sizes import activation_after

NAMED = 3  # inputs that are told by name


def drops(link: OpenedLink) -> np.ndarray | None:
    """Which of its numbers a dropout dropped, (batch, ...); None of a layer that drops none."""
    formulas = formulas_of(link.link)
    if not isinstance(formulas, DropoutFormulas) or isinstance(formulas, GaussianDropoutFormulas):
        return None
    return None if link.cache is None else np.broadcast_to(np.asarray(link.cache) == 0, link.x.shape)


def dropped_inputs(
    step: OpenedStep, link: OpenedLink, source: int = 0
) -> tuple[OpenedLink, np.ndarray] | None:
    """The dropout that a layer's input comes from, and which numbers of the input it dropped, (batch, inputs).

    Between them may stand layers that only lay the numbers out. None where there is no such dropout.
    """
    node = link.sources[source].node
    while node >= 0:
        before = step.links[node]
        found = drops(before)
        if found is not None:
            return before, found.reshape(step.n, -1)
        if not isinstance(formulas_of(before.link), SameNumbers):
            return None
        node = before.sources[0].node
    return None


def dropped_outputs(step: OpenedStep, link: OpenedLink) -> tuple[OpenedLink, np.ndarray] | None:
    """The dropout that takes a layer's output, and which of its numbers it drops, (batch, ...); None where there is none."""
    users = step.users(link.place)
    found = drops(users[0]) if len(users) == 1 else None
    return None if found is None or found.shape != link.y.shape else (users[0], found)


def saying_what_was_dropped(
    lines: list[Equation], view: LayerView, unit: int | None = None
) -> list[Equation]:
    """The lines of how an output was made, with a word where one of the inputs that they name was dropped.

    unit: the output; of the inputs that it depends on, those without a name of their own are counted.
    """
    for source in range(len(view.link.sources)):
        found = dropped_inputs(view.step, view.link, source)
        if found is not None:
            lines = [said_of(line, view, found[0].name, found[1][view.k], source, unit) for line in lines]
    return lines


def said_of(
    line: Equation, view: LayerView, dropout: str, dropped: np.ndarray, source: int, unit: int | None
) -> Equation:
    """One such line."""
    names = named_inputs(line.formula, view, source)
    mine = {name: place for name, place in names.items() if dropped[place]}
    others = 0
    if (
        names
        and unit is not None
        and (seen := formulas_of(view.link.link).inputs_of(view.link, unit)) is not None
    ):
        others = int(dropped[np.setdiff1d(seen, list(names.values()))].sum())
    if not mine and not others:
        return line
    told = [*list(mine)[:NAMED], *([f"{len(mine) - NAMED + others} more"] if len(mine) > NAMED else
                                   [f"{others} of the rest"] if others else [])]  # fmt: skip
    words = f"{', '.join(told)} dropped by {dropout}"
    return line._replace(note=f"{line.note}; {words}" if line.note else words)


def named_inputs(formula: str, view: LayerView, source: int) -> dict[str, int]:
    """The inputs that a formula names, with their places in a row."""
    letter, shape = view.symbols.sources[view.link.place][source], view.link.xs[source].shape[1:]
    found: dict[str, int] = {}
    for match in re.finditer(rf"{re.escape(letter)}\[([\d, ]+)\](?!̂)", formula):
        place = tuple(int(i) for i in match[1].split(","))
        if len(place) == len(shape) and all(i < side for i, side in zip(place, shape, strict=True)):
            found[match[0]] = int(np.ravel_multi_index(place, shape))
    return found


def dropped_for(step: OpenedStep, link: OpenedLink, index: tuple[int, ...]) -> tuple[str, np.ndarray] | None:
    """The dropout that what a weight of the kernel meets comes from, and for which examples it dropped all of it, (batch,)."""
    formulas, found = formulas_of(link.link), dropped_inputs(step, link)
    if found is None or not isinstance(formulas, WeightedSums):
        return None
    met = found[1][:, formulas.of_weight(link, index).inputs]
    return found[0].name, np.asarray(met.all(axis=1) & (met.shape[1] > 0))


def silent_unit(step: OpenedStep, link: OpenedLink, j: int) -> tuple[str, np.ndarray] | None:
    """The dropout after a layer, or after its activation, and for which examples it drops all of the j-th unit, (batch,)."""
    for one in (link, activation_after(step, link)):
        found = None if one is None else dropped_outputs(step, one)
        if found is not None and found[1].shape[-1] > j:
            return found[0].name, np.asarray(found[1][..., j].reshape(step.n, -1).all(axis=1))
    return None
