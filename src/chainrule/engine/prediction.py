"""What a trained network answers, some rows at a time. Only the forward direction is here, so that who only predicts
imports nothing else; a model that learned on JAX answers many examples there (compiled_prediction.py).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.engine.examples import Examples
from chainrule.engine.forward import Answers, rows_at_once, values_at
from chainrule.graph import Graph, Network, Source, as_graph


def predictions(
    network: Network, examples: Examples, programs: dict[Any, Any] | None = None, batch: int | None = None
) -> Any:
    """What the network answers to each example, (examples, outputs) float32; a tuple where it has several outputs.

    programs: where compiled programs are kept; None for NumPy.  batch: counts only where states are carried.
    """
    graph = as_graph(network)
    pieces = [values for _, values, _ in answers(graph, graph.outputs, examples, programs, batch)]
    found = tuple(
        np.concatenate([np.asarray(p, np.float32) for p in parts]) for parts in zip(*pieces, strict=True)
    )
    return found[0] if len(found) == 1 else found


def answers(
    graph: Graph,
    wanted: Sequence[Source],
    examples: Examples,
    programs: dict[Any, Any] | None = None,
    batch: int | None = None,
) -> Iterator[Answers]:
    """The wanted values of a network for all examples, as NumPy arrays, some rows after the others."""
    if graph.carries_states:
        from chainrule.engine.carried import batch_size_of, carried_answers

        size = batch_size_of(graph, batch, len(examples))
        for rows, values, added, _ in carried_answers(graph, wanted, examples, size):
            yield rows, values, added
        return
    params = [layer.params for layer in graph.layers]
    if programs is not None:
        from chainrule.engine.compiled_prediction import can_compile, compiled_answers

        if can_compile(graph):
            yield from compiled_answers(graph, wanted, params, examples, programs)
            return
    many = rows_at_once(graph) if len(examples) > 1 else 1
    for start in range(0, len(examples), many):
        rows = slice(start, min(start + many, len(examples)))
        with np.errstate(all="ignore"):
            values, added = values_at(graph, params, examples.inputs(rows), wanted)
        yield rows, values, float(added)
