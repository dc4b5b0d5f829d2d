"""Normalizations without a mean: RMSNormalization and UnitNormalization divide each example by its size r."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, equation, given
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.normalization import factors_along, weight_place
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols


class Length(NamedTuple):
    """What was computed, each shaped like the batch: x̂ = x / r, r, and the scale s; the axes that share a size."""

    x_hat: np.ndarray
    size: np.ndarray
    scale: np.ndarray
    axes: tuple[int, ...]


def length_of(arrays: tuple[Any, Any, Any], axes: Any) -> Length:
    """x̂, r and s, each stretched to the batch's shape, which x̂ has."""
    x_hat, size, scale = (np.broadcast_to(np.asarray(a, np.float64), arrays[0].shape) for a in arrays)
    return Length(x_hat, size, scale, tuple(axes))


class LengthFormulas(LayerFormulas):
    """What both share; a kind says what its size is, and whether x̂'s part is a mean or a sum."""

    letter = "n"
    size = ""  # r as a formula of x
    together = ""  # how g · x̂ is brought together: mean, or Σ

    def seen(self, link: OpenedLink) -> Length:
        """What the layer computed in this step."""
        raise NotImplementedError

    def brought_together(self, values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """The mean, or the sum, over the axes that share a size."""
        raise NotImplementedError

    def scaled(self, link: OpenedLink) -> bool:
        """Whether there is a scale, and it has a weight for each place."""
        return "scale" in link.params

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return f"{'s · ' if self.scaled(link) else ''}{symbols.ins[link.place]} / r"

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, seen, k = view.link, self.seen(view.link), view.k
        r = given("r", float(flat(seen.size, k)[unit]), f"{self.size}, of the example")
        x, name = view.x[unit], view.output_name(unit)
        letters = view.input_name(unit)
        if not self.scaled(link):
            line = equation(name, "x / r", {"x": x, "r": r.used}, view.y[unit])
            return [r, line._replace(formula=f"{letters} / r")]
        hat = equation(f"x̂ of {name}", "x / r", {"x": x, "r": r.used}, float(flat(seen.x_hat, k)[unit]))
        values = {"s": float(flat(seen.scale, k)[unit]), "n": hat.used}
        line = equation(name, "s · n", values, view.y[unit])
        place = list(weight_place(link, seen.axes, unit))
        number_ = view.symbols.numbers[link.place]
        return [r, hat._replace(formula=f"{letters} / r"), line._replace(formula=f"s{number_}{place} · x̂")]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, seen, k = view.link, self.seen(view.link), view.k
        dy = view.step.n * np.asarray(link.delta, np.float64)
        g = dy * seen.scale
        products = np.broadcast_to(self.brought_together(g * seen.x_hat, seen.axes), g.shape)
        count = int(np.prod([g.shape[axis] for axis in seen.axes]))
        c = given(
            f"{self.together} g · x̂", float(flat(products, k)[unit]), f"over {count} numbers of the example"
        )
        hat, r, s = (float(flat(a, k)[unit]) for a in (seen.x_hat, seen.size, seen.scale))
        upper, name = view.output_delta(unit), view.input_delta(unit)
        values: dict[str, Any] = {"dy": view.deltas[unit], "s": s, "h": hat, "c": c.used, "r": r}
        first, letters = ("s · dy", f"s · {upper}") if self.scaled(link) else ("dy", upper)
        size = (abs(values["dy"] * s) + abs(hat) * float(np.abs(g * seen.x_hat)[k].sum())) / r
        note = "g = s · dy" if self.scaled(link) else "g = dy"
        line = equation(name, f"({first} - h · c) / r", values, known, note)
        formula = f"({letters} - x̂ · {self.together} g · x̂) / r"
        return Backward(unit, [c, line._replace(formula=formula, size=max(line.size, size))])

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None or name != "scale":
            return None
        seen = self.seen(link)
        return factors_along(link, symbols, seen.x_hat, seen.axes, index)


class RMSNormalizationFormulas(LengthFormulas):
    """y = s · x / r, r = √(mean of x² + ε)."""

    size, together = "√(mean of x² + ε)", "mean of"

    def seen(self, link: OpenedLink) -> Length:
        x_hat, size, axes = link.cache
        shape = x_hat.shape
        beside = [shape[i] if i in axes else 1 for i in range(len(shape))]
        scale = np.asarray(link.params["scale"], np.float64).reshape(beside)
        return length_of((x_hat, size, scale), axes)

    def brought_together(self, values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return np.asarray(values.mean(axis=axes, keepdims=True))


class UnitNormalizationFormulas(LengthFormulas):
    """y = x / r, r = √ Σ x²."""

    size, together = "√ Σ x²", "Σ"

    def seen(self, link: OpenedLink) -> Length:
        y, length, axes = link.cache
        size = np.maximum(np.asarray(length, np.float64), link.link.shortest)
        return length_of((y, size, 1.0), axes)

    def brought_together(self, values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return np.asarray(values.sum(axis=axes, keepdims=True))

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        shortest = view.link.link.shortest
        if float(flat(self.seen(view.link).size, view.k)[unit]) > shortest:
            return super().backward(view, unit, known, source)
        values = {"dy": view.deltas[unit], "r": shortest}  # too short to be divided by its own length
        line = equation(
            view.input_delta(unit), "dy / r", values, known, f"r: {shortest:g}, the shortest length"
        )
        return Backward(unit, [line._replace(formula=f"{view.output_delta(unit)} / r")])
