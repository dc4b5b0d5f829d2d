"""Layers of several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate."""

from functools import reduce
from operator import mul

import numpy as np

from chainrule.explain.equations import Equation, finished, given, number, weighted_sum
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols, at


class MergeFormulas(LayerFormulas):
    """Inputs of one shape, number by number; where one is stretched to the others' shape, only the layer's rule is told."""

    letter = "s"

    def same_shapes(self, link: OpenedLink) -> bool:
        """Whether no input was stretched."""
        return all(x.shape == link.y.shape for x in link.xs)

    def written(self, values: list[float], names: list[str]) -> tuple[str, str]:
        """The output as a formula and with numbers."""
        raise NotImplementedError

    def slope(self, link: OpenedLink, k: int, unit: int, source: int) -> float:
        """The derivative of an output by the source-th input at its place."""
        raise NotImplementedError

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, symbols, k = view.link, view.symbols, view.k
        if not self.same_shapes(link):
            return super().forward(view, unit, index)
        shape = link.y.shape[1:]
        names = [at(letter, shape, unit) for letter in symbols.sources[link.place]]
        formula, numbers = self.written([float(flat(x, k)[unit]) for x in link.xs], names)
        return [finished(at(symbols.outs[link.place], shape, unit), formula, numbers, view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, symbols, k = view.link, view.symbols, view.k
        if not self.same_shapes(link):
            return super().backward(view, unit, known, source)
        slope, upper = self.slope(link, k, unit, source), view.output_delta(unit)
        name = f"d{at(symbols.sources[link.place][source], link.y.shape[1:], unit)}"
        name += f" by {link.name}"
        above = view.deltas[unit]
        if slope == 1:
            return Backward(unit, [finished(name, upper, number(above), known)])
        return Backward(unit, [finished(name, f"{upper} · slope", weighted_sum([(above, slope)]), known)])


class AddFormulas(MergeFormulas):
    """s = x₁ + x₂ + ..."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return " + ".join(symbols.sources[link.place])

    def written(self, values: list[float], names: list[str]) -> tuple[str, str]:
        return " + ".join(names), weighted_sum([(v,) for v in values])

    def slope(self, link: OpenedLink, k: int, unit: int, source: int) -> float:
        return 1.0


class SubtractFormulas(MergeFormulas):
    """s = x₁ - x₂."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return " - ".join(symbols.sources[link.place])

    def written(self, values: list[float], names: list[str]) -> tuple[str, str]:
        second = number(values[1])
        return " - ".join(
            names
        ), f"{number(values[0])} - {f'({second})' if second.startswith('-') else second}"

    def slope(self, link: OpenedLink, k: int, unit: int, source: int) -> float:
        return -1.0 if source else 1.0


class MergeByMasks(MergeFormulas):
    """Those where an input counts only where its mask says so; with masks only the layer's rule is told."""

    def same_shapes(self, link: OpenedLink) -> bool:
        masks = link.context.mask if isinstance(link.context.mask, tuple) else (link.context.mask,)
        return super().same_shapes(link) and all(mask is None for mask in masks)


class MultiplyFormulas(MergeByMasks):
    """s = x₁ · x₂ · ..."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return " ⊙ ".join(symbols.sources[link.place])

    def written(self, values: list[float], names: list[str]) -> tuple[str, str]:
        return " · ".join(names), weighted_sum([tuple(values)])

    def slope(self, link: OpenedLink, k: int, unit: int, source: int) -> float:
        others = [float(flat(x, k)[unit]) for i, x in enumerate(link.xs) if i != source]
        return float(reduce(mul, others, 1.0))


class AverageFormulas(MergeFormulas):
    """s = (x₁ + x₂ + ...) / n."""

    def written(self, values: list[float], names: list[str]) -> tuple[str, str]:
        return (
            f"({' + '.join(names)}) / {len(names)}",
            f"({weighted_sum([(v,) for v in values])}) / {len(values)}",
        )

    def slope(self, link: OpenedLink, k: int, unit: int, source: int) -> float:
        return 1 / len(link.xs)


class LargestOfInputs(MergeByMasks):
    """s = max(x₁, x₂, ...); equal ones share the error."""

    function = "max"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return f"{self.function}({', '.join(symbols.sources[link.place])})"

    def written(self, values: list[float], names: list[str]) -> tuple[str, str]:
        return f"{self.function}({', '.join(names)})", f"{self.function}({', '.join(map(number, values))})"

    def slope(self, link: OpenedLink, k: int, unit: int, source: int) -> float:
        ones = np.ones_like(link.y)
        return float(flat(link.link.backward(link.params, link.cache, ones)[source], k)[unit])


class SmallestOfInputs(LargestOfInputs):
    """s = min(x₁, x₂, ...)."""

    function = "min"


class ConcatenateFormulas(LayerFormulas):
    """The inputs side by side: every output is one number of one input."""

    letter = "s"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return f"[{', '.join(symbols.sources[link.place])}]"

    def origin(self, link: OpenedLink) -> tuple[np.ndarray, np.ndarray]:
        """Which input each output comes from, and its place there."""
        which = [np.full((1, *x.shape[1:]), i, np.float64) for i, x in enumerate(link.xs)]
        places = [np.arange(x[0].size, dtype=np.float64).reshape(1, *x.shape[1:]) for x in link.xs]
        found = (
            np.asarray(link.link.forward({}, tuple(part))[0]).reshape(-1).astype(int)
            for part in (which, places)
        )
        first, second = found
        return first, second

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, k = view.link, view.k
        which, places = self.origin(link)
        i, place = int(which[unit]), int(places[unit])
        formula = view.input_name(place, i)
        name = view.output_name(unit)
        return [finished(name, formula, number(flat(link.xs[i], k)[place]), view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        which, places = self.origin(link)
        name = f"d{view.input_name(unit, source)} by {link.name}"
        found = np.flatnonzero((which == source) & (places == unit))
        if not len(found):
            return Backward(None, [given(name, known)])
        above = number(view.deltas[found[0]])
        return Backward(int(found[0]), [finished(name, view.output_delta(int(found[0])), above, known)])
