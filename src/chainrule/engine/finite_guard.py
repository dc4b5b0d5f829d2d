"""Where a number stopped being finite: the first step, the first layer, the first example."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import counter_noise
from chainrule.backprop import State, Weights, backward_sweep, forward_sweep
from chainrule.graph import Network, Source, as_graph, masks_of, taken, tuple_of
from chainrule.losses.masked import masked
from chainrule.losses.outputs import Output, fused_output


def is_finite(array: np.ndarray) -> bool:
    """Whether every number is."""
    return bool(np.isfinite(array).all())


def first_in(
    network: Network,
    outputs: Sequence[Output],
    state: State,
    batch: tuple[np.ndarray, np.ndarray],
    learned: Weights,
) -> str:
    """What in one step first gave a number that is not finite, as words for a message.

    state: before the step, NumPy arrays.  batch: inputs and targets.  learned: the weights after the step.
    """
    graph, params, (x, y) = as_graph(network), state["params"], batch
    for layer, weights in zip(graph.layers, params, strict=True):
        for name, array in weights.items():
            if not is_finite(array):
                return f"the {name} of {layer.label}, already before this step"
    with np.errstate(all="ignore"):
        values, cache = forward_sweep(
            graph, params, x, lambda i: counter_noise(state["seed"], state["step"], i)
        )
        for node, value in zip(graph.nodes, values, strict=True):
            for a in value if isinstance(value, tuple) else (value,):
                if not is_finite(a):
                    example = int(np.argmax(~np.isfinite(a).reshape(len(a), -1).all(axis=1)))
                    return f"the output of {node.layer.label} for example {example} of the batch"
        dz: dict[Source, np.ndarray] = {}
        masks = masks_of(graph, values, x)
        for k, (output, target) in enumerate(zip(outputs, tuple_of(y, len(outputs)), strict=True)):
            end = fused_output(graph, output.loss, k)
            z = taken([end.z], values, ())
            loss = masked(end.loss, taken([end.p], masks, ()))
            losses = loss.values(target, z)
            if not is_finite(losses):
                return f"the loss ({end.loss.name}) of example {int(np.argmax(~np.isfinite(losses)))} of the batch"
            dz[end.z] = dz.get(end.z, 0) + loss.derivative(target, z) / len(z)
        grads, _ = backward_sweep(graph, params, cache, dz)
        for layer, own in reversed(list(zip(graph.layers, grads, strict=True))):
            for name, g in own.items():
                if not is_finite(g):
                    return f"the gradient of the {name} of {layer.label}"
    for layer, weights in zip(graph.layers, learned, strict=True):
        for name, array in weights.items():
            if not is_finite(array):
                return f"the {name} of {layer.label}, after the optimizer's update"
    return "the sum of the losses"
