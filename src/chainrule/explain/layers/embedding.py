"""Embedding, PositionalEmbedding: each word's row of numbers meets the error at every place where the word stands."""

import numpy as np

from chainrule.explain.equations import Equation, finished, given, number, weighted_sum
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.view import Index, LayerView, output_delta
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols, at


class EmbeddingFormulas(LayerFormulas):
    """e[place] = E[word]."""

    letter = "e"
    smooth = False

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return f"E{symbols.numbers[link.place]}[{symbols.ins[link.place]}]"

    def words(self, link: OpenedLink) -> np.ndarray:
        """The words of each example, (batch, places)."""
        return np.asarray(link.x).astype(int).reshape(len(link.x), -1)

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit // int(link.y.shape[-1])])

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, symbols, k = view.link, view.symbols, view.k
        place, j = divmod(unit, int(link.y.shape[-1]))
        word = int(self.words(link)[k, place])
        name, w = view.output_name(unit), link.params["embeddings"][word, j]
        formula = f"E{symbols.numbers[link.place]}[{word}, {j}]"
        return [finished(name, formula, number(w), view.y[unit], f"word {word} stands at place {place}")]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        return Backward(None, [given(view.input_delta(unit), known, "a whole number has no derivative")])

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None:
            return None
        stands = (self.words(link) == index[0]).astype(np.float64)
        n, places = stands.shape
        right = np.asarray(link.delta, np.float64).reshape(n, places, -1)[..., index[1]]
        units = np.arange(places) * int(link.y.shape[-1]) + index[1]
        return Factors(
            stands,
            right,
            lambda m: f"{at(symbols.ins[link.place], link.x.shape[1:], m)} is word {index[0]} (1 or 0)",
            lambda m: output_delta(link, symbols, int(units[m])),
            units,
        )


class PositionalEmbeddingFormulas(EmbeddingFormulas):
    """e[place] = E[word] + P[place]."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        number_ = symbols.numbers[link.place]
        return f"E{number_}[{symbols.ins[link.place]}] + P{number_}"

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, symbols, k = view.link, view.symbols, view.k
        place, j = divmod(unit, int(link.y.shape[-1]))
        word, number_ = int(self.words(link)[k, place]), symbols.numbers[link.place]
        parts = link.params["token_embeddings"][word, j], link.params["position_embeddings"][place, j]
        letters = f"E{number_}[{word}, {j}] + P{number_}[{place}, {j}]"
        numbers = weighted_sum([(part,) for part in parts])
        note = f"word {word} stands at place {place}"
        return [finished(view.output_name(unit), letters, numbers, view.y[unit], note)]

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if name == "token_embeddings" or link.delta is None:
            return super().factors(link, symbols, name, index)
        n, units = len(link.y), np.array([index[0] * int(link.y.shape[-1]) + index[1]])
        if index[0] >= link.y.shape[1]:  # a place behind the end
            return Factors(None, np.zeros((n, 1)), str, str, np.array([0]))
        right = np.asarray(link.delta, np.float64).reshape(n, -1)[:, units]
        return Factors(None, right, str, lambda m: output_delta(link, symbols, int(units[m])), units)
