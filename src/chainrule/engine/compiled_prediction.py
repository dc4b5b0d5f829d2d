"""The forward direction compiled by JAX: for many examples, of a model that learned there.

The last rows are filled up with zeros to the size of a block, so that one program serves any number of examples.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.engine.devices import device_for, placed_on
from chainrule.engine.examples import Examples, as_float, each
from chainrule.engine.forward import Answers, rows_at_once, values_at
from chainrule.engine.jax_engine import JaxEngine, use_compilation_cache
from chainrule.graph import Graph, Source
from chainrule.internal.forks import started_in
from chainrule.internal.own_classes import is_ours

IN_FLIGHT = 2  # blocks that are worked on while the next one is handed over


def can_compile(graph: Graph) -> bool:
    """Whether the network's layers are ours, whose formulas JAX follows and whose answers do not hang on other rows."""
    ours = all(is_ours(type(n.layer)) and n.layer.written_out for n in graph.nodes)
    return ours and not any(node.layer.adds_loss for node in graph.nodes) and started_in() == os.getpid()


def compiled_forward(graph: Graph, wanted: Sequence[Source]) -> Callable[..., Any]:
    """The wanted values of a network as a compiled function of its weights, inputs and their divisor."""
    import jax

    use_compilation_cache()
    settings: dict[str, Any] = {"static_argnames": "divisor"}
    settings["compiler_options"] = JaxEngine.options  # of the processor, which answers

    def forward(params: list[Params], x: Array, divisor: float) -> tuple[Array, ...]:
        return values_at(graph, params, each(lambda one: as_float(one, divisor), x), wanted)[0]

    return jax.jit(forward, **settings)


def compiled_answers(
    graph: Graph, wanted: Sequence[Source], params: list[Params], examples: Examples,
    programs: dict[Any, Any],
) -> Iterator[Answers]:  # fmt: skip
    """The wanted values for all examples, a block after the other. programs: keeps what is compiled."""
    import jax

    key = ("forward", *wanted, *((id(n.layer), n.sources, repr(n.layer.activation)) for n in graph.nodes))
    if key not in programs:
        programs[key] = compiled_forward(graph, wanted)
    forward, count = programs[key], len(examples)
    rows = min(rows_at_once(graph), 1 << (count - 1).bit_length())
    device = device_for("cpu")  # answers are the processor's also where a GPU learned
    weights, waiting = jax.device_put(params, device), []
    for start in range(0, count, rows):
        part = slice(start, min(start + rows, count))
        x = each(partial(filled_up, part, rows), examples.x)
        with placed_on(device):
            waiting.append((part, forward(weights, x, divisor=examples.divisor)))
        if len(waiting) > IN_FLIGHT:
            yield on_host(*waiting.pop(0))
    for part, values in waiting:
        yield on_host(part, values)


def filled_up(part: slice, rows: int, x: np.ndarray) -> np.ndarray:
    """A part of x with zeros after it, so that there are `rows` rows.

    >>> filled_up(slice(1, 2), 2, np.ones((2, 2)))
    array([[1., 1.],
           [0., 0.]])
    """
    x = x[part]
    return x if len(x) == rows else np.concatenate([x, np.zeros((rows - len(x), *x.shape[1:]), x.dtype)])


def on_host(part: slice, values: tuple[Array, ...]) -> Answers:
    """A block's values as NumPy arrays, without the rows that only filled it up."""
    return part, tuple(np.asarray(value)[: part.stop - part.start] for value in values), 0.0
