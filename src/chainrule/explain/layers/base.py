"""What every kind of layer can be asked about its arithmetic, and what is said of one that nobody wrote formulas for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, finished, given, weighted_sum
from chainrule.explain.factors import Factors, gradients_of_example
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink
from chainrule.explain.parts import Part
from chainrule.explain.symbols import Symbols

LETTERS = {
    "kernel": "W",
    "recurrent_kernel": "U",
    "bias": "b",
    "embeddings": "E",
    "token_embeddings": "E",
    "position_embeddings": "P",
    "gamma": "γ",
    "beta": "β",
    "alpha": "α",
    "scale": "s",
    "depthwise_kernel": "D",
    "pointwise_kernel": "W",
}
TERMS = 3  # of a sum, written out; the others are printed as one number


class Backward(NamedTuple):
    """How the derivative by one input of a layer is made. follow: the output that has the largest part in it (its place
    in a row), whose own derivative is shown first; None where there is no output to follow.
    """

    follow: int | None
    equations: list[Equation]


class LayerFormulas:
    """The formulas of one kind of layer, with the numbers of an opened step.

    letter: of the layer's output: z for a weighted sum, a for an activation, h for others; "" where the output is the
    input, laid out otherwise.  Places in one example's input or output (`unit`) count as in a row.
    """

    letter = "h"
    unchanged = False  # whether the output is the input, number by number
    smooth = True  # whether a small change of an input is a small change of the output: not so for numbers of words

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        """The layer as a formula in the network's line, such as x·W₁ + b₁; "" where its name says it."""
        return ""

    def name(self, link: OpenedLink) -> str:
        """How the layer is called in the network's line."""
        return link.name

    def weight_name(self, link: OpenedLink, symbols: Symbols, name: str) -> str:
        """How an array of weights is called: W₁, b₁, or as it is stored where no book has a letter for it."""
        return LETTERS[name] + symbols.numbers[link.place] if name in LETTERS else name

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        """How one output for the k-th example is made. index: of the weight that is asked about, to be among the terms."""
        link = view.link
        name = view.output_name(unit)
        return [given(name, view.y[unit], f"by {type(link.link).__name__} {link.name!r}")]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        """How the derivative by one input is made of those by the outputs. known: what the engine had; source: which of several
        inputs."""
        link = view.link
        name = view.input_delta(unit, source)
        return Backward(
            None, [given(name, known, f"by the backward rule of {type(link.link).__name__} {link.name!r}")]
        )

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        """For layers whose weights go into numbers within the layer: how one of these is made, and its derivative."""
        return [], []

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        """The output that such a number goes into directly; None where there is none."""
        return None

    def details(self, view: LayerView, name: str, index: Index) -> list[Part]:
        """What else there is to show of one weight for one example."""
        return []

    def kind(self, link: OpenedLink) -> str:
        """The function's name, for an activation."""
        return str(link.link.activation_name)

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        """The places of the inputs that one output depends on, within one example; None where that is not known."""
        return None

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        """The two factors of each example's term of one weight's gradient; None where only the layer's rule knows."""
        return None

    def terms(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> np.ndarray:
        """Each example's term of one weight's mean gradient, (batch,) float64."""
        found = self.factors(link, symbols, name, index)
        if found is not None:
            return np.asarray(found.products.sum(axis=1))
        rows = [gradients_of_example(link, k)[name][index] for k in range(len(link.y))]
        return np.array(rows, np.float64)


def sum_equation(
    name: str,
    letters: list[str],
    pairs: Sequence[tuple[float, ...]],
    known: float | None,
    first: int = 0,
    note: str = "",
    size: float = 0.0,
) -> Equation:
    """A sum of products: the largest written out, the others as one number. first: how many keep their place in front.
    size: of what the engine adds up on its way, where that is more than these products."""
    sizes = np.array([abs(float(np.prod(pair))) for pair in pairs])
    order = [*range(first), *(int(m) for m in np.argsort(-sizes[first:], kind="stable") + first)]
    chosen = order if len(order) <= TERMS + 1 else order[:TERMS]
    others = order[len(chosen) :]
    rest = float(sum(np.prod(pairs[m]) for m in others)) if others else None
    shown = [letters[m] for m in chosen] + ([f"rest of {len(others)}"] if others else [])
    numbers = weighted_sum([pairs[m] for m in chosen], rest)
    return finished(
        name, " + ".join(shown), numbers, known, note, size=max(size, float(np.nan_to_num(sizes).sum()))
    )
