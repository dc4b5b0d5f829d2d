"""One layer of an opened step as one example passes through it: its numbers, and how they are called."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.symbols import Symbols, at

Index = tuple[int, ...]


class LayerView(NamedTuple):
    """A layer and the k-th example of the batch. Places of inputs and outputs count as in a row."""

    step: OpenedStep
    link: OpenedLink
    symbols: Symbols
    k: int

    @property
    def x(self) -> np.ndarray:
        """The inputs, as a row of float64."""
        return flat(self.link.x, self.k)

    @property
    def y(self) -> np.ndarray:
        """The outputs, as a row of float64."""
        return flat(self.link.y, self.k)

    @property
    def deltas(self) -> np.ndarray:
        """The derivatives of the example's own loss by the outputs, as a row; nan where nobody asked for them."""
        return deltas(self.step, self.link, self.k)

    def input_name(self, unit: int, source: int = 0) -> str:
        """How one input is called: x[3]. source: which of several inputs."""
        return at(self.symbols.sources[self.link.place][source], self.link.xs[source].shape[1:], unit)

    def output_name(self, unit: int) -> str:
        """How one output is called: z₁[3]."""
        return at(self.symbols.outs[self.link.place], self.link.y.shape[1:], unit)

    def input_delta(self, unit: int, source: int = 0) -> str:
        """How the derivative by one input is called: dx[3]."""
        return "d" + self.input_name(unit, source)

    def output_delta(self, unit: int) -> str:
        """How the derivative by one output is called: dz₁[3]."""
        return output_delta(self.link, self.symbols, unit)


def flat(array: Any, k: int) -> np.ndarray:
    """One example of a batch as a row of float64."""
    return np.asarray(array[k], np.float64).reshape(-1)


def deltas(step: OpenedStep, link: OpenedLink, k: int) -> np.ndarray:
    """The derivatives of the k-th example's own loss by a layer's outputs, as a row; nan where nobody asked for them."""
    if link.delta is None:
        return np.full(link.y[k].size, np.nan)
    return step.n * flat(link.delta, k)


def output_delta(link: OpenedLink, symbols: Symbols, unit: int) -> str:
    """How the derivative by one output is called: dz₁[3]."""
    return "d" + at(symbols.outs[link.place], link.y.shape[1:], unit)
