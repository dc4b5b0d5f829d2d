"""What a trained network answers. Only the forward direction is here, so that who only predicts imports nothing else."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.engine.examples import Examples
from chainrule.graph import Graph, Network, as_graph, taken
from chainrule.layers.base import Context

ROWS_AT_ONCE = 1024  # as many examples go through the network together


def predictions(network: Network, examples: Examples) -> Any:
    """What the network answers to each example, (examples, outputs) float32; a tuple where it has several outputs."""
    graph = as_graph(network)
    params = [layer.params for layer in graph.layers]
    starts = range(0, len(examples), ROWS_AT_ONCE)
    with np.errstate(over="ignore"):
        pieces = [
            outputs_of(graph, params, examples.inputs(slice(start, start + ROWS_AT_ONCE))) for start in starts
        ]
    found = tuple(
        np.concatenate([np.asarray(p, np.float32) for p in parts]) for parts in zip(*pieces, strict=True)
    )
    return found[0] if len(found) == 1 else found


def outputs_of(graph: Graph, params: list[Params], x: Array) -> tuple[Array, ...]:
    """The outputs for one batch; no cache is kept, and no value longer than a later node needs it."""
    inputs = x if isinstance(x, tuple) else (x,)
    last = {source.node: i for i, node in enumerate(graph.nodes) for source in node.sources}
    last |= dict.fromkeys((source.node for source in graph.outputs), len(graph.nodes))
    values: list[Any] = []
    masks: list[Any] = []
    for i, (layer, sources, entry) in enumerate(graph.nodes):
        x, mask = taken(sources, values, inputs), taken(sources, masks, (None,) * len(inputs))
        y, _ = layer.forward(params[entry], x, Context(mask=mask))
        values.append(y)
        masks.append(layer.next_mask(x, mask))
        for source in sources:
            if source.node >= 0 and last[source.node] == i:
                values[source.node] = None
    return tuple(taken([source], values, inputs) for source in graph.outputs)
