"""A model as a list of plain operations, which every export format writes in its own way.

A layer becomes one operation or several; what only matters while learning becomes none. Each operation says where its values come
from, so networks with branches are lists, too.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chainrule.errors import SettingError
from chainrule.export.layer_readers import READ, Placed
from chainrule.export.operation import Operation


def operations_of(model: Any) -> list[Operation]:
    """The model's forward direction; SettingError where it has no shape yet or a layer that no format can carry.

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Input((3,)), layers.Dense(2, activation="relu"), layers.Dropout(0.5)])
    >>> [(operation.kind, operation.sources) for operation in operations_of(model)]
    [('dense', (-1,)), ('relu', (0,))]
    """
    model.build()
    graph = model.graph
    if (
        graph.inputs != 1
        or len(graph.outputs) != 1
        or any(s.output for node in graph.nodes for s in node.sources)
    ):
        raise SettingError(
            f"{model.name} has several inputs or outputs; such networks are written as .keras and .onnx."
        )
    labels = {link.name: layer.label for layer in model.flat_layers for link in layer.links()}
    strange = [
        labels.get(n.layer.name, n.layer.label) for n in graph.nodes if type(n.layer).__name__ not in READ
    ]
    if strange:
        raise SettingError(
            f"{' and '.join(strange)} cannot be exported in this format (ONNX carries every layer); it knows {', '.join(sorted(READ))}."
        )
    found: list[Operation] = []
    ends, shapes = (
        {-1: -1},
        {-1: model.input_shape},
    )  # of each node: the operation that gives its value, and its shape
    for i, node in enumerate(graph.nodes):
        given = tuple(shapes[source.node] for source in node.sources)
        taken = given[0] if len(given) == 1 else given
        shapes[i] = node.layer.output_shape_for(taken)
        sources = tuple(ends[source.node] for source in node.sources)
        placed = Placed(node.layer, taken, shapes[i], labels.get(node.layer.name, node.layer.label))
        for operation in READ[type(node.layer).__name__](placed):
            found.append(replace(operation, sources=sources))
            sources = (len(found) - 1,)
        ends[i] = sources[0]
    last, shape = ends[graph.outputs[0].node], shapes[graph.outputs[0].node]
    if last != len(found) - 1:  # the output is not what was computed last
        found.append(Operation("reshape", model.name, shape, shape, {"shape": list(shape)}, sources=(last,)))
    return found


def refuse_others(operations: Iterable[Operation], known: Iterable[str], what: str, hint: str) -> None:
    """SettingError naming every layer that a format cannot carry."""
    known = set(known)
    strange = list(dict.fromkeys(f"{op.layer} ({op.kind})" for op in operations if op.kind not in known))
    if strange:
        raise SettingError(f"{what} cannot carry {', '.join(strange)}. {hint}")


def refuse_branches(operations: Iterable[Operation], what: str) -> None:
    """SettingError where an operation takes anything but what was computed just before it."""
    for i, op in enumerate(operations):
        if op.sources != (i - 1,):
            raise SettingError(
                f"{what} carries chains of layers; {op.layer} joins branches. Use --to onnx or py."
            )
