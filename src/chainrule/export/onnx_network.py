"""A whole network as an ONNX graph: several inputs and outputs, masks, layers with many outputs.

A layer that has an ONNX node of its own becomes that node; of every other layer the graph holds what its `forward` does, written
down by traced arrays. What nothing asks for in the end is taken out again.
"""

from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, SettingError
from chainrule.export.layer_readers import READ, Placed
from chainrule.export.onnx_operations import WRITE, Graph
from chainrule.export.traced_array import BATCH, Traced
from chainrule.export.traced_library import Library
from chainrule.graph import Node, Source
from chainrule.layers.base import Context


class Network:
    """A network on its way into a graph: for each value its name, whether channels come first, its shape and its mask."""

    def __init__(self, model: Any, graph: Graph, inputs: list[str]) -> None:
        self.graph, self.model = graph, model
        size = graph.add("Shape", inputs[0])
        zero, one = (graph.constant(np.array([n], np.int64), "place") for n in (0, 1))
        self.library = Library(graph, graph.add("Slice", size, zero, one))
        self.labels = {link.name: layer.label for layer in model.flat_layers for link in layer.links()}
        self.values: dict[Source, tuple[str, bool, Any]] = {
            Source(-1 - i): (name, False, shape)
            for i, (name, shape) in enumerate(zip(inputs, model.input_tuple(), strict=True))
        }
        self.masks: dict[Source, Traced | None] = {}

    def write(self) -> list[str]:
        """All nodes; the names of the outputs."""
        found = self.model.graph
        for i, node in enumerate(found.nodes):
            masks = [self.masks.get(source) for source in node.sources]
            if any(mask is not None for mask in masks) or not self.own_nodes(i, node):
                self.traced(i, node, masks)
        return [self.taken(source).name for source in found.outputs]

    def label(self, node: Node) -> str:
        """How errors call a node's layer."""
        return str(self.labels.get(node.layer.name, node.layer.label))

    def own_nodes(self, i: int, node: Node) -> bool:
        """Writes a layer that has nodes of its own in ONNX; False where it has none, or none with these settings."""
        graph, read = self.graph, READ.get(type(node.layer).__name__)
        if read is None or node.layer.activation == "glu":  # which has two halves for each number
            return False
        given = tuple(self.values[source][2] for source in node.sources)
        shape = given[0] if len(given) == 1 else given
        out = node.layer.output_shape_for(shape)
        try:
            operations = read(Placed(node.layer, shape, out, self.label(node)))
        except SettingError:
            return False
        if any(operation.kind not in WRITE for operation in operations):
            return False
        names = []
        for source in node.sources:
            graph.value, graph.channels_first, _ = self.values[source]
            if len(given) > 1:
                graph.layout(channels_first=False)
            names.append(graph.value)
        graph.taken = names
        for operation in operations:
            WRITE[operation.kind](graph, operation)
        self.values[Source(i)] = graph.value, graph.channels_first, out
        return True

    def taken(self, source: Source) -> Traced:
        """A value as a traced array, channels last."""
        graph = self.graph
        graph.value, graph.channels_first, shape = self.values[source]
        graph.layout(channels_first=False)
        return Traced(self.library, graph.value, (BATCH, *shape), np.float32)

    def traced(self, i: int, node: Node, masks: list[Traced | None]) -> None:
        """Any other layer: what its forward does."""
        xs, layer = tuple(self.taken(source) for source in node.sources), node.layer
        x: Any = xs[0] if len(xs) == 1 else xs
        mask: Any = masks[0] if len(masks) == 1 else tuple(masks)
        params = {name: self.library.constant(np.asarray(w)) for name, w in layer.params.items()}
        try:
            y, _ = layer.forward(params, x, Context(False, None, mask))
            shown = layer.next_mask(x, mask)
        except (ChainruleError, TypeError, AttributeError, ValueError, IndexError) as problem:
            raise SettingError(f"{self.label(node)} cannot be exported to ONNX: {problem}.") from None
        ys = y if isinstance(y, tuple) else (y,)
        shown = shown if isinstance(shown, tuple) else (shown,) * len(ys)
        for k, (one, its_mask) in enumerate(zip(ys, shown, strict=False)):
            one = self.library.of(one)
            self.values[Source(i, k)] = one.name, False, one.shape[1:]
            self.masks[Source(i, k)] = its_mask


def pruned(nodes: list[Any], needed: set[str]) -> list[Any]:
    """The nodes that outputs depend on, in order; `needed` then holds every name that is used."""
    kept = []
    for node in reversed(nodes):
        if not needed & set(node.output):
            continue
        if node.op_type == "Scan":
            prune_loop(node, needed)
        needed |= {name for name in node.input if name}
        kept.append(node)
    return kept[::-1]


def prune_loop(node: Any, needed: set[str]) -> None:
    """Takes stacked results that nobody asks for out of a loop, and the nodes in its body that made them."""
    found = {attribute.name: attribute for attribute in node.attribute}
    body = found["body"].g
    states = len(node.input) - found["num_scan_inputs"].i
    for k in reversed(range(states, len(node.output))):
        if node.output[k] not in needed:
            del node.output[k], body.output[k]
            del found["scan_output_directions"].ints[0]
    inside = {output.name for output in body.output}
    nodes = pruned(list(body.node), inside)
    del body.node[:]
    body.node.extend(nodes)
    own = {one.name for one in body.input} | {name for one in nodes for name in one.output}
    needed |= inside - own
    if not found["scan_output_directions"].ints:  # an empty list has no type
        node.attribute.remove(found["scan_output_directions"])
