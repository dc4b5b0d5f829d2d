"""Where a delta comes from: the chain rule with numbers plugged in, from an example's loss down to one unit.

delta: the derivative of one example's own loss (not yet divided by the batch) by a number in the network. Each link
makes the delta of its input from those of its outputs; of the many ways through a Dense the strongest is followed
further up, the others are summed.
"""

from typing import Any

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, given, near_one, number, weighed_sum
from chainrule.explain.losses import derivative_of
from chainrule.explain.step import StepExplained
from chainrule.explain.symbols import BENDS, SAME_NUMBERS, at, symbols_of
from chainrule.layers import Dense, Dropout, Rescaling

TERMS = 3  # of a sum, written out; the others are summed


def delta(step: StepExplained, k: int, place: int, unit: int) -> float:
    """The derivative of the k-th example's loss by one number of a link's output (unit: its flat index)."""
    link = step.links[place]
    if link.delta is None:
        return float("nan")
    return step.n * float(np.asarray(link.delta[k], np.float64).reshape(-1)[unit])


def delta_equations(step: StepExplained, k: int, place: int, unit: int) -> list[Equation]:
    """From the loss of the k-th example down to the delta of one number of a link's output."""
    if place == step.end.z.node:
        return derivative_of(step, k, unit)
    up = step.links[place + 1]
    rule = up.link
    symbols = symbols_of(step.links)
    name = "d" + at(symbols.outs[place], up.x.shape[1:], unit)
    above = "d" + (at(symbols.outs[place + 1], up.y.shape[1:], unit) if up.y.shape == up.x.shape else "")
    known = delta(step, k, place, unit)
    if isinstance(rule, SAME_NUMBERS):
        return delta_equations(step, k, place + 1, unit)
    if type(rule) is Dense:
        return through_dense(step, k, place, unit, name)
    if isinstance(rule, BENDS) and getattr(rule, "activation", "") != "softmax":
        upper = delta_equations(step, k, place + 1, unit)
        return [*upper, through_bend(up, k, unit, name, above, delta(step, k, place + 1, unit), known)]
    if isinstance(rule, Dropout):
        mask = 1.0 if up.cache is None else float(up.cache[k].reshape(-1)[unit])
        note = "left out by Dropout" if mask == 0 else f"kept by Dropout, scaled by 1 / (1 - {rule.rate:g})"
        upper = delta_equations(step, k, place + 1, unit)
        down = finished(
            name, f"{above} · mask", weighed_sum([(delta(step, k, place + 1, unit), mask)]), known, note
        )
        return [*upper, down]
    if isinstance(rule, Rescaling):
        upper = delta_equations(step, k, place + 1, unit)
        product = weighed_sum([(delta(step, k, place + 1, unit), rule.scale)])
        return [*upper, finished(name, f"{above} · scale", product, known)]
    return [given(name, known, f"by the rule of {type(rule).__name__} {up.name!r}")]


def through_dense(step: StepExplained, k: int, place: int, unit: int, name: str) -> list[Equation]:
    """Back through a weighted sum: dx[i] = Σ dz[m] · W[i, m]."""
    up, symbols = step.links[place + 1], symbols_of(step.links)
    inputs, units = up.params["kernel"].shape
    row, i = divmod(unit, inputs)
    blame = step.n * np.asarray(up.delta[k], np.float64).reshape(-1, units)[row]
    weights = np.asarray(up.params["kernel"][i], np.float64)
    strength = np.argsort(-np.abs(blame * weights), kind="stable")
    chosen = strength if units <= TERMS + 1 else strength[:TERMS]
    rest = float((blame * weights)[strength[len(chosen) :]].sum()) if len(chosen) < units else None
    shape, number_ = up.y.shape[1:], symbols.numbers[place + 1]
    letters = [
        f"d{at(symbols.outs[place + 1], shape, row * units + int(m))} · W{number_}[{i}, {int(m)}]"
        for m in chosen
    ]
    formula = " + ".join([*letters, *([f"rest of {units - len(chosen)}"] if rest is not None else [])])
    numbers = weighed_sum([(blame[m], weights[m]) for m in chosen], rest)
    upper = delta_equations(step, k, place + 1, row * units + int(strength[0]))
    return [*upper, finished(name, formula, numbers, delta(step, k, place, unit))]


def through_bend(up: Any, k: int, unit: int, name: str, above: str, blame: float, known: float) -> Equation:
    """Back through an activation: dz = da · f′(z)."""
    z, a = (float(array[k].reshape(-1)[unit]) for array in (up.x, up.y))
    kind = getattr(up.link, "activation", "")
    if kind == "sigmoid":
        return equation(name, "da · a · (1 - a)", {"da": blame, "a": near_one(a)}, known)._replace(
            formula=f"{above} · a · (1 - a)"
        )
    if kind == "tanh":
        numbers = equation(name, "da · (1 - a²)", {"da": blame, "a": near_one(a)}, known)
        return numbers._replace(formula=f"{above} · (1 - a²)")
    one, dtype = np.ones((1, 1), up.x.dtype), up.x.dtype  # the slope as the engine has it, with its rounding
    cache: Any = np.full((1, 1), z, dtype)
    if isinstance(up.cache, tuple):
        cache = (cache, np.full((1, 1), a, dtype))
    slope = float(up.link.backward({}, cache, one).reshape(-1)[0])
    word = kind or type(up.link).__name__
    side = "above" if z > 0 else "not above"
    note = f"z = {number(z, 4)} is {side} 0" if "relu" in word.lower() else f"z = {number(z)}"
    return finished(name, f"{above} · {word}′(z)", weighed_sum([(blame, slope)]), known, note)
