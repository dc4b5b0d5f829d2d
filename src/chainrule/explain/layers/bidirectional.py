"""Bidirectional: → walks from the first time to the last, ← from the last to the first; each has formulas of its own.

Times of ← are counted in the order in which it walks: x←[0] is the last time of the sequence.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.explain.equations import Equation, finished, weighted_sum
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.inner import InnerLink
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink
from chainrule.explain.parts import Part, Text
from chainrule.explain.symbols import Symbols, at
from chainrule.layers.bidirectional import d_merged

ARROWS = ("→", "←")


class BidirectionalFormulas(LayerFormulas):
    """h = [h→, h←], or their sum, mean or product. formulas_of: a layer's formulas."""

    def __init__(self, formulas_of: Callable[[Any], LayerFormulas]) -> None:
        self.formulas_of = formulas_of

    def formulas(self, link: OpenedLink, way: int) -> LayerFormulas:
        """The formulas of the layer that walks one way."""
        return self.formulas_of(link.link.parts[way].layer)

    def one_way(self, link: OpenedLink, way: int) -> InnerLink:
        """The layer that walks one way, with what reached it. way: 0 for →, 1 for ←."""
        layer, part = link.link, link.link.parts[way]
        shown = 2 if layer.merge_mode is None else 1
        _, a, b = link.cache
        delta = d_merged(link.deltas[:shown], a, b, layer.merge_mode)[way]
        if way and delta is not None and layer.forward_layer.return_sequences:
            delta = delta[:, ::-1]  # in the order in which ← walks
        states, count = link.ys[shown:], (len(link.ys) - shown) // 2
        of_states = link.deltas[shown:][way * count : (way + 1) * count]
        y = link.cache[1 + way]
        y = y[:, ::-1] if way and layer.forward_layer.return_sequences else y
        values = (link.x, (y, *states[way * count : (way + 1) * count]), link.cache[0][way][0])
        return InnerLink(way, part.layer, values, (delta, *of_states), part.own(link.params), link.context)

    def symbols(self, link: OpenedLink, symbols: Symbols) -> Symbols:
        """The letters of both ways: x and h→, x← and h←, with weights W→ and W←."""
        if not symbols.ins:
            return symbols
        x, y, number = (a[link.place] for a in (symbols.ins, symbols.outs, symbols.numbers))
        outs = [f"{y}{arrow}" for arrow in ARROWS]
        return Symbols([x, f"{x}←"], outs, [f"{number}{arrow}" for arrow in ARROWS], [(x,), (f"{x}←",)])

    def view(self, view: LayerView, way: int) -> LayerView:
        """One way, as an example passes through it."""
        return LayerView(
            view.step, self.one_way(view.link, way), self.symbols(view.link, view.symbols), view.k
        )

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        a, b = self.symbols(link, symbols).outs
        return {
            "concat": f"[{a}, {b}]", "sum": f"{a} + {b}", "ave": f"({a} + {b}) / 2", "mul": f"{a} ⊙ {b}",
        }.get(link.link.merge_mode, f"{a} and {b}")  # fmt: skip

    def weight(self, name: str) -> tuple[int, str]:
        """Which way a weight belongs to, and its name there."""
        prefix, _, own = name.partition("_")
        return ("forward", "backward").index(prefix), own

    def weight_name(self, link: OpenedLink, symbols: Symbols, name: str) -> str:
        way, own = self.weight(name)
        return self.formulas(link, way).weight_name(self.one_way(link, way), self.symbols(link, symbols), own)

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        way, own = self.weight(name)
        inner = self.one_way(link, way)
        return self.formulas(link, way).factors(inner, self.symbols(link, symbols), own, index)

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        way, own = self.weight(name)
        here, formulas = self.view(view, way), self.formulas(view.link, way)
        forward, back = formulas.inside(here, place, own, index)
        unit = formulas.output_of(here, place, own, index)
        if unit is None or here.link.delta is None or view.link.link.merge_mode is None:
            return forward, back
        return [*forward, self.merged(view, way, unit)], [self.apart(view, way, unit), *back]

    def merged(self, view: LayerView, way: int, unit: int) -> Equation:
        """How one output of the layer is made of those of both ways. unit: of one way."""
        link = view.link
        mode, outer = link.link.merge_mode, self.outer(link, way, unit)
        name, known = view.output_name(outer), view.y[outer]
        names, values = zip(*(self.value(view, w, outer) for w in (0, 1)), strict=True)
        if mode == "concat":
            return finished(name, names[way], weighted_sum([(values[way],)]), known)
        if mode == "mul":
            return finished(name, " · ".join(names), weighted_sum([values]), known)
        total = weighted_sum([(v,) for v in values])
        if mode == "sum":
            return finished(name, " + ".join(names), total, known)
        return finished(name, f"({' + '.join(names)}) / 2", f"({total}) / 2", known)

    def apart(self, view: LayerView, way: int, unit: int) -> Equation:
        """The derivative by one way's output, of that by the layer's."""
        link = view.link
        mode, outer, here = link.link.merge_mode, self.outer(link, way, unit), self.view(view, way)
        upper, above = view.output_delta(outer), float(view.deltas[outer])
        name = f"{here.output_delta(unit)} from above"
        known = float(here.deltas[unit])
        if mode == "mul":
            letter, other = self.value(view, 1 - way, outer)
            return finished(name, f"{upper} · {letter}", weighted_sum([(above, other)]), known)
        if mode == "ave":
            return finished(name, f"{upper} / 2", f"{weighted_sum([(above,)])} / 2", known)
        return finished(name, upper, weighted_sum([(above,)]), known)

    def value(self, view: LayerView, way: int, outer: int) -> tuple[str, float]:
        """The output of one way that goes into an output of the layer: its name and number (concat: 0 for the other's)."""
        link = view.link
        here = self.view(view, way)
        unit = self.inner(link, way, outer)
        return at(here.symbols.outs[way], here.link.y.shape[1:], unit), float(flat(here.link.y, view.k)[unit])

    def outer(self, link: OpenedLink, way: int, unit: int) -> int:
        """The place in the layer's output of one number that one way gives."""
        units = int(link.link.parts[way].layer.units)
        t, j = divmod(unit, units)
        t = int(link.x.shape[1]) - 1 - t if way and link.link.forward_layer.return_sequences else t
        if link.link.merge_mode != "concat":
            return t * units + j
        first = int(link.link.forward_layer.units)
        return t * int(link.y.shape[-1]) + way * first + j

    def inner(self, link: OpenedLink, way: int, outer: int) -> int:
        """The other way round: the place in one way's output."""
        size = int(np.prod(link.cache[1 + way].shape[1:]))
        units = int(link.link.parts[way].layer.units)
        t, j = divmod(outer, int(link.y.shape[-1]))
        j = (j - way * int(link.link.forward_layer.units)) % units if link.link.merge_mode == "concat" else j
        t = size // units - 1 - t if way and link.link.forward_layer.return_sequences else t
        return t * units + j

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        way, own = self.weight(name)
        here = self.view(view, way)
        unit = self.formulas(view.link, way).output_of(here, place, own, index)
        if unit is None or here.link.delta is None or (way and view.link.link.merge_mode is None):
            return None
        return self.outer(view.link, way, unit)

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        if source:
            return super().backward(view, unit, known, source)
        ways = [way for way in (0, 1) if self.view(view, way).link.reached]
        own = {
            w: view.step.n * float(flat(self.view(view, w).link.input_deltas[0], view.k)[unit]) for w in ways
        }
        strongest, follow = max(ways, key=lambda way: abs(own[way])), None
        lines, summed = list[Equation](), list[Equation]()
        for way in ways:
            found = self.formulas(view.link, way).backward(self.view(view, way), unit, own[way])
            summed.append(found.equations[-1]._replace(name=f"{view.input_delta(unit)} by {ARROWS[way]}"))
            if way == strongest and found.follow is not None and view.link.link.merge_mode is not None:
                lines = [self.apart(view, way, found.follow), *found.equations[:-1]]
                follow = self.outer(view.link, way, found.follow)
        total = weighted_sum([(line.used,) for line in summed])
        formula, size = " + ".join(line.name for line in summed), sum(line.size for line in summed)
        whole = finished(view.input_delta(unit), formula, total, known, size=size)
        return Backward(follow, [*lines, *summed, whole])

    def details(self, view: LayerView, name: str, index: Index) -> list[Part]:
        way, own = self.weight(name)
        found = self.formulas(view.link, way).details(self.view(view, way), own, index)
        note = "Times of ← are counted from the end of the sequence, in the order in which it walks."
        return [*([Text(note)] if way else []), *found]
