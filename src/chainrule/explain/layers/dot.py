"""Dot: y = Σ a · b over the numbers of two vectors; normalized, the same over their lengths."""

import numpy as np

from chainrule.explain.equations import Equation, equation
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols
from chainrule.layers.dot_product import vectors
from chainrule.layers.standardization import axis_of


class DotFormulas(LayerFormulas):
    """y[i, j] = Σ a[i] · b[j], for each vector of one input and each of the other."""

    letter = "s"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        a, b = symbols.sources[link.place]
        return f"{a} · {b} / (|{a}| · |{b}|)" if link.link.normalize else f"{a} · {b}"

    def places(self, link: OpenedLink, source: int) -> np.ndarray:
        """The places of an input's numbers, a vector a row."""
        x = link.xs[source]
        numbered = np.arange(x[0].size).reshape(1, *x.shape[1:])
        axis = axis_of(link.link.label, link.link.both[source], x.ndim)
        return np.asarray(vectors(numbered, axis)[0])

    def rows(self, link: OpenedLink, unit: int) -> tuple[int, int]:
        """Which vector of each input meet in one output."""
        i, j = divmod(unit, len(self.places(link, 1)))
        return i, j

    def vector(self, view: LayerView, source: int, row: int) -> tuple[list[str], np.ndarray]:
        """One vector of an input: the names of its numbers, and the numbers."""
        places = self.places(view.link, source)[row]
        values = flat(view.link.xs[source], view.k)[places]
        return [view.input_name(int(m), source) for m in places], values

    def length(self, view: LayerView, source: int, row: int) -> list[Equation]:
        """The length of one vector, at least 1e-12."""
        names, values = self.vector(view, source, row)
        letter = f"|{view.symbols.sources[view.link.place][source]}|"
        squares = sum_equation(f"{letter}²", [f"{n}²" for n in names], [(v, v) for v in values], None)
        known = float(np.asarray(view.link.cache[2][source])[view.k, row, 0])
        line = equation(letter, "max(√s, 1e-12)", {"s": squares.used}, known)
        return [squares, line._replace(formula=f"√({letter}²)")]

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        (a_names, a), (b_names, b) = (
            self.vector(view, s, row) for s, row in enumerate(self.rows(link, unit))
        )
        letters = [f"{x} · {y}" for x, y in zip(a_names, b_names, strict=True)]
        pairs: list[tuple[float, ...]] = list(zip(a, b, strict=True))
        name = view.output_name(unit)
        if not link.link.normalize:
            return [sum_equation(name, letters, pairs, view.y[unit])]
        lines = [line for s, row in enumerate(self.rows(link, unit)) for line in self.length(view, s, row)]
        product = sum_equation("Σ", letters, pairs, None)
        values = {"s": product.used, "a": lines[1].used, "b": lines[3].used}
        out = equation(name, "s / (a · b)", values, view.y[unit])
        size = float(np.abs(a * b).sum()) / (lines[1].used * lines[3].used)
        return [*lines, product, out._replace(formula=f"Σ / ({lines[1].name} · {lines[3].name})", size=size)]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, other = view.link, 1 - source
        row, m = (int(i[0]) for i in np.nonzero(self.places(link, source) == unit))
        b = np.asarray(link.cache[other], np.float64)[view.k, :, m]  # of unit length where normalized
        count = len(self.places(link, 1))
        outputs = [row * count + j if source == 0 else j * count + row for j in range(len(b))]
        hat = "̂" if link.link.normalize else ""
        names = [view.input_name(int(places[m]), other) + hat for places in self.places(link, other)]
        above = view.deltas[outputs]
        letters = [f"{view.output_delta(o)} · {n}" for o, n in zip(outputs, names, strict=True)]
        pairs: list[tuple[float, ...]] = list(zip(above, b, strict=True))
        follow = outputs[int(np.argmax(np.abs(above * b)))]
        name = view.input_delta(unit, source)
        if not link.link.normalize:
            return Backward(follow, [sum_equation(name, letters, pairs, known)])
        own = view.input_name(unit, source)
        direct = sum_equation(f"d{own}{hat}", letters, pairs, None, note="x̂: x over its vector's length")
        length = self.length(view, source, row)
        letters = [f"{view.output_delta(o)} · {view.output_name(o)}" for o in outputs]
        turned = sum_equation("c", letters, list(zip(above, view.y[outputs], strict=True)), None)
        u = float(np.asarray(link.cache[source], np.float64)[view.k, row, m])
        values = {"d": direct.used, "u": u, "c": turned.used, "r": length[-1].used}
        line = equation(name, "(d - u · c) / r", values, known)
        size = (
            float(np.abs(above * b).sum()) + abs(u) * float(np.abs(above * view.y[outputs]).sum())
        ) / length[-1].used
        formula = f"({direct.name} - {own}{hat} · c) / {length[-1].name}"
        return Backward(follow, [*length, direct, turned, line._replace(formula=formula, size=size)])
