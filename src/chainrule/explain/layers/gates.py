"""LSTM and GRU: gates over time, and how each gate's derivative is made."""

import numpy as np

from chainrule.explain.equations import Equation, equation, given, near_one
from chainrule.explain.layers.recurrent import SIGMOID, TANH, At, RecurrentFormulas, after
from chainrule.explain.layers.view import Index
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.symbols import Symbols


class LSTMFormulas(RecurrentFormulas):
    """c' = f · c + i · g and h' = o · tanh(c')."""

    gates = ("i", "f", "g", "o")

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return "o · tanh(c), c = f · c[t - 1] + i · g"

    def values(self, link: OpenedLink, here: At) -> dict[str, float]:
        k, t, _, j = here
        units = int(link.link.units)
        kept = np.asarray(link.cache.kept[0], np.float64)[t, k]
        gates = {letter: float(kept[n * units + j]) for n, letter in enumerate(self.gates)}
        return gates | {"c": float(after(link, 1)[t, k, j]), "h": float(after(link)[t, k, j])}

    def forward_lines(self, link: OpenedLink, symbols: Symbols, here: At) -> list[Equation]:
        k, t, gate, j = here
        values, letter = self.values(link, here), self.gates[gate]
        line = self.weighted_sum_line(link, symbols, here, None)
        own = equation(
            f"{letter}[{t}, {j}]", TANH if letter == "g" else SIGMOID, {"z": line.used}, values[letter]
        )
        own = own._replace(formula=f"{'tanh' if letter == 'g' else 'σ'}({line.name})")
        before = float(np.asarray(link.cache.before[1], np.float64)[t, k, j])
        others = [given(f"{other}[{t}, {j}]", values[other]) for other in self.gates if other != letter]
        cell = equation(f"c[{t}, {j}]", "f · c_before + i · g", values | {"c_before": before}, values["c"])
        cell = cell._replace(formula=f"f · c[{t - 1}, {j}] + i · g")
        out = equation(f"{symbols.outs[link.place]}[{t}, {j}]", "o · tanh(c)", values, values["h"])
        return [line, own, *others, cell, out]

    def cell_deltas(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, j: int) -> np.ndarray:
        """The derivative of the k-th example's loss by one unit's cell at each time; (times,)."""
        reached = self.reaching(step, link, symbols, k, j)
        found, carried = np.zeros(len(reached)), 0.0
        if len(link.deltas) > 2 and link.deltas[2] is not None:
            carried = step.n * float(np.asarray(link.deltas[2], np.float64)[k, j])
        for t in map(int, np.flatnonzero(self.counts(link, k))[::-1]):
            v = self.values(link, At(k, t, 0, j))
            found[t] = carried + reached[t] * v["o"] * (1 - np.tanh(v["c"]) ** 2)
            carried = found[t] * v["f"]
        return found

    def backward_lines(
        self, step: OpenedStep, link: OpenedLink, symbols: Symbols, here: At
    ) -> list[Equation]:
        k, t, gate, j = here
        values, letter, dc = (
            self.values(link, here),
            self.gates[gate],
            self.cell_deltas(step, link, symbols, k, j),
        )
        reaching = self.reaching_line(step, link, symbols, here)
        known = step.n * float(self.sum_deltas(link)[0][k, t, gate * int(link.link.units) + j])
        name = "d" + self.sum_name(gate, t, j)
        bent = {"dh": reaching.used, "a": near_one(np.tanh(values["c"])), "o": values["o"]}
        if letter == "o":
            line = equation(name, "dh · a · o · (1 - o)", bent | {"o": near_one(values["o"])}, known)
            return [reaching, line._replace(formula="dh · tanh(c) · o · (1 - o)")]
        after_it = self.following(link, k, t)
        later = "" if after_it is None else f" + dc[{after_it}, {j}] · f[{after_it}, {j}]"
        if after_it is not None:
            bent |= {"dc_next": dc[after_it], "f_next": self.values(link, At(k, after_it, gate, j))["f"]}
        elif len(link.deltas) > 2 and link.deltas[2] is not None:
            later = " + dc from its last state"
            bent |= {"dc_next": step.n * float(np.asarray(link.deltas[2], np.float64)[k, j]), "f_next": 1.0}
        cell = equation(f"dc[{t}, {j}]", "dh · o · (1 - a²)" + (" + dc_next · f_next" if later else ""), bent)
        cell = cell._replace(formula=f"dh · o · (1 - tanh²(c)){later}")
        before = float(np.asarray(link.cache.before[1], np.float64)[t, k, j])
        formula = {"i": "dc · g · i · (1 - i)", "f": "dc · c_before · f · (1 - f)", "g": "dc · i · (1 - g²)"}[
            letter
        ]
        plugged = values | {"dc": cell.used, "c_before": before, letter: near_one(values[letter])}
        line = equation(name, formula, plugged, known)
        return [reaching, cell, line._replace(formula=formula.replace("c_before", f"c[{t - 1}, {j}]"))]


class GRUFormulas(RecurrentFormulas):
    """h' = z · h + (1 - z) · g."""

    gates = ("z", "r", "g")

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        return f"z · {symbols.outs[link.place]}[t - 1] + (1 - z) · g"

    def met(self, link: OpenedLink, name: str, index: Index) -> np.ndarray | None:
        units, (gate, _) = int(link.link.units), self.gate_of(link, index)
        if name == "recurrent_kernel" and gate == 2 and not link.link.reset_after:  # the candidate sees r · h
            r, seen = np.asarray(link.cache.kept[0], np.float64), np.asarray(link.cache.kept[1], np.float64)
            return np.asarray((r[..., units : 2 * units] * seen)[:, :, index[0]].T)
        return super().met(link, name, index)

    def by_sum(self, link: OpenedLink, name: str, index: Index) -> np.ndarray:
        if name == "recurrent_kernel" and not link.link.reset_after:
            return np.asarray(self.sum_deltas(link)[0][:, :, index[-1]])
        return super().by_sum(link, name, index)

    def values(self, link: OpenedLink, here: At) -> dict[str, float]:
        k, t, _, j = here
        kept, units = np.asarray(link.cache.kept[0], np.float64)[t, k], int(link.link.units)
        gates = {letter: float(kept[n * units + j]) for n, letter in enumerate(self.gates)}
        return gates | {"h": float(after(link)[t, k, j])}

    def is_plain(self, link: OpenedLink, k: int) -> bool:
        return bool(link.link.reset_after) and super().is_plain(link, k)

    def before(self, link: OpenedLink, here: At) -> float:
        """The unit's state of the time before."""
        return float(np.asarray(link.cache.before[0], np.float64)[here.t, here.k, here.j])

    def seen(self, link: OpenedLink, here: At) -> float:
        """h U + b' of the candidate, before the reset."""
        return float(np.asarray(link.cache.kept[1], np.float64)[here.t, here.k, here.j])

    def forward_lines(self, link: OpenedLink, symbols: Symbols, here: At) -> list[Equation]:
        t, j = here.t, here.j
        values, letter, lines = self.values(link, here), self.gates[here.gate], list[Equation]()
        if letter != "g":
            line = self.weighted_sum_line(link, symbols, here, None)
            own = equation(f"{letter}[{t}, {j}]", SIGMOID, {"z": line.used}, values[letter])
            lines += [line, own._replace(formula=f"σ({line.name})")]
        lines += [
            given(f"{other}[{t}, {j}]", values[other])
            for other in self.gates
            if other != letter or letter == "g"
        ]
        plugged = values | {"h_before": self.before(link, here)}
        out = equation(
            f"{symbols.outs[link.place]}[{t}, {j}]", "z · h_before + (1 - z) · g", plugged, values["h"]
        )
        return [*lines, out._replace(formula=f"z · {symbols.outs[link.place]}[{t - 1}, {j}] + (1 - z) · g")]

    def state_deltas(
        self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, j: int
    ) -> np.ndarray:
        """The derivative of the k-th example's loss by one unit's state at each time; (times,)."""
        reached = self.reaching(step, link, symbols, k, j)
        for t in map(int, np.flatnonzero(self.counts(link, k))[::-1]):
            if (later := self.following(link, k, t)) is not None:
                reached[t] += reached[later] * self.values(link, At(k, later, 0, j))["z"]
        return reached

    def backward_lines(
        self, step: OpenedStep, link: OpenedLink, symbols: Symbols, here: At
    ) -> list[Equation]:
        k, t, gate, j = here
        values, letter, dh = (
            self.values(link, here),
            self.gates[gate],
            self.state_deltas(step, link, symbols, k, j),
        )
        reaching = self.reaching_line(step, link, symbols, here)
        lines = [reaching]
        if (later := self.following(link, k, t)) is not None:
            plugged = {"a": reaching.used, "b": dh[later], "z": self.values(link, At(k, later, gate, j))["z"]}
            whole = equation(f"{reaching.name} in all", "a + b · z", plugged)
            formula = f"{reaching.name} + d{symbols.outs[link.place]}[{later}, {j}] in all · z[{later}, {j}]"
            lines.append(whole._replace(formula=formula))
        known = step.n * float(self.sum_deltas(link)[0][k, t, gate * int(link.link.units) + j])
        plugged = values | {
            "dh": lines[-1].used,
            "h_before": self.before(link, here),
            "seen": self.seen(link, here),
        }
        name = "d" + self.sum_name(gate, t, j)
        if letter == "z":
            line = equation(
                name, "dh · (h_before - g) · z · (1 - z)", plugged | {"z": near_one(values["z"])}, known
            )
            return [
                *lines,
                line._replace(formula=f"dh · ({symbols.outs[link.place]}[{t - 1}, {j}] - g) · z · (1 - z)"),
            ]
        candidate = "dh · (1 - z) · (1 - g²)"
        if letter == "g":
            return [*lines, equation(name, candidate, plugged | {"g": near_one(values["g"])}, known)]
        line = equation(
            name, f"{candidate} · seen · r · (1 - r)", plugged | {"r": near_one(values["r"])}, known
        )
        return [*lines, line._replace(formula=f"{candidate} · (h·U + b′) · r · (1 - r)")]
