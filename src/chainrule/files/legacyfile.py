"""The older .h5 file: settings as attributes at its root, weights and optimizer state in groups by name."""

import json
from typing import Any

from chainrule.errors import FileError
from chainrule.files import allowed_names as names
from chainrule.files import cudnn, extras, hdf5, keras_1, keras_operations, keras_versions, layouts, safe_json
from chainrule.files.compiled import compiled, for_keras
from chainrule.files.digests import of_text
from chainrule.files.disk import Source
from chainrule.files.inner_folders import MODELS
from chainrule.files.kerasfile import VERSION
from chainrule.files.modelfile import ModelFile, Want
from chainrule.files.serialized import spelled
from chainrule.files.validate import assemble, planned

MODEL, TRAINING, WEIGHTS, OPTIMIZER = "model_config", "training_config", "model_weights", "optimizer_weights"


def decode(source: Source, want: Want) -> ModelFile:
    """A model from the bytes of an .h5 file."""
    root = hdf5.read(source)
    text, training = root.text(MODEL), root.text(TRAINING)
    weights = root.group(WEIGHTS)
    if text is None or weights is None:
        raise FileError(
            "holds weights or other data, but no model. Weights alone are read by model.load_weights."
        )
    more = extras.parsed(extras.sealed(root.text(extras.ATTRIBUTE), weights.text(extras.SEAL)))
    config = keras_versions.model(
        safe_json.parse_object(text, MODEL), version=root.text("keras_version") or "1"
    )
    settings = compiled(safe_json.parse_object(training, TRAINING)) if training else None
    model = ModelFile(config, [], settings, format="h5")
    shapes = planned(config, want)
    stored = layouts.by_name(weights, model.layers, shapes)
    stored = [
        cudnn.as_today(layer, keras_1.joined(layer, own))
        for layer, own in zip(model.layers, stored, strict=True)
    ]
    model.weight_names = [
        [dataset.path.rpartition("/")[2].partition(":")[0] for dataset in own] for own in stored
    ]
    optimizer = root.group(OPTIMIZER)
    try:
        optimizer_state = layouts.named(optimizer, OPTIMIZER) if optimizer else []
    except FileError:  # a list of names that are not there: Keras, too, begins the optimizer afresh
        optimizer_state = []
        model.notes.append("has an optimizer whose state cannot be read; training on begins it afresh")
    paths = [dataset.path for dataset in optimizer_state]
    return assemble(
        model, stored, optimizer_state, paths, shapes, more, {"config": text, "training": training}, want
    )


def encode(model: ModelFile) -> list[bytes | memoryview]:
    """The bytes of an .h5 file, in pieces."""
    spelling, own_schedule = for_keras(model.compile_config) if model.compile_config else (None, None)
    layers = [_entry(layer) for layer in model.layers]
    inside = model.config["config"] | {"name": model.name, "layers": layers}
    text = json.dumps({"class_name": model.config["class_name"], "config": inside})
    training = None
    root = hdf5.Folder({"keras_version": VERSION, "backend": "chainrule", MODEL: text})
    if spelling:
        optimizer = spelling.pop("optimizer")
        kept = {"class_name": optimizer["class_name"], "config": optimizer["config"]}
        training = json.dumps({**spelling, "optimizer_config": kept})
        root.attributes[TRAINING] = training
        if model.optimizer_weights:
            root.children[OPTIMIZER] = layouts.named_optimizer(kept["class_name"], model.optimizer_weights)
    given = layouts.weight_names(model.layers, model.weights, model.weight_names)
    weights = layouts.named_folder(model.name, model.layers, model.weights, given)
    more = extras.written(model, own_schedule, {"config": text, "training": training})
    weights.attributes |= {"keras_version": VERSION, "backend": "chainrule", extras.SEAL: of_text(more) or ""}
    root.attributes[extras.ATTRIBUTE] = more
    root.children[WEIGHTS] = weights
    return hdf5.encode(root)


def _entry(layer: dict[str, Any]) -> dict[str, Any]:
    if layer["class_name"] == "Operation" and (found := keras_operations.spelled(layer)):
        return found
    if layer["class_name"] == "Constant" and (found := keras_operations.constant(layer)):
        return found
    calls = {key: layer[key] for key in ("name", "inbound_nodes") if key in layer}
    if layer["class_name"] in MODELS:
        inside = layer["config"] | {"layers": [_entry(one) for one in layer["config"]["layers"]]}
        return {"class_name": layer["class_name"], "config": inside} | calls
    config = spelled(layer["config"], names.MODULES)
    if layer["class_name"] == "InputLayer" and "batch_shape" in config:
        config["batch_input_shape"] = config.pop(
            "batch_shape"
        )  # so TF-Keras 2 reads it too; Keras 3 knows both
    return {"class_name": layer["class_name"], "config": config} | calls
