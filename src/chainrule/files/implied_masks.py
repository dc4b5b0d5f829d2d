"""Masks that Keras 3 writes into a stored graph, although every layer passes them by itself.

Behind Embedding(mask_zero=True) or Masking a stored graph has steps that compute the mask, NotEqual(x, 0), and layers
that are called with it. Chainrule's layers pass the same masks without being told, so both are taken out; a mask that
somebody computed in another way stays, and is refused where the graph is read.
"""

from typing import Any

Config = dict[str, Any]
Place = tuple[Any, ...]
STEPS = (
    "NotEqual",
    "Any",
    "All",
    "ExpandDims",
    "Concatenate",
    "LogicalOr",
    "LogicalAnd",
    "Squeeze",
    "BroadcastTo",
    "OnesLike",
)
ARGUMENTS = ("mask", "query_mask", "value_mask", "key_mask")


def without_implied_masks(entries: list[Any], outputs: Any) -> list[Any]:
    """The layers of a stored graph without the masks that follow from its layers. outputs: the graph's, as stored."""
    if not all(isinstance(entry, dict) for entry in entries):
        return entries
    steps = {str(entry.get("name")): entry for entry in entries if is_step(entry)}
    if not steps:
        return entries
    begun = beginnings(entries)
    taken = set[str]()

    def follows(value: Any) -> bool:
        """Whether a value is a mask that layers pass by themselves."""
        if value is None:
            return True
        if isinstance(value, list):
            return all(follows(one) for one in value)
        where = place_of(value)
        step = steps.get(str(where[0])) if where else None
        if step is None:
            return False
        nodes = step.get("inbound_nodes") or [{}]
        given = nodes[0].get("args", []) if isinstance(nodes[0], dict) else []
        places = [one for one in tensors(given) if place_of(one)]
        if step["class_name"] == "NotEqual":
            found = len(given) == 2 and (place_of(given[0]), given[1]) in begun
        else:
            found = bool(places) and all(follows(one) for one in places)
        if found:
            taken.add(str(step.get("name")))
        return found

    changed = [with_calls(entry, follows) for entry in entries]
    while True:  # steps that nothing needs any more
        needed = {
            str(place_of(one)[0])
            for one in tensors([e.get("inbound_nodes") for e in changed])
            if place_of(one)
        }
        needed |= {
            str(one[0])
            for one in (outputs if isinstance(outputs, list) else [])
            if isinstance(one, list) and one
        }
        left = [e for e in changed if str(e.get("name")) not in taken or str(e.get("name")) in needed]
        if len(left) == len(changed):
            return left
        changed = left


def is_step(entry: Config) -> bool:
    """Whether a stored layer is a function of which Keras makes masks; an .h5 does not say where a class is from."""
    module = entry.get("module")
    called = entry.get("class_name") in STEPS and (module is None or str(module).startswith("keras.src.ops"))
    return called and (module is not None or entry["class_name"] != "Concatenate")


def beginnings(entries: list[Config]) -> list[tuple[Place, Any]]:
    """What the layers that begin a mask look at, and the value that means "nothing here"."""
    found = []
    for entry in entries:
        config = entry.get("config") or {}
        if entry.get("class_name") == "Masking":
            nothing = config.get("mask_value", 0.0)
        elif config.get("mask_zero") is True:
            nothing = 0
        else:
            continue
        nodes = entry.get("inbound_nodes")
        for node in nodes if isinstance(nodes, list) else []:
            found += [
                (place_of(one), nothing)
                for one in tensors(node.get("args") if isinstance(node, dict) else [])[:1]
            ]
    return found


def with_calls(entry: Config, follows: Any) -> Config:
    """A layer, called without the masks that it is given anyway."""
    nodes = entry.get("inbound_nodes")
    if is_step(entry) or not isinstance(nodes, list):
        return entry
    kept = []
    for node in nodes:
        settings = node.get("kwargs") if isinstance(node, dict) else None
        if isinstance(settings, dict):
            rest = {k: v for k, v in settings.items() if k not in ARGUMENTS or v is None or not follows(v)}
            node = node | {"kwargs": rest}
        kept.append(node)
    return entry | {"inbound_nodes": kept}


def tensors(value: Any) -> list[Any]:
    """All stored values of a network within lists and dicts."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value]
        return [found for one in value.values() for found in tensors(one)]
    return [found for one in value for found in tensors(one)] if isinstance(value, list) else []


def place_of(value: Any) -> Place:
    """(layer, which of its calls, which of its outputs) of a stored value; () of anything else."""
    config = value.get("config") if isinstance(value, dict) else None
    history = config.get("keras_history") if isinstance(config, dict) else None
    return tuple(history) if isinstance(history, list) and len(history) == 3 else ()
