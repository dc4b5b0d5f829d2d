"""Layers that move numbers, scale them or leave some out."""

from chainrule.explain.equations import Equation, finished, weighted_sum
from chainrule.explain.layers.base import Backward, LayerFormulas, deltas, flat, input_delta, output_delta
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.symbols import Symbols, at


class SameNumbers(LayerFormulas):
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


class RescalingFormulas(LayerFormulas):
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


class DropoutFormulas(LayerFormulas):
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
