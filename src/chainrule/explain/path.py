"""The path back: the chain rule with numbers plugged in, from an example's loss down to one number of the network.

delta: the derivative of one example's own loss (not yet divided by the batch) by a number in the network. Each layer
makes the delta of its input from those of its outputs; an output that several layers use has the sum of what they make.
Of the many paths the one with the largest part is followed further up; the others are in the sums.
"""

import numpy as np

from chainrule.explain.equations import Equation, finished, given, weighted_sum
from chainrule.explain.layers import formulas_of
from chainrule.explain.layers.view import LayerView, deltas, flat
from chainrule.explain.losses import derivative_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.symbols import Symbols, at

LONGEST = 8  # equations of a path; of a longer one the ends are shown


def path_back(step: OpenedStep, symbols: Symbols, k: int, place: int, unit: int) -> list[Equation]:
    """From the loss of the k-th example down to the delta of one number of a link's output (its place in a row).

    Of a path through many layers the first and the last equations, and how many are between them.
    """
    lines = whole_path(step, symbols, k, place, unit)
    if len(lines) <= LONGEST + 1:
        return lines
    first, last = lines[: LONGEST // 2 - 1], lines[-(LONGEST // 2 + 1) :]
    between = len(lines) - len(first) - len(last)
    start = lines[len(first) + between - 1]
    return [*first, given(start.name, start.used, f"after {between} more equations like these"), *last]


def whole_path(step: OpenedStep, symbols: Symbols, k: int, place: int, unit: int) -> list[Equation]:
    """From the loss of the k-th example down to the delta of one number of a link's output (its place in a row)."""
    link = step.links[place]
    known = float(deltas(step, link, k)[unit])
    uses = [(user, q) for user in step.users(place) for q, source in enumerate(user.sources)
            if source.node == place and source.output == 0 and user.delta is not None]  # fmt: skip
    if not uses:
        return derivative_of(step, symbols, k, unit)
    lost = [derivative_of(step, symbols, k, unit)] if step.end.z.node == place else []
    if len(uses) + len(lost) == 1:
        return through(step, symbols, k, *uses[0], unit, known)
    values = [step.n * float(flat(user.input_deltas[q], k)[unit]) for user, q in uses]
    strongest = int(np.argmax(np.abs(np.nan_to_num(values))))
    name = "d" + at(symbols.outs[place], link.y.shape[1:], unit)
    lines = [*lost[0]] if lost else []
    lines += through(step, symbols, k, *uses[strongest], unit, values[strongest])
    letters = [f"{name} by {user.name}" for user, _ in uses] + ["by the loss"] * len(lost)
    parts = [*values, *(lines_of_loss[-1].used for lines_of_loss in lost)]
    return [*lines, finished(name, " + ".join(letters), weighted_sum([(v,) for v in parts]), known)]


def through(
    step: OpenedStep, symbols: Symbols, k: int, user: OpenedLink, q: int, unit: int, known: float
) -> list[Equation]:
    """Back through one layer that uses a number as its q-th input, and before that the path down to its output."""
    found = formulas_of(user.link).backward(LayerView(step, user, symbols, k), unit, known, q)
    above = [] if found.follow is None else whole_path(step, symbols, k, user.place, found.follow)
    return [*above, *found.equations]
