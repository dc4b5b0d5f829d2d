"""The numbers of one learning step: each layer's input, output, derivatives, and weights before and after."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Params
from chainrule.backprop import State, added_losses, penalty
from chainrule.engine.epoch import on_host
from chainrule.errors import SettingError, unknown
from chainrule.explain.agreement import Agreement, agreement
from chainrule.explain.outputs import opened_outputs
from chainrule.explain.step_inputs import StepInputs
from chainrule.explain.watching import WatchedLayer, watched_step
from chainrule.graph import Graph, Node, as_graph
from chainrule.training.fit import state_of


class OpenedLink:
    """A layer at one node of the network in this step; dicts are by weight ("kernel", "bias").

    x, y: its input and output, (batch, ...).  delta: the derivative of the batch's loss by y (None where no layer at or
    below it learns, and for a last activation that is fused with the loss).  xs, ys, deltas: the same as tuples, for
    layers with several inputs or outputs, of which x, y and delta are the first.  params, learned: weights before and
    after.  data_gradient: the mean over the examples; gradient: with penalties; clipped: as the optimizer used it.
    optimizer_state_before, optimizer_state_after: {weight: {slot: array}}.
    """

    def __init__(self, place: int, node: Node, seen: WatchedLayer, step: "OpenedStep") -> None:
        passed, state, entry = step.passed, step.inputs.state, node.entry
        self.place, self.sources, self.entry = place, node.sources, entry
        self.link: Any = seen.real
        self.name: str = step.graph.names[place]
        self.xs, self.ys, self.deltas = (
            as_tuple(v) for v in (seen.x, seen.y, passed.step_trace.deltas[place])
        )
        self.x, self.y, self.delta = self.xs[0], self.ys[0], self.deltas[0]
        self.cache, self.context = seen.cache, seen.context
        self.params: Params = state["params"][entry]
        self.learned: Params = passed.state["params"][entry]
        self.own_gradient: Params = seen.grads  # of this node alone, where a layer stands at several
        self.data_gradient: Params = step.data_gradients[entry]
        self.gradient: Params = passed.step_trace.grads[entry]
        self.clipped: Params = step.clipped[entry]
        self.slots = tuple(step.inputs.optimizer.slots)
        self.optimizer_state_before, self.optimizer_state_after = (
            {name: {slot: kept[slot][entry][name] for slot in self.slots} for name in self.gradient}
            for kept in (state["optimizer_state"], passed.state["optimizer_state"])
        )

    @property
    def reached(self) -> bool:
        """Whether a derivative by any of its outputs is known."""
        return any(delta is not None for delta in self.deltas)

    @property
    def update(self) -> Params:
        """What was added to each weight."""
        return {name: self.learned[name] - self.params[name] for name in self.params}

    @cached_property
    def input_deltas(self) -> tuple[Any, ...]:
        """The derivatives of the batch's loss by each input, by the layer's own backward rule."""
        delta = self.deltas if len(self.ys) > 1 else self.delta
        return as_tuple(self.link.backward(self.params, self.cache, delta))

    def index(self, name: str, index: tuple[int, ...]) -> tuple[int, ...]:
        """An index into one of the weights, checked; SettingError says what there is."""
        label = f"{type(self.link).__name__} {self.name!r}"
        if name not in self.params:
            raise unknown(f"weight of {label}", name, self.params)
        shape = tuple(self.params[name].shape)
        place = tuple(int(i) for i in index)
        if len(place) != len(shape) or not all(-n <= i < n for i, n in zip(place, shape, strict=False)):
            raise SettingError(
                f"The {name} of {label} has shape {shape}; there is no {name}{list(place)} in it."
            )
        if name in self.link.non_trainable_names:
            raise SettingError(
                f"The {name} of {label} is a statistic that is counted along; it has no gradient."
            )
        if name not in self.gradient:
            raise SettingError(f"{label} does not learn (trainable=False): its {name} has no gradient.")
        return tuple(i % n for i, n in zip(place, shape, strict=True))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self.x.shape} -> {self.y.shape}>"


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Several values as they are, one as the only one."""
    return value if isinstance(value, tuple) else (value,)


def summed_by_entry(graph: Graph, grads: Sequence[Params]) -> list[Params]:
    """The gradients of all nodes, added up for layers that stand at several."""
    found: list[Params] = [{} for _ in graph.layers]
    for node, own in zip(graph.nodes, grads, strict=True):
        mine = found[node.entry]
        found[node.entry] = mine | {name: mine[name] + g if name in mine else g for name, g in own.items()}
    return found


class OpenedStep:
    """A learning step that was taken to be looked at; the model it was taken from is as it was.

    loss: the batch's, penalties included.  losses: one per example, weighted_losses: times its weight.  p: predictions.
    number: the step's, from 0 (the formulas count t from 1).  rate: the learning rate.  n: examples.  links: an OpenedLink
    for each node of the network, in order.  state: after the step.  outputs: an OpenedOutput for each output; p, z, end
    and sample_weight are those of the first, losses are sums over all.
    """

    link_type: ClassVar[type[OpenedLink]] = OpenedLink

    @np.errstate(all="ignore")
    def __init__(self, inputs: StepInputs) -> None:
        self.inputs = inputs = inputs.on_host()
        self.graph = as_graph(inputs.network)
        self.passed = watched_step(inputs)
        self.state: State = self.passed.state
        self.record = self.passed.record
        self.clipped = inputs.optimizer.clipped(self.passed.step_trace.grads)
        x, y, weight = inputs.batch
        self.n, self.number = inputs.n, int(inputs.state["step"])
        self.t = self.number + 1
        self.rate = float(self.passed.step_trace.rate)
        self.data_gradients = summed_by_entry(self.graph, [layer.grads for layer in self.passed.layers])
        nodes = zip(self.graph.nodes, self.passed.layers, strict=True)
        self.links = [self.link_type(i, node, seen, self) for i, (node, seen) in enumerate(nodes)]
        outputs, asked = [link.ys if len(link.ys) > 1 else link.y for link in self.links], inputs.outputs
        self.outputs = opened_outputs(self.graph, asked, outputs, x, y, weight)
        first = self.outputs[0]
        self.end, self.p, self.z, self.sample_weight = first.end, first.p, first.z, first.sample_weight
        if len(asked) == 1:
            self.losses, self.weighted_losses = first.losses, first.weighted_losses
        else:
            own = [o.losses * np.float32(a.weight) for o, a in zip(self.outputs, asked, strict=True)]
            self.losses = np.sum(own, axis=0)
            self.weighted_losses = np.sum([output.weighted_losses for output in self.outputs], axis=0)
        cache = self.passed.step_trace.cache
        self.penalty = float(penalty(self.graph, inputs.state["params"]) + added_losses(self.graph, cache))
        self.loss = float(self.record["loss"][0]) / float(self.record["loss"][1])

    @property
    def weights(self) -> dict[str, Any]:
        """What examples count, as facts for programs: {} where all count 1, by output where there are several."""
        told = {
            o.name: np.asarray(o.sample_weight).tolist() for o in self.outputs if o.sample_weight is not None
        }
        return {"sample_weight": told if len(self.outputs) > 1 else told[""]} if told else {}

    def users(self, place: int) -> list[OpenedLink]:
        """The links that take the output of the link at a place."""
        return [self.links[i] for i in self.graph.users(place)]

    def nodes_of(self, link: OpenedLink) -> list[OpenedLink]:
        """All nodes at which a link's layer stands: one, but for layers that are shared."""
        return [other for other in self.links if other.entry == link.entry]

    def link(self, name: str | int) -> OpenedLink:
        """A layer at a node, by its name ("dense", or "dense:relu" for its activation), or by its place in the network."""
        if isinstance(name, OpenedLink):
            return name
        if isinstance(name, (int, np.integer)) and -len(self.links) <= name < len(self.links):
            return self.links[name]
        for link in self.links:
            if link.name == name:
                return link
        raise unknown("layer", name, [link.name for link in self.links])

    def agreement(self, after: Any = None) -> Agreement:
        """How far this step's result is from what training made of it (a state, or a model that took the step)."""
        doubt = self.inputs.doubt if after is None else None
        if after is None:
            after = self.inputs.after
        if after is None:
            raise SettingError("To compare, give the state (or the model) after the step: agreement(after).")
        if hasattr(after, "problem"):
            after = state_of(after)
        return agreement(self.links, self.state, on_host(after), doubt)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number}: {self.n} examples, loss {self.loss:.6g}>"
