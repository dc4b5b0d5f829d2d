"""The engine's own step, watched: no second engine, only notes of what passes by.

`make_step` hands what passes by to a watcher (`StepTrace`). What a layer is given and returns at each node is noted by
stand-ins that do what the layers do. The step runs with as many threads as training on NumPy uses, so that it gives the same bits.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.backprop import State, StepMetrics, StepTrace, make_step
from chainrule.engine.numpy_engine import FLUSH_EVERY, without_tiny
from chainrule.engine.threads import for_products, largest_product
from chainrule.explain.step_inputs import StepInputs
from chainrule.graph import Graph, Node, as_graph
from chainrule.layers.base import PREDICTING, Context, Layer


class WatchedLayer:
    """Does what the real layer does at one node, and keeps its input x, its output y, and the gradients that it returned."""

    def __init__(self, real: Layer) -> None:
        self.real = real
        self.x: Any = None
        self.y: Any = None
        self.cache: Any = None
        self.context = PREDICTING
        self.grads: Params = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        self.x, self.context = x, context
        self.y, self.cache = self.real.forward(params, x, context)
        return self.y, self.cache

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        self.grads = self.real.gradients(params, cache, dy)
        return self.grads

    def backward_and_gradients(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        dx, self.grads = self.real.backward_and_gradients(params, cache, dy)
        return dx, self.grads


class WatchedStep(NamedTuple):
    """A step that was taken: the layers with their notes, node by node, what passed by, the state after it, its metrics."""

    layers: list[WatchedLayer]
    step_trace: StepTrace
    state: State
    record: StepMetrics


def watched_step(inputs: StepInputs) -> WatchedStep:
    """Takes a step (NumPy arrays) and keeps all that passes by."""
    graph = as_graph(inputs.network)
    layers = [WatchedLayer(node.layer) for node in graph.nodes]
    seen: list[StepTrace] = []

    def watch(step_trace: StepTrace) -> StepMetrics:
        seen.append(step_trace)
        return {}

    stand_ins: Any = layers
    nodes = tuple(Node(layer, *node[1:]) for layer, node in zip(stand_ins, graph.nodes, strict=True))
    watched = Graph(nodes, graph.outputs, graph.inputs, predicting=graph.predicting)
    step = make_step(watched, list(inputs.outputs), inputs.optimizer, watch=watch)
    work = largest_product(inputs.batch_size or inputs.n, inputs.state["params"])
    with for_products(work), np.errstate(all="ignore"):
        state, record = step(inputs.state, inputs.batch)
    if int(state["step"]) % FLUSH_EVERY == 0:  # as the NumPy engine does
        state = state | {"optimizer_state": without_tiny(state["optimizer_state"])}
    return WatchedStep(layers, seen[0], state, record)
