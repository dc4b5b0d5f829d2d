"""Weighted sums: z = Σ x · w + b, with the places at which inputs, weights and outputs meet."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, finished, number, weighted_sum
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import TERMS, Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView, output_delta
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols, at


class Meetings(NamedTuple):
    """Where numbers meet, place by place (places of one example's input and output as in a row; kernel: index tuples)."""

    inputs: np.ndarray
    kernel: list[tuple[int, ...]]
    outputs: np.ndarray


class WeightedSums(LayerFormulas):
    """What all layers of weighted sums share; a kind says where inputs, weights and outputs meet."""

    letter = "z"

    def into(self, link: OpenedLink, unit: int) -> Meetings:
        """All meetings that go into one output."""
        raise NotImplementedError

    def out_of(self, link: OpenedLink, unit: int) -> Meetings:
        """All meetings that one input goes into."""
        raise NotImplementedError

    def of_weight(self, link: OpenedLink, index: Index) -> Meetings:
        """All meetings of one weight of the kernel."""
        raise NotImplementedError

    def of_bias(self, link: OpenedLink, index: Index) -> np.ndarray:
        """The outputs that one bias is added to: those of its unit, which is on the last axis."""
        return np.arange(index[-1], link.y[0].size, link.y.shape[-1])

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return self.into(link, unit).inputs

    def bias_index(self, link: OpenedLink, unit: int) -> int:
        """The bias that is added to one output."""
        return unit % int(link.y.shape[-1])

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, symbols = view.link, view.symbols
        meet, x = self.into(link, unit), view.x
        kernel = np.asarray(link.params["kernel"], np.float64)
        values = x[meet.inputs], np.array([kernel[place] for place in meet.kernel])
        products = values[0] * values[1]
        front = [m for m, place in enumerate(meet.kernel) if place == index][:1]
        order = front + [int(m) for m in np.argsort(-np.abs(products), kind="stable") if m not in front]
        chosen = order if len(order) <= TERMS + 1 else order[:TERMS]
        others, number_ = order[len(chosen) :], symbols.numbers[link.place]
        inner, shape = symbols.ins[link.place], link.x.shape[1:]
        letters = [
            f"{at(inner, shape, int(meet.inputs[m]))} · W{number_}{list(meet.kernel[m])}" for m in chosen
        ]
        letters += [f"rest of {len(others)}"] if others else []
        numbers = weighted_sum(
            [(values[0][m], values[1][m]) for m in chosen], float(products[others].sum()) if others else None
        )
        size = float(np.nan_to_num(np.abs(products)).sum())
        if "bias" in link.params:
            j = self.bias_index(link, unit)
            letters.append(f"b{number_}[{j}]")
            b = number(link.params["bias"][j])
            numbers += f" + ({b})" if b.startswith("-") else f" + {b}"
        name = view.output_name(unit)
        return [finished(name, " + ".join(letters), numbers, view.y[unit], size=size)]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, symbols = view.link, view.symbols
        meet, above = self.out_of(link, unit), view.deltas
        kernel, number_ = np.asarray(link.params["kernel"], np.float64), symbols.numbers[link.place]
        pairs = [
            (float(above[m]), float(kernel[place]))
            for m, place in zip(meet.outputs, meet.kernel, strict=True)
        ]
        letters = [
            f"{view.output_delta(int(m))} · W{number_}{list(place)}"
            for m, place in zip(meet.outputs, meet.kernel, strict=True)
        ]
        strongest = int(np.argmax([abs(a * w) for a, w in pairs])) if pairs else None
        follow = None if strongest is None else int(meet.outputs[strongest])
        return Backward(follow, [sum_equation(view.input_delta(unit), letters, pairs, known)])

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None or name not in ("kernel", "bias"):
            return None
        delta = np.asarray(link.delta, np.float64).reshape(len(link.delta), -1)
        if name == "bias":
            units = self.of_bias(link, index)
            return Factors(
                None, delta[:, units], str, lambda m: output_delta(link, symbols, int(units[m])), units
            )
        meet = self.of_weight(link, index)
        x = np.asarray(link.x, np.float64).reshape(len(link.x), -1)
        return Factors(
            x[:, meet.inputs],
            delta[:, meet.outputs],
            lambda m: at(symbols.ins[link.place], link.x.shape[1:], int(meet.inputs[m])),
            lambda m: output_delta(link, symbols, int(meet.outputs[m])),
            meet.outputs,
        )


class DenseFormulas(WeightedSums):
    """z[j] = Σ x[i] · W[i, j] + b[j], on each row of an example by itself."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        number_ = symbols.numbers[link.place]
        bias = f" + b{number_}" if "bias" in link.params else ""
        return f"{symbols.ins[link.place]}·W{number_}{bias}"

    def sizes(self, link: OpenedLink) -> tuple[int, int, int]:
        """Rows of an example, inputs and units."""
        inputs, units = link.params["kernel"].shape
        return link.y[0].size // units, inputs, units

    def into(self, link: OpenedLink, unit: int) -> Meetings:
        _, inputs, units = self.sizes(link)
        row, j = divmod(unit, units)
        return Meetings(
            row * inputs + np.arange(inputs), [(i, j) for i in range(inputs)], np.full(inputs, unit)
        )

    def out_of(self, link: OpenedLink, unit: int) -> Meetings:
        _, inputs, units = self.sizes(link)
        row, i = divmod(unit, inputs)
        return Meetings(np.full(units, unit), [(i, m) for m in range(units)], row * units + np.arange(units))

    def of_weight(self, link: OpenedLink, index: Index) -> Meetings:
        rows, inputs, units = self.sizes(link)
        places: Any = np.arange(rows)
        return Meetings(places * inputs + index[0], [index] * rows, places * units + index[1])
