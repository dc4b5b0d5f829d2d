"""How large a step's gradients, updates and weights are, layer by layer, and how many units are dead or saturated.

Sizes are root mean squares per weight, so that a big layer does not look stronger than a small one.
"""

from collections.abc import Callable
from typing import NamedTuple

from chainrule.arrays import Array, namespace
from chainrule.backprop import StepMetrics, StepTrace
from chainrule.graph import Network, as_graph

SATURATED = 0.95  # of the way to where sigmoid or tanh is flat


def measured(network: Network) -> list[str]:
    """What `sizes_of` measures, in its order: "grad_rms[dense]", "dead[dense]", ...

    >>> from chainrule.layers import Dense
    >>> measured(Dense(2, activation="relu", name="first").links())
    ['grad_rms[first]', 'update_rms[first]', 'weight_rms[first]', 'dead[first]']
    """
    names = []
    for place in measured_places(network):
        if place.learns:
            names += [f"{what}[{place.layer}]" for what in ("grad_rms", "update_rms", "weight_rms")]
        if place.kind == "relu":
            names.append(f"dead[{place.layer}]")
        if place.kind in {"sigmoid", "tanh"}:
            names.append(f"saturated[{place.layer}]")
    return names


class Place(NamedTuple):
    """A layer that is measured. nodes: where it stands.  learns: whether its weights do.  kind: its activation, if it is one."""

    layer: str
    entry: int
    nodes: list[int]
    learns: bool
    kind: str


def measured_places(network: Network) -> list[Place]:
    """The layers, each once, in the order of the nodes at which they first stand (of those that learn: first learn)."""
    graph = as_graph(network)
    nodes: dict[int, list[int]] = {}
    for i, node in enumerate(graph.nodes):
        nodes.setdefault(node.entry, []).append(i)
    return [
        Place(
            graph.names[own[0]].partition(":")[0], entry, own, own[0] in graph.learners,
            str(graph.nodes[own[0]].layer.activation_name),
        )
        for entry, own in nodes.items()
    ]  # fmt: skip


def sizes_of(network: Network) -> Callable[[StepTrace], StepMetrics]:
    """A watcher for `make_step`: records "sizes", one float32 for each name of `measured`."""

    def watch(step_trace: StepTrace) -> StepMetrics:
        xp, values = namespace(step_trace.z), []
        for place in measured_places(network):
            if place.learns:
                grads, before, after = (
                    trace[place.entry] for trace in (step_trace.grads, step_trace.before, step_trace.after)
                )
                values.append(rms([grads[k] for k in grads]))
                values.append(rms([after[k] - before[k] for k in grads]))
                values.append(rms([before[k] for k in grads]))
            if place.kind in {"relu", "sigmoid", "tanh"}:
                shares = [share(step_trace.cache[i][0], place.kind) for i in place.nodes]
                values.append(sum(shares[1:], shares[0]) / len(shares))
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
