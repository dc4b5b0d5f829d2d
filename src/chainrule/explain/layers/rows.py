"""Activations of whole rows, where an output depends on several inputs: softmax, log_softmax, sparsemax, glu."""

from typing import NamedTuple, Protocol

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, given
from chainrule.explain.layers.base import Backward, sum_equation
from chainrule.explain.layers.view import LayerView, flat


class Row(NamedTuple):
    """The row of z and a in which a number is. m: its place there; first: the place of the row's first output."""

    m: int
    first: int
    z: np.ndarray
    a: np.ndarray


def row_of(view: LayerView, unit: int) -> Row:
    """The row of an output, or of an input where the function keeps the shape."""
    classes = view.link.y.shape[-1]
    row, m = divmod(unit, classes)
    z, a = (flat(array, view.k).reshape(-1, array.shape[-1])[row] for array in (view.link.x, view.link.y))
    return Row(m, row * classes, z, a)


class RowFunction(Protocol):
    """A function of rows: how an output is made, and how the derivative by an input."""

    def forward(self, view: LayerView, unit: int) -> list[Equation]:
        """How one output is made."""

    def backward(self, view: LayerView, unit: int, known: float) -> Backward:
        """How the derivative by one input is made."""


class SoftmaxRow:
    """a[m] = exp(z[m] - max z) / Σ exp(z - max z)."""

    def forward(self, view: LayerView, unit: int) -> list[Equation]:
        row, inner = row_of(view, unit), view.symbols.ins[view.link.place]
        highest = float(row.z.max())
        values = {"z": row.z[row.m], "highest": highest, "total": float(np.exp(row.z - highest).sum())}
        worked = equation(view.output_name(unit), "exp(z - highest) / total", values, row.a[row.m])
        formula = f"exp({view.input_name(unit)} - max {inner}) / Σ exp({inner} - max {inner})"
        return [worked._replace(formula=formula)]

    def backward(self, view: LayerView, unit: int, known: float) -> Backward:
        i, first, _, a = row_of(view, unit)
        above = view.deltas[first : first + len(a)]
        shares = a * (np.eye(len(a))[i] - a[i])  # ∂a[m] / ∂z[i]
        order = np.argsort(-np.abs(above * shares), kind="stable")
        letters = [f"{view.output_delta(first + m)} · ∂{view.output_name(first + m)}" for m in range(len(a))]
        pairs = [(float(d), float(s)) for d, s in zip(above, shares, strict=True)]
        size = float(
            a[i] * (abs(above[i]) + np.abs(above * a).sum())
        )  # the engine has a[i] · (da[i] - Σ da · a)
        note = "∂a[m] = a[m] · (1 - a[m]) by its own z, -a[m] · a[i] by another"
        return Backward(
            first + int(order[0]),
            [sum_equation(view.input_delta(unit), letters, pairs, known, note=note, size=size)],
        )


class LogSoftmaxRow:
    """a[m] = z[m] - max z - log Σ exp(z - max z); dz[i] = da[i] - exp(a[i]) · Σ da."""

    def forward(self, view: LayerView, unit: int) -> list[Equation]:
        row, inner = row_of(view, unit), view.symbols.ins[view.link.place]
        highest = float(row.z.max())
        values = {"z": row.z[row.m], "highest": highest, "total": float(np.exp(row.z - highest).sum())}
        worked = equation(view.output_name(unit), "z - highest - log(total)", values, row.a[row.m])
        formula = f"{view.input_name(unit)} - max {inner} - log(Σ exp({inner} - max {inner}))"
        return [worked._replace(formula=formula)]

    def backward(self, view: LayerView, unit: int, known: float) -> Backward:
        i, first, _, a = row_of(view, unit)
        above = view.deltas[first : first + len(a)]
        total = given("Σ da", float(above.sum()), f"over the {len(a)} outputs of the row")
        values = {"da": above[i], "a": a[i], "total": total.used}
        worked = equation(view.input_delta(unit), "da - exp(a) · total", values, known)
        size = abs(float(above[i])) + float(np.exp(a[i]) * np.abs(above).sum())
        upper, name = view.output_delta(unit), view.output_name(unit)
        return Backward(unit, [total, worked._replace(formula=f"{upper} - exp({name}) · Σ da", size=size)])


class SparsemaxRow:
    """a[m] = max(z[m] - τ, 0), τ such that they add up to 1; dz[i] = da[i] - the mean of da where a > 0."""

    def forward(self, view: LayerView, unit: int) -> list[Equation]:
        row = row_of(view, unit)
        above = row.a > 0
        count = int(above.sum())
        tau = equation("τ", "(total - 1) / n", {"total": float(row.z[above].sum()), "n": count})
        tau = tau._replace(formula="(Σ z - 1) / n", note=f"over the {count} that stay above 0")
        name, letters = view.output_name(unit), view.input_name(unit)
        worked = equation(name, "max(z - τ, 0)", {"z": row.z[row.m], "τ": tau.used}, row.a[row.m])
        size = float(np.abs(row.z).max()) + abs(tau.used)
        return [tau, worked._replace(formula=f"max({letters} - τ, 0)", size=size)]

    def backward(self, view: LayerView, unit: int, known: float) -> Backward:
        i, first, _, a = row_of(view, unit)
        name = view.input_delta(unit)
        if a[i] <= 0:
            note = f"{view.output_name(unit)} is 0"
            return Backward(unit, [finished(name, "0", "0", known, note)])
        above = view.deltas[first : first + len(a)]
        mean = given(
            "mean of da", float(above[a > 0].mean()), f"over the {int((a > 0).sum())} outputs above 0"
        )
        worked = equation(name, "da - mean", {"da": above[i], "mean": mean.used}, known)
        size = float(np.abs(above[a > 0]).sum())
        formula = f"{view.output_delta(unit)} - mean of da"
        return Backward(unit, [mean, worked._replace(formula=formula, size=size)])


class GatedRow:
    """glu: a[m] = u[m] · s[m], s = sigmoid(v), where u is the first half of z's row and v the second."""

    def halves(self, view: LayerView, unit: int) -> tuple[int, int]:
        """The places of u and v of one output."""
        half = view.link.y.shape[-1]
        row, m = divmod(unit, half)
        return row * 2 * half + m, row * 2 * half + half + m

    def gate(self, view: LayerView, unit: int) -> Equation:
        """How much of u one output lets through."""
        _, v = self.halves(view, unit)
        line = equation("s", "1 / (1 + exp(-v))", {"v": view.x[v]})
        return line._replace(formula=f"sigmoid({view.input_name(v)})")

    def forward(self, view: LayerView, unit: int) -> list[Equation]:
        (u, _), gate = self.halves(view, unit), self.gate(view, unit)
        worked = equation(view.output_name(unit), "u · s", {"u": view.x[u], "s": gate.used}, view.y[unit])
        return [gate, worked._replace(formula=f"{view.input_name(u)} · s")]

    def backward(self, view: LayerView, unit: int, known: float) -> Backward:
        half = view.link.y.shape[-1]
        row, m = divmod(unit, 2 * half)
        output = row * half + m % half
        (u, _), gate = self.halves(view, output), self.gate(view, output)
        values = {"da": view.deltas[output], "s": gate.used, "u": view.x[u]}
        upper, name = view.output_delta(output), view.input_delta(unit)
        if m < half:
            line = equation(name, "da · s", values, known)._replace(formula=f"{upper} · s")
        else:
            line = equation(name, "da · u · s · (1 - s)", values, known)
            line = line._replace(formula=f"{upper} · {view.input_name(u)} · s · (1 - s)")
        return Backward(output, [gate, line])


ROWS: dict[str, RowFunction] = {
    "softmax": SoftmaxRow(),
    "log_softmax": LogSoftmaxRow(),
    "sparsemax": SparsemaxRow(),
    "glu": GatedRow(),
}
