"""Separable convolutions: a depthwise one with kernels W₁d, then weighted sums W₁p over its channels at each place."""

import numpy as np

from chainrule.explain.equations import Equation
from chainrule.explain.factors import Factors
from chainrule.explain.layers.base import Backward, LayerFormulas
from chainrule.explain.layers.convolution import DepthwiseFormulas
from chainrule.explain.layers.inner import InnerLink
from chainrule.explain.layers.sums import DenseFormulas
from chainrule.explain.layers.view import Index, LayerView
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols

DEPTHWISE, POINTWISE = DepthwiseFormulas(), DenseFormulas()


class SeparableFormulas(LayerFormulas):
    """z = h·W₁p + b₁p, h the depthwise convolution x ∗ W₁d."""

    letter = "z"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        x, number = symbols.ins[link.place], symbols.numbers[link.place]
        bias = f" + b{number}p" if "bias" in link.params else ""
        return f"({x} ∗ W{number}d)·W{number}p{bias}"

    def weight_name(self, link: OpenedLink, symbols: Symbols, name: str) -> str:
        letter = {"depthwise_kernel": "W", "pointwise_kernel": "W", "bias": "b"}[name]
        return f"{letter}{symbols.numbers[link.place]}{'d' if name == 'depthwise_kernel' else 'p'}"

    def both(self, link: OpenedLink) -> tuple[InnerLink, InnerLink]:
        """The depthwise convolution, and the weighted sums of its channels."""
        deep = np.asarray(link.cache[0])
        kernel = link.link.pointwise(link.params)
        d_deep = None if link.delta is None else np.asarray(link.delta) @ kernel.T
        own = {"kernel": link.params["depthwise_kernel"]}
        first = InnerLink(0, link.link, (link.x, deep, None), d_deep, own, link.context)
        own = {"kernel": kernel} | ({"bias": link.params["bias"]} if "bias" in link.params else {})
        return first, InnerLink(1, link.link, (deep, link.y, None), link.delta, own, link.context)

    def symbols(self, link: OpenedLink, symbols: Symbols) -> Symbols:
        """The letters of both: x and h, h and z."""
        if not symbols.ins:
            return symbols
        x, y, number = (a[link.place] for a in (symbols.ins, symbols.outs, symbols.numbers))
        between = f"h{number}"
        return Symbols([x, between], [between, y], [f"{number}d", f"{number}p"], [(x,), (between,)])

    def views(self, view: LayerView) -> tuple[LayerView, LayerView]:
        """Both, as an example passes through them."""
        symbols = self.symbols(view.link, view.symbols)
        first, second = self.both(view.link)
        return LayerView(view.step, first, symbols, view.k), LayerView(view.step, second, symbols, view.k)

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        first, second = self.both(link)
        met = [DEPTHWISE.into(first, int(u)).inputs for u in POINTWISE.into(second, unit).inputs]
        return np.unique(np.concatenate(met))

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        return POINTWISE.forward(self.views(view)[1], unit, None if index is None else index[-2:])

    def factors(self, link: OpenedLink, symbols: Symbols, name: str, index: Index) -> Factors | None:
        (first, second), letters = self.both(link), self.symbols(link, symbols)
        if name == "depthwise_kernel":
            found = DEPTHWISE.factors(first, letters, "kernel", index)
            return None if found is None else found._replace(units=None)
        if name == "pointwise_kernel":
            return POINTWISE.factors(second, letters, "kernel", index[-2:])
        return POINTWISE.factors(second, letters, name, index)

    def deep_unit(self, view: LayerView, place: int, index: Index) -> int:
        """Which number of the depthwise convolution a kernel's weight goes into at one of its places."""
        return int(DEPTHWISE.of_weight(self.both(view.link)[0], index).outputs[place])

    def from_above(self, view: LayerView, deep: int) -> Backward:
        """The derivative by one number of the depthwise convolution."""
        first, second = self.views(view)
        return POINTWISE.backward(second, deep, float(first.deltas[deep]))

    def inside(
        self, view: LayerView, place: int, name: str, index: Index
    ) -> tuple[list[Equation], list[Equation]]:
        (first, second), deep = self.views(view), self.deep_unit(view, place, index)
        above = self.from_above(view, deep)
        forward = DEPTHWISE.forward(first, deep, index)
        if above.follow is not None:
            forward += POINTWISE.forward(second, above.follow)
        return forward, above.equations

    def output_of(self, view: LayerView, place: int, name: str, index: Index) -> int | None:
        return self.from_above(view, self.deep_unit(view, place, index)).follow

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        found = DEPTHWISE.backward(self.views(view)[0], unit, known)
        if found.follow is None:
            return found
        above = self.from_above(view, found.follow)
        return Backward(above.follow, [*above.equations, *found.equations])
