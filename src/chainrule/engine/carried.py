"""Networks whose recurrent layers carry states from batch to batch: batches of one size, one after the other."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Params
from chainrule.backprop import added_losses, forward_sweep
from chainrule.engine.examples import Examples
from chainrule.errors import DataError, SettingError
from chainrule.graph import Graph, Source, masks_of, taken

DEFAULT = 32  # Keras's

Marked = tuple[
    slice, tuple[Any, ...], float, tuple[Any, ...]
]  # rows, values, added losses, masks of the values


def stateful_layers(graph: Graph) -> list[Any]:
    """The layers that carry states."""
    return [layer for layer in graph.layers if layer.stateful]


def begin_states(graph: Graph, batch: int, examples: int) -> None:
    """Before batches of a size are learned from or answered: states are made where there are none, and all must be full."""
    found = stateful_layers(graph)
    for layer in found:
        if sum(node.layer is layer for node in graph.nodes) > 1:
            raise SettingError(
                f"{layer.label} is stateful and stands at several places of the network; it can carry one set of states only."
            )
        layer.begin_states(batch)
    if found and examples % batch:
        raise DataError(
            f"{found[0].label} is stateful, so every batch must hold {batch} sequences; {examples} examples leave a batch of "
            f"{examples % batch} at the end. Give {examples - examples % batch or batch} examples, or another batch_size."
        )


def begin_declared(model: Any) -> None:
    """Makes states for the size of batches that an input declares: Input(batch_shape=(4, 10, 3))."""
    inputs = [model.input_layer, *model.layers]
    sizes = [size for one in inputs if (size := getattr(one, "batch_size", None)) is not None]
    for layer in stateful_layers(model.graph) if sizes else ():
        layer.begin_states(sizes[0])


def batch_size_of(graph: Graph, asked: int | None, examples: int) -> int:
    """The size of the batches: what is asked for (ShapeError where the states are others), that of the states, or Keras's 32."""
    known = [len(layer.states[0]) for layer in stateful_layers(graph) if layer.states]
    return min(asked, examples) if asked is not None else known[0] if known else min(DEFAULT, examples)


def carried_answers(
    graph: Graph, wanted: Sequence[Source], examples: Examples, batch: int
) -> Iterator[Marked]:
    """The wanted values for all examples, a batch after the other; the layers then hold the states after the last one."""
    begin_states(graph, batch, len(examples))
    for start in range(0, len(examples), batch):
        rows = slice(start, start + batch)
        x = examples.inputs(rows)
        inputs, params = x if isinstance(x, tuple) else (x,), [layer.params for layer in graph.layers]
        with np.errstate(all="ignore"):
            values, cache = forward_sweep(graph, params, x)
            masks = masks_of(graph, values, x)
        keep_states(graph, cache)
        nothing = (None,) * len(inputs)
        found = tuple(taken([source], values, inputs) for source in wanted)
        marks = tuple(taken([source], masks, nothing) for source in wanted)
        yield rows, found, float(added_losses(graph, cache)), marks


def keep_states(graph: Graph, cache: list[Any]) -> None:
    """Gives the layers the states after a batch."""
    for node, kept in zip(graph.nodes, cache, strict=True):
        if node.layer.stateful:
            node.layer.params = node.layer.params | node.layer.update_statistics(node.layer.params, kept)


def weights_alone(graph: Graph) -> list[Params]:
    """The arrays of each layer without the states that it carries: for a look at some examples that is no batch."""
    return [
        {name: w for name, w in layer.params.items() if name not in getattr(layer, "state_names", ())}
        for layer in graph.layers
    ]
