"""Activations: a = f(z) and dz = da · f′(z), each with its formula where the language of formulas has it."""

from typing import Any

import numpy as np

from chainrule.explain.equations import Equation, equation, near_one, number
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.pieces import NUMBERS, PIECES, Piece, piece_at, worked_out_before
from chainrule.explain.layers.rows import ROWS
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink


class ElementwiseFormulas(LayerFormulas):
    """An activation that works on each number by itself."""

    letter = "a"

    def name(self, link: OpenedLink) -> str:
        return self.kind(link)

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit])

    def pieces(self, link: OpenedLink) -> tuple[Piece, ...] | None:
        """The function's pieces; None where the language has no words for it."""
        return PIECES.get(self.kind(link))

    def settings(self, link: OpenedLink) -> dict[str, float]:
        """The numbers that the pieces name, besides z and a."""
        return NUMBERS

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, z, kind = view.link, float(view.x[unit]), self.kind(view.link)
        name, before, pieces = view.output_name(unit), view.input_name(unit), self.pieces(link)
        if pieces is None:
            return super().forward(view, unit, index)
        values: dict[str, Any] = self.settings(link) | {"z": z}
        piece = piece_at(pieces, values)
        first = worked_out_before(piece.before, z, before)
        values |= {line.name: line.used for line in first}
        worked = equation(name, piece.f, values, view.y[unit])
        return [*first, worked._replace(formula=f"{kind}({before})")]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, z, a = view.link, float(view.x[unit]), view.y[unit]
        name, upper, pieces = view.input_delta(unit), view.output_delta(unit), self.pieces(link)
        if pieces is None:
            return super().backward(view, unit, known, source)
        values: dict[str, Any] = self.settings(link) | {"da": view.deltas[unit], "a": near_one(a), "z": z}
        piece = piece_at(pieces, values | {"a": a})
        first = worked_out_before(piece.before, z, view.input_name(unit))
        values |= {line.name: line.used for line in first}
        worked = equation(name, f"da · {piece.slope}", values, known)
        if piece.side:
            worked = worked._replace(note=f"z = {number(z, 4)} is {piece.side}")
        said = f"{self.kind(link)}′(z)" if piece.side else piece.slope
        return Backward(unit, [*first, worked._replace(formula=f"{upper} · {said}")])


class ActivationFormulas(ElementwiseFormulas):
    """Activation(...), and the activation of a layer. What a function of somebody's own does is not known."""

    def name(self, link: OpenedLink) -> str:
        return link.name if link.link.activation_name is None else self.kind(link)

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        if rows := ROWS.get(self.kind(view.link)):
            return rows.forward(view, unit)
        return super().forward(view, unit, index)

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        if rows := ROWS.get(self.kind(view.link)):
            return rows.backward(view, unit, known)
        return super().backward(view, unit, known, source)

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return None if self.pieces(link) is None else np.array([unit])


class SoftmaxFormulas(ActivationFormulas):
    """Softmax as a layer."""


class ReLUFormulas(ElementwiseFormulas):
    """ReLU with a threshold t, a largest value, and a slope below the threshold."""

    def kind(self, link: OpenedLink) -> str:
        return "ReLU"

    def name(self, link: OpenedLink) -> str:
        return link.name

    def settings(self, link: OpenedLink) -> dict[str, float]:
        layer = link.link
        highest = np.inf if layer.max_value is None else layer.max_value
        found = {"t": layer.threshold, "slope": layer.negative_slope, "highest": highest}
        return {name: float(np.float32(value)) for name, value in found.items()}  # as the engine compares

    def pieces(self, link: OpenedLink) -> tuple[Piece, ...]:
        t = link.link.threshold
        below = "slope · (z - t)" if t else "slope · z"
        uncut = (
            Piece("z > t", "z", "1", f"above {t:g}"),
            Piece("", below if link.link.negative_slope else "0", "slope", f"not above {t:g}"),
        )
        if link.link.max_value is None:
            return uncut
        return Piece(
            "z > t and z >= highest", "highest", "0", f"not below max_value {link.link.max_value:g}"
        ), *uncut


class LeakyReLUFormulas(ElementwiseFormulas):
    """LeakyReLU: z, or negative_slope · z."""

    def kind(self, link: OpenedLink) -> str:
        return "leaky_relu"

    def name(self, link: OpenedLink) -> str:
        return link.name

    def settings(self, link: OpenedLink) -> dict[str, float]:
        return {"slope": float(link.link.negative_slope)}

    def pieces(self, link: OpenedLink) -> tuple[Piece, ...]:
        return Piece("z > 0", "z", "1", "above 0"), Piece("", "slope · z", "slope", "not above 0")


class ELUFormulas(ElementwiseFormulas):
    """ELU: z, or alpha · (exp(z) - 1)."""

    def kind(self, link: OpenedLink) -> str:
        return "elu"

    def name(self, link: OpenedLink) -> str:
        return link.name

    def settings(self, link: OpenedLink) -> dict[str, float]:
        return {"α": float(link.link.alpha)}

    def pieces(self, link: OpenedLink) -> tuple[Piece, ...]:
        return Piece("z > 0", "z", "1"), Piece("", "α · (exp(z) - 1)", "(a + α)")
