"""What a trained network answers, some rows at a time. Only the forward direction is here, so that who only predicts
imports nothing else; a model that learned on JAX answers many examples there (compiled_prediction.py).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.engine.examples import Examples
from chainrule.graph import Graph, Network, Source, as_graph, taken
from chainrule.layers.base import Context

ROWS_AT_ONCE = 1024  # at most as many examples go through the network together
BYTES_AT_ONCE = 100_000_000  # what the largest layer may hold for them, its patches included

Answers = tuple[slice, tuple[Array, ...], float]  # which examples; the values; what layers add to the loss


def predictions(network: Network, examples: Examples, programs: dict[Any, Any] | None = None) -> Any:
    """What the network answers to each example, (examples, outputs) float32; a tuple where it has several outputs.

    programs: where compiled programs are kept; None for NumPy.
    """
    graph = as_graph(network)
    pieces = [values for _, values, _ in answers(graph, graph.outputs, examples, programs)]
    found = tuple(
        np.concatenate([np.asarray(p, np.float32) for p in parts]) for parts in zip(*pieces, strict=True)
    )
    return found[0] if len(found) == 1 else found


def answers(
    graph: Graph, wanted: Sequence[Source], examples: Examples, programs: dict[Any, Any] | None = None
) -> Iterator[Answers]:
    """The wanted values of a network for all examples, as NumPy arrays, some rows after the others."""
    params = [layer.params for layer in graph.layers]
    if programs is not None:
        from chainrule.engine.compiled_prediction import can_compile, compiled_answers

        if can_compile(graph):
            yield from compiled_answers(graph, wanted, params, examples, programs)
            return
    many = rows_at_once(graph)
    for start in range(0, len(examples), many):
        rows = slice(start, min(start + many, len(examples)))
        with np.errstate(all="ignore"):
            values, added = values_at(graph, params, examples.inputs(rows), wanted)
        yield rows, values, float(added)


def rows_at_once(graph: Graph) -> int:
    """How many examples go through the network together: 1,024, or as many as BYTES_AT_ONCE allow.

    >>> from chainrule.layers import Conv2D, Dense
    >>> small, large = Dense(100), Conv2D(256, 3)
    >>> small.build((784,)); large.build((64, 64, 128))
    >>> rows_at_once(Graph.chain([small])), rows_at_once(Graph.chain([large]))
    (1024, 4)
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
        x, mask = taken(sources, values, inputs), taken(sources, masks, (None,) * len(inputs))
        y, kept = layer.forward(params[entry], x, Context(mask=mask))
        added = added + layer.added_loss(kept) if layer.adds_loss else added
        values.append(y)
        masks.append(layer.next_mask(x, mask))
        for source in sources:
            if source.node >= 0 and last[source.node] == i:
                values[source.node] = None
    return tuple(taken([source], values, inputs) for source in wanted), added
