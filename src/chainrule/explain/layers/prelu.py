"""PReLU: a relu whose slope below 0 is learned."""

import numpy as np

from chainrule.explain.equations import Equation, finished, number, weighted_sum
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward
from chainrule.explain.layers.shaping import OneToOne
from chainrule.explain.layers.view import Index, LayerView, output_delta
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols, at


class PReLUFormulas(OneToOne):
    """a = z, or α · z below 0."""

    letter = "a"

    def kind(self, link: OpenedLink) -> str:
        return "prelu"

    def alpha(self, link: OpenedLink, unit: int) -> tuple[float, str]:
        """The slope below 0 at one place, and its name."""
        alphas = np.asarray(link.params["alpha"], np.float64)
        place = np.unravel_index(unit, link.x.shape[1:])
        own = tuple(0 if n == 1 else int(i) for i, n in zip(place, alphas.shape, strict=True))
        return float(alphas[own]), f"α{list(own)}"

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        z, (alpha, letter) = float(view.x[unit]), self.alpha(link, unit)
        inner = view.input_name(unit)
        name, a = view.output_name(unit), view.y[unit]
        if z > 0:
            return [finished(name, inner, number(z), a, "above 0")]
        return [finished(name, f"{letter} · {inner}", weighted_sum([(alpha, z)]), a, "not above 0")]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        above, upper = view.deltas[unit], view.output_delta(unit)
        z, (alpha, letter) = float(view.x[unit]), self.alpha(link, unit)
        note = f"z = {number(z, 4)} is {'above' if z > 0 else 'not above'} 0"
        name = view.input_delta(unit)
        if z > 0:
            return Backward(unit, [finished(name, upper, number(above), known, note)])
        return Backward(
            unit, [finished(name, f"{upper} · {letter}", weighted_sum([(above, alpha)]), known, note)]
        )

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None:
            return None
        shape, alphas = link.x.shape[1:], link.params["alpha"].shape
        numbers = np.arange(int(np.prod(shape))).reshape(shape)
        chosen = tuple(slice(None) if n == 1 else i for n, i in zip(alphas, index, strict=True))
        units = numbers[chosen].reshape(-1)
        x, delta = (
            np.asarray(a, np.float64).reshape(len(link.x), -1)[:, units] for a in (link.x, link.delta)
        )
        return Factors(
            np.where(x > 0, 0.0, x),
            delta,
            lambda m: f"min({at(symbols.ins[link.place], shape, int(units[m]))}, 0)",
            lambda m: output_delta(link, symbols, int(units[m])),
            units,
        )
