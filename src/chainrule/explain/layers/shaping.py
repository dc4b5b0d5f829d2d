"""Layers that move numbers, scale them or leave some out."""

import numpy as np

from chainrule.explain.equations import Equation, equation, finished, number, weighted_sum
from chainrule.explain.layers.base import Backward, LayerFormulas, deltas, flat, input_delta, output_delta
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.symbols import Symbols, at


class OneToOne(LayerFormulas):
    """Every output depends on the input at its place alone."""

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return np.array([unit])


class SameNumbers(OneToOne):
    """Flatten, Reshape, InputLayer: the same numbers in the same order, in another shape."""

    letter = ""

    def backward(
        self,
        step: OpenedStep,
        link: OpenedLink,
        symbols: Symbols,
        k: int,
        unit: int,
        known: float,
        source: int = 0,
    ) -> Backward:
        return Backward(unit, [])


class RescalingFormulas(OneToOne):
    """h = x · scale + offset."""

    def forward(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, unit: int,
                index: tuple[int, ...] | None = None) -> list[Equation]:  # fmt: skip
        name, x = at(symbols.outs[link.place], link.y.shape[1:], unit), flat(link.x, k)[unit]
        formula = f"{at(symbols.ins[link.place], link.x.shape[1:], unit)} · scale + offset"
        numbers = weighted_sum([(x, link.link.scale), (link.link.offset,)])
        return [finished(name, formula, numbers, flat(link.y, k)[unit])]

    def backward(
        self,
        step: OpenedStep,
        link: OpenedLink,
        symbols: Symbols,
        k: int,
        unit: int,
        known: float,
        source: int = 0,
    ) -> Backward:
        product = weighted_sum([(deltas(step, link, k)[unit], link.link.scale)])
        formula = f"{output_delta(link, symbols, unit)} · scale"
        return Backward(unit, [finished(input_delta(link, symbols, unit), formula, product, known)])


class DropoutFormulas(OneToOne):
    """h = x · mask: the mask is 0 where a number is left out, and 1 / (1 - rate) elsewhere."""

    def mask(self, link: OpenedLink, k: int, unit: int) -> tuple[float, str]:
        """What a number is multiplied by, and why."""
        mask = 1.0 if link.cache is None else float(flat(link.cache, k)[unit])
        return (
            mask,
            "left out by Dropout"
            if mask == 0
            else f"kept by Dropout, scaled by 1 / (1 - {link.link.rate:g})",
        )

    def forward(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, unit: int,
                index: tuple[int, ...] | None = None) -> list[Equation]:  # fmt: skip
        mask, note = self.mask(link, k, unit)
        name, x = at(symbols.outs[link.place], link.y.shape[1:], unit), flat(link.x, k)[unit]
        formula = f"{at(symbols.ins[link.place], link.x.shape[1:], unit)} · mask"
        return [finished(name, formula, weighted_sum([(x, mask)]), flat(link.y, k)[unit], note)]

    def backward(
        self,
        step: OpenedStep,
        link: OpenedLink,
        symbols: Symbols,
        k: int,
        unit: int,
        known: float,
        source: int = 0,
    ) -> Backward:
        mask, note = self.mask(link, k, unit)
        product = weighted_sum([(deltas(step, link, k)[unit], mask)])
        formula = f"{output_delta(link, symbols, unit)} · mask"
        return Backward(unit, [finished(input_delta(link, symbols, unit), formula, product, known, note)])


class PenaltyFormulas(OneToOne):
    """ActivityRegularization: y = x, and the penalty's derivative is added to the error."""

    def forward(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, unit: int,
                index: tuple[int, ...] | None = None) -> list[Equation]:  # fmt: skip
        name = at(symbols.outs[link.place], link.y.shape[1:], unit)
        letters = at(symbols.ins[link.place], link.x.shape[1:], unit)
        return [finished(name, letters, number(flat(link.x, k)[unit]), flat(link.y, k)[unit])]

    def backward(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, unit: int, known: float,
                 source: int = 0) -> Backward:  # fmt: skip
        penalty, x = link.link.regularizer, flat(link.x, k)[unit]
        terms = ["dy", *(["l1 · sign(x)"] if penalty.l1 else []), *(["2 · l2 · x"] if penalty.l2 else [])]
        values = {"dy": deltas(step, link, k)[unit], "l1": penalty.l1, "l2": penalty.l2, "x": x}
        worked = equation(
            input_delta(link, symbols, unit),
            " + ".join(terms),
            values,
            known,
            "with the penalty on the output",
        )
        upper, inner = output_delta(link, symbols, unit), at(symbols.ins[link.place], link.x.shape[1:], unit)
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

    def forward(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, unit: int,
                index: tuple[int, ...] | None = None) -> list[Equation]:  # fmt: skip
        name, x = at(symbols.outs[link.place], link.y.shape[1:], unit), flat(link.x, k)[unit]
        formula = f"{at(symbols.ins[link.place], link.x.shape[1:], unit)} · mask"
        return [finished(name, formula, weighted_sum([(x, self.kept(link, k, unit))]), flat(link.y, k)[unit])]

    def backward(self, step: OpenedStep, link: OpenedLink, symbols: Symbols, k: int, unit: int, known: float,
                 source: int = 0) -> Backward:  # fmt: skip
        product = weighted_sum([(deltas(step, link, k)[unit], self.kept(link, k, unit))])
        formula = f"{output_delta(link, symbols, unit)} · mask"
        return Backward(unit, [finished(input_delta(link, symbols, unit), formula, product, known)])
