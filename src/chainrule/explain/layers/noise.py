"""Layers that act by chance while learning: dropout, and noise that is added or multiplied."""

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, given, number, weighted_sum
from chainrule.explain.layers.base import Backward
from chainrule.explain.layers.shaping import OneToOne
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink
from chainrule.layers.dropout import SELU_FLOOR


class DropoutFormulas(OneToOne):
    """h = x · mask: the mask is 0 where a number is left out, and 1 / (1 - rate) elsewhere."""

    word = "mask"

    def factor(self, link: OpenedLink, k: int, unit: int) -> float:
        """What a number is multiplied by; one decision can hold for many places, such as for a whole channel."""
        return 1.0 if link.cache is None else float(flat(np.broadcast_to(link.cache, link.x.shape), k)[unit])

    def why(self, link: OpenedLink, factor: float) -> str:
        """Why a number is multiplied by that."""
        kind = type(link.link).__name__
        if link.cache is None:
            return f"{kind} with rate 0 changes nothing"
        kept = f"kept by {kind}, scaled by 1 / (1 - {link.link.rate:g})"
        return kept if factor else f"dropped by {kind}"

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, factor = view.link, self.factor(view.link, view.k, unit)
        formula, product = f"{view.input_name(unit)} · {self.word}", weighted_sum([(view.x[unit], factor)])
        return [finished(view.output_name(unit), formula, product, view.y[unit], self.why(link, factor))]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, factor = view.link, self.factor(view.link, view.k, unit)
        name, formula = view.input_delta(unit), f"{view.output_delta(unit)} · {self.word}"
        product = weighted_sum([(view.deltas[unit], factor)])
        return Backward(unit, [finished(name, formula, product, known, self.why(link, factor))])


class GaussianDropoutFormulas(DropoutFormulas):
    """h = x · noise, noise around 1."""

    word = "noise"

    def why(self, link: OpenedLink, factor: float) -> str:
        rate = link.link.rate
        return f"drawn, of mean 1 and standard deviation {number(np.sqrt(rate / (1 - rate)), 4)}"


class AlphaDropoutFormulas(DropoutFormulas):
    """h = a · x + b, or a · α′ + b for a number that is left out: α′ is what selu goes down to."""

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        if link.cache is None:
            return super().forward(view, unit, index)
        rate = link.link.rate
        kept = self.factor(link, view.k, unit) != 0
        values = {"a": self.scale(link), "α": SELU_FLOOR, "rate": rate, "x": view.x[unit]}
        worked = equation(
            view.output_name(unit),
            "a · x - a · α · rate" if kept else "a · α - a · α · rate",
            values,
            view.y[unit],
            self.why(link, float(kept)),
        )
        letters = view.input_name(unit) if kept else "α′"
        return [worked._replace(formula=f"a · {letters} - a · α′ · rate")]

    def scale(self, link: OpenedLink) -> float:
        """The a that brings the variance back to what it was."""
        rate = link.link.rate
        return float(((1 - rate) * (1 + rate * SELU_FLOOR**2)) ** -0.5)

    def why(self, link: OpenedLink, factor: float) -> str:
        if link.cache is None:
            return super().why(link, factor)
        return (
            "kept by AlphaDropout" if factor else "dropped by AlphaDropout: selu's lowest value, α′, instead"
        )


class GaussianNoiseFormulas(OneToOne):
    """h = x + noise."""

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, x, y = view.link, view.x[unit], view.y[unit]
        noise = given("noise", y - x, f"drawn, of standard deviation {link.link.stddev:g}")
        formula = f"{view.input_name(unit)} + noise"
        return [noise, finished(view.output_name(unit), formula, weighted_sum([(x,), (noise.used,)]), y)]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        name, upper = view.input_delta(unit), view.output_delta(unit)
        return Backward(unit, [finished(name, upper, number(view.deltas[unit]), known)])
