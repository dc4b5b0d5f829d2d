"""How large a step's gradients, updates and weights are, layer by layer, and how many units are dead or saturated.

Sizes are root mean squares per weight, so that a big layer does not look stronger than a small one.
"""

from collections.abc import Callable

from chainrule.arrays import Array, namespace
from chainrule.backprop import StepMetrics, StepTrace
from chainrule.graph import Network, Node, as_graph

SATURATED = 0.95  # of the way to where sigmoid or tanh is flat


def measured(network: Network) -> list[str]:
    """What `sizes_of` measures, in its order: "grad_rms[dense]", "dead[dense]", ...

    >>> from chainrule.layers import Dense
    >>> measured(Dense(2, activation="relu", name="first").links())
    ['grad_rms[first]', 'update_rms[first]', 'weight_rms[first]', 'dead[first]']
    """
    names = []
    for node, learns in places(network):
        layer = str(node.layer.name).partition(":")[0]
        if learns:
            names += [f"{what}[{layer}]" for what in ("grad_rms", "update_rms", "weight_rms")]
        if node.layer.activation_name == "relu":
            names.append(f"dead[{layer}]")
        if node.layer.activation_name in {"sigmoid", "tanh"}:
            names.append(f"saturated[{layer}]")
    return names


def places(network: Network) -> list[tuple[Node, bool]]:
    """The nodes, and whether each is the first at which weights that learn are at work."""
    graph = as_graph(network)
    first = {graph.nodes[i].entry: i for i in sorted(graph.learners, reverse=True)}
    return [(node, first.get(node.entry) == i) for i, node in enumerate(graph.nodes)]


def sizes_of(network: Network) -> Callable[[StepTrace], StepMetrics]:
    """A watcher for `make_step`: records "sizes", one float32 for each name of `measured`."""

    def watch(step_trace: StepTrace) -> StepMetrics:
        xp, values = namespace(step_trace.z), []
        for i, (node, learns) in enumerate(places(network)):
            if learns:
                grads, before, after = (
                    trace[node.entry] for trace in (step_trace.grads, step_trace.before, step_trace.after)
                )
                values.append(rms([grads[k] for k in grads]))
                values.append(rms([after[k] - before[k] for k in grads]))
                values.append(rms([before[k] for k in grads]))
            if (kind := node.layer.activation_name) in {"relu", "sigmoid", "tanh"}:
                values.append(share(step_trace.cache[i][0], str(kind)))
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
