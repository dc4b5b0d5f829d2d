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
from chainrule.graph import Source

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
            if source.node == place and source.output == 0 and user.reached]  # fmt: skip
    ends = [output for output in step.outputs if output.end.z == Source(place)]
    if len(uses) + len(ends) == 1:
        if ends:
            return derivative_of(ends[0], symbols, k, unit)
        return through(step, symbols, k, *uses[0], unit, known)
    name = "d" + at(symbols.outs[place], link.y.shape[1:], unit)
    values = [step.n * float(flat(user.input_deltas[q], k)[unit]) for user, q in uses]
    letters = [f"{name} by {user_name(step, symbols, uses, i)}" for i in range(len(uses))]
    lines = list[Equation]()
    if uses:
        strongest = int(np.argmax(np.abs(np.nan_to_num(values))))
        lines = through(step, symbols, k, *uses[strongest], unit, values[strongest])
        lines[-1] = lines[-1]._replace(name=letters[strongest])
    for output in ends:
        letters.append(f"{name} by the loss{output.at_name}")
        lines += derivative_of(output, symbols, k, unit)
        lines[-1] = lines[-1]._replace(name=letters[-1])
        values.append(lines[-1].used)
    return [*lines, finished(name, " + ".join(letters), weighted_sum([(v,) for v in values]), known)]


def user_name(step: OpenedStep, symbols: Symbols, uses: list[tuple[OpenedLink, int]], i: int) -> str:
    """What tells one use of a number from the others: the layer's name, the letter it makes, which of its inputs it is."""
    user, q = uses[i]
    if sum(other.name == user.name for other, _ in uses) == 1:
        return user.name
    if sum(other is user for other, _ in uses) == 1:
        return f"{user.name}, in {symbols.outs[user.place]}"
    return f"{user.name}, as its input {q + 1}"


def through(
    step: OpenedStep, symbols: Symbols, k: int, user: OpenedLink, q: int, unit: int, known: float
) -> list[Equation]:
    """Back through one layer that uses a number as its q-th input, and before that the path down to its output."""
    found = formulas_of(user.link).backward(LayerView(step, user, symbols, k), unit, known, q)
    above = [] if found.follow is None else whole_path(step, symbols, k, user.place, found.follow)
    return [*above, *found.equations]
