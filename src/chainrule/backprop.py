"""How a network learns. Open this file first: everything else serves the four movements of `step`.

    forward     through the chain, each link turns x into y and keeps what it will need on the way back
    loss        how wrong the end is, and which way is worse: dz, the derivative of the loss by the end
    backward    down the chain: each link turns the derivative by its output into that by its input (the chain rule)
                and, where it has weights, into the derivative by each of them
    update      the optimizer moves every weight a little against its derivative

A chain is the list of a model's links: a Dense layer with an activation is two, its weighted sum and its activation.
`params` has one dict of weights per link. NumPy runs `step` to be watched; JAX compiles the very same lines.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Noise, Params, counter_noise, namespace, seed_words
from chainrule.layers.base import Layer
from chainrule.losses.base import Loss
from chainrule.losses.fused import fused_loss
from chainrule.metrics import Metric
from chainrule.optimizers.base import Optimizer, OptimizerState

Weights = list[Params]
State = dict[str, Any]  # params, memory, step (int32); rate and seed, which learning only reads
Batch = tuple[Array, Array, Array | None]  # x, y, weight of each example (None: all count 1)
StepMetrics = dict[str, Array]  # loss and metrics, each as [sum, weight]


def forward_sweep(
    chain: Sequence[Layer], params: Weights, x: Array, noise: Callable[[int], Noise] | None = None
) -> tuple[Array, list[Any]]:
    """The chain's output for a batch, and what each link kept. noise is None when not learning."""
    cache = []
    for i, link in enumerate(chain):
        x, kept = link.forward(params[i], x, noise(i) if noise else None)
        cache.append(kept)
    return x, cache


def backward_sweep(
    chain: Sequence[Layer], params: Weights, cache: list[Any], dy: Array
) -> tuple[Weights, list[Array | None]]:
    """The derivative of the loss by every weight, and by every link's output, from the one by the chain's output."""
    grads: Weights = [{} for _ in chain]
    deltas: list[Array | None] = [None for _ in chain]
    learners = [i for i, link in enumerate(chain) if link.trainable and params[i]]
    lowest = min(learners, default=len(chain))  # below the lowest link that learns nobody needs to know
    for i in reversed(range(lowest, len(chain))):
        deltas[i] = dy
        if i in learners:
            grads[i] = chain[i].gradients(params[i], cache[i], dy)
        if i > lowest:
            dy = chain[i].backward(params[i], cache[i], dy)
    return grads, deltas


class StepTrace(NamedTuple):
    """What passes by in one step, for whoever watches; learning needs none of it afterwards."""

    cache: list[Any]  # by each link of the body
    z: Array  # the end of the body, and what the loss takes
    p: Array  # the prediction
    losses: Array  # one per example, weighted
    deltas: list[
        Array | None
    ]  # the derivative of the loss by each link's output; None below the lowest that learns
    grads: Weights
    rate: Array
    before: Weights
    after: Weights


class FusedOutput(NamedTuple):
    """The end of a chain: the links that the sweeps walk, the last activation if it is fused with the loss, the loss.

    With softmax and cross-entropy the loss takes z, and dz = p - y (see "the fused rules" in crossentropy.py).
    """

    body: Sequence[Layer]
    head: Sequence[Layer]
    loss: Loss


def fused_output(chain: Sequence[Layer], loss: Loss) -> FusedOutput:
    """Where the sweeps turn round: before the last activation, where loss and activation make one simple rule."""
    short = (
        fused_loss(getattr(chain[-1], "activation", None), loss)
        if chain and not chain[-1].weight_names
        else None
    )
    return FusedOutput(chain, [], loss) if short is None else FusedOutput(chain[:-1], chain[-1:], short)


def penalty(chain: Sequence[Layer], params: Weights) -> Array | float:
    """What the regularizers add to the loss: those of weights that learn, as in Keras."""
    learners = [(params[i], link) for i, link in enumerate(chain) if link.trainable]
    return sum(r.value(weights[name]) for weights, link in learners for name, r in link.penalties().items())


def add_penalties(chain: Sequence[Layer], params: Weights, grads: Weights) -> Weights:
    """What the regularizers add to the derivatives."""
    return [
        {k: g + asked[k].gradient(params[i][k]) if k in asked else g for k, g in grads[i].items()}
        for i, asked in enumerate(link.penalties() for link in chain)
    ]


def make_step(
    chain: Sequence[Layer], loss: Loss, optimizer: Optimizer, metrics: Sequence[Metric] = (),
    watch: Callable[[StepTrace], StepMetrics] | None = None,
) -> Callable[[State, Batch], tuple[State, StepMetrics]]:  # fmt: skip
    """One learning step as a function: step(state, batch) -> (state, record). What `watch` returns is recorded too.

    >>> from chainrule.layers import Dense
    >>> from chainrule.losses import MeanSquaredError
    >>> from chainrule.optimizers import SGD
    >>> step = make_step([Dense(1)], MeanSquaredError(), SGD(0.1))
    >>> state = first_state([{"kernel": np.array([[1.]]), "bias": np.array([0.])}], SGD(0.1))
    >>> state, record = step(state, (np.array([[2.]]), np.array([[5.]]), None))      # p = 2, loss = 9, dw = -12
    >>> state["params"][0]["kernel"], record["loss"]
    (array([[2.2]]), array([9., 1.]))
    """
    body, head, loss = fused_output(chain, loss)

    def step(state: State, batch: Batch) -> tuple[State, StepMetrics]:
        params, number = state["params"], state["step"]
        x, y, weight = batch
        xp, n = namespace(x), x.shape[0]

        z, cache = forward_sweep(body, params, x, lambda i: counter_noise(state["seed"], number, i))
        p, _ = forward_sweep(head, params[len(body) :], z)

        losses = loss.values(y, z)  # one per example
        dz = loss.derivative(y, z) / n  # the loss of the batch is their mean
        if weight is not None:
            losses, dz = losses * weight, dz * weight.reshape(-1, *[1] * (dz.ndim - 1))
        batch_loss = xp.sum(losses) / n + penalty(chain, params)

        grads, deltas = backward_sweep(body, params, cache, dz)
        grads = add_penalties(body, params, grads)

        rate = optimizer.rate_at(number, state["rate"])
        learned, optimizer_state = optimizer.update(
            grads, state["optimizer_state"], params[: len(body)], number, rate
        )

        record = {"loss": xp.stack([batch_loss * n, xp.asarray(n, dtype=p.dtype)])}
        record |= {metric.name: metric.counts(y, p) for metric in metrics}
        if watch is not None:
            record |= watch(StepTrace(cache, z, p, losses, deltas, grads, rate, params[: len(body)], learned))
        params = [*learned, *params[len(body) :]]
        return state | {"params": params, "optimizer_state": optimizer_state, "step": number + 1}, record

    return step


def first_state(
    params: Weights,
    optimizer: Optimizer,
    optimizer_state: OptimizerState | None = None,
    step: int = 0,
    seed: int = 0,
) -> State:
    """The state before a step: weights, the optimizer's memory (empty by default), step number, rate and seed."""
    dtype = next((w.dtype for layer in params for w in layer.values()), np.dtype("float32"))
    rate = optimizer.learning_rate if isinstance(optimizer.learning_rate, float) else 0.0
    return {
        "params": params,
        "optimizer_state": optimizer.init(params) if optimizer_state is None else optimizer_state,
        "step": np.asarray(step, dtype=np.int32),
        "rate": np.asarray(rate, dtype=dtype),
        "seed": seed_words(seed),
    }
