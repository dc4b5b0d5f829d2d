"""MultiHeadAttention: which times each query looked at, and how the projections of each head learn.

q, k, v: the projections of one head, [time, number].  a: the shares, softmax(q kᵀ / √key_dim), [query's time, key's time].
"""

import math
from typing import NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, given, number
from chainrule.explain.factors import Factors
from chainrule.explain.layers.attention import shares_table
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView, output_delta
from chainrule.explain.opened import OpenedLink
from chainrule.explain.parts import Part
from chainrule.explain.symbols import Symbols
from chainrule.layers.looking_up import d_scores, transposed
from chainrule.layers.multi_head_attention import apart
from chainrule.layers.multi_head_attention import flat as as_matrix

LETTERS = {"query": "q", "key": "k", "value": "v"}


class Head(NamedTuple):
    """What one head computed, and the derivatives of the batch's loss: (batch, time, numbers); scores (batch, T, S).

    shares: as they were used, after dropout; da: the derivative by these; ds: by the scores q kᵀ / √key_dim.
    d_out: by what the head gives.
    """

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    softmax: np.ndarray
    shares: np.ndarray
    drop: np.ndarray
    allowed: np.ndarray
    d_out: np.ndarray
    da: np.ndarray
    ds: np.ndarray
    dq: np.ndarray
    dk: np.ndarray
    dv: np.ndarray


class Meeting(NamedTuple):
    """A query's time and a key's time, and the number of what the head gives through which most of the error comes."""

    t: int
    s: int
    d: int


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
        ds = d_scores(da, shares)
        by_product = ds / math.sqrt(layer.key_dim)
        dq, dk, dv = by_product @ k, transposed(by_product) @ q, transposed(shares.used) @ d_heads
        like = shares.used.shape
        drop = np.broadcast_to(1.0 if shares.drop is None else shares.drop, like)
        allowed = np.broadcast_to(True if shares.allowed is None else shares.allowed, like)
        every = (q, k, v, shares.softmax, shares.used, drop, allowed, d_heads, da, ds, dq, dk, dv)
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
        name = self.input_letter(link, symbols, part)
        return Factors(
            left, right, lambda t: f"{name}[{t}, {index[0]}]", lambda t: f"d{letter}[{t}, {d}]", None
        )

    def input_letter(self, link: OpenedLink, symbols: Symbols, part: str) -> str:
        """How an input is called that is projected: what it is in the network."""
        if not symbols.sources:
            return part
        names = symbols.sources[link.place]
        return {"query": names[0], "value": names[1], "key": names[-1]}[part]

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

    # ── from a projection to the scores, and to what the head gives ──────────────────────────────────────────────
    def meeting(self, head: Head, k: int, letter: str, place: int, d: int) -> Meeting:
        """Where most of the derivative by one number of a projection is made."""
        if letter == "v":
            t = int(np.argmax(np.abs(head.shares[k, :, place] * head.d_out[k, :, d])))
            return Meeting(t, place, d)
        if letter == "q":
            t, s = place, int(np.argmax(np.abs(head.ds[k, place] * head.k[k, :, d])))
        else:
            t, s = int(np.argmax(np.abs(head.ds[k, :, place] * head.q[k, :, d]))), place
        return Meeting(t, s, int(np.argmax(np.abs(head.d_out[k, t] * head.v[k, s]))))

    def strongest(self, view: LayerView, h: int, met: Meeting) -> int:
        """The output through which most of the error reaches what a head gives."""
        kernel = np.asarray(view.link.params["output_kernel"], np.float64)[h, met.d]
        dy = np.asarray(view.link.delta, np.float64)[view.k, met.t]
        return met.t * int(view.link.y.shape[-1]) + int(np.argmax(np.abs(dy * kernel)))

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        letter, h, d = LETTERS[name.partition("_")[0]], index[-2], index[-1]
        met = self.meeting(self.head(view.link, h), view.k, letter, place, d)
        return self.strongest(view, h, met)

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        letter, h, d = LETTERS[name.partition("_")[0]], index[-2], index[-1]
        head = self.head(view.link, h)
        met = self.meeting(head, view.k, letter, place, d)
        forward = [
            self.projection(view, name.partition("_")[0], head, h, place, d),
            *self.share_lines(view, head, met),
            self.head_line(view, head, h, met),
        ]
        return forward, self.back_lines(view, head, letter, h, place, d, met)

    def projection(self, view: LayerView, part: str, head: Head, h: int, place: int, d: int) -> Equation:
        """q[t, d] = Σ x[t, i] · W_q[i, h, d] + b_q[h, d]."""
        link, k, letter = view.link, view.k, LETTERS[part]
        inputs = dict(zip(("query", "value", "key"), link.cache[0], strict=True))
        x = np.asarray(inputs[part], np.float64)[k, place]
        kernel = np.asarray(link.params[f"{part}_kernel"], np.float64)[:, h, d]
        pairs: list[tuple[float, ...]] = list(zip(x, kernel, strict=True))
        name = self.input_letter(link, view.symbols, part)
        letters = [f"{name}[{place}, {i}] · W_{letter}[{i}, {h}, {d}]" for i in range(len(x))]
        if f"{part}_bias" in link.params:
            pairs.append((float(link.params[f"{part}_bias"][h, d]),))
            letters.append(f"b_{letter}[{h}, {d}]")
        known = float(getattr(head, letter)[k, place, d])
        return sum_equation(f"{letter}[{place}, {d}]", letters, pairs, known)

    def share_lines(self, view: LayerView, head: Head, met: Meeting) -> list[Equation]:
        """How well a key fits a query, and the share that is taken of its value."""
        t, s, k, root = met.t, met.s, view.k, math.sqrt(view.link.link.key_dim)
        name = f"a[{t}, {s}]"
        if not head.allowed[k, t, s]:
            return [given(name, head.shares[k, t, s], "the query may not look there")]
        pairs: list[tuple[float, ...]] = list(zip(head.q[k, t], head.k[k, s], strict=True))
        fit = sum_equation("fit", [f"q[{t}, {i}] · k[{s}, {i}]" for i in range(len(pairs))], pairs, None)
        scores = (head.k[k] @ head.q[k, t] / root)[head.allowed[k, t] != 0]
        highest = float(scores.max())
        values = {"fit": fit.used, "d": float(view.link.link.key_dim), "m": highest}
        values["total"] = float(np.exp(scores - highest).sum())
        line = equation(name, "exp(fit / √d - m) / total", values, head.softmax[k, t, s])
        line = line._replace(formula=f"exp(fit / √key_dim - max s[{t}]) / Σ exp(s[{t}] - max s[{t}])")
        return [fit, line]

    def head_line(self, view: LayerView, head: Head, h: int, met: Meeting) -> Equation:
        """What the head gives at a query's time: the values, mixed by the shares."""
        k, t, d = view.k, met.t, met.d
        shares = head.shares[k, t]
        letters = [f"a[{t}, {s}] · v[{s}, {d}]" for s in range(len(shares))]
        known = float(np.asarray(view.link.cache[6], np.float64)[k, t, h * int(view.link.link.value_dim) + d])
        pairs: list[tuple[float, ...]] = list(zip(shares, head.v[k, :, d], strict=True))
        return sum_equation(f"head {h}[{t}, {d}]", letters, pairs, known)

    def back_lines(
        self, view: LayerView, head: Head, letter: str, h: int, place: int, d: int, met: Meeting
    ) -> list[Equation]:
        """From the layer's output to one number of a projection: dhead, da, ds, dq."""
        n, k, link, root = view.step.n, view.k, view.link, math.sqrt(view.link.link.key_dim)
        dy, units = n * np.asarray(link.delta, np.float64)[k, met.t], int(link.y.shape[-1])
        kernel = np.asarray(link.params["output_kernel"], np.float64)[h, met.d]
        given_by = f"dhead {h}[{met.t}, "
        letters = [f"{view.output_delta(met.t * units + o)} · W_o[{h}, {met.d}, {o}]" for o in range(units)]
        pairs: list[tuple[float, ...]] = list(zip(dy, kernel, strict=True))
        first = sum_equation(f"{given_by}{met.d}]", letters, pairs, n * float(head.d_out[k, met.t, met.d]))
        name, known = f"d{letter}[{place}, {d}]", n * float(getattr(head, f"d{letter}")[k, place, d])
        if letter == "v":
            taken, out = head.shares[k, :, place], n * head.d_out[k, :, d]
            letters = [f"a[{t}, {place}] · dhead {h}[{t}, {d}]" for t in range(len(taken))]
            return [first, sum_equation(name, letters, list(zip(taken, out, strict=True)), known)]
        if letter == "q":
            ds, other = n * head.ds[k, place], head.k[k, :, d]
            letters = [f"ds[{place}, {s}] · k[{s}, {d}] / √key_dim" for s in range(len(other))]
        else:
            ds, other = n * head.ds[k, :, place], head.q[k, :, d]
            letters = [f"ds[{t}, {place}] · q[{t}, {d}] / √key_dim" for t in range(len(other))]
        rows: list[tuple[float, ...]] = [(a, b, 1 / root) for a, b in zip(ds, other, strict=True)]
        whole = sum_equation(name, letters, rows, known, note=f"1 / √key_dim = {number(1 / root)}")
        return [first, *self.score_back(view, head, h, met), whole]

    def score_back(self, view: LayerView, head: Head, h: int, met: Meeting) -> list[Equation]:
        """The derivative by one score: da = Σ dhead · v, ds = a · (da - Σ a · da)."""
        n, k, t, s = view.step.n, view.k, met.t, met.s
        out, v = n * head.d_out[k, t], head.v[k, s]
        letters = [f"dhead {h}[{t}, {o}] · v[{s}, {o}]" for o in range(len(v))]
        pairs: list[tuple[float, ...]] = list(zip(out, v, strict=True))
        if len(view.link.deltas) > 1 and view.link.deltas[1] is not None:
            letters.append("what reached the share itself")
            pairs.append((n * float(np.asarray(view.link.deltas[1], np.float64)[k, h, t, s]),))
        taken = sum_equation(f"da[{t}, {s}]", letters, pairs, n * float(head.da[k, t, s]))
        a, da = head.softmax[k, t], n * head.da[k, t] * head.drop[k, t]
        letters = [f"a[{t}, {m}] · da[{t}, {m}]" for m in range(len(a))]
        mean = sum_equation("c", letters, list(zip(a, da, strict=True)), None)
        name, known = f"ds[{t}, {s}]", n * float(head.ds[k, t, s])
        if not head.allowed[k, t, s]:
            return [taken, mean, finished(name, "0", "0", known, "the query may not look there")]
        values = {"a": a[s], "da": taken.used, "c": mean.used, "drop": head.drop[k, t, s]}
        formula = "a · (da - c)" if (head.drop == 1).all() else "a · (da · drop - c)"
        line = equation(name, formula, values, known)
        size = abs(a[s]) * (abs(da[s]) + float(np.abs(a * da).sum()))
        return [taken, mean, line._replace(formula=formula.replace("da", taken.name), size=size)]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        """Through the projections that an input goes into; the value is the key too where there are two inputs."""
        link, k, n = view.link, view.k, view.step.n
        if link.delta is None:
            return super().backward(view, unit, known, source)
        two = len(link.xs) == 2
        parts = [("query",), ("value", "key") if two else ("value",), ("key",)][source]
        place, i = divmod(unit, int(link.xs[source].shape[-1]))
        found: list[tuple[str, tuple[float, float], tuple[str, int, int]]] = []
        for part in parts:
            letter, kernel = LETTERS[part], np.asarray(link.params[f"{part}_kernel"], np.float64)[i]
            for h in range(len(kernel)):
                deltas = n * getattr(self.head(link, h), f"d{letter}")[k, place]
                for d, value in enumerate(deltas):
                    name = f"d{letter}[{place}, {d}] of head {h} · W_{letter}[{i}, {h}, {d}]"
                    found.append((name, (float(value), float(kernel[h, d])), (letter, h, d)))
        letter, h, d = max(found, key=lambda one: abs(one[1][0] * one[1][1]))[2]
        head = self.head(link, h)
        met = self.meeting(head, k, letter, place, d)
        whole = sum_equation(
            view.input_delta(unit, source),
            [name for name, *_ in found],
            [pair for _, pair, _ in found],
            known,
        )
        lines = self.back_lines(view, head, letter, h, place, d, met)
        return Backward(self.strongest(view, h, met), [*lines, whole])

    def details(self, view: LayerView, name: str, index: Index) -> list[Part]:
        """Where one head's queries looked, for one example."""
        link, k = view.link, view.k
        if name.startswith("output"):
            return []
        return shares_table(f"Where head {index[-2]} looked", self.head(link, index[-2]).shares[k], k)
