"""TimeDistributed: the formulas of the layer inside, at one time of the sequence."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.explain.equations import Equation
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.inner import InnerLink, inner_links, inner_symbols
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols
from chainrule.layers.time_distributed import together


class TimeDistributedFormulas(LayerFormulas):
    """h[t] = layer(x[t]): every time of every example is an example of the layer inside. formulas_of: a layer's formulas."""

    def __init__(self, formulas_of: Callable[[Any], LayerFormulas]) -> None:
        self.formulas_of = formulas_of

    def formulas(self, inner: OpenedLink) -> LayerFormulas:
        """The formulas of a layer inside."""
        return self.formulas_of(inner.link)

    def inner(self, link: OpenedLink) -> list[InnerLink]:
        """The layers inside, with all times of all examples as their examples."""
        delta = None if link.delta is None else together(link.delta)
        context = link.context._replace(mask=None)
        return inner_links(link.link.parts[0], link.params, together(link.x), delta, context)

    def learner(self, link: OpenedLink, inner: list[InnerLink]) -> int:
        """The place of the layer inside whose weights these are."""
        return next(i for i, one in enumerate(inner) if one.link is link.link.layer)

    def symbols(self, link: OpenedLink, symbols: Symbols, count: int, t: int | str) -> Symbols:
        """The letters at one time: x[5] in, h₁[5] out."""
        x, y, number = (a[link.place] for a in (symbols.ins, symbols.outs, symbols.numbers))
        found = inner_symbols(count, f"{x}[{t}]", f"{y}[{t}]", number)
        outs = [out if out.endswith("]") else f"{out}[{t}]" for out in found.outs]
        ins = [found.ins[0], *outs[:-1]]
        return Symbols(ins, outs, found.numbers, [(letter,) for letter in ins])

    def views(self, view: LayerView, t: int) -> list[LayerView]:
        """The layers inside, as one time of one example passes through them."""
        inner, times = self.inner(view.link), int(view.link.x.shape[1])
        letters = self.symbols(view.link, view.symbols, len(inner), t)
        return [LayerView(view.step, one, letters, view.k * times + t) for one in inner]

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        inner = self.inner(link)
        letters = self.symbols(link, symbols, len(inner), "t")
        written = (
            self.formulas(inner[0]).expression(inner[0], letters) or f"{inner[0].name} of {letters.ins[0]}"
        )
        return f"{written} at every time t"

    def weight_name(self, link: OpenedLink, symbols: Symbols, name: str) -> str:
        inner = self.inner(link)
        own = inner[self.learner(link, inner)]
        return self.formulas(own).weight_name(own, self.symbols(link, symbols, len(inner), "t"), name)

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        t, place = divmod(unit, int(np.prod(view.link.y.shape[2:])))
        inside = self.views(view, t)
        first = len(inside) - 1
        while first and self.formulas(inside[first].link).letter == "a":  # an activation, number by number
            first -= 1
        return [line for one in inside[first:] for line in self.formulas(one.link).forward(one, place, index)]

    def down(self, inside: list[LayerView], place: int, known: float | None) -> Backward:
        """From an input of the first of some layers up to the output that its derivative comes from, then the lines down."""
        lines, follow = list[Equation](), place
        for one in inside:
            value = input_delta(one, follow) if known is None else known
            found = self.formulas(one.link).backward(one, follow, value)
            lines, known = [*found.equations, *lines], None
            if found.follow is None:
                return Backward(None, lines)
            follow = found.follow
        return Backward(follow, lines)

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        t, place = divmod(unit, int(np.prod(view.link.x.shape[2:])))
        found = self.down(self.views(view, t), place, known)
        return found._replace(follow=self.outer(view, t, found.follow))

    def outer(self, view: LayerView, t: int, place: int | None) -> int | None:
        """The place in the whole output of one number at one time."""
        return None if place is None else t * int(np.prod(view.link.y.shape[2:])) + place

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None:
            return None
        inner, times = self.inner(link), int(link.x.shape[1])
        own = self.learner(link, inner)
        one, formulas = inner[own], self.formulas(inner[own])

        def at_time(t: int | str) -> Factors | None:
            letters = self.symbols(link, symbols, len(inner), t) if symbols.ins else symbols
            return formulas.factors(one, letters, name, index)

        found = at_time(0)
        if found is None:
            return None
        places = found.right.shape[1]

        def named(which: str, m: int) -> str:
            return str(getattr(at_time(m // places), which)(m % places))

        size = int(np.prod(link.y.shape[2:]))
        units = None
        if own == len(inner) - 1 and found.units is not None:
            units = (np.arange(times)[:, None] * size + found.units).reshape(-1)
        left, right = (
            None if a is None else a.reshape(len(link.x), times * places) for a in (found.left, found.right)
        )
        assert right is not None
        return Factors(left, right, lambda m: named("left_name", m), lambda m: named("right_name", m), units)

    def met(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[LayerView], int, int, Factors]:
        """At one of a weight's places: the layers inside, which of them has the weight, the place there, its factors."""
        inner = self.inner(view.link)
        own = self.learner(view.link, inner)
        letters = self.symbols(view.link, view.symbols, len(inner), 0)
        found = self.formulas(inner[own]).factors(inner[own], letters, name, index)
        assert found is not None
        t, m = divmod(place, found.right.shape[1])
        return self.views(view, t), own, m, found

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        inside, own, m, found = self.met(view, place, name, index)
        here, formulas = inside[own], self.formulas(inside[own].link)
        if found.units is None:
            forward, back = formulas.inside(here, m, name, index)
            start = formulas.output_of(here, m, name, index)
        else:
            start, back = int(found.units[m]), []
            forward = formulas.forward(here, start, index)
        above = self.down(inside[own + 1 :], start, None).equations if start is not None else []
        if start is not None:
            forward += [
                line
                for one in inside[own + 1 :]
                if self.formulas(one.link).letter == "a"
                for line in self.formulas(one.link).forward(one, start)
            ]
        return forward, [*above, *back]

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        inside, own, m, found = self.met(view, place, name, index)
        here, t = inside[own], place // found.right.shape[1]
        start = (
            self.formulas(here.link).output_of(here, m, name, index)
            if found.units is None
            else int(found.units[m])
        )
        if start is None:
            return None
        return self.outer(view, t, self.down(inside[own + 1 :], start, None).follow)


def input_delta(view: LayerView, place: int) -> float:
    """The derivative of the example's own loss by one input of a layer, as the layer's rule has it."""
    return view.step.n * float(np.asarray(view.link.input_deltas[0][view.k]).reshape(-1)[place])
