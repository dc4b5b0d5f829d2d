"""Normalizations: x̂ = (x - μ) / σ and y = γ · x̂ + β, over the batch or over each example.

Backward, over the numbers that share a mean: dx = (g - mean(g) - x̂ · mean(g · x̂)) / σ with g = γ · dy.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, equation, given
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.view import Index, LayerView, flat, output_delta
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols, at


class Normal(NamedTuple):
    """What a normalization computed, each shaped like the batch: x̂, μ, σ and γ; the axes that share a mean; whether the
    mean is the numbers' own (a batch normalization that does not learn uses its moving statistics).
    """

    x_hat: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    gamma: np.ndarray
    axes: tuple[int, ...]
    own: bool


class NormalizationFormulas(LayerFormulas):
    """What batch and layer normalization share; a kind says what it computed."""

    letter = "n"

    def normal(self, link: OpenedLink) -> Normal:
        """What the layer computed in this step."""
        raise NotImplementedError

    def weight_axes(self, link: OpenedLink) -> tuple[int, ...]:
        """The axes of a batch that γ and β run along."""
        raise NotImplementedError

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        gamma = "γ · " if "gamma" in link.params else ""
        beta = " + β" if "beta" in link.params else ""
        return f"{gamma}({symbols.ins[link.place]} - μ) / σ{beta}"

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit])

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, symbols, k = view.link, view.symbols, view.k
        normal, shape = self.normal(link), link.y.shape[1:]
        x, mean, deviation, x_hat = (
            float(flat(array, k)[unit]) for array in (link.x, normal.mean, normal.deviation, normal.x_hat)
        )
        inner, name = (
            view.input_name(unit),
            at(symbols.outs[link.place], shape, unit),
        )
        where = "of the batch" if 0 in normal.axes else "of the example"
        where = where if normal.own else "moving, as when predicting"
        lines = [
            given("μ", mean, f"mean {where}"),
            given("σ", deviation, f"√(variance + {link.link.epsilon:g}), {where}"),
        ]
        hat = equation(f"x̂ of {name}", "(x - μ) / σ", {"x": x, "μ": lines[0].used, "σ": lines[1].used}, x_hat)
        lines.append(
            hat._replace(formula=f"({inner} - μ) / σ", size=(abs(x) + abs(mean)) / (deviation or 1.0))
        )
        formula, values = "x̂", {"n": lines[-1].used}
        scale = weight_place(link, self.weight_axes(link), unit)
        terms = "n"
        if "gamma" in link.params:
            terms, formula = "γ · n", "γ · x̂"
            values["γ"] = float(link.params["gamma"][scale])
        if "beta" in link.params:
            terms, formula = f"{terms} + β", f"{formula} + β"
            values["β"] = float(link.params["beta"][scale])
        out = equation(name, terms, values, view.y[unit])
        return [*lines, out._replace(formula=formula)]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        step, link, k = view.step, view.link, view.k
        normal, upper = self.normal(link), view.output_delta(unit)
        g = step.n * np.asarray(link.delta, np.float64) * normal.gamma
        name = view.input_delta(unit)
        dy, gamma, sigma = (
            float(flat(a, k)[unit])
            for a in (step.n * np.asarray(link.delta, np.float64), normal.gamma, normal.deviation)
        )
        scaled = f"γ · {upper}" if "gamma" in link.params else upper
        values: dict[str, Any] = {"dy": dy, "γ": gamma, "σ": sigma}
        first = "γ · dy" if "gamma" in link.params else "dy"
        if not normal.own:
            line = equation(name, f"{first} / σ", values, known, "the statistics are given")
            return Backward(unit, [line._replace(formula=f"{scaled} / σ")])
        means = [self.mean_of(link, normal, a) for a in (g, g * normal.x_hat)]
        count = self.count(link, normal)
        over = (
            f"over {count} numbers of the batch"
            if 0 in normal.axes
            else f"over {count} numbers of the example"
        )
        lines = [
            given(f"mean of {word}", float(flat(m, k)[unit]), over)
            for word, m in zip(("g", "g · x̂"), means, strict=True)
        ]
        values |= {"m": lines[0].used, "h": float(flat(normal.x_hat, k)[unit]), "c": lines[1].used}
        size = (abs(dy * gamma) + abs(values["m"]) + abs(values["h"] * values["c"])) / (sigma or 1.0)
        line = equation(
            name,
            f"({first} - m - h · c) / σ",
            values,
            known,
            "g = γ · dy" if "gamma" in link.params else "g = dy",
        )
        formula = f"({scaled} - mean of g - x̂ · mean of g · x̂) / σ"
        return Backward(unit, [*lines, line._replace(formula=formula, size=max(line.size, size))])

    def mean_of(self, link: OpenedLink, normal: Normal, values: np.ndarray) -> np.ndarray:
        """The mean of the numbers that share one, at each of their places."""
        return np.broadcast_to(values.mean(axis=normal.axes, keepdims=True), values.shape)

    def count(self, link: OpenedLink, normal: Normal) -> int:
        """How many numbers share a mean."""
        return int(np.prod([link.x.shape[axis] for axis in normal.axes]))

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None or name not in ("gamma", "beta"):
            return None
        x_hat = self.normal(link).x_hat if name == "gamma" else None
        return factors_along(link, symbols, x_hat, self.weight_axes(link), index)


def weight_place(link: OpenedLink, axes: tuple[int, ...], unit: int) -> tuple[int, ...]:
    """The weight of one number of an example, for weights that run along some axes of a batch."""
    place = np.unravel_index(unit, link.y.shape[1:])
    return tuple(int(place[axis - 1]) for axis in axes)


def factors_along(
    link: OpenedLink, symbols: Symbols, left: np.ndarray | None, axes: tuple[int, ...], index: Index
) -> Factors:
    """The factors of a weight that stands at one place of some axes and meets all numbers there. left: what it meets."""
    shape = link.y.shape[1:]
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    chosen: list[Any] = [slice(None)] * len(shape)
    for axis, i in zip(axes, index, strict=True):
        chosen[axis - 1] = i
    units = numbers[tuple(chosen)].reshape(-1)
    delta = np.asarray(link.delta, np.float64)
    met, right = (None if a is None else a.reshape(len(delta), -1)[:, units] for a in (left, delta))
    assert right is not None
    return Factors(
        met,
        right,
        lambda m: f"x̂ of {at(symbols.outs[link.place], shape, int(units[m]))}",
        lambda m: output_delta(link, symbols, int(units[m])),
        units,
    )


class BatchNormalizationFormulas(NormalizationFormulas):
    """Over the batch and all axes but the channels: an example's output depends on all examples."""

    def normal(self, link: OpenedLink) -> Normal:
        cache = link.cache
        x = np.asarray(cache.x.values, np.float64)
        mean, deviation = (
            np.broadcast_to(np.asarray(a, np.float64), x.shape) for a in (cache.x.mean, cache.x.deviation)
        )
        beside = [1] * x.ndim
        beside[cache.axis] = -1
        gamma = np.asarray(link.params.get("gamma", np.ones(x.shape[cache.axis])), np.float64).reshape(beside)
        return Normal(
            x, mean, deviation, np.broadcast_to(gamma, x.shape), tuple(cache.axes), bool(cache.learning)
        )

    def weight_axes(self, link: OpenedLink) -> tuple[int, ...]:
        return (int(link.cache.axis),)

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        if link.cache.share is not None:  # masked places do not count in the means
            return LayerFormulas.backward(self, view, unit, known, source)
        return super().backward(view, unit, known, source)


class LayerNormalizationFormulas(NormalizationFormulas):
    """Over some axes of each example by itself."""

    def normal(self, link: OpenedLink) -> Normal:
        standardized, axes = link.cache
        x = np.asarray(standardized.values, np.float64)
        mean, deviation = (
            np.broadcast_to(np.asarray(a, np.float64), x.shape)
            for a in (standardized.mean, standardized.deviation)
        )
        beside = [x.shape[i] if i in axes else 1 for i in range(x.ndim)]
        gamma = np.asarray(link.params.get("gamma", np.ones(beside)), np.float64).reshape(beside)
        return Normal(x, mean, deviation, np.broadcast_to(gamma, x.shape), tuple(axes), True)

    def weight_axes(self, link: OpenedLink) -> tuple[int, ...]:
        return tuple(link.cache[1])

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return None


class GroupNormalizationFormulas(NormalizationFormulas):
    """Over each example's groups of channels."""

    def normal(self, link: OpenedLink) -> Normal:
        grouped, axis, axes = link.cache
        shape, x = link.x.shape, np.asarray(grouped.values, np.float64)
        beside = [shape[i] if i == axis else 1 for i in range(len(shape))]
        gamma = np.asarray(link.params.get("gamma", np.ones(beside)), np.float64).reshape(beside)
        every = (x, grouped.mean, grouped.deviation)
        parts = [np.broadcast_to(np.asarray(a, np.float64), x.shape).reshape(shape) for a in every]
        x_hat, mean, deviation = parts
        return Normal(x_hat, mean, deviation, np.broadcast_to(gamma, shape), tuple(axes), True)

    def weight_axes(self, link: OpenedLink) -> tuple[int, ...]:
        return (int(link.cache[1]),)

    def mean_of(self, link: OpenedLink, normal: Normal, values: np.ndarray) -> np.ndarray:
        grouped = values.reshape(link.cache[0].values.shape)
        mean = grouped.mean(axis=normal.axes, keepdims=True)
        return np.broadcast_to(mean, grouped.shape).reshape(values.shape)

    def count(self, link: OpenedLink, normal: Normal) -> int:
        return int(np.prod([link.cache[0].values.shape[axis] for axis in normal.axes]))

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return None


class GivenStatistics(LayerFormulas):
    """Normalization: y = (x - μ) / σ, with a mean and a deviation that were measured before learning."""

    letter = "n"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        x = symbols.ins[link.place]
        return f"{x} · σ + μ" if link.link.invert else f"({x} - μ) / σ"

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit])

    def statistics(self, view: LayerView, unit: int) -> tuple[float, float]:
        """μ and σ at one place."""
        layer, like = view.link.link, np.asarray(view.link.x)
        mean = layer.beside(np.asarray(layer.moments(view.link.params)[0]), like)
        both = (np.broadcast_to(a, like.shape) for a in (mean, view.link.cache))
        found = [float(flat(a, view.k)[unit]) for a in both]
        return found[0], found[1]

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        mean, deviation = self.statistics(view, unit)
        values = {"x": view.x[unit], "μ": mean, "σ": deviation}
        formula = "x · σ + μ" if view.link.link.invert else "(x - μ) / σ"
        line = equation(view.output_name(unit), formula, values, view.y[unit], "measured before learning")
        return [line._replace(formula=formula.replace("x", view.input_name(unit)))]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        _, deviation = self.statistics(view, unit)
        sign = "·" if view.link.link.invert else "/"
        values = {"dy": view.deltas[unit], "σ": deviation}
        line = equation(view.input_delta(unit), f"dy {sign} σ", values, known)
        return Backward(unit, [line._replace(formula=f"{view.output_delta(unit)} {sign} σ")])
