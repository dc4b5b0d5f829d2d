"""How a network learns. Open this file first: everything else serves the four movements of `step`.

    forward     through the graph, each node turns x into y and keeps in its cache what it will need on the way back
    loss        how wrong the outputs are, and which way is worse: dz, the derivative of the loss by each output
    backward    down the graph: each node turns the derivative by its output into that by its inputs (the chain rule)
                and, where it has weights, into the derivative by each of them
    update      the optimizer moves every weight a little against its derivative

A graph is a list of nodes, most often a chain: a Dense layer with an activation is two nodes, its weighted sum and
its activation. `params` has one dict of weights per layer. NumPy runs `step` to be watched; JAX compiles the very
same lines.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Noise, Params, counter_noise, namespace, seed_words
from chainrule.graph import Graph, Network, Source, as_graph, delta_of, masks_of, taken, tuple_of
from chainrule.layers.base import Context
from chainrule.losses.base import Loss
from chainrule.losses.masked import counts_of
from chainrule.losses.outputs import Output, fused_output, loss_of
from chainrule.metrics import Metric
from chainrule.optimizers.base import Optimizer, OptimizerState

Weights = list[Params]
State = dict[str, Any]  # params, optimizer_state, step (int32); rate and seed, which learning only reads
Batch = tuple[
    Array, Array, Array | None
]  # x, y, weight of each example (None: all count 1); tuples where several
StepMetrics = dict[str, Array]  # loss and metrics, each as [sum, weight]


def forward_sweep(
    network: Network, params: Weights, x: Array, noise: Callable[[int], Noise | None] | None = None
) -> tuple[list[Any], list[Any]]:
    """What each node gives for a batch, and what it cached. noise: of each node; None where it does not learn."""
    graph, inputs = as_graph(network), x if isinstance(x, tuple) else (x,)
    values: list[Any] = []
    masks: list[Any] = []
    cache: list[Any] = []
    for i, (layer, sources, entry) in enumerate(graph.nodes):
        x = taken(sources, values, inputs)
        mask = taken(sources, masks, (None,) * len(inputs))
        drawn = noise(i) if noise and i not in graph.predicting else None
        context = Context(drawn is not None, drawn, mask)
        y, kept = layer.forward(params[entry], x, context)
        values.append(y)
        masks.append(layer.next_mask(x, mask))
        cache.append(kept)
    return values, cache


def backward_sweep(
    network: Network, params: Weights, cache: list[Any], dy: Array | Mapping[Source, Array]
) -> tuple[Weights, list[Any]]:
    """The derivative of the loss by every weight, and by every node's output, from the one by the graph's outputs."""
    graph = as_graph(network)
    fields: dict[Source, Array] = dict(dy) if isinstance(dy, Mapping) else {graph.outputs[0]: dy}
    grads: Weights = [{} for _ in params]
    deltas: list[Any] = [None for _ in graph.nodes]
    for i in reversed(range(len(graph.nodes))):
        layer, sources, entry = graph.nodes[i]
        if i not in graph.needs_delta or (delta := delta_of(i, fields)) is None:
            continue  # below the lowest node that learns nobody needs to know
        deltas[i] = delta
        learns, passes_on = i in graph.learners, any(s.node in graph.needs_delta for s in sources)
        if learns and passes_on:
            dx, own = layer.backward_and_gradients(params[entry], cache[i], delta)
        elif learns:
            own = layer.gradients(params[entry], cache[i], delta)
        elif passes_on:
            dx = layer.backward(params[entry], cache[i], delta)
        if learns:  # a layer at several nodes learns from all of them
            grads[entry] = {k: grads[entry][k] + g if k in grads[entry] else g for k, g in own.items()}
        if passes_on:
            for source, d in zip(sources, dx if isinstance(dx, tuple) else (dx,), strict=True):
                fields[source] = (
                    fields[source] + d if source in fields else d
                )  # a value used twice hears from both
    return grads, deltas


class StepTrace(NamedTuple):
    """What passes by in one step, for whoever watches; learning needs none of it afterwards."""

    cache: list[Any]  # of each node
    z: Array  # what the (first) output's loss takes
    p: Array  # the (first) prediction
    losses: Array  # one per example, weighted
    deltas: list[Any]  # the derivative of the loss by each node's output; None below the lowest that learns
    grads: Weights
    rate: Array
    before: Weights
    after: Weights


def added_losses(network: Network, cache: list[Any]) -> Array | float:
    """What penalties on layers' outputs add to the loss of a batch."""
    nodes = zip(as_graph(network).nodes, cache, strict=False)
    return sum(layer.added_loss(kept) for (layer, _, _), kept in nodes if layer.adds_loss)


def penalty(network: Network, params: Weights) -> Array | float:
    """What the regularizers add to the loss: those of weights that learn, as in Keras."""
    learners = [
        (w, layer) for w, layer in zip(params, as_graph(network).layers, strict=False) if layer.trainable
    ]
    return sum(r.value(weights[name]) for weights, layer in learners for name, r in layer.penalties().items())


def add_penalties(network: Network, params: Weights, grads: Weights) -> Weights:
    """What the regularizers add to the derivatives."""
    return [
        {k: g + asked[k].gradient(params[i][k]) if k in asked else g for k, g in grads[i].items()}
        for i, asked in enumerate(layer.penalties() for layer in as_graph(network).layers)
    ]


def make_step(
    network: Network, loss: Loss | Sequence[Output], optimizer: Optimizer, metrics: Sequence[Metric] = (),
    watch: Callable[[StepTrace], StepMetrics] | None = None,
) -> Callable[[State, Batch], tuple[State, StepMetrics]]:  # fmt: skip
    """One learning step as a function: step(state, batch) -> (state, measured). What `watch` returns is measured too.

    >>> from chainrule.layers import Dense
    >>> from chainrule.losses import MeanSquaredError
    >>> from chainrule.optimizers import SGD
    >>> step = make_step([Dense(1)], MeanSquaredError(), SGD(0.1))
    >>> state = first_state([{"kernel": np.array([[1.]]), "bias": np.array([0.])}], SGD(0.1))
    >>> state, measured = step(state, (np.array([[2.]]), np.array([[5.]]), None))    # p = 2, loss = 9, dw = -12
    >>> state["params"][0]["kernel"], measured["loss"]
    (array([[2.2]]), array([9., 1.]))
    """
    graph = as_graph(network)
    outputs = [Output(loss, metrics=metrics)] if isinstance(loss, Loss) else list(loss)
    ends = [fused_output(graph, output.loss, k) for k, output in enumerate(outputs)]

    def step(state: State, batch: Batch) -> tuple[State, StepMetrics]:
        params, number = state["params"], state["step"]
        x, y, weight = batch
        values, cache = forward_sweep(graph, params, x, lambda i: counter_noise(state["seed"], number, i))

        z, p = [taken([end.z], values, ()) for end in ends], [taken([end.p], values, ()) for end in ends]
        ys, weights = tuple_of(y, len(ends)), tuple_of(weight, len(ends))
        n, passed = z[0].shape[0], masks_of(graph, values, x)
        masks = [taken([end.p], passed, ()) for end in ends]
        losses = [
            loss_of(o, e.loss, *each)
            for o, e, *each in zip(outputs, ends, ys, z, weights, masks, strict=True)
        ]
        batch_loss = reduce(add, (total.sum() for total, _, _ in losses)) / n + penalty(graph, params)
        batch_loss = batch_loss + added_losses(graph, cache)

        dz: dict[Source, Array] = {}
        for end, (_, _, d) in zip(ends, losses, strict=True):
            dz[end.z] = dz[end.z] + d if end.z in dz else d
        grads, deltas = backward_sweep(graph, params, cache, dz)
        grads = add_penalties(graph, params, grads)

        rate = optimizer.rate_at(number, state["rate"])
        learned, optimizer_state = optimizer.update(grads, state["optimizer_state"], params, number, rate)
        learned = update_statistics(graph, learned, cache)

        count = namespace(p[0]).asarray(n, dtype=p[0].dtype)
        measured = {"loss": namespace(p[0]).stack([batch_loss * n, count])}
        for output, (_, own, _), y_k, p_k, mask in zip(outputs, losses, ys, p, masks, strict=True):
            if output.name:
                measured[f"{output.name}_loss"] = namespace(p_k).stack([own.sum(), count])
            measured |= {metric.name: counts_of(metric, y_k, p_k, mask) for metric in output.metrics}
        if watch is not None:
            trace = StepTrace(cache, z[0], p[0], losses[0][0], deltas, grads, rate, params, learned)
            measured |= watch(trace)
        return state | {"params": learned, "optimizer_state": optimizer_state, "step": number + 1}, measured

    return step


def update_statistics(graph: Graph, params: Weights, cache: list[Any]) -> Weights:
    """The weights after their constraints, and those renewed that are counted along: a normalization's moving means."""
    for (layer, _, entry), kept in zip(graph.nodes, cache, strict=True):
        if layer.trainable and (limits := layer.constraints()):
            new = {k: limits[k](w) if k in limits else w for k, w in params[entry].items()}
            params = [*params[:entry], new, *params[entry + 1 :]]
        if layer.non_trainable_names:
            new = params[entry] | layer.update_statistics(params[entry], kept)
            params = [*params[:entry], new, *params[entry + 1 :]]
    return params


def first_state(
    params: Weights, optimizer: Optimizer, optimizer_state: OptimizerState | None = None, step: int = 0, seed: int = 0,
    network: Network | None = None,
) -> State:  # fmt: skip
    """The state before a step: weights, the optimizer's state (empty by default), step number, rate and seed.

    network: where some of the weights are not learned by gradient; the optimizer keeps no state for those.
    """
    dtype = next((w.dtype for layer in params for w in layer.values()), np.dtype("float32"))
    rate = optimizer.learning_rate if isinstance(optimizer.learning_rate, float) else 0.0
    learned = params if network is None else learned_weights(network, params)
    return {
        "params": params,
        "optimizer_state": optimizer.init(learned) if optimizer_state is None else optimizer_state,
        "step": np.asarray(step, dtype=np.int32),
        "rate": np.asarray(rate, dtype=dtype),
        "seed": seed_words(seed),
    }


def learned_weights(network: Network, params: Weights) -> Weights:
    """The weights that gradients change, without moving means and the like."""
    return [
        {name: w for name, w in weights.items() if name not in layer.non_trainable_names}
        for weights, layer in zip(params, as_graph(network).layers, strict=True)
    ]
