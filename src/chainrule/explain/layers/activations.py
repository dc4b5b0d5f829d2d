"""Activations: a = f(z) and dz = da · f′(z), each with its formula where the language of formulas has it."""

from typing import Any

import numpy as np

from chainrule.activations import RULES, softmax
from chainrule.activations.smooth import SELU_ALPHA, SELU_SCALE
from chainrule.explain.equations import Equation, equation, finished, given, near_one, number, weighted_sum
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import at

SCALES = {"scale": SELU_SCALE, "α": SELU_ALPHA}
FORWARD: dict[str, tuple[str, str]] = {  # the formula above 0, and at or below it
    "linear": ("z", "z"),
    "relu": ("max(z, 0)", "max(z, 0)"),
    "leaky_relu": ("z", "0.2 · z"),
    "sigmoid": ("1 / (1 + exp(-z))", "1 / (1 + exp(-z))"),
    "tanh": ("tanh(z)", "tanh(z)"),
    "elu": ("z", "exp(z) - 1"),
    "selu": ("scale · z", "scale · α · (exp(z) - 1)"),
    "softplus": ("log(1 + exp(-z)) + z", "log(1 + exp(z))"),
    "silu": ("z / (1 + exp(-z))", "z / (1 + exp(-z))"),
}
SLOPES: dict[str, tuple[str, str]] = {  # f′ in z and a, above 0, and at or below it
    "sigmoid": ("a · (1 - a)", "a · (1 - a)"),
    "tanh": ("(1 - a²)", "(1 - a²)"),
    "elu": ("1", "(a + 1)"),
    "selu": ("scale", "(a + scale · α)"),
    "softplus": ("1 / (1 + exp(-z))", "1 / (1 + exp(-z))"),
}


class ElementwiseFormulas(LayerFormulas):
    """An activation that works on each number by itself."""

    letter = "a"

    def name(self, link: OpenedLink) -> str:
        return self.kind(link)

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        name, z, a = (
            view.output_name(unit),
            view.x[unit],
            view.y[unit],
        )
        before, kind = view.input_name(unit), self.kind(link)
        formulas = self.formulas(link)
        if formulas is None:
            return [given(name, a, f"{kind}({before})")]
        formula = formulas[0] if z > 0 else formulas[1]
        return [equation(name, formula, {"z": z} | SCALES, a)._replace(formula=f"{kind}({before})")]

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit])

    def kind(self, link: OpenedLink) -> str:
        """The function's name."""
        return str(link.link.activation_name)

    def formulas(self, link: OpenedLink) -> tuple[str, str] | None:
        """f above 0 and at or below it, as texts; None where the language has no words for it."""
        return FORWARD.get(self.kind(link))

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, k = view.link, view.k
        z, a, above = view.x[unit], view.y[unit], view.deltas[unit]
        name, upper = view.input_delta(unit), view.output_delta(unit)
        slopes = SLOPES.get(self.kind(link))
        if slopes is not None:
            slope = slopes[0] if z > 0 else slopes[1]
            values: dict[str, Any] = {"da": above, "a": near_one(a), "z": z} | SCALES
            worked = equation(name, f"da · {slope}", values, known)
            return Backward(unit, [worked._replace(formula=f"{upper} · {slope}")])
        own = self.slope(link, k, unit)
        note = self.side(link, z)
        formula = f"{upper} · {self.kind(link)}′(z)"
        return Backward(unit, [finished(name, formula, weighted_sum([(above, own)]), known, note)])

    def slope(self, link: OpenedLink, k: int, unit: int) -> float:
        """f′(z) as the engine has it, with its rounding: the backward rule is asked with da = 1."""
        return float(
            np.asarray(link.link.backward(link.params, link.cache, np.ones_like(link.y))[k]).reshape(-1)[unit]
        )

    def side(self, link: OpenedLink, z: float) -> str:
        """Where on the function z is."""
        if self.kind(link) in ("relu", "leaky_relu"):
            return f"z = {number(z, 4)} is {'above' if z > 0 else 'not above'} 0"
        return f"z = {number(z)}"


def by_rows(kind: str) -> bool:
    """Whether an activation's outputs depend on whole rows of inputs."""
    rule = RULES.get(kind)
    return rule is not None and rule.forward.__module__ == softmax.__module__


class ActivationFormulas(ElementwiseFormulas):
    """Activation(...), and the activation of a layer.

    Softmax, where every output depends on every input of its row, is written out; other functions of rows are not.
    """

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        if self.kind(link) == "softmax":
            return softmax_forward(view, unit)
        if by_rows(self.kind(link)):
            return LayerFormulas.forward(self, view, unit, index)
        return super().forward(view, unit, index)

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        if self.kind(link) == "softmax":
            return softmax_backward(view, unit, known)
        if by_rows(self.kind(link)):
            return LayerFormulas.backward(self, view, unit, known, source)
        return super().backward(view, unit, known, source)

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return None if by_rows(self.kind(link)) else np.array([unit])


class SoftmaxFormulas(ActivationFormulas):
    """Softmax as a layer."""


class ReLUFormulas(ElementwiseFormulas):
    """ReLU with a threshold, a largest value, and a slope below the threshold."""

    def kind(self, link: OpenedLink) -> str:
        return "ReLU"

    def name(self, link: OpenedLink) -> str:
        return link.name

    def formulas(self, link: OpenedLink) -> tuple[str, str] | None:
        return None

    def side(self, link: OpenedLink, z: float) -> str:
        threshold, highest = link.link.threshold, link.link.max_value
        said = f"z = {number(z, 4)} is {'above' if z > threshold else 'not above'} {threshold:g}"
        return (
            f"z = {number(z, 4)} is not below max_value {highest:g}"
            if highest is not None and z >= highest
            else said
        )


class LeakyReLUFormulas(ElementwiseFormulas):
    """LeakyReLU: z, or negative_slope · z."""

    def kind(self, link: OpenedLink) -> str:
        return "leaky_relu"

    def name(self, link: OpenedLink) -> str:
        return link.name

    def formulas(self, link: OpenedLink) -> tuple[str, str] | None:
        return "z", f"{number(link.link.negative_slope)} · z"


def softmax_rows(link: OpenedLink, k: int, unit: int) -> tuple[int, np.ndarray, np.ndarray]:
    """The place of an output in its row, and the row of z and a."""
    classes = link.y.shape[-1]
    row, m = divmod(unit, classes)
    z, a = (flat(array, k).reshape(-1, classes)[row] for array in (link.x, link.y))
    return m, z, a


def softmax_forward(view: LayerView, unit: int) -> list[Equation]:
    """a[m] = exp(z[m] - max z) / Σ exp(z - max z)."""
    link, symbols, k = view.link, view.symbols, view.k
    m, z, a = softmax_rows(link, k, unit)
    highest = float(z.max())
    values = {"z": z[m], "highest": highest, "total": float(np.exp(z - highest).sum())}
    worked = equation(view.output_name(unit), "exp(z - highest) / total", values, a[m])
    inner = symbols.ins[link.place]
    formula = f"exp({at(inner, link.x.shape[1:], unit)} - max {inner}) / Σ exp({inner} - max {inner})"
    return [worked._replace(formula=formula)]


def softmax_backward(view: LayerView, unit: int, known: float) -> Backward:
    """dz[i] = Σ da[m] · a[m] · (1 or 0 - a[i]): 1 where m is i."""
    link, k = view.link, view.k
    i, _, a = softmax_rows(link, k, unit)
    first = unit - i
    above = view.deltas[first : first + len(a)]
    shares = a * (np.eye(len(a))[i] - a[i])  # ∂a[m] / ∂z[i]
    order = np.argsort(-np.abs(above * shares), kind="stable")
    letters = [f"{view.output_delta(first + m)} · ∂{view.output_name(first + m)}" for m in range(len(a))]
    pairs = [(float(d), float(s)) for d, s in zip(above, shares, strict=True)]
    size = float(a[i] * (abs(above[i]) + np.abs(above * a).sum()))  # the engine has a[i] · (da[i] - Σ da · a)
    note = "∂a[m] = a[m] · (1 - a[m]) by its own z, -a[m] · a[i] by another"
    return Backward(
        first + int(order[0]),
        [sum_equation(view.input_delta(unit), letters, pairs, known, note=note, size=size)],
    )
