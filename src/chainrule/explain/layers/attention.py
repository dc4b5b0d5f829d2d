"""Attention and AdditiveAttention: how well a key fits a query, what share of its value is taken, and the way back.

q, k, v: query, key and value, [time, number].  s: the scores, a: the shares, both [query's time, key's time].
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, given, number, weighted_sum
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink
from chainrule.explain.parts import Part, Table, Text
from chainrule.explain.symbols import Symbols
from chainrule.layers.looking_up import d_scores, transposed

ROWS = 6  # queries and keys of a table


class Looked(NamedTuple):
    """What an attention computed, with the derivatives of the batch's loss; arrays start with the examples.

    bent: tanh of query and key together, (batch, T, S, numbers), where scores are made of it.  drop: what dropout
    multiplied the shares with.
    """

    q: np.ndarray
    v: np.ndarray
    k: np.ndarray
    s: np.ndarray
    softmax: np.ndarray
    shares: np.ndarray
    drop: np.ndarray
    allowed: np.ndarray
    bent: np.ndarray | None
    dy: np.ndarray
    da: np.ndarray
    ds: np.ndarray


class AttentionFormulas(LayerFormulas):
    """y = a v, a = softmax(s), s = scale · q kᵀ or w Σ tanh(scale · (q + k))."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        names = symbols.sources[link.place]
        return f"softmax(s)·v, q = {names[0]}, v = {names[1]}, k = {names[-1]}"

    def weight_name(self, link: OpenedLink, symbols: Symbols, name: str) -> str:
        return "scale" if name == "scale" else "w"

    def looked(self, link: OpenedLink) -> Looked:
        """The layer's numbers; the derivatives as its own backward pass makes them."""
        x, s, shares, bent, asked = link.cache
        q, v, k = x if len(x) == 3 else (*x, x[1])
        shape = (*q.shape[:-1], v.shape[-1])
        dy = np.zeros(shape, q.dtype) if link.delta is None else np.asarray(link.delta)
        dy = dy if asked is None else np.where(np.asarray(asked)[..., None], dy, 0)
        d_used = dy @ transposed(v)
        if len(link.deltas) > 1 and link.deltas[1] is not None:
            d_used = d_used + link.deltas[1]
        ds = d_scores(d_used, shares)
        drop = np.ones_like(s) if shares.drop is None else shares.drop
        allowed = np.broadcast_to(True if shares.allowed is None else shares.allowed, s.shape)
        every = (q, v, k, s, shares.softmax, shares.used, drop, allowed, bent, dy, d_used, ds)
        return Looked(*(a if a is None else np.asarray(a, np.float64) for a in every))  # type: ignore[arg-type]

    # ── the scores ───────────────────────────────────────────────────────────────────────────────────────────────
    def scale(self, link: OpenedLink) -> float:
        """What q kᵀ, or q + k, is multiplied by."""
        return float(link.params["scale"]) if link.link.use_scale else 1.0

    def weight(self, link: OpenedLink, i: int) -> float:
        """What the i-th tanh is multiplied by, where scores are made of such."""
        return float(link.params["concat_score_weight"])

    def inner(self, link: OpenedLink) -> float:
        """What q + k is multiplied by inside of tanh."""
        return self.scale(link)

    def weight_letter(self, link: OpenedLink, i: int) -> str:
        """How the weight of the i-th tanh is called."""
        return "w"

    def scaled(self, link: OpenedLink) -> bool:
        """Whether a scale is learned by which q kᵀ, or q + k, is multiplied."""
        return bool(link.link.use_scale)

    def slopes(self, link: OpenedLink, seen: Looked) -> np.ndarray:
        """The derivative of each score by the i-th number of q + k, where scores are made of tanh: (batch, T, S, numbers)."""
        assert seen.bent is not None
        weights = np.array([self.weight(link, i) for i in range(seen.q.shape[-1])])
        return np.asarray(weights * self.inner(link) * (1 - seen.bent**2))

    def left(self, link: OpenedLink, seen: Looked, name: str, index: Index) -> tuple[np.ndarray, str]:
        """What a weight met in each score, and how that is called."""
        if seen.bent is None:
            return seen.q @ transposed(seen.k), "q·k"
        if name == "concat_score_weight":
            return seen.bent.sum(axis=-1), "Σ tanh"
        both = seen.q[:, :, None] + seen.k[:, None]
        return (self.slopes(link, seen) / self.inner(link) * both).sum(axis=-1), "∂s by scale"

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if not link.reached:
            return None
        seen = self.looked(link)
        met, letter = self.left(link, seen, name, index)
        keys = seen.s.shape[-1]
        left, right = (a.reshape(len(a), -1) for a in (met, seen.ds))

        def place(m: int) -> str:
            return f"[{m // keys}, {m % keys}]"

        return Factors(left, right, lambda m: letter + place(m), lambda m: "ds" + place(m), None)

    def score_lines(self, link: OpenedLink, seen: Looked, k: int, t: int, s: int) -> list[Equation]:
        """How well the s-th key fits the t-th query."""
        q, key, name, known = seen.q[k, t], seen.k[k, s], f"s[{t}, {s}]", seen.s[k, t, s]
        if seen.bent is None:
            scale = (self.scale(link),) if self.scaled(link) else ()
            pairs: list[tuple[float, ...]] = [(*scale, a, b) for a, b in zip(q, key, strict=True)]
            word = "scale · " if scale else ""
            return [
                sum_equation(name, [f"{word}q[{t}, {i}] · k[{s}, {i}]" for i in range(len(q))], pairs, known)
            ]
        bent = seen.bent[k, t, s]
        weights = [self.weight(link, i) for i in range(len(q))]
        i = int(np.argmax(np.abs(bent * weights)))
        values = {"c": self.inner(link), "q": q[i], "k": key[i]}
        formula = "tanh(c · (q + k))" if self.scaled(link) else "tanh(q + k)"
        line = equation(f"b[{t}, {s}, {i}]", formula, values, bent[i])
        line = line._replace(
            formula=formula.replace("c", "scale")
            .replace("q", f"q[{t}, {i}]")
            .replace("+ k", f"+ k[{s}, {i}]")
        )
        letters = [f"{self.weight_letter(link, i)} · b[{t}, {s}, {i}]" for i in range(len(q))]
        return [line, sum_equation(name, letters, list(zip(weights, bent, strict=True)), known)]

    def share_lines(self, seen: Looked, k: int, t: int, s: int) -> list[Equation]:
        """What share of the s-th value the t-th query takes."""
        name = f"a[{t}, {s}]"
        if not seen.allowed[k, t, s]:
            return [given(name, seen.shares[k, t, s], "the query may not look there")]
        scores = seen.s[k, t][seen.allowed[k, t] != 0]
        highest = float(scores.max())
        values = {"s": seen.s[k, t, s], "m": highest, "total": float(np.exp(scores - highest).sum())}
        line = equation(name, "exp(s - m) / total", values, seen.softmax[k, t, s])
        line = line._replace(formula=f"exp(s[{t}, {s}] - max s[{t}]) / Σ exp(s[{t}] - max s[{t}])")
        if (seen.drop == 1).all():
            return [line]
        pair = (line.used, seen.drop[k, t, s])
        return [
            line,
            finished(f"{name} used", f"{name} · dropout", weighted_sum([pair]), seen.shares[k, t, s]),
        ]

    def output_line(self, view: LayerView, seen: Looked, t: int, o: int) -> Equation:
        """One number that the t-th query takes."""
        shares, values = seen.shares[view.k, t], seen.v[view.k, :, o]
        name = view.output_name(t * seen.v.shape[-1] + o)
        if self.left_out(view.link, view.k, t):
            return given(name, 0.0, "the query is masked")
        letters = [f"a[{t}, {s}] · v[{s}, {o}]" for s in range(len(shares))]
        return sum_equation(
            name, letters, list(zip(shares, values, strict=True)), view.y[t * seen.v.shape[-1] + o]
        )

    def left_out(self, link: OpenedLink, k: int, t: int) -> bool:
        """Whether a query does not count."""
        asked = link.cache[4]
        return asked is not None and not bool(np.asarray(asked)[k, t])

    # ── one output, one input, one weight ────────────────────────────────────────────────────────────────────────
    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        seen = self.looked(view.link)
        t, o = divmod(unit, seen.v.shape[-1])
        s = int(np.argmax(np.abs(seen.shares[view.k, t] * seen.v[view.k, :, o])))
        return [
            *self.score_lines(view.link, seen, view.k, t, s),
            *self.share_lines(seen, view.k, t, s),
            self.output_line(view, seen, t, o),
        ]

    def strongest(self, seen: Looked, k: int, t: int, s: int) -> int:
        """The number of the t-th query's output through which most of a score's derivative comes."""
        return int(np.argmax(np.abs(seen.dy[k, t] * seen.v[k, s])))

    def d_score_lines(self, view: LayerView, seen: Looked, t: int, s: int) -> list[Equation]:
        """The derivative by one score: da = Σ dy · v, ds = a · (da - Σ a da)."""
        n, k = view.step.n, view.k
        dy, v = n * seen.dy[k, t], seen.v[k, s]
        width = len(v)
        letters = [f"{view.output_delta(t * width + o)} · v[{s}, {o}]" for o in range(width)]
        pairs: list[tuple[float, ...]] = list(zip(dy, v, strict=True))
        of_shares = view.link.deltas[1] if len(view.link.deltas) > 1 else None
        if of_shares is not None:
            letters.append("what reached the share itself")
            pairs.append((n * float(np.asarray(of_shares)[k, t, s]),))
        taken = sum_equation(f"da[{t}, {s}]", letters, pairs, n * seen.da[k, t, s])
        a, da = seen.softmax[k, t], n * seen.da[k, t] * seen.drop[k, t]
        letters = [f"a[{t}, {m}] · da[{t}, {m}]" for m in range(len(a))]
        mean = sum_equation("c", letters, list(zip(a, da, strict=True)), None)
        name, known = f"ds[{t}, {s}]", n * seen.ds[k, t, s]
        if not seen.allowed[k, t, s]:
            return [taken, mean, finished(name, "0", "0", known, "the query may not look there")]
        values: dict[str, Any] = {"a": a[s], "da": taken.used, "c": mean.used, "drop": seen.drop[k, t, s]}
        formula = "a · (da - c)" if (seen.drop == 1).all() else "a · (da · drop - c)"
        line = equation(name, formula, values, known)
        size = abs(a[s]) * (abs(da[s]) + float(np.abs(a * da).sum()))
        return [taken, mean, line._replace(formula=formula.replace("da", taken.name), size=size)]

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        seen = self.looked(view.link)
        t, s = divmod(place, seen.s.shape[-1])
        o = self.strongest(seen, view.k, t, s)
        forward = [
            *self.score_lines(view.link, seen, view.k, t, s),
            *self.share_lines(seen, view.k, t, s),
            self.output_line(view, seen, t, o),
        ]
        return forward, self.d_score_lines(view, seen, t, s)

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        if view.link.delta is None:
            return None
        seen = self.looked(view.link)
        t, s = divmod(place, seen.s.shape[-1])
        return int(t * seen.v.shape[-1] + self.strongest(seen, view.k, t, s))

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        seen, name = self.looked(view.link), view.input_delta(unit, source)
        time, i = divmod(unit, int(view.link.xs[source].shape[-1]))
        if source == 1:
            follow, line = self.by_value(view, seen, time, i)
            if len(view.link.xs) == 3:
                return Backward(follow, [line._replace(name=name)])
            _, lines = self.by_score(view, seen, time, i, of_key=True)
            total = weighted_sum([(line.used,), (lines[-1].used,)])
            size = max(line.size, lines[-1].size, abs(line.used) + abs(lines[-1].used))
            whole = finished(name, f"{line.name} + {lines[-1].name}", total, known, size=size)
            return Backward(follow, [line, *lines, whole])
        follow, lines = self.by_score(view, seen, time, i, of_key=source == 2)
        return Backward(follow, [*lines[:-1], lines[-1]._replace(name=name)])

    def by_value(self, view: LayerView, seen: Looked, s: int, o: int) -> tuple[int | None, Equation]:
        """The derivative by one number of a value: Σ over the queries of a · dy."""
        a, dy = seen.shares[view.k, :, s], view.step.n * seen.dy[view.k, :, o]
        width = seen.v.shape[-1]
        letters = [f"a[{t}, {s}] · {view.output_delta(t * width + o)}" for t in range(len(a))]
        pairs: list[tuple[float, ...]] = list(zip(a, dy, strict=True))
        follow = None if view.link.delta is None else int(np.argmax(np.abs(a * dy))) * width + o
        known = float(a @ dy)
        return follow, sum_equation(f"dv[{s}, {o}]", letters, pairs, known)

    def by_score(
        self, view: LayerView, seen: Looked, time: int, i: int, of_key: bool
    ) -> tuple[int | None, list[Equation]]:
        """The derivative by one number of a query or key: Σ over the scores that it is part of."""
        k, n = view.k, view.step.n
        ds = n * (seen.ds[k, :, time] if of_key else seen.ds[k, time])
        places = [(m, time) if of_key else (time, m) for m in range(len(ds))]
        if seen.bent is None:
            other = seen.q[k, :, i] if of_key else seen.k[k, :, i]
            scale = (self.scale(view.link),) if self.scaled(view.link) else ()
            word, letter = "scale · " if scale else "", "q" if of_key else "k"
            letters = [f"{word}ds[{t}, {s}] · {letter}[{t if of_key else s}, {i}]" for t, s in places]
            pairs: list[tuple[float, ...]] = [(*scale, d, x) for d, x in zip(ds, other, strict=True)]
        else:
            word = self.weight_letter(view.link, i)
            inner = " · scale" if self.scaled(view.link) else ""
            letters = [f"ds[{t}, {s}] · {word}{inner} · (1 - b[{t}, {s}, {i}]²)" for t, s in places]
            factor = (self.weight(view.link, i), *((self.inner(view.link),) if inner else ()))
            pairs = [
                (d, *factor, 1 - seen.bent[k, t, s, i] ** 2) for d, (t, s) in zip(ds, places, strict=True)
            ]
        sizes = np.array([abs(float(np.prod(pair))) for pair in pairs])
        t, s = places[int(np.argmax(sizes))]
        known = float(sum(np.prod(pair) for pair in pairs))
        line = sum_equation(f"d{'k' if of_key else 'q'}[{time}, {i}]", letters, pairs, known)
        follow = None
        if view.link.delta is not None:
            follow = t * seen.v.shape[-1] + self.strongest(seen, k, t, s)
        return follow, [*self.d_score_lines(view, seen, t, s), line]

    def details(self, view: LayerView, name: str, index: Index) -> list[Part]:
        """Where the queries looked, for one example."""
        return shares_table("Where the queries looked", self.looked(view.link).shares[view.k], view.k)


class AdditiveAttentionFormulas(AttentionFormulas):
    """s = Σ scale · tanh(q + k), with a scale for each number."""

    def weight(self, link: OpenedLink, i: int) -> float:
        return float(link.params["scale"][i]) if link.link.use_scale else 1.0

    def weight_letter(self, link: OpenedLink, i: int) -> str:
        return f"scale[{i}]" if link.link.use_scale else "1"

    def inner(self, link: OpenedLink) -> float:
        return 1.0

    def scaled(self, link: OpenedLink) -> bool:
        return False

    def left(self, link: OpenedLink, seen: Looked, name: str, index: Index) -> tuple[np.ndarray, str]:
        assert seen.bent is not None
        return np.asarray(seen.bent[..., index[0]]), "tanh"


def shares_table(heading: str, shares: np.ndarray, k: int) -> list[Part]:
    """The shares of one example's queries, (queries, keys): the keys that are looked at most, the others summed."""
    queries, keys = shares.shape
    shown = list(range(min(queries, ROWS)))
    most = sorted(int(s) for s in np.argsort(-shares[shown].sum(axis=0), kind="stable")[:ROWS])
    others = [number(shares[t].sum() - shares[t, most].sum(), 3) for t in shown]
    rows = [[f"query {t}", *(number(shares[t, s], 3) for s in most)] for t in shown]
    heads = ["", *(f"key {s}" for s in most)]
    if keys > len(most):
        heads.append(f"{keys - len(most)} others")
        rows = [[*row, other] for row, other in zip(rows, others, strict=True)]
    left = f" (the first {len(shown)} of {queries} queries)" if queries > len(shown) else ""
    return [Text(f"{heading}, for #{k}{left}; the shares of each query:"), Table(heads, rows)]
