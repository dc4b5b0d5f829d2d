"""A network as a list of nodes in topological order: what backpropagation walks.

A node is a layer at work in one place: where its inputs come from, and which entry of the weights it uses. A layer
may stand at several nodes and then has one entry of weights. Most networks are a chain, each node fed by the one
before it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from chainrule.arrays import Array
from chainrule.layers.base import Layer


class Source(NamedTuple):
    """Where a value comes from: a node and which of its outputs; node -1 is the network's first input, -2 its second."""

    node: int
    output: int = 0


class Node(NamedTuple):
    """A layer at one place of the network. entry: the place of its weights in the list of weights."""

    layer: Layer
    sources: tuple[Source, ...]
    entry: int


@dataclass(frozen=True)
class Graph:
    """Nodes in topological order, how many inputs they start from, and which values are the network's outputs.

    within: of each node the models that it stands in, as "encoder/", where there are models in the network.
    training: of each node what its call said, layer(x, training=True); None for nothing: for model(x).  predicting: the
    nodes that are always as when predicting, also while the network learns.

    >>> from chainrule.layers import Dense, Flatten
    >>> graph = Graph.chain([Flatten(), Dense(2)])
    >>> graph.nodes[1].sources, graph.outputs, len(graph.layers)
    ((Source(node=0, output=0),), (Source(node=1, output=0),), 2)
    """

    nodes: tuple[Node, ...]
    outputs: tuple[Source, ...]
    inputs: int = 1
    within: tuple[str, ...] = ()
    training: tuple[bool | None, ...] = ()
    predicting: frozenset[int] = frozenset()

    @classmethod
    def chain(cls, layers: Sequence[Layer]) -> "Graph":
        """The graph in which each layer is fed by the one before it."""
        entries: dict[int, int] = {}
        nodes = [
            Node(layer, (Source(i - 1),), entries.setdefault(id(layer), len(entries)))
            for i, layer in enumerate(layers)
        ]
        return cls(tuple(nodes), (Source(len(layers) - 1),))

    def last_activation(self, output: int = 0) -> str:
        """The name of the activation that an output ends with; "linear" where it ends with none.

        >>> from chainrule.layers import Dense
        >>> Graph.chain(Dense(2, activation="softmax").links()).last_activation()
        'softmax'
        """
        node = self.outputs[output].node
        layer = self.nodes[node].layer if self.nodes and node >= 0 else None
        if type(layer).__name__ == "ReLU":
            return "relu"
        return str(getattr(layer, "activation", None) or "linear")

    @cached_property
    def layers(self) -> list[Layer]:
        """The layers, each once, in the order of their entries of weights."""
        found: dict[int, Layer] = {node.entry: node.layer for node in self.nodes}
        return [found[entry] for entry in sorted(found)]

    @cached_property
    def names(self) -> list[str]:
        """What each node is called: by its layer; where two layers have one name, with the models that they stand in.

        A layer at several nodes has one name. "dense:relu" is the activation of "dense".

        >>> from chainrule.layers import Dense
        >>> graph = Graph.chain([*Dense(2, "relu", name="code").links(), Dense(3, name="end")])
        >>> graph.names
        ['code', 'code:relu', 'end']
        """
        own = {node.entry: node.layer.name or type(node.layer).__name__.lower() for node in self.nodes}
        alike = Counter(own.values())
        found: dict[int, str] = {}
        before = ""
        for node, within in zip(self.nodes, self.within or [""] * len(self.nodes), strict=True):
            layer, colon, activation = own[node.entry].partition(":")
            if colon:  # it follows its layer
                layer = before
            elif alike[layer] > 1 and node.entry not in found:
                layer = free_name(within + layer, found.values())
            before = found.setdefault(node.entry, layer + colon + activation).partition(":")[0]
        return [found[node.entry] for node in self.nodes]

    @cached_property
    def learners(self) -> frozenset[int]:
        """The nodes whose layer has weights that learn."""
        return frozenset(i for i, node in enumerate(self.nodes) if node.layer.trainable and node.layer.learns)

    @cached_property
    def needs_delta(self) -> frozenset[int]:
        """The nodes to which the derivative by their output must be told: those that learn, and those above them."""
        needing: set[int] = set()
        for i, node in enumerate(self.nodes):
            if i in self.learners or any(source.node in needing for source in node.sources):
                needing.add(i)
        return frozenset(needing)

    @cached_property
    def is_chain(self) -> bool:
        """Whether each node is fed by the one before it, and each layer stands at one node."""
        plain = all(n.sources == (Source(i - 1),) and n.entry == i for i, n in enumerate(self.nodes))
        return plain and self.inputs == 1 and self.outputs == (Source(len(self.nodes) - 1),)

    @cached_property
    def makes_masks(self) -> bool:
        """Whether a layer has rules of its own for masks; where none has, there are none."""
        return any(
            getattr(node.layer.next_mask, "__func__", None) is not Layer.next_mask for node in self.nodes
        )

    @property
    def carries_states(self) -> bool:
        """Whether a batch's answers hang on the batches before it."""
        return any(node.layer.stateful for node in self.nodes)

    def users(self, node: int) -> list[int]:
        """The nodes that take an output of this one."""
        return [i for i, other in enumerate(self.nodes) if any(s.node == node for s in other.sources)]


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that nobody has yet, by a number where it is needed.

    >>> free_name("dense", []), free_name("dense", ["dense", "dense_1"])
    ('dense', 'dense_2')
    """
    names = [name, *(f"{name}_{number}" for number in range(1, len(taken) + 1))]
    return next(free for free in names if free not in taken)


Network: TypeAlias = Graph | Sequence[Layer]  # a list of layers stands for the chain of them


def as_graph(network: Network) -> Graph:
    """A graph as it is; a list of layers as a chain."""
    return network if isinstance(network, Graph) else Graph.chain(network)


# ── values and derivatives on their way ──────────────────────────────────────────────────────────────────────────


def taken(sources: Sequence[Source], values: Sequence[Any], inputs: Sequence[Any]) -> Any:
    """What a node is given: one value, or a tuple where it has several sources."""
    found = []
    for node, output in sources:
        value = inputs[-1 - node] if node < 0 else values[node]
        found.append(value[output] if isinstance(value, tuple) else value)
    return found[0] if len(found) == 1 else tuple(found)


def masks_of(network: Network, values: list[Any], x: Array) -> list[Any]:
    """Which steps count of what each node gave, (batch, steps) of booleans; None for all."""
    graph, inputs = as_graph(network), x if isinstance(x, tuple) else (x,)
    if not graph.makes_masks:
        return [None] * len(graph.nodes)
    masks: list[Any] = []
    for layer, sources, _ in graph.nodes:
        mask = taken(sources, masks, (None,) * len(inputs))
        masks.append(layer.next_mask(taken(sources, values, inputs), mask))
    return masks


def delta_of(node: int, told: Mapping[Source, Array]) -> Any:
    """The derivative by a node's output; a tuple with None for outputs that nobody used; None if none was used."""
    parts = {source.output: d for source, d in told.items() if source.node == node}
    if not parts or set(parts) == {0}:
        return parts.get(0)
    return tuple(parts.get(k) for k in range(max(parts) + 1))


def tuple_of(value: Any, count: int) -> tuple[Any, ...]:
    """One value for each output: itself in a tuple, a tuple as it is, None for all."""
    return value if isinstance(value, tuple) else (value,) * count
