"""Layers that move numbers to other places, some of them to several or to none: padding, cropping, upsampling, permuting."""

import numpy as np

from chainrule.explain.equations import Equation, finished, given, number
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink


class MovedNumbers(LayerFormulas):
    """Every output is one of the inputs, or 0. Which one, the layer itself says: it is given the inputs' numbers."""

    def whole(self, link: OpenedLink) -> bool:
        """Whether numbers are moved as they are (not mixed, as bilinear upsampling does)."""
        return getattr(link.link, "interpolation", "nearest") == "nearest"

    def origin(self, link: OpenedLink) -> np.ndarray:
        """The place of the input that each output is, as rows; -1 where it is none."""
        shape = tuple(link.x.shape[1:])
        numbered = np.arange(1, int(np.prod(shape)) + 1, dtype=np.float64).reshape(1, *shape)
        return np.asarray(link.link.forward({}, numbered)[0]).round().astype(int).reshape(-1) - 1

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        if not self.whole(link):
            return None
        place = int(self.origin(link)[unit])
        return np.array([place]) if place >= 0 else np.array([], int)

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        if not self.whole(link):
            return super().forward(view, unit, index)
        name, place = view.output_name(unit), int(self.origin(link)[unit])
        if place < 0:
            return [given(name, view.y[unit], "added around the input")]
        letters = view.input_name(place)
        return [finished(name, letters, number(view.x[place]), view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        if not self.whole(link):
            return super().backward(view, unit, known, source)
        outputs, above = np.flatnonzero(self.origin(link) == unit), view.deltas
        name = view.input_delta(unit)
        if not len(outputs):
            return Backward(None, [finished(name, "0", "0", known, note="cut away: it goes nowhere")])
        pairs = [(float(above[o]),) for o in outputs]
        letters = [view.output_delta(int(o)) for o in outputs]
        strongest = int(outputs[int(np.argmax([abs(d) for (d,) in pairs]))])
        return Backward(strongest, [sum_equation(name, letters, pairs, known)])
