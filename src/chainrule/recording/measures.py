"""How large a step's gradients, updates and weights are, layer by layer, and how many units are dead or saturated.

Sizes are root mean squares per weight, so that a big layer does not look stronger than a small one.
"""

from collections.abc import Callable, Sequence

from chainrule.arrays import Array, namespace
from chainrule.backprop import StepMetrics, StepTrace
from chainrule.layers.base import Layer

SATURATED = 0.95  # of the way to where sigmoid or tanh is flat


def measured(chain: Sequence[Layer]) -> list[str]:
    """What `sizes_of` measures, in its order: "grad_rms[dense]", "dead[dense]", ...

    >>> from chainrule.layers import Dense
    >>> measured(Dense(2, activation="relu", name="first").links())
    ['grad_rms[first]', 'update_rms[first]', 'weight_rms[first]', 'dead[first]']
    """
    names = []
    for link in chain:
        layer = str(link.name).partition(":")[0]
        if link.weight_names and link.trainable:
            names += [f"{what}[{layer}]" for what in ("grad_rms", "update_rms", "weight_rms")]
        kind = getattr(link, "activation", None) if not link.weight_names else None
        if kind == "relu":
            names.append(f"dead[{layer}]")
        if kind in {"sigmoid", "tanh"}:
            names.append(f"saturated[{layer}]")
    return names


def sizes_of(chain: Sequence[Layer]) -> Callable[[StepTrace], StepMetrics]:
    """A watcher for `make_step`: records "sizes", one float32 for each name of `measured`."""

    def watch(step_trace: StepTrace) -> StepMetrics:
        xp, values = namespace(step_trace.z), []
        for i, link in enumerate(chain):
            if link.weight_names and link.trainable:
                grads, before, after = step_trace.grads[i], step_trace.before[i], step_trace.after[i]
                values.append(rms([grads[k] for k in grads]))
                values.append(rms([after[k] - before[k] for k in grads]))
                values.append(rms([before[k] for k in grads]))
            kind = getattr(link, "activation", None) if not link.weight_names else None
            if kind in {"relu", "sigmoid", "tanh"}:
                z = step_trace.cache[i][0] if i < len(step_trace.cache) else step_trace.z
                values.append(share(z, kind))
        return {"sizes": xp.stack(values)} if values else {}

    return watch


def rms(arrays: list[Array]) -> Array:
    """√ of the mean square over all numbers of several arrays."""
    squares = sum(((a * a).sum() for a in arrays[1:]), (arrays[0] * arrays[0]).sum())
    return namespace(arrays[0]).sqrt(squares / sum(a.size for a in arrays))


def share(z: Array, kind: str) -> Array:
    """relu: the share of units that are 0 for every example of the batch.  sigmoid, tanh: of outputs near the ends."""
    xp = namespace(z)
    if kind == "relu":
        return xp.mean(xp.all(z <= 0, axis=tuple(range(z.ndim - 1))).astype(z.dtype))
    a = xp.tanh(z / 2) if kind == "sigmoid" else xp.tanh(z)
    return xp.mean((xp.abs(a) > SATURATED).astype(z.dtype))
