"""A model's architecture as Keras stores it: layers, and for networks of any shape who is fed by whom."""

from typing import Any

from chainrule import layers as layers_module
from chainrule.errors import FileError, SettingError
from chainrule.layers import InputLayer, symbolic
from chainrule.layers.symbolic import Call, Tensor

Config = dict[str, Any]
MODELS = ("Sequential", "Functional", "Model")


def layer_from(entry: Any) -> Any:
    """A layer, or a model that is used as one, from its stored form."""
    from chainrule.models.functional import Functional
    from chainrule.models.sequential import Sequential

    if isinstance(entry, dict) and entry.get("class_name") in MODELS:
        kind = Sequential if entry["class_name"] == "Sequential" else Functional
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
        "output_layers": [place_of(value, numbers) for value in model.outputs],
    }


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
            "kwargs": dict(getattr(call.layer, "call_settings", {}))}  # fmt: skip


def arguments(given: list[Any]) -> list[Any]:
    """One input as one argument, several as a list."""
    return given if len(given) == 1 else [given]


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def functional_from(config: Config) -> Any:
    """A Functional from its stored settings: layers are made, then called in an order in which their inputs are known."""
    from chainrule.models.functional import Functional

    entries = {str(entry.get("name") or entry["config"]["name"]): entry for entry in config.get("layers", [])}
    made = {name: layer_from(entry) for name, entry in entries.items()}
    values: dict[tuple[str, int, int], Tensor] = {}
    waiting = []
    for name, layer in made.items():
        layer.name = name
        if isinstance(layer, InputLayer):
            values[name, 0, 0] = symbolic.input_tensor(layer)
        for k, node in enumerate(entries[name].get("inbound_nodes") or []):
            waiting.append((name, k, *sources(node, name)))
    while waiting:
        ready = [entry for entry in waiting if all(place in values for place in flat(entry[2]))]
        if not ready:
            raise FileError(f"its graph does not hang together: nothing feeds {waiting[0][0][:80]!r}")
        for name, k, given, settings in ready:
            handed = [[values[p] for p in one] if isinstance(one, list) else values[one] for one in given]
            result = made[name](*handed, **settings)
            for index, value in enumerate(result if isinstance(result, list) else [result]):
                values[name, k, index] = value
        waiting = [entry for entry in waiting if entry not in ready]
    try:
        ends = [
            [values[place] for place in ends_of(config[key])] for key in ("input_layers", "output_layers")
        ]
    except KeyError as problem:
        raise FileError(f"its graph names {problem.args[0]!r}, which is not there") from None
    inputs, outputs = ([v[0] if len(v) == 1 else v][0] for v in ends)
    return Functional(inputs, outputs, name=config.get("name"))


def flat(given: Any) -> list[tuple[str, int, int]]:
    """All places in a call's arguments."""
    return [place for one in given for place in (one if isinstance(one, list) else [one])]


# What a call may say beside its inputs: settings of attention; first states of recurrent layers, which are inputs.
CALL_SETTINGS = frozenset(["return_attention_scores", "use_causal_mask"])
SILENT = frozenset(["mask", "training"])


def sources(node: Any, name: str) -> tuple[list[Any], dict[str, bool]]:
    """A stored call's arguments, each a place or a list of places, and what it says beside them."""
    try:
        if isinstance(node, dict):  # Keras 3
            named = {k: v for k, v in (node.get("kwargs") or {}).items() if v not in (None, False, [], {})}
            extra = set(named) - SILENT - CALL_SETTINGS - {"initial_state"}
            if extra:
                raise SettingError(
                    f"the layer {name!r} is called with {', '.join(sorted(extra))}, which is not supported"
                )
            given = [place(argument) for argument in node["args"] if argument is not None]
            given += [place(named["initial_state"])] if "initial_state" in named else []
            return given, dict.fromkeys(CALL_SETTINGS & named.keys(), True)
        links = [
            (str(link[0]), int(link[1]), int(link[2])) for link in node
        ]  # Keras 2: [["flatten", 0, 0, {}]]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise FileError(f"its graph is damaged where {name[:80]!r} is called") from None
    return [links[0] if len(links) == 1 else links], {}


def place(argument: Any) -> Any:
    """One argument of a call: a stored tensor, or a list of them."""
    if isinstance(argument, list):
        return [place(one) for one in argument]
    history = argument["config"]["keras_history"]
    return str(history[0]), int(history[1]), int(history[2])


def ends_of(value: Any) -> list[tuple[str, int, int]]:
    """Inputs or outputs as places: ["a", 0, 0], [["a", 0, 0], ...] or a dict of those."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = [value]
    return [(str(one[0]), int(one[1]), int(one[2])) for one in value]
