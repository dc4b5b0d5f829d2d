"""MultiHeadAttention: which times each query looked at, and how the projections of each head learn.

q, k, v: the projections of one head, [time, number].  a: the shares, softmax(q kᵀ / √key_dim), [query's time, key's time].
"""

import math
from typing import NamedTuple

import numpy as np

from chainrule.explain.equations import Equation
from chainrule.explain.factors import Factors
from chainrule.explain.layers.attention import shares_table
from chainrule.explain.layers.base import LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView, output_delta
from chainrule.explain.opened import OpenedLink
from chainrule.explain.parts import Part
from chainrule.explain.symbols import Symbols
from chainrule.layers.looking_up import d_scores, transposed
from chainrule.layers.multi_head_attention import apart
from chainrule.layers.multi_head_attention import flat as as_matrix

LETTERS = {"query": "q", "key": "k", "value": "v"}


class Head(NamedTuple):
    """What one head computed, and the derivatives of the batch's loss: (batch, time, numbers); scores (batch, T, S)."""

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    shares: np.ndarray
    d_out: np.ndarray
    d_scores: np.ndarray
    dq: np.ndarray
    dk: np.ndarray
    dv: np.ndarray


class MultiHeadAttentionFormulas(LayerFormulas):
    """y = [softmax(q kᵀ / √key_dim) v of all heads] W_o + b_o."""

    letter = "h"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return f"attention of {int(link.link.num_heads)} heads to {', '.join(dict.fromkeys(symbols.sources[link.place]))}"

    def weight_name(self, link: OpenedLink, symbols: Symbols, name: str) -> str:
        part, _, kind = name.partition("_")
        return f"{'W' if kind == 'kernel' else 'b'}_{LETTERS.get(part, 'o')}"

    def head(self, link: OpenedLink, h: int) -> Head:
        """One head's numbers; the derivatives as the layer's own backward pass makes them."""
        q, v, k, shares = link.cache[2:6]
        layer, kernel = link.link, link.params["output_kernel"]
        d_heads = apart(np.asarray(link.delta) @ as_matrix(kernel, 2).T, layer.num_heads)
        da = d_heads @ transposed(v)
        if len(link.deltas) > 1 and link.deltas[1] is not None:
            da = da + link.deltas[1]
        ds = d_scores(da, shares) / math.sqrt(layer.key_dim)
        dq, dk, dv = ds @ k, transposed(ds) @ q, transposed(shares.used) @ d_heads
        every = (q, k, v, shares.used, d_heads, ds, dq, dk, dv)
        return Head(*(np.asarray(a, np.float64)[:, h] for a in every))

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if link.delta is None:
            return None
        part, _, kind = name.partition("_")
        if part == "output":
            return self.output_factors(link, symbols, kind, index)
        h, d = index[-2], index[-1]
        letter = LETTERS[part]
        right = getattr(self.head(link, h), f"d{letter}")[:, :, d]
        inputs = dict(zip(("query", "value", "key"), link.cache[0], strict=True))
        left = None if kind == "bias" else np.asarray(inputs[part], np.float64)[:, :, index[0]]
        return Factors(
            left, right, lambda t: f"{part}[{t}, {index[0]}]", lambda t: f"d{letter}[{t}, {d}]", None
        )

    def output_factors(self, link: OpenedLink, symbols: Symbols, kind: str, index: Index) -> Factors:
        """What the last projection met: the heads' outputs, side by side."""
        o, times = index[-1], link.y.shape[1]
        heads = np.asarray(link.cache[6], np.float64)
        left = None if kind == "bias" else heads[:, :, index[0] * int(link.link.value_dim) + index[1]]
        units = np.arange(times) * int(link.y.shape[-1]) + o
        return Factors(
            left,
            np.asarray(link.delta, np.float64)[:, :, o],
            lambda t: f"head {index[0]}[{t}, {index[1]}]",
            lambda t: output_delta(link, symbols, int(units[t])),
            units,
        )

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, k = view.link, view.k
        t, o = divmod(unit, int(link.y.shape[-1]))
        numbers, kernel = int(link.link.value_dim), np.asarray(link.params["output_kernel"], np.float64)
        heads, column = (
            np.asarray(link.cache[6], np.float64)[k, t],
            kernel.reshape(-1, kernel.shape[-1])[:, o],
        )
        letters = [
            f"head {i // numbers}[{t}, {i % numbers}] · W_o[{i // numbers}, {i % numbers}, {o}]"
            for i in range(len(heads))
        ]
        pairs: list[tuple[float, ...]] = list(zip(heads, column, strict=True))
        if "output_bias" in link.params:
            pairs.append((float(link.params["output_bias"][o]),))
            letters.append(f"b_o[{o}]")
        return [sum_equation(view.output_name(unit), letters, pairs, view.y[unit])]

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        step, link, k = view.step, view.link, view.k
        part = name.partition("_")[0]
        letter, h, d = LETTERS[part], index[-2], index[-1]
        head, inputs = self.head(link, h), dict(zip(("query", "value", "key"), link.cache[0], strict=True))
        x, kernel = (
            np.asarray(inputs[part], np.float64)[k, place],
            np.asarray(link.params[f"{part}_kernel"], np.float64)[:, h, d],
        )
        pairs: list[tuple[float, ...]] = list(zip(x, kernel, strict=True))
        letters = [f"{part}[{place}, {i}] · W_{letter}[{i}, {h}, {d}]" for i in range(len(x))]
        if f"{part}_bias" in link.params:
            pairs.append((float(link.params[f"{part}_bias"][h, d]),))
            letters.append(f"b_{letter}[{h}, {d}]")
        forward = sum_equation(
            f"{letter}[{place}, {d}]", letters, pairs, float(getattr(head, letter)[k, place, d])
        )
        known = step.n * float(getattr(head, f"d{letter}")[k, place, d])
        n = step.n
        if letter == "q":
            other, result, word = head.k[k, :, d], n * head.d_scores[k, place], "k[{s}, " + f"{d}]"
            names = [f"ds[{place}, {s}] · {word.format(s=s)}" for s in range(len(other))]
        elif letter == "k":
            other, result, word = head.q[k, :, d], n * head.d_scores[k, :, place], "q[{s}, " + f"{d}]"
            names = [f"ds[{s}, {place}] · {word.format(s=s)}" for s in range(len(other))]
        else:
            other, result = head.shares[k, :, place], n * head.d_out[k, :, d]
            names = [f"dy[{s}, {d}] · a[{s}, {place}]" for s in range(len(other))]
        rows: list[tuple[float, ...]] = list(zip(result, other, strict=True))
        note = "ds: by the scores q · k, √key_dim included" if letter != "v" else "dy: by what the head gives"
        return [forward], [sum_equation(f"d{letter}[{place}, {d}]", names, rows, known, note=note)]

    def details(self, view: LayerView, name: str, index: Index) -> list[Part]:
        """Where one head's queries looked, for one example."""
        link, k = view.link, view.k
        if name.startswith("output"):
            return []
        return shares_table(f"Where head {index[-2]} looked", self.head(link, index[-2]).shares[k], k)
