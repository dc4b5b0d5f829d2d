"""A layer inside another, opened: what went into it and came out of it in the step that is looked at."""

from typing import Any

from chainrule.explain.opened import OpenedLink, as_tuple
from chainrule.explain.symbols import Symbols
from chainrule.layers.wrapper import Part


class InnerLink(OpenedLink):
    """A layer inside the layer at a node; it has what formulas ask an opened layer for.

    place: among the layers inside, which are fed one by the other.
    """

    def __init__(
        self, place: int, layer: Any, values: tuple[Any, Any, Any], deltas: Any, params: Any, context: Any
    ) -> None:
        x, y, self.cache = values
        self.place, self.sources, self.link, self.name = place, (), layer, layer.name
        self.xs, self.ys, self.deltas = as_tuple(x), as_tuple(y), as_tuple(deltas)
        self.x, self.y, self.delta = self.xs[0], self.ys[0], self.deltas[0]
        self.params, self.context = params, context


def inner_links(part: Part, params: Any, x: Any, delta: Any, context: Any) -> list[InnerLink]:
    """The layers that a wrapped layer is made of, walked there and back again: a Dense and its activation, say."""
    layers, values, deltas = part.layer.links(), [], []
    own = [part.own(params) if layer is part.layer else layer.params for layer in layers]
    for layer, weights in zip(layers, own, strict=True):
        y, cache = layer.forward(weights, x, context)
        values.append((x, y, cache))
        x = y
    for layer, weights, value in reversed(list(zip(layers, own, values, strict=True))):
        deltas.append(delta)
        delta = None if delta is None else layer.backward(weights, value[2], delta)
    every = zip(layers, values, reversed(deltas), own, strict=True)
    return [InnerLink(i, *one, context) for i, one in enumerate(every)]


def inner_symbols(count: int, x: str, y: str, number: str) -> Symbols:
    """The letters of layers inside another: x in, y out, h between them."""
    outs = [*(f"{'z' if i == 0 else 'h'}{number}" for i in range(count - 1)), y]
    ins = [x, *outs[:-1]]
    return Symbols(ins, outs, [number] * count, [(letter,) for letter in ins])
