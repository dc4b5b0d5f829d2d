"""Masks on their way through a network: where they reach an output, and where they are lost."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.backprop import added_losses, forward_sweep
from chainrule.engine.carried import weights_alone
from chainrule.engine.examples import Examples
from chainrule.graph import Graph, Source, masks_of, taken


def masks_outputs(graph: Graph, params: Any, examples: Examples) -> bool:
    """Whether a mask says which steps of an output count, as far as one example tells."""
    if not graph.makes_masks:
        return False
    *_, masks = next(marked_answers(graph, params, graph.outputs, examples, 1))
    return any(mask is not None for mask in masks)


def marked_answers(
    graph: Graph, params: Any, wanted: Sequence[Source], examples: Examples, batch_size: int
) -> Iterator[tuple[slice, tuple[Any, ...], float, tuple[Any, ...]]]:
    """The wanted values for all examples, a batch after the other, what layers add to the loss, and the values' masks."""
    for start in range(0, len(examples), batch_size):
        rows = slice(start, min(start + batch_size, len(examples)))
        x = examples.inputs(rows)
        inputs = x if isinstance(x, tuple) else (x,)
        with np.errstate(all="ignore"):
            values, cache = forward_sweep(graph, params, x)
            masks = masks_of(graph, values, x)
        nothing = (None,) * len(inputs)
        found = tuple(taken([source], values, inputs) for source in wanted)
        marks = tuple(taken([source], masks, nothing) for source in wanted)
        yield rows, found, float(added_losses(graph, cache)), marks


def warn_of_lost_masks(graph: Graph, examples: Examples) -> None:
    """Names the layers that are given a mask and know none: behind them every step counts, as in Keras."""
    if not graph.makes_masks:
        return
    x = examples.inputs(slice(1))
    inputs = x if isinstance(x, tuple) else (x,)
    with np.errstate(all="ignore"):
        values, _ = forward_sweep(graph, weights_alone(graph), x)
    masks = masks_of(graph, values, x)
    for layer, sources, _ in graph.nodes:
        given = taken(sources, masks, (None,) * len(inputs))
        if given is not None and not layer.supports_masking:
            warnings.warn(
                f"{layer.label} got a mask that says which steps count, and it takes none: behind it all steps count, as "
                "in Keras. Put it before the layer that makes the mask, or use layers that keep masks.",
                stacklevel=4,
            )
