"""Model configurations of every era of Keras, brought into one form: that of Keras 3, for a plain chain of layers.

    {"class_name": "Sequential", "config": {"name": ..., "layers": [{"class_name", "config"}, ...]}}

The first layer is an InputLayer wherever the shape of the input is known.
"""

import re
from typing import Any

from chainrule.errors import FileError
from chainrule.files import allowed_names as names
from chainrule.files import cudnn, keras_1, keras_operations
from chainrule.files.implied_masks import without_implied_masks
from chainrule.files.inner_folders import INSIDE, MODELS, WRAPPERS
from chainrule.files.keras_2 import of_keras_2
from chainrule.files.keras_graph import (
    chain,
    ends,
    is_chain,
    listed_ends,
    must_hang_together,
    named_ends,
    nodes,
)
from chainrule.files.serialized import class_name, plain

LAYERS, NAME = 10_000, 512
DEEPEST = 8  # models within models
IN_LAYERS = (
    names.INITIALIZERS | names.REGULARIZERS | names.CONSTRAINTS | names.ACTIVATION_LAYERS | {"function"}
)
# settings of one Keras version that mean nothing when they are not set
SILENT_WHEN_NONE = frozenset(["quantization_config", "lora_rank", "input_axes", "output_axes"])
SWITCHES = frozenset(
    ["use_bias", "trainable", "center", "return_sequences", "return_state", "go_backwards", "stateful", "unroll",
     "reset_after", "mask_zero", "zero_output_for_mask", "unit_forget_bias", "supports_masking", "ragged", "sparse"]
)  # fmt: skip
NUMBERS = frozenset(
    ["axis", "momentum", "epsilon", "rate", "seed", "negative_slope", "alpha", "threshold", "max_value", "stddev", "dropout",
     "recurrent_dropout", "l1", "l2", "min_value", "mean", "minval", "maxval", "gain", "scale_factor", "theta", "factor"]
)  # fmt: skip
Config = dict[str, Any]


def model(raw: Config, version: object = None) -> Config:
    """Any stored model configuration in the one form; FileError names what does not belong there.

    version: of the Keras that wrote it, where the file says so elsewhere.
    """
    found = _model(raw, 0)
    if str(version or raw.get("keras_version")).startswith(("1", "2.")):
        of_keras_2(found)
    return found


def _model(raw: Config, depth: int) -> Config:
    kind, config = class_name(raw, "the model"), raw.get("config")
    if isinstance(config, list):  # Keras before 2.2.3 stored the bare list of layers
        config = {"name": "sequential", "layers": config}
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise FileError("has a configuration without a list of layers. Is it a Keras model?")
    if kind not in ("Sequential", "Functional", "Model"):
        raise FileError(
            f"holds a model of class {kind[:80]!r}; Chainrule opens Sequential models and plain chains."
        )
    if len(config["layers"]) > LAYERS:
        raise FileError(f"has {len(config['layers']):,} layers; at most {LAYERS:,} are read.")
    if kind != "Sequential":
        left = without_implied_masks(config["layers"], listed_ends(config.get("output_layers")))
        config = config | {"layers": left}
    if kind != "Sequential" and (depth or not is_chain(config)):  # within another, its class names its folder
        return _graph(config, depth)
    entries = config["layers"] if kind == "Sequential" else chain(config)
    layers = [_layer(entry, index, depth) for index, entry in enumerate(entries)]
    shape = _input_shape(layers, config)
    if shape and layers[0]["class_name"] != "InputLayer":
        layers.insert(
            0, {"class_name": "InputLayer", "config": {"batch_shape": shape, "name": "input_layer"}}
        )
    _check_names(layers)
    name = config.get("name")
    return {
        "class_name": "Sequential",
        "config": {"name": _proper(name, "the model") if name else "sequential", "layers": layers},
    }


def _must_be_numbers(config: Config, keys: frozenset[str], where: str) -> None:
    """Refuses words where numbers belong, also in the settings of initializers, penalties and the like."""
    for key, value in config.items():
        if key in keys and isinstance(value, str):
            raise FileError(f"sets {key} of {where} to {value[:40]!r}, which should be a number.")
        if isinstance(value, dict) and isinstance(value.get("config"), dict):
            _must_be_numbers(value["config"], keys, f"{where}, {key},")


def _graph(config: Config, depth: int) -> Config:
    """A network with branches: its layers, each with the calls that feed it, its inputs and outputs."""
    layers = []
    for index, entry in enumerate(config["layers"]):
        layer = _layer(entry, index, depth)
        if layer["class_name"] != "InputLayer":
            layer["config"].pop("batch_input_shape", None)  # the calls say it
        name = _proper(entry.get("name") or layer["config"]["name"], f"layer {index}")
        if keras_operations.is_operation(entry):
            entry = keras_operations.read(entry, name)
        layers.append(layer | {"name": name, "inbound_nodes": nodes(entry, name)})
    if len({layer["name"] for layer in layers}) != len(layers):
        raise FileError("has two layers of one name in its graph; nobody can say who is fed by whom.")
    must_hang_together(layers, ends(config, "output_layers"))
    own = config.get("name")
    return {
        "class_name": "Functional",
        "config": {
            "name": _proper(own, "the model") if own else "functional", "trainable": True, "layers": layers,
            "input_layers": ends(config, "input_layers"), "output_layers": named_ends(config),
        },
    }  # fmt: skip


def _layer(entry: Any, index: int, depth: int) -> Config:
    if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
        raise FileError(f"has an entry in its list of layers, number {index}, that is no layer.")
    if keras_operations.is_operation(entry):
        own = entry.get("name") or entry["config"].get("name") or f"layer_{index}"
        found = keras_operations.read(entry, _proper(own, f"layer {index}"))
        return {key: found[key] for key in ("class_name", "config")}
    entry = cudnn.modern(keras_1.modern(entry))
    kind = class_name(entry, f"layer {index}")
    if kind in MODELS:
        if depth >= DEEPEST:
            raise FileError(f"has models within models, more than {DEEPEST} deep.")
        return _model(entry, depth + 1)
    if kind in names.REFUSED_LAYERS:
        raise FileError(
            f"holds a {kind} layer, and {names.REFUSED_LAYERS[kind]}. Chainrule does not open it."
        )
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]{0,63}", kind):
        raise FileError(f"names {kind[:80]!r} as layer {index}; that is not the name of a layer.")
    raw = {
        key: value
        for key, value in entry["config"].items()
        if value is not None or key not in SILENT_WHEN_NONE
    }
    raw.setdefault("name", f"layer_{index}")
    raw.pop("input_dtype", None)  # Keras 1 said it beside batch_input_shape
    name = _proper(raw.pop("name"), f"layer {index}")
    inside = {key: raw.pop(key) for key in INSIDE if kind in WRAPPERS and raw.get(key) is not None}
    config = {"name": name, **plain(raw, IN_LAYERS, f"layer {name!r}")}
    for key, inner in inside.items():
        inner = cudnn.modern(inner) if isinstance(inner, dict) else inner
        if not isinstance(inner, dict) or inner.get("class_name") not in names.INNER_LAYERS:
            named = str(inner.get("class_name") if isinstance(inner, dict) else inner)[:80]
            raise FileError(f"puts {named!r} into layer {name!r}; that is not a layer that may stand there.")
        config[key] = _layer(inner, index, depth)
    if kind == "Operation":
        keras_operations.own_entry(config, name)
    for key in SWITCHES & config.keys():
        if not isinstance(config[key], bool):
            raise FileError(
                f"sets {key} of layer {name!r} to {str(config[key])[:40]!r}, which should be true or false."
            )
    _must_be_numbers(config, NUMBERS, f"layer {name!r}")
    if kind == "InputLayer" and "batch_input_shape" in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    if kind == "BatchNormalization" and isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]  # TF-Keras 2
    layer = {"class_name": kind, "config": config}
    for part in [layer, *(value for value in config.values() if isinstance(value, dict))]:
        if part.get("class_name") == "LeakyReLU" and "alpha" in part["config"]:  # Keras 2
            part["config"]["negative_slope"] = part["config"].pop("alpha")
        if part.get("class_name") in names.INITIALIZERS:
            _modern_initializer(part["config"])
    return layer


def _modern_initializer(config: Config) -> None:
    config.pop("dtype", None)  # Keras before 2.4; the layer's dtype counts
    for key in SILENT_WHEN_NONE & config.keys():
        if config[key] is None:
            del config[key]
    if config.get("distribution") == "normal":
        config["distribution"] = "truncated_normal"


def _input_shape(layers: list[Config], config: Config) -> list[int | None] | None:
    """The shape of the input with the batch in front, wherever this version wrote it; removed from there."""
    shape = config.get("build_input_shape")
    for layer in layers:
        inner = layer["config"].pop("batch_input_shape", None)  # Keras 2
        if layer is layers[0]:
            shape = inner or shape
    if shape is not None and not isinstance(shape, list):
        raise FileError("has an input shape that is not a list of sizes.")
    given = [layer["config"].get("batch_shape") for layer in layers if layer["class_name"] == "InputLayer"]
    for sizes in [*given, shape]:
        if sizes is not None and not (isinstance(sizes, list) and all(_size(size) for size in sizes)):
            raise FileError("has an input shape that is not a list of sizes.")
    return shape


def _size(size: object) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**40)


def _proper(name: object, where: str) -> str:
    """A name that can be stored and shown: printable, no longer than 512 bytes, leading nowhere."""
    if not isinstance(name, str) or not name or len(name.encode(errors="replace")) > NAME:
        raise FileError(f"has a name in {where} that is not text of 1 to {NAME} bytes.")
    if not name.isprintable() or ".." in name.split("/") or name[0] == "/" or "\\" in name:
        raise FileError(f"has a name in {where} that leads elsewhere or is not printable, {name[:80]!r}.")
    return name


def _check_names(layers: list[Config]) -> None:
    seen: set[str] = set()
    for index, layer in enumerate(layers):
        name = layer["config"]["name"]
        if name in seen:
            raise FileError(f"has two layers called {name!r}; nobody can say whose weights are whose.")
        if index and layer["class_name"] == "InputLayer":
            raise FileError(f"has a second input, {name!r}. Chainrule opens models with one.")
        seen.add(name)
