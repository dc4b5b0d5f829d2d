"""The .keras archive of Keras 3: config.json, metadata.json, model.weights.h5, and our own chainrule.json."""

import json
from typing import Any

from chainrule.errors import FileError
from chainrule.files import allowed_names as names
from chainrule.files import archive, extras, hdf5, keras_operations, keras_versions, layouts, safe_json
from chainrule.files.compiled import compiled, for_keras
from chainrule.files.disk import Source
from chainrule.files.inner_folders import MODELS
from chainrule.files.modelfile import ModelFile, Want
from chainrule.files.serialized import spelled
from chainrule.files.validate import assemble, planned

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
VERSION = "3.15.1"  # the Keras whose form this is
LARGEST = 1 << 30  # of a packed member; Keras does not pack


def decode(source: Source, want: Want) -> ModelFile:
    """A model from the bytes of a .keras file."""
    members = archive.read(source)
    if CONFIG not in members:
        hint = " It looks like a PyTorch file." if any(name.endswith("data.pkl") for name in members) else ""
        raise FileError(f"is an archive, but no model of Keras: it has no {CONFIG}.{hint}")
    for member in members.values():
        if member.data.read(0, min(4, member.data.size)) == archive.LOCAL:
            raise FileError(f"has another archive in it ({member.name}). It is not opened.")
    text = members[CONFIG].read(safe_json.BYTES)
    raw = safe_json.parse_object(text, CONFIG)
    own = extras.MEMBER
    more = extras.parsed(members[own].read(safe_json.BYTES) if own in members else None)
    config = keras_versions.model(raw, version=_version(members))
    model = ModelFile(config, [], compiled(raw.get("compile_config")), format="keras")
    shapes = planned(config, want)
    root = hdf5.read(weights_of(members))
    stored = layouts.by_number(root, model.layers)
    optimizer_state = layouts.optimizer_by_number(root)
    return assemble(model, stored, optimizer_state, None, shapes, more, {"config": text.decode()}, want)


def _version(members: dict[str, archive.Member]) -> object:
    """Which Keras says that it wrote the archive; None where that cannot be read."""
    if METADATA not in members:
        return None
    try:
        return safe_json.parse_object(members[METADATA].read(safe_json.BYTES), METADATA).get("keras_version")
    except FileError:  # nothing else depends on it
        return None


def weights_of(members: dict[str, archive.Member]) -> Source:
    """The archive's HDF5 file, its checksum checked."""
    if WEIGHTS not in members:
        raise FileError(f"has no {WEIGHTS} in it. Save the model again with Keras.")
    return members[WEIGHTS].opened(LARGEST, b"\x89HDF")


def encode(model: ModelFile) -> list[bytes | memoryview]:
    """The bytes of a .keras file, in pieces."""
    spelling, own_schedule = for_keras(model.compile_config) if model.compile_config else (None, None)
    text = json.dumps(_config(model, spelling))
    kind = spelling["optimizer"]["class_name"] if spelling else ""
    folder = layouts.numbered_folder(model.name, model.layers, model.weights, model.optimizer_weights, kind)
    more = extras.written(model, own_schedule, {"config": text})
    return archive.encode([
        (METADATA, [json.dumps({"keras_version": VERSION}).encode()]),
        (CONFIG, [text.encode()]),
        (WEIGHTS, hdf5.encode(folder)),
        (extras.MEMBER, [more.encode()]),
    ])  # fmt: skip


def _config(model: ModelFile, compile_config: dict[str, Any] | None) -> dict[str, Any]:
    config = spelled_model(model.config)
    if compile_config:
        config["compile_config"] = compile_config
    return config


def spelled_model(stored: dict[str, Any]) -> dict[str, Any]:
    """A model's configuration in Keras's own spelling, models within it included."""
    kind, inside = stored["class_name"], stored["config"]
    layers = [spelled_layer(layer) for layer in inside["layers"]]
    config = {
        "name": inside.get("name") or kind.lower(),
        "trainable": True,
        "dtype": "float32",
        "layers": layers,
    }
    if kind != "Sequential":
        del config["dtype"]
        config |= {key: inside[key] for key in ("input_layers", "output_layers")}
    module = "keras" if kind == "Sequential" else "keras.src.models.functional"
    return {
        "module": module,
        "class_name": kind,
        "config": config,
        "registered_name": None if kind == "Sequential" else kind,
    }


def spelled_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer's entry in Keras's own spelling; in a graph with its name and its calls."""
    kind = layer["class_name"]
    if kind == "Operation" and (found := keras_operations.spelled(layer)):
        return found
    if kind == "Constant" and (found := keras_operations.constant(layer)):
        return found
    entry = spelled_model(layer) if kind in MODELS else {
        "module": "keras.layers", "class_name": kind, "config": spelled(layer["config"], names.MODULES), "registered_name": None,
    }  # fmt: skip
    return entry | {key: layer[key] for key in ("name", "inbound_nodes") if key in layer}
