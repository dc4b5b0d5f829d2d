"""Recurrent layers: SimpleRNN, LSTM and GRU, with what each time did to one unit, and the error's way back through time.

Times are counted in the order in which the layer walks. z_i, z_f, ... is the weighted sum of a gate before its
activation, x·W + b + h·U; a weight meets an input, or the state of the time before, at every time.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.equations import Equation, equation, given, near_one, number
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.parts import Part, Table, Text
from chainrule.explain.symbols import Symbols

ROWS = 4  # times of a table
SIGMOID, TANH = "1 / (1 + exp(-z))", "tanh(z)"


class At(NamedTuple):
    """One gate of one unit at one time for one example."""

    k: int
    t: int
    gate: int
    j: int


class RecurrentFormulas(LayerFormulas):
    """What all recurrent layers share. gates: their letters, in the order of their blocks in the kernels."""

    gates: tuple[str, ...] = ("z",)

    # ── which gate, which factors ────────────────────────────────────────────────────────────────────────────────
    def gate_of(self, link: OpenedLink, index: Index) -> tuple[int, int]:
        """The gate and the unit of one weight, which is a column of the kernels."""
        return divmod(index[-1], int(link.link.units))

    def sum_name(self, gate: int, t: int | str, j: int) -> str:
        """How the weighted sum of a gate is called at one time."""
        letter = self.gates[gate] if len(self.gates) > 1 else ""
        return f"z_{letter}[{t}, {j}]" if letter else f"z[{t}, {j}]"

    def sum_deltas(self, link: OpenedLink) -> tuple[np.ndarray, ...]:
        """The derivative of the batch's loss by x W + b, and by h U where that is another: (batch, times, columns)."""
        delta = link.deltas if len(link.ys) > 1 else link.delta
        sums = link.link.sweep_back(link.params, link.cache, delta)[1]
        return tuple(np.asarray(d, np.float64).swapaxes(0, 1) for d in sums)

    def met(self, link: OpenedLink, name: str, index: Index) -> np.ndarray | None:
        """What a weight meets at each time, dropout included: (batch, times); None for a bias."""
        if name == "bias":
            return None
        cache, (gate, _) = link.cache, self.gate_of(link, index)
        source, drop = (cache.x, cache.drop_x) if name == "kernel" else (cache.before[0], cache.drop_h)
        met = np.asarray(source, np.float64)[:, :, index[0]].T
        if drop is not None:
            met = met * np.asarray(drop, np.float64)[gate % len(drop)][:, index[0]][:, None]
        return met

    def by_sum(self, link: OpenedLink, name: str, index: Index) -> np.ndarray:
        """The derivative of the batch's loss by what a weight goes into, at each time: (batch, times)."""
        deltas = self.sum_deltas(link)
        which = index[0] if name == "bias" and len(index) == 2 else -1 if name == "recurrent_kernel" else 0
        return np.asarray(deltas[which][:, :, index[-1]])

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        if not link.reached or name not in ("kernel", "recurrent_kernel", "bias"):
            return None
        gate, j = self.gate_of(link, index)

        def left_name(t: int) -> str:
            inner = symbols.ins[link.place] if name == "kernel" else symbols.outs[link.place]
            return f"{inner}[{t}, {index[0]}]" if name == "kernel" else f"{inner}[{t - 1}, {index[0]}]"

        return Factors(
            self.met(link, name, index),
            self.by_sum(link, name, index),
            left_name,
            lambda t: "d" + self.sum_name(gate, t, j),
            None,
        )

    # ── one time, written out ────────────────────────────────────────────────────────────────────────────────────
    def inside(
        self, view: LayerView, t: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        """Forward and backward for one unit at the time at which the k-th example's share is largest."""
        step, link, symbols, k = view
        gate, j = self.gate_of(link, index)
        here = At(k, t, gate, j)
        if not (self.is_plain(link, k) and self.counts(link, k)[t]):
            known = step.n * float(self.by_sum(link, name, index)[k, t])
            note = f"by the backward rule of {type(link.link).__name__} {link.name!r}"
            return [], [given("d" + self.sum_name(gate, t, j), known, note)]
        return self.forward_lines(link, symbols, here), self.backward_lines(step, link, symbols, here)

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        link = view.link
        _, j = self.gate_of(link, index)
        if link.delta is None:
            return None
        if link.link.return_sequences:
            return place * int(link.link.units) + j
        return j if self.following(link, view.k, place) is None else None

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        step, link, symbols, k = view
        name = view.input_delta(unit)
        if source or link.cache.drop_x is not None:
            return super().backward(view, unit, known, source)
        t, i = divmod(unit, int(link.x.shape[-1]))
        t = int(link.x.shape[1]) - 1 - t if link.link.go_backwards else t  # in the order in which it walks
        d, w = step.n * self.sum_deltas(link)[0][k, t], np.asarray(link.params["kernel"], np.float64)[i]
        units, number_ = int(link.link.units), symbols.numbers[link.place]
        letters = [
            f"d{self.sum_name(c // units, t, c % units)} · W{number_}[{i}, {c}]" for c in range(len(w))
        ]
        pairs = [(float(a), float(b)) for a, b in zip(d, w, strict=True)]
        whole = sum_equation(name, letters, pairs, known)
        if not (self.is_plain(link, k) and self.counts(link, k)[t]):
            return Backward(None, [whole])
        gate, j = divmod(int(np.argmax([abs(a * b) for a, b in pairs])), units)
        above = self.backward_lines(step, link, symbols, At(k, t, gate, j))
        return Backward(self.output_of(view, t, "kernel", (0, gate * units + j)), [*above, whole])

    def is_plain(self, link: OpenedLink, k: int) -> bool:
        """Whether the formulas below hold for an example: usual activations, no dropout."""
        cache, layer = link.cache, link.link
        usual = layer.activation == "tanh" and getattr(layer, "recurrent_activation", "sigmoid") == "sigmoid"
        return usual and cache.drop_x is None and cache.drop_h is None and cache.given is None

    def forward_lines(self, link: OpenedLink, symbols: Symbols, here: At) -> list[Equation]:
        """From x and the state before to the unit's output."""
        raise NotImplementedError

    def backward_lines(
        self, step: OpenedStep, link: OpenedLink, symbols: Symbols, here: At
    ) -> list[Equation]:
        """From what reaches the output at this time to the derivative by the gate's weighted sum."""
        raise NotImplementedError

    def values(self, link: OpenedLink, here: At) -> dict[str, float]:
        """The numbers of one unit at one time, by letter."""
        raise NotImplementedError

    def weighted_sum_line(
        self, link: OpenedLink, symbols: Symbols, here: At, known: float | None
    ) -> Equation:
        """z = Σ x · W + Σ h · U + b."""
        k, t, gate, j = here
        column, number_ = gate * int(link.link.units) + j, symbols.numbers[link.place]
        x, h = (np.asarray(a, np.float64)[t, k] for a in (link.cache.x, link.cache.before[0]))
        w, u = (
            np.asarray(link.params[name], np.float64)[:, column] for name in ("kernel", "recurrent_kernel")
        )
        letters = [f"{symbols.ins[link.place]}[{t}, {i}] · W{number_}[{i}, {column}]" for i in range(len(x))]
        letters += [
            f"{symbols.outs[link.place]}[{t - 1}, {i}] · U{number_}[{i}, {column}]" for i in range(len(h))
        ]
        pairs: list[tuple[float, ...]] = [*zip(x, w, strict=True), *zip(h, u, strict=True)]
        if "bias" in link.params:
            b = np.asarray(link.params["bias"], np.float64)
            pairs.append((float(b.sum(axis=0)[column] if b.ndim == 2 else b[column]),))
            letters.append(f"b{number_}[{column}]")
        return sum_equation(self.sum_name(gate, t, j), letters, pairs, known)

    def counts(self, link: OpenedLink, k: int) -> np.ndarray:
        """Which times of an example count, (times,): at a masked one the state stays what it was."""
        times, mask = link.cache.x.shape[0], link.cache.mask
        return np.ones(times, bool) if mask is None else np.asarray(mask)[:, k, 0].astype(bool)

    def following(self, link: OpenedLink, k: int, t: int) -> int | None:
        """The next time that counts; None after the last."""
        later = np.flatnonzero(self.counts(link, k)[t + 1 :])
        return t + 1 + int(later[0]) if len(later) else None

    def above(
        self, step: OpenedStep, link: OpenedLink, symbols: Symbols, here: At
    ) -> list[tuple[str, tuple[float]]]:
        """What reaches a unit's output from outside before the next time that counts, each with its name."""
        k, t, _, j = here
        letter, found = symbols.outs[link.place], list[tuple[str, tuple[float]]]()
        following, times = self.following(link, k, t), link.cache.x.shape[0]
        if link.delta is not None:
            delta = step.n * np.asarray(link.delta, np.float64)[k]
            until = times if following is None else following
            if not link.link.return_sequences:
                found += [(f"d{letter}[{j}]", (float(delta[j]),))] if following is None else []
            elif link.link.zero_output_for_mask:
                found.append((f"d{letter}[{t}, {j}] from above", (float(delta[t, j]),)))
            else:  # a masked time gives out the state that stayed
                found += [(f"d{letter}[{i}, {j}] from above", (float(delta[i, j]),)) for i in range(t, until)]
        if following is None and len(link.deltas) > 1 and link.deltas[1] is not None:
            last = step.n * float(np.asarray(link.deltas[1], np.float64)[k, j])
            found.append((f"d{letter} from its last state", (last,)))
        return found

    def reaching(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, j: int) -> np.ndarray:
        """What reaches one unit's output at each time that counts: from above, and from the sums of the next; (times,)."""
        reached = np.zeros(link.cache.x.shape[0])
        u = np.asarray(link.params["recurrent_kernel"], np.float64)[j]
        later = step.n * self.sum_deltas(link)[-1][k] @ u
        for t in np.flatnonzero(self.counts(link, k)):
            following = self.following(link, k, int(t))
            above = self.above(step, link, symbols, At(k, int(t), 0, j))
            reached[t] = sum(d for _, (d,) in above) + (0.0 if following is None else later[following])
        return reached

    def reaching_line(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, here: At) -> Equation:
        """dh = what comes from above + Σ dz of the next time · U."""
        k, t, _, j = here
        letter, number_ = symbols.outs[link.place], symbols.numbers[link.place]
        above = self.above(step, link, symbols, here)
        letters: list[str] = [name for name, _ in above]
        pairs: list[tuple[float, ...]] = [pair for _, pair in above]
        following = self.following(link, k, t)
        if following is not None:
            next_ = step.n * self.sum_deltas(link)[-1][k, following]
            u, units = np.asarray(link.params["recurrent_kernel"], np.float64)[j], int(link.link.units)
            letters += [
                f"d{self.sum_name(*divmod(c, units)[:1], following, c % units)} · U{number_}[{j}, {c}]"
                for c in range(len(u))
            ]
            pairs += [(float(d), float(w)) for d, w in zip(next_, u, strict=True)]
        return sum_equation(f"d{letter}[{t}, {j}]", letters, pairs, None)

    # ── over time ────────────────────────────────────────────────────────────────────────────────────────────────
    def details(self, view: LayerView, name: str, index: Index) -> list[Part]:
        """The unit's gates over time for one example, where this weight's derivative is made."""
        step, link, k = view.step, view.link, view.k
        gate, j = self.gate_of(link, index)
        met, by_sum = self.met(link, name, index), step.n * self.by_sum(link, name, index)[k]
        products = by_sum if met is None else met[k] * by_sum
        times = len(by_sum)
        chosen = range(times)
        if times > ROWS:
            chosen = sorted(int(t) for t in np.argsort(-np.abs(products), kind="stable")[:ROWS])  # type: ignore[assignment]
        rows = []
        for t in chosen:
            values = self.values(link, At(k, t, gate, j))
            rows.append([str(t), *(number(v, 4) for v in values.values()), number(by_sum[t], 4)])
        letters = list(self.values(link, At(k, 0, gate, j)))
        heads = ["time", *letters, "d" + self.sum_name(gate, "t", j)]
        left = (
            f" ({times - ROWS} other{'s are' if times > ROWS + 1 else ' is'} not shown)"
            if times > ROWS
            else ""
        )
        return [Text(f"Unit {j} over time, for #{k}{left}:"), Table(heads, rows)]


class SimpleRNNFormulas(RecurrentFormulas):
    """h = tanh(x·W + b + h·U)."""

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        x, n = symbols.ins[link.place], symbols.numbers[link.place]
        return f"tanh({x}[t]·W{n} + b{n} + {symbols.outs[link.place]}[t - 1]·U{n})"

    def values(self, link: OpenedLink, here: At) -> dict[str, float]:
        return {"h": float(after(link)[here.t, here.k, here.j])}

    def forward_lines(self, link: OpenedLink, symbols: Symbols, here: At) -> list[Equation]:
        t, j = here.t, here.j
        line = self.weighted_sum_line(link, symbols, here, None)
        h = self.values(link, here)["h"]
        out = equation(f"{symbols.outs[link.place]}[{t}, {j}]", TANH, {"z": line.used}, h)
        return [line, out._replace(formula=f"tanh({line.name})")]

    def backward_lines(
        self, step: OpenedStep, link: OpenedLink, symbols: Symbols, here: At
    ) -> list[Equation]:
        k, t, gate, j = here
        reaching = self.reaching_line(step, link, symbols, here)
        known = step.n * float(self.sum_deltas(link)[0][k, t, j])
        values = {"dh": reaching.used, "h": near_one(self.values(link, here)["h"])}
        return [reaching, equation("d" + self.sum_name(gate, t, j), "dh · (1 - h²)", values, known)]


def after(link: OpenedLink, state: int = 0) -> Any:
    """The states after each time, (times, batch, units): h, and an LSTM's c."""
    cache = link.cache
    before = np.asarray(cache.before[state], np.float64)
    last = last_state(link, state)
    return np.concatenate([before[1:], last[None]])


def last_state(link: OpenedLink, state: int) -> np.ndarray:
    """The state after the last time: worked out from what the last time kept."""
    cache, units = link.cache, int(link.link.units)
    kept = [np.asarray(a, np.float64)[-1] for a in cache.kept]
    before = [np.asarray(a, np.float64)[-1] for a in cache.before]
    kind = type(link.link).__name__
    if kind == "SimpleRNN":
        new = kept[0]
    elif kind == "LSTM":
        i, f, g, o = (kept[0][:, n * units : (n + 1) * units] for n in range(4))
        c = f * before[1] + i * g
        new = c if state == 1 else o * kept[1]
    else:
        z, _, g = (kept[0][:, n * units : (n + 1) * units] for n in range(3))
        new = z * before[0] + (1 - z) * g
    if cache.mask is None:
        return np.asarray(new)
    return np.asarray(np.where(np.asarray(cache.mask)[-1], new, before[state]))
