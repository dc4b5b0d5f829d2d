"""A model stored as a graph of layers (Keras's Functional form), read as a chain, if it is one."""

from typing import Any

from chainrule.errors import FileError

Config = dict[str, Any]


def chain(config: Config) -> list[Config]:
    """The layers in the order in which data passes them.

    FileError for anything but one path from one input to one output: branches, cycles, missing or unused layers.
    """
    layers: dict[str, Config] = {}
    after: dict[str, str] = {}
    start: list[str] = []
    for entry in config["layers"]:
        name = entry.get("name") if isinstance(entry, dict) else None
        nodes = entry.get("inbound_nodes") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not isinstance(nodes, list) or name in layers or len(nodes) > 1:
            raise FileError(f"has a graph with a layer, {str(name)[:80]!r}, that is damaged or used twice.")
        layers[name] = entry
        if not nodes:
            start.append(name)
            continue
        before = _source(nodes[0], name)
        if before in after:
            raise FileError(
                f"has a graph that branches after {before[:80]!r}. Chainrule opens plain chains of layers."
            )
        after[before] = name
    ends = [_ends(config.get(key)) for key in ("input_layers", "output_layers")]
    if len(start) != 1 or ends[0] != start:
        raise FileError(
            "has a graph with a cycle, or without exactly one input. Chainrule opens plain chains of layers."
        )
    order = [start[0]]
    while order[-1] in after and len(order) <= len(layers):
        order.append(after[order[-1]])
        if order[-1] not in layers:
            raise FileError(f"has a graph that leads to a layer that is missing, {order[-1][:80]!r}.")
    if len(order) != len(layers) or ends[1] != [order[-1]]:
        raise FileError(
            "has a graph with a cycle, a missing layer, or layers that lead nowhere. It is not opened."
        )
    return [layers[name] for name in order]


def _source(node: Any, name: str) -> str:
    """The one layer that a node takes its input from."""
    try:
        if isinstance(node, dict):  # Keras 3
            (tensor,) = node["args"]
            settings, history = node.get("kwargs"), tensor["config"]["keras_history"]
        else:  # Keras 2: [["flatten", 0, 0, {}]]
            (link,) = node
            settings, history = (link[3] if len(link) > 3 else {}), link[:3]
        before, node_index, tensor_index = history
    except (KeyError, TypeError, ValueError, IndexError):
        raise FileError(f"has a graph in which {name[:80]!r} does not have exactly one input.") from None
    if (
        not isinstance(before, str)
        or (node_index, tensor_index) != (0, 0)
        or any(dict(settings or {}).values())
    ):
        raise FileError(f"has a graph in which {name[:80]!r} is called in a way that is no plain chain.")
    return before


def _ends(value: Any) -> list[str]:
    """The layers named as inputs or outputs: ["a", 0, 0] or [["a", 0, 0]]."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, list) and item for item in value):
        return []
    return [str(item[0]) for item in value]
