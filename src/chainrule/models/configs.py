"""A model's architecture as Keras stores it: layers, and for networks of any shape who is fed by whom."""

import math
from collections.abc import Callable
from typing import Any

from chainrule import layers as layers_module
from chainrule.errors import FileError
from chainrule.files.inner_folders import MODELS
from chainrule.layers import InputLayer, symbolic
from chainrule.layers.symbolic import Call, Tensor

Config = dict[str, Any]
Shape = tuple[int, ...]
Place = tuple[str, int, int]
LARGEST_OUTPUT = 1 << 28  # numbers that one example may become in a layer
KINDS: dict[str, Any] = {}  # "Sequential" and "Functional", set where these two classes are written


def layer_from(entry: Any) -> Any:
    """A layer, or a model that is used as one, from its stored form."""
    if isinstance(entry, dict) and entry.get("class_name") in MODELS:
        kind = KINDS["Sequential" if entry["class_name"] == "Sequential" else "Functional"]
        return kind.from_config(dict(entry.get("config") or {}))
    return layers_module.deserialize(entry)


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def functional_config(model: Any) -> Config:
    """The settings of a Functional: each layer with the calls that belong to the model."""
    numbers = {id(call): k for layer in model.layers for k, call in enumerate(own_calls(model, layer))}
    entries = []
    for layer in model.layers:
        calls = [] if isinstance(layer, InputLayer) else own_calls(model, layer)
        entries.append(
            layers_module.serialize(layer)
            | {"name": layer.name, "inbound_nodes": [node_config(call, numbers) for call in calls]}
        )
    return {
        "name": model.name,
        "trainable": True,
        "layers": entries,
        "input_layers": [place_of(value, numbers) for value in model.inputs],
        "output_layers": by_name(
            [place_of(value, numbers) for value in model.outputs], getattr(model, "answer_names", None)
        ),
    }


def by_name(values: list[Any], names: Any) -> Any:
    """Values as a list, or by their names where there are some."""
    return dict(zip(names, values, strict=True)) if names else values


def own_calls(model: Any, layer: Any) -> list[Call]:
    """The calls of a layer within a model."""
    return [call for call in model.ordered if call.layer is layer]


def place_of(value: Tensor, numbers: dict[int, int]) -> list[Any]:
    """[layer, which of its calls, which of its outputs]."""
    return [value.name, numbers[id(value.call)], value.index]


def node_config(call: Call, numbers: dict[int, int]) -> Config:
    """One call, as Keras 3 stores it."""
    given = [
        {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": list(value.shape),
                "dtype": "float32",
                "keras_history": place_of(value, numbers),
            },
        }
        for value in call.inputs
    ]
    return {"args": call.layer.stored_arguments(given) if hasattr(call.layer, "stored_arguments") else arguments(given),
            "kwargs": dict(getattr(call.layer, "call_settings", {})) | said(call)}  # fmt: skip


def said(call: Call) -> dict[str, bool]:
    """What a call said of `training`, as Keras stores it."""
    return {} if call.training is None else {"training": call.training}


def arguments(given: list[Any]) -> list[Any]:
    """One input as one argument, several as a list."""
    return given if len(given) == 1 else [given]


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def functional_from(config: Config, weights: dict[str, Any] | None = None) -> Any:
    """A Functional from its stored settings. weights: of layers by name; the others are drawn."""
    made: dict[str, Any] = {}
    fields: dict[str, list[dict[str, bool]]] = {}  # what each of a layer's calls says beside its inputs
    for name, entry in named(config).items():
        nodes = entry.get("inbound_nodes") or []
        fields[name] = [dict(node.get("kwargs") or {}) if isinstance(node, dict) else {} for node in nodes]
        made[name] = layer_from(entry)
        made[name].name = name
        if weights and name in weights:
            made[name].params = weights[name]
    inputs, outputs = walk(
        config, made, symbolic.input_tensor, lambda layer, given, k: layer(*given, **fields[layer.name][k])
    )
    named_outputs = config["output_layers"] if isinstance(config["output_layers"], dict) else None
    inputs, outputs = (values[0] if len(values) == 1 else values for values in (inputs, outputs))
    if named_outputs:
        outputs = by_name(outputs if isinstance(outputs, list) else [outputs], named_outputs)
    return KINDS["Functional"](inputs, outputs, name=config.get("name"))


def named(config: Config) -> dict[str, Any]:
    """The entries of a stored graph by their names."""
    return {str(entry.get("name") or entry["config"]["name"]): entry for entry in config.get("layers", [])}


def walk(
    config: Config, layers: dict[str, Any], begin: Callable[[Any], Any], call: Callable[[Any, tuple[Any, ...], int], Any]
) -> tuple[list[Any], list[Any]]:  # fmt: skip
    """Goes through a stored graph in an order in which inputs are known; the values of its inputs and outputs.

    begin: the value of an InputLayer.  call: what a layer gives for a call's arguments (its k-th call), a list where it gives several.
    """
    values: dict[Place, Any] = {}
    waiting = []
    entries = named(config)
    for name, layer in layers.items():
        if entries[name]["class_name"] == "InputLayer":
            values[name, 0, 0] = begin(layer)
        else:
            nodes = entries[name].get("inbound_nodes") or []
            waiting += [(name, k, [place(one) for one in node["args"]]) for k, node in enumerate(nodes)]
    while waiting:
        ready = [one for one in waiting if all(where in values for where in flat(one[2]))]
        if not ready:
            raise FileError(f"its graph does not hang together: nothing feeds {waiting[0][0][:80]!r}")
        for name, k, arguments in ready:
            given = tuple(
                [values[w] for w in one] if isinstance(one, list) else values[one] for one in arguments
            )
            result = call(layers[name], given, k)
            for index, value in enumerate(result if isinstance(result, list) else [result]):
                values[name, k, index] = value
        waiting = [one for one in waiting if one not in ready]
    try:
        inputs, outputs = (
            [values[tuple(one)] for one in (ends.values() if isinstance(ends, dict) else ends)]
            for ends in (config["input_layers"], config["output_layers"])
        )
    except KeyError as problem:
        raise FileError(f"its graph names {problem.args[0]!r}, which is not there") from None
    return inputs, outputs


def flat(given: Any) -> list[Place]:
    """All places in a call's arguments."""
    return [where for one in given for where in flat(one)] if isinstance(given, list) else [given]


def place(argument: Any) -> Any:
    """One argument of a call: a stored tensor, or a list of them."""
    if isinstance(argument, list):
        return [place(one) for one in argument]
    name, node, index = argument["config"]["keras_history"]
    return name, node, index


# ── what a stored model needs, without taking memory for it ──────────────────────────────────────────────────────


def planned(stored: Config, shape: Any = None) -> tuple[list[list[Shape]], Any]:
    """The weight shapes of each entry of a stored model (those of a model within it together), and its output's shape.

    shape: of one example, where the model is a layer of another; a tuple of shapes for several inputs.
    """
    config = stored["config"]
    if stored["class_name"] == "Sequential":
        found = []
        for entry in config["layers"]:
            needed, shape = planned_entry(entry, shape)
            found.append(needed)
        return found, shape
    needs: dict[str, list[Shape]] = {}
    given = list(shape if symbolic.is_several(shape) else (shape,)) if shape is not None else []
    wanted = [one[0] for one in config["input_layers"]]
    starts = dict(zip(wanted, given, strict=True)) if given else {}

    def begin(entry: Config) -> Any:
        name = entry.get("name") or entry["config"]["name"]
        return starts.get(name) or layers_module.deserialize(entry).declared_shape

    def call(entry: Config, arguments: tuple[Any, ...], _: int) -> Any:
        shapes = tuple(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
        several = len(arguments) > 1 or isinstance(arguments[0], list)
        needed, out = planned_entry(entry, shapes if several else shapes[0])
        needs.setdefault(entry["name"], needed)
        return list(out) if symbolic.is_several(out) else out

    entries = {name: entry | {"name": name} for name, entry in named(config).items()}
    _, outputs = walk(config, entries, begin, call)
    return [needs.get(name, []) for name in entries], outputs[0] if len(outputs) == 1 else tuple(outputs)


def planned_entry(entry: Config, shape: Any) -> tuple[list[Shape], Any]:
    """The weight shapes of a layer or of a model used as one, and the shape of its output."""
    if entry["class_name"] in MODELS:
        needed, out = planned(entry, shape)
        return [one for layer in needed for one in layer], out
    layer = layers_module.deserialize(entry)
    shape = layer.declared_shape if shape is None else shape
    if shape is None:
        raise FileError("it does not say the shape of its input, so its weights cannot be checked")
    needed_by_name = layer.weight_shapes(shape)
    out = layer.output_shape_for(shape)
    each: Any = out if symbolic.is_several(out) else (out,)
    for one in each:
        size = math.prod([n for n in one if n is not None])
        if size > LARGEST_OUTPUT and not needed_by_name:  # where there are weights, they must be in the file
            raise FileError(
                f"one example would become {size:,} numbers in {entry['class_name']} {layer.name!r}; up to {LARGEST_OUTPUT:,} are computed"
            )
    return [needed_by_name[name] for name in layer.weight_names if name in needed_by_name], out


def array_counts(model: Any) -> list[int]:
    """How many arrays each entry of a model's configuration has, for the layout of files."""
    return [len(entry.get_weights()) for entry in entries_of(model)]


def entries_of(model: Any) -> list[Any]:
    """The layers of a model as its configuration lists them: an input in front, where it is not among them."""
    first = model.input_layer
    return [*([first] if first is not None and first not in model.layers else []), *model.layers]


def with_counts(model: Any, stored: Config) -> Config:
    """A configuration in which models within say how many arrays each of their layers has."""
    layers = []
    for layer, entry in zip(entries_of(model), stored["config"]["layers"], strict=True):
        if hasattr(layer, "layers"):
            entry = with_counts(layer, entry) | {"counts": array_counts(layer)}
        layers.append(entry)
    return stored | {"config": stored["config"] | {"layers": layers}}
