"""The optimizers' formulas as they are printed: how each makes a new weight of a gradient.

The engine runs `optimizer.rule`; this table says the same in letters, and a test holds each line against the rule.

    w weight   g gradient   η rate   t the step's number, from 1   ′ after the step
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, Nadam, Optimizer, RMSprop

Line = tuple[str, str]  # name, formula


class Rule(NamedTuple):
    """constants: for all weights alike.  lines: for one weight.  slots: what the optimizer's memory is called."""

    constants: list[Line]
    lines: list[Line]
    slots: dict[str, str]
    settings: dict[str, float]


def sgd(o: Any) -> Rule:
    """Gradient descent, with momentum or without."""
    if not o.momentum:
        return Rule([], [("w′", "w - η · g")], {}, {})
    move = "w + μ · v′ - η · g" if o.nesterov else "w + v′"
    return Rule([], [("v′", "μ · v - η · g"), ("w′", move)], {"momentum": "v"}, {"μ": o.momentum})


def rmsprop(o: Any) -> Rule:
    """RMSprop, centered or not."""
    lines, slots = [("v′", "ρ · v + (1 - ρ) · g²")], {"velocity": "v"}
    spread = "v′"
    if o.centered:
        lines += [("c′", "ρ · c + (1 - ρ) · g"), ("s", "v′ - c′²")]
        slots["average_gradient"], spread = "c", "s"
    if o.momentum:
        lines += [("b′", f"μ · b + η · g / √({spread} + ε)"), ("w′", "w - b′")]
        slots["momentum"] = "b"
    else:
        lines.append(("w′", f"w - η · g / √({spread} + ε)"))
    return Rule([], lines, slots, {"ρ": o.rho, "μ": o.momentum, "ε": o.epsilon})


def adagrad(o: Any) -> Rule:
    """Adagrad."""
    lines = [("s′", "s + g²"), ("w′", "w - η · g / √(s′ + ε)")]
    return Rule([], lines, {"accumulator": "s"}, {"ε": o.epsilon})


def adam(o: Any) -> Rule:
    """Adam, AdamW and amsgrad."""
    lines = [("m′", "β₁ · m + (1 - β₁) · g"), ("v′", "β₂ · v + (1 - β₂) · g²")]
    slots, spread = {"momentum": "m", "velocity": "v"}, "v′"
    if o.amsgrad:
        lines.append(("u′", "max(u, v′)"))
        slots["velocity_hat"], spread = "u", "u′"
    lines.append(("w′", f"w - α · m′ / (√{spread} + ε)"))
    alpha = [("α", "η · √(1 - β₂^t) / (1 - β₁^t)")]
    return Rule(alpha, lines, slots, {"β₁": o.beta_1, "β₂": o.beta_2, "ε": o.epsilon})


def nadam(o: Any) -> Rule:
    """Adam that looks a step ahead."""
    constants = [
        ("u", "β₁ · (1 - 0.5 · 0.96^t)"), ("u_next", "β₁ · (1 - 0.5 · 0.96^(t + 1))"), ("Πu", "Π · u"),
        ("ahead", "u_next / (1 - Πu · u_next)"), ("now", "(1 - u) / (1 - Πu)"), ("unbias", "1 - β₂^t"),
    ]  # fmt: skip
    lines = [
        ("m′", "β₁ · m + (1 - β₁) · g"), ("v′", "β₂ · v + (1 - β₂) · g²"), ("n", "ahead · m′ + now · g"),
        ("w′", "w - η · n / (√(v′ / unbias) + ε)"),
    ]  # fmt: skip
    settings = {"β₁": o.beta_1, "β₂": o.beta_2, "ε": o.epsilon}
    return Rule(constants, lines, {"momentum": "m", "velocity": "v"}, settings)


def adadelta(o: Any) -> Rule:
    """Steps as large as the steps before."""
    lines = [
        ("s′", "ρ · s + (1 - ρ) · g²"), ("step", "√(d + ε) / √(s′ + ε) · g"), ("d′", "ρ · d + (1 - ρ) · step²"),
        ("w′", "w - η · step"),
    ]  # fmt: skip
    return Rule(
        [], lines, {"accumulated_grad": "s", "accumulated_delta_var": "d"}, {"ρ": o.rho, "ε": o.epsilon}
    )


RULES: dict[type[Optimizer], Callable[[Any], Rule]] = {
    SGD: sgd, RMSprop: rmsprop, Adadelta: adadelta, Adagrad: adagrad, Adam: adam, AdamW: adam, Nadam: nadam,
}  # fmt: skip


def rule_of(optimizer: Optimizer) -> Rule | None:
    """The formulas of an optimizer; None for one of somebody's own, whose rule only Python knows."""
    made = RULES.get(type(optimizer))
    return None if made is None else made(optimizer)
