"""The forward direction of a network for some rows together: how many fit, and the values that are wanted of them."""

import math
from collections.abc import Sequence
from typing import Any

from chainrule.arrays import Array, Params
from chainrule.graph import Graph, Source, taken
from chainrule.layers.base import PREDICTING, Context

ROWS_AT_ONCE = 1024  # at most as many examples go through the network together
BYTES_AT_ONCE = (
    24_000_000  # what the largest layer may hold for them, its patches included: more leaves the caches
)

Answers = tuple[slice, tuple[Array, ...], float]  # which examples; the values; what layers add to the loss


def rows_at_once(graph: Graph) -> int:
    """How many examples go through the network together: 1,024, or as many as BYTES_AT_ONCE allow, and at least one.

    >>> from chainrule.layers import Conv2D, Dense
    >>> small, large = Dense(100), Conv2D(32, 3)
    >>> small.build((784,)); large.build((64, 64, 16))
    >>> rows_at_once(Graph.chain([small])), rows_at_once(Graph.chain([large]))
    (1024, 8)
    """
    most = max((numbers_held(node.layer) for node in graph.nodes), default=1)
    fit = max(1, BYTES_AT_ONCE // (4 * most))
    return min(ROWS_AT_ONCE, 1 << (fit.bit_length() - 1))


def numbers_held(layer: Any) -> int:
    """How many numbers a layer holds for one example, roughly: input, output, and what each number of the output sums over."""
    shape = layer.input_shape
    if shape is None:
        return 1
    outputs = sizes_of(layer.output_shape)
    there = sum(math.prod(one) for one in (*sizes_of(shape), *outputs))
    summed: int = layer.multiplications(shape) // (outputs[0] or (1,))[-1]
    return there + summed


def sizes_of(shape: Any) -> list[tuple[int, ...]]:
    """One shape, or several, as a list."""
    several = bool(shape) and isinstance(shape[0], (tuple, list))
    return [tuple(one) for one in shape] if several else [tuple(shape or ())]


def values_at(
    graph: Graph, params: list[Params], x: Array, wanted: Sequence[Source]
) -> tuple[tuple[Array, ...], Array | float]:
    """The wanted values for one batch, and what layers add to its loss; no cache is kept, and no value longer than needed."""
    inputs = x if isinstance(x, tuple) else (x,)
    last = {source.node: i for i, node in enumerate(graph.nodes) for source in node.sources}
    last |= dict.fromkeys((source.node for source in wanted), len(graph.nodes))
    values: list[Any] = []
    masks: list[Any] = []
    added: Any = 0.0
    for i, (layer, sources, entry) in enumerate(graph.nodes):
        x = taken(sources, values, inputs)
        context = PREDICTING
        if graph.makes_masks:
            context = Context(mask=taken(sources, masks, (None,) * len(inputs)))
            masks.append(layer.next_mask(x, context.mask))
        y, kept = layer.forward(params[entry], x, context)
        added = added + layer.added_loss(kept) if layer.adds_loss else added
        values.append(y)
        for source in sources:
            if source.node >= 0 and last[source.node] == i:
                values[source.node] = None
    return tuple(taken([source], values, inputs) for source in wanted), added
