"""From the mean of the examples to the new weight: penalties, clipping, the optimizer's formula."""

import math
from typing import Any

import numpy as np

from chainrule.explain.equations import Equation, equation, given, number, rounded
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.parts import Block, Heading, Part, Text
from chainrule.explain.rules import rule_of
from chainrule.optimizers.base import norm


def gradient_parts(step: OpenedStep, link: OpenedLink, name: str, index: tuple[int, ...]) -> list[Part]:
    """What penalties and clipping make of the mean."""
    optimizer = step.inputs.optimizer
    parts: list[Part] = []
    lines: list[Equation] = []
    g, w = float(link.data_gradient[name][index]), float(link.params[name][index])
    penalty = link.link.penalties().get(name)
    if penalty is not None:
        formula = " + ".join(
            ["g", *(["l1 · sign(w)"] if penalty.l1 else []), *(["2 · l2 · w"] if penalty.l2 else [])]
        )
        values = {"g": g, "l1": penalty.l1, "l2": penalty.l2, "w": w}
        lines.append(equation("g with its penalty", formula, values, float(link.gradient[name][index])))
        g = float(link.gradient[name][index])
    known = float(link.clipped[name][index])
    if optimizer.clipvalue is not None:
        lines.append(
            equation("g clipped", "max(min(g, limit), -limit)", {"g": g, "limit": optimizer.clipvalue}, known)
        )
    elif optimizer.clipnorm is not None or optimizer.global_clipnorm is not None:
        whole = optimizer.clipnorm is None
        grads = step.passed.step_trace.grads
        length = (
            math.sqrt(sum(float(norm(a)) ** 2 for la in grads for a in la.values()))
            if whole
            else float(norm(link.gradient[name]))
        )
        limit = optimizer.global_clipnorm if whole else optimizer.clipnorm
        lines.append(given("‖g‖", length, "of all gradients together" if whole else f"of the whole {name}"))
        values = {"g": g, "limit": limit, "length": length}
        clipped = equation("g clipped", "g · limit / max(length, limit)", values, known)
        lines.append(clipped._replace(formula="g · limit / max(‖g‖, limit)"))
    if lines:
        parts += [Text("Then:"), Block(lines)]
    return parts


def optimizer_parts(step: OpenedStep, link: OpenedLink, name: str, index: tuple[int, ...]) -> list[Part]:
    """The optimizer's formula with numbers plugged in, and the new weight."""
    optimizer, rule = step.inputs.optimizer, rule_of(step.inputs.optimizer)
    old, new = float(link.params[name][index]), float(link.learned[name][index])
    heading = Heading(f"3. The optimizer: {type(optimizer).__name__}")
    values: dict[str, Any] = {"w": old, "g": float(link.clipped[name][index]), "η": step.rate, "t": step.t}
    lines: list[Equation] = [
        given("w", old),
        given("g", values["g"]),
        given("η", step.rate),
        given("t", step.t),
    ]
    if (
        rule is None or optimizer.outer_slots
    ):  # what averages or accumulation make of it is told, not recomputed
        return [heading, Block([*lines, given("w′", new, f"by the rule of {type(optimizer).__name__}")])]
    for slot, letter in rule.slots.items():
        values[letter] = float(link.optimizer_state_before[name][slot][index])
        lines.append(given(letter, values[letter]))
    values |= rule.settings
    engine = constants(step, link, name)
    if "u_product" in step.inputs.state["optimizer_state"]:
        values["Π"] = float(step.inputs.state["optimizer_state"]["u_product"])
        lines.append(given("Π", values["Π"]))
    for letter, formula in rule.constants:
        lines.append(equation(letter, formula, values, engine.get(letter)))
        values[letter] = lines[-1].used
    if optimizer.weight_decay:
        w = link.params[name]
        decayed = float(np.asarray(optimizer.decayed(w[index], step.passed.step_trace.rate, name)))
        values["decay"] = optimizer.weight_decay
        lines.append(equation("w decayed", "w - w · decay · η", values, decayed))
        values["w"] = lines[-1].used
    after = {
        f"{letter}′": float(link.optimizer_state_after[name][slot][index])
        for slot, letter in rule.slots.items()
    }
    for letter, formula in rule.lines:
        lines.append(equation(letter, formula, values, new if letter == "w′" else after.get(letter)))
        values[letter] = lines[-1].value if letter == "w′" else lines[-1].used
    return [heading, Block(lines), Text(verdict(old, lines[-1]))]


def constants(step: OpenedStep, link: OpenedLink, name: str) -> dict[str, float]:
    """What the engine had, in float32, for the constants of Adam's and Nadam's formulas."""
    inputs, dtype = step.inputs, link.params[name].dtype
    t = (inputs.state["step"] + 1).astype(dtype)
    optimizer_state = inputs.state["optimizer_state"] | (
        {"u_product": step.state["optimizer_state"]["u_product"]}
        if "u_product" in step.state["optimizer_state"]
        else {}
    )
    found = inputs.optimizer.constants(t, step.passed.step_trace.rate.astype(dtype), optimizer_state)
    if isinstance(found, tuple):
        return {
            "ahead": float(found[1]),
            "now": float(found[2]),
            "unbias": float(found[3]),
            "Πu": float(optimizer_state["u_product"]),
        }
    return {"α": float(found)}


def verdict(old: float, last: Equation) -> str:
    """What happened to the weight, in words."""
    new, old = last.used, rounded(old)  # as they are printed
    if new == old:
        return "The weight stays as it is."
    if not math.isfinite(new):
        return "The weight is not finite from here on: learning has diverged."
    away, spacing = abs(last.distance), float(np.spacing(np.float32(abs(new))))
    rounding = (
        "to the last digit printed"
        if last.engine is None
        else f"within {away:.1g}, {away / spacing:.2g} of float32's steps there"
    )
    return f"The weight moves by {number(new - old, 6)}. The arithmetic above gives what the engine got {rounding}."
