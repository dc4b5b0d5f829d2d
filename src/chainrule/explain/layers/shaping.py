"""Layers whose every output depends on the input at its place alone, and on no chance."""

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, number, weighted_sum
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink


class OneToOne(LayerFormulas):
    """Every output depends on the input at its place alone."""

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit])


class SameNumbers(OneToOne):
    """Flatten, Reshape, InputLayer: the same numbers in the same order, in another shape."""

    letter = ""

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        name, upper = view.input_delta(unit), view.output_delta(unit)
        if name == upper:
            return Backward(unit, [])
        note = f"the same number, laid out by {view.link.name}"
        return Backward(unit, [finished(name, upper, number(view.deltas[unit]), known, note)])


class IdentityFormulas(SameNumbers):
    """Identity: the same numbers in the same shape."""

    unchanged = True


class RescalingFormulas(OneToOne):
    """h = x · scale + offset."""

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        name, x = view.output_name(unit), view.x[unit]
        formula = f"{view.input_name(unit)} · scale + offset"
        numbers = weighted_sum([(x, link.link.scale), (link.link.offset,)])
        return [finished(name, formula, numbers, view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        product = weighted_sum([(view.deltas[unit], link.link.scale)])
        formula = f"{view.output_delta(unit)} · scale"
        return Backward(unit, [finished(view.input_delta(unit), formula, product, known)])


class PenaltyFormulas(OneToOne):
    """ActivityRegularization: y = x, and the penalty's derivative is added to the error."""

    unchanged = True

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        name = view.output_name(unit)
        letters = view.input_name(unit)
        return [finished(name, letters, number(view.x[unit]), view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        penalty, x = link.link.regularizer, view.x[unit]
        terms = ["dy", *(["l1 · sign(x)"] if penalty.l1 else []), *(["2 · l2 · x"] if penalty.l2 else [])]
        values = {"dy": view.deltas[unit], "l1": penalty.l1, "l2": penalty.l2, "x": x}
        worked = equation(
            view.input_delta(unit),
            " + ".join(terms),
            values,
            known,
            "with the penalty on the output",
        )
        upper, inner = view.output_delta(unit), view.input_name(unit)
        formula = (
            " + ".join(terms).replace("dy", upper).replace("x)", f"{inner})").replace("· x", f"· {inner}")
        )
        return Backward(unit, [worked._replace(formula=formula)])


class MaskingFormulas(OneToOne):
    """Masking: the same numbers, but 0 at times that are left out."""

    smooth = False  # a time counts or not, by its exact numbers

    def kept(self, link: OpenedLink, k: int, unit: int) -> float:
        """1 for a number of a time that counts, 0 for one of a time that does not."""
        mask = link.link.next_mask(link.x, link.context.mask)
        return float(np.asarray(mask)[k].reshape(-1)[unit // int(link.x.shape[-1])])

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link, k = view.link, view.k
        name, x = view.output_name(unit), view.x[unit]
        formula = f"{view.input_name(unit)} · mask"
        return [finished(name, formula, weighted_sum([(x, self.kept(link, k, unit))]), view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, k = view.link, view.k
        product = weighted_sum([(view.deltas[unit], self.kept(link, k, unit))])
        formula = f"{view.output_delta(unit)} · mask"
        return Backward(unit, [finished(view.input_delta(unit), formula, product, known)])
