"""From the layers of a model to the graph that backpropagation walks."""

import threading
from collections.abc import Collection
from typing import Any

from chainrule.graph import Graph, Node, Source
from chainrule.layers.base import Layer

BUILDING = threading.RLock()
Said = tuple[bool | None, bool]  # `training` of a call, and whether it holds in fit, too


class GraphBuilder:
    """Collects nodes. A layer may be several nodes (Dense with an activation is two); a model used as a layer is many."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.entries: dict[int, int] = {}
        self.around: list[str] = []  # the models that what is added stands in
        self.within: list[str] = []  # the same of each node
        self.said: list[Said] = [
            (None, False)
        ]  # by the calls around, of `training`; the outermost word counts
        self.training: list[Said] = []  # what holds for each node

    def add(
        self, layer: Any, sources: list[Source], outputs: int = 1, said: Said = (None, False)
    ) -> list[Source]:
        """Puts a layer behind some values; returns its outputs. said: by its call, of `training`; and if always."""
        said = said if self.said[-1][0] is None else self.said[-1]
        if not isinstance(layer, Layer):
            self.around.append(f"{layer.name}/")
            self.said.append(said)
            found: list[Source] = layer.expand(self, sources)
            self.around.pop()
            self.said.pop()
            return found
        for link in layer.links():
            entry = self.entries.setdefault(id(link), len(self.entries))
            self.nodes.append(Node(link, tuple(sources), entry))
            self.within.append("".join(self.around))
            self.training.append(said)
            sources = [Source(len(self.nodes) - 1)]
        return [Source(sources[0].node, k) for k in range(outputs)]

    def graph(self, outputs: list[Source], inputs: int = 1) -> Graph:
        """The graph of what was added."""
        calls = tuple(training for training, _ in self.training)
        predicting = frozenset(i for i, said in enumerate(self.training) if said == (False, True))
        return Graph(tuple(self.nodes), tuple(outputs), inputs, tuple(self.within), calls, predicting)


def input_sources(count: int) -> list[Source]:
    """The network's inputs: node -1 is the first, -2 the second."""
    return [Source(-1 - k) for k in range(count)]


def augmented(augmentation: Layer | None, graph: Graph) -> Graph:
    """The graph while learning: with the augmentation, if there is one, as its first node."""
    if augmentation is None:
        return graph
    first = Node(augmentation, (Source(-1),), 0)
    nodes = [
        Node(node.layer, tuple(Source(max(s.node, -1) + 1, s.output) for s in node.sources), node.entry + 1)
        for node in graph.nodes
    ]
    outputs = tuple(Source(s.node + 1, s.output) for s in graph.outputs)
    within = ("", *graph.within) if graph.within else ()
    return Graph(
        (first, *nodes), outputs, within=within, predicting=frozenset(i + 1 for i in graph.predicting)
    )


def flat(layers: Any) -> list[Any]:
    """The layers, with those of models that are used as layers in their place, each once."""
    found: dict[int, Layer] = {}
    for layer in layers:
        for one in flat(layer.layers) if hasattr(layer, "layers") else [layer]:
            found.setdefault(id(one), one)
    return list(found.values())


def renumber(model: Any, taken: Collection[str]) -> bool:
    """Gives a model that is used as a layer, and got its name by itself, the next that is free: sequential_1.

    False where the name was given by hand, or where it is no model.
    """
    kind = str(model.name).rstrip("0123456789").rstrip("_")
    if not hasattr(model, "layers") or kind not in ("sequential", "functional"):
        return False
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    model.name = f"{kind}_{number}"
    return True
