"""A model stored as a graph of layers (Keras's Functional form): read as a chain, if it is one, else node by node."""

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


def is_chain(config: Config) -> bool:
    """Whether a stored graph is one path from one input to one output."""
    try:
        chain(config)
    except FileError:
        return False
    return True


def nodes(entry: Config, name: str) -> list[Config]:
    """How a layer is called, every era's spelling as Keras 3's: {"args": [where each input comes from], "kwargs": {}}."""
    found = entry.get("inbound_nodes")
    if not isinstance(found, list) or len(found) > MOST_CALLS:
        raise FileError(f"has a graph in which {name[:80]!r} is called in no way that is known.")
    return [_node(node, name) for node in found]


MOST_CALLS = 1_000


def _node(node: Any, name: str) -> Config:
    try:
        if isinstance(node, dict):  # Keras 3
            settings = {
                k: v
                for k, v in dict(node.get("kwargs") or {}).items()
                if k == "training" or v not in (None, False, [], {})
            }
            args = [_places(argument) for argument in node["args"]]
        else:  # Keras 2: [["flatten", 0, 0, {}], ...]
            settings = {
                k: v
                for link in node
                for k, v in dict(link[3] if len(link) > 3 else {}).items()
                if v is not None
            }
            links = [_tensor(link[:3]) for link in node]
            args = links if len(links) == 1 else [links]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise FileError(f"has a graph that is damaged where {name[:80]!r} is called.") from None
    if "initial_state" in settings:  # of a recurrent layer: inputs like any other
        args.append(_places(settings.pop("initial_state")))
    if strange := [word for word in settings if word != "training" and word not in CALL_SETTINGS]:
        raise FileError(
            f"has a graph in which {name[:80]!r} is called with {', '.join(map(str, strange))[:80]}."
        )
    said = {"training": settings["training"]} if isinstance(settings.get("training"), bool) else {}
    return {"args": args, "kwargs": dict.fromkeys(sorted(CALL_SETTINGS & settings.keys()), True) | said}


CALL_SETTINGS = frozenset(["return_attention_scores", "use_causal_mask"])  # of attention


def _places(argument: Any) -> Any:
    if isinstance(argument, list):
        return [_places(one) for one in argument]
    return _tensor(argument["config"]["keras_history"], argument["config"].get("shape"))


def _tensor(history: Any, shape: Any = None) -> Config:
    layer, node, index = history
    if not isinstance(layer, str) or not all(
        isinstance(n, int) and 0 <= n < MOST_CALLS for n in (node, index)
    ):
        raise TypeError("no place in a graph")
    sizes = [n if isinstance(n, int) else None for n in shape] if isinstance(shape, list) else [None]
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": sizes, "dtype": "float32", "keras_history": [layer, node, index]},
    }


def ends(config: Config, which: str) -> list[list[Any]]:
    """The model's inputs or outputs as [layer, call, output]."""
    value = listed_ends(config.get(which))
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = [value]
    try:
        return [_tensor(one[:3])["config"]["keras_history"] for one in value]
    except (TypeError, ValueError, KeyError):
        raise FileError(f"has a graph without {which.replace('_', ' ')} that are known.") from None


def listed_ends(value: Any) -> Any:
    """Stored inputs or outputs without the names that they were given."""
    return list(value.values()) if isinstance(value, dict) else value


def named_ends(config: Config) -> Any:
    """The model's outputs as [layer, call, output], by name where they were given so."""
    found, value = ends(config, "output_layers"), config.get("output_layers")
    return dict(zip(map(str, value), found, strict=True)) if isinstance(value, dict) else found


def must_hang_together(layers: list[Config], outputs: list[list[Any]]) -> None:
    """FileError for a graph with a circle, with a layer that nothing feeds, or with one that leads nowhere."""
    used = {
        where[0] for layer in layers for node in layer["inbound_nodes"] for where in _histories(node["args"])
    }
    for layer in layers:
        if layer["name"] not in used | {where[0] for where in outputs}:
            raise FileError(f"has a graph in which the layer {layer['name'][:80]!r} leads nowhere.")
    fed: set[tuple[str, int]] = {
        (layer["name"], 0) for layer in layers if layer["class_name"] == "InputLayer"
    }
    waiting = [
        ((layer["name"], k), {tuple(where[:2]) for where in _histories(node["args"])})
        for layer in layers
        if layer["class_name"] != "InputLayer"
        for k, node in enumerate(layer["inbound_nodes"])
    ]
    while waiting:
        ready = [call for call, needs in waiting if needs <= fed]
        if not ready:
            raise FileError(
                f"has a graph with a circle, or in which nothing feeds {waiting[0][0][0][:80]!r}."
            )
        fed |= set(ready)
        waiting = [one for one in waiting if one[0] not in fed]


def _histories(args: Any) -> list[list[Any]]:
    if isinstance(args, list):
        return [one for argument in args for one in _histories(argument)]
    return [args["config"]["keras_history"]]
