"""Where a number stopped being finite: the first step, the first layer, the first example."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import counter_noise
from chainrule.backprop import State, Weights, backward_sweep, forward_sweep, fused_output
from chainrule.layers.base import Layer
from chainrule.losses.base import Loss


def is_finite(array: np.ndarray) -> bool:
    """Whether every number is."""
    return bool(np.isfinite(array).all())


def first_in(
    chain: Sequence[Layer], loss: Loss, state: State, batch: tuple[np.ndarray, np.ndarray], learned: Weights
) -> str:
    """What in one step first gave a number that is not finite, as words for a message.

    state: before the step, NumPy arrays.  batch: inputs and targets.  learned: the weights after the step.
    """
    body, head, loss = fused_output(chain, loss)
    params, (x, y) = state["params"], batch
    for link, weights in zip(chain, params, strict=True):
        for name, array in weights.items():
            if not is_finite(array):
                return f"the {name} of {link.label}, already before this step"
    with np.errstate(all="ignore"):
        a = x
        for i, link in enumerate([*body, *head]):
            a, _ = link.forward(params[i], a, counter_noise(state["seed"], state["step"], i))
            if not is_finite(a):
                example = int(np.argmax(~np.isfinite(a).reshape(len(a), -1).all(axis=1)))
                return f"the output of {link.label} for example {example} of the batch"
        z, cache = forward_sweep(body, params, x, lambda i: counter_noise(state["seed"], state["step"], i))
        values = loss.values(y, z)
        if not is_finite(values):
            return f"the loss ({loss.name}) of example {int(np.argmax(~np.isfinite(values)))} of the batch"
        grads, _ = backward_sweep(body, params, cache, loss.derivative(y, z) / len(x))
        for i in reversed(range(len(body))):
            for name, g in grads[i].items():
                if not is_finite(g):
                    return f"the gradient of the {name} of {body[i].label}"
    for link, weights in zip(chain, learned, strict=True):
        for name, array in weights.items():
            if not is_finite(array):
                return f"the {name} of {link.label}, after the optimizer's update"
    return "the sum of the losses"
