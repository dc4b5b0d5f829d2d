"""Models to files and back. `files` knows the bytes, `layers` the classes; here the two meet.

How a model learns (losses, metrics, optimizers) is imported only where a file says it: who predicts need not wait.
"""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import files, layers
from chainrule.custom_objects import custom_object_scope
from chainrule.errors import ChainruleError, FileError, SettingError
from chainrule.files import ModelFile, allowed_names, keras_versions, serialized
from chainrule.layers import InputLayer, Layer

if TYPE_CHECKING:
    from chainrule.models.model import Model

Shape = tuple[int, ...]


def save_model(
    model: "Model", filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
    extras: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """Writes a model to a .keras or .h5 file that Keras opens too; returns the file's size in bytes."""
    path, content = _target(filepath, overwrite), to_file(model, extras)
    if not all(np.isfinite(array).all() for own in content.weights for array in own):
        warnings.warn(f"{path}: the model is saved with weights that are NaN or infinite; its answers mean nothing.", stacklevel=3)
    return files.save(path, content, include_optimizer=include_optimizer)


def load_model(
    filepath: Any,
    custom_objects: Any = None,
    compile: bool = True,  # noqa: A002 (Keras's name)
    safe_mode: bool = True,
) -> "Model":
    """A model from a .keras or .h5 file, Keras's or ours. Loading is parsing: nothing in a file can run.

    compile=False leaves out how it learned, which is faster when it only predicts.
    """
    if custom_objects:
        with custom_object_scope(custom_objects):
            return load_model(filepath, compile=compile, safe_mode=safe_mode)
    if not safe_mode:
        raise SettingError("safe_mode=False is not supported: loading never runs code from a file.")
    stored = files.load(os.fspath(filepath), plan_of, optimizer=compile)
    return from_file(stored, compile)


def model_to_json(model: Any) -> str:
    """A model's architecture as text, which Keras reads, too."""
    import json

    modules = allowed_names.MODULES | dict.fromkeys(layers.CLASSES, "keras.layers") | {"Sequential": "keras"}
    return json.dumps(serialized.spelled({"class_name": "Sequential", "config": model.get_config()}, modules))


def model_from_json(text: str) -> "Model":
    """A new model of an architecture that `to_json` wrote, Chainrule's or Keras's."""
    import json

    from chainrule.models import Sequential

    try:
        entry = json.loads(text)
        return Sequential.from_config(
            keras_versions.model(entry if isinstance(entry, dict) else {})["config"]
        )
    except (ValueError, TypeError) as problem:
        raise SettingError(f"The text is not a Sequential model's architecture: {problem}") from None


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_file(model: "Model", extras: dict[str, Any] | None = None) -> ModelFile:
    """All that a file holds of a model."""
    model.build()
    entries: list[Layer] = [*([model.input_layer] if model.input_layer else []), *model.layers]
    compiled = model.optimizer is not None and model.loss_object is not None
    return ModelFile(
        config={"class_name": "Sequential", "config": model.get_config()},
        weights=[entry.get_weights() for entry in entries],
        compile_config=compile_config(model) if compiled else None,
        optimizer_weights=optimizer_to_list(model)
        if compiled and model.optimizer_state is not None
        else None,
        extras=model.extras if extras is None else extras,
        format="keras",
        weight_names=[[name for name in entry.weight_names if name in entry.params] for entry in entries],
    )


def compile_config(model: "Model") -> dict[str, Any]:
    """How the model learns, as Keras stores it."""
    from chainrule import losses, metrics, optimizers

    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": one_or_many(model.asked.losses(model.output_names), losses.serialize),
        "loss_weights": model.asked.weights,
        "metrics": one_or_many(
            model.asked.metrics_by_output(model.output_names), lambda own: [metrics.serialize(m) for m in own]
        ),
        "weighted_metrics": None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": True,
    }


def one_or_many(values: list[Any], write: Callable[[Any], Any]) -> Any:
    """What is stored for one output, or a list with one entry for each."""
    found = [None if value is None else write(value) for value in values]
    return found[0] if len(found) == 1 else found


def learned(model: "Model") -> list[tuple[int, str]]:
    """The places (entry of the weights, weight) that learn, in Keras's order of variables."""
    entries = {id(layer): i for i, layer in enumerate(model.learning_graph.layers)}
    return [
        (entries[id(layer)], name)
        for layer in model.flat_layers
        if layer.trainable and id(layer) in entries
        for name in layer.learned_names
        if name in layer.params
    ]


def slot_places(model: "Model") -> list[tuple[str, int, str]]:
    """The places (slot, link, weight) of the optimizer's memory, in the order in which Keras stores them."""
    slots, places = model.optimizer.slots, learned(model)
    if model.optimizer.slots_by_variable:
        return [(slot, i, name) for i, name in places for slot in slots]
    return [(slot, i, name) for slot in slots for i, name in places]


def optimizer_to_list(model: "Model") -> list[np.ndarray]:
    """The optimizer's memory as Keras lists it: iteration, learning rate (not with a schedule), slots, the rest."""
    head = [np.asarray(model.optimizer.iterations, np.int32)]
    if not is_scheduled(model):
        head.append(np.asarray(model.optimizer.learning_rate, np.float32))
    optimizer_state = [
        np.asarray(model.optimizer_state[slot][i][name]) for slot, i, name in slot_places(model)
    ]
    return head + optimizer_state + [np.asarray(model.optimizer_state[key]) for key in extra_keys(model)]


def extra_keys(model: "Model") -> list[str]:
    """What an optimizer remembers beside its slots (Nadam's product)."""
    return ["u_product"] if type(model.optimizer).__name__ == "Nadam" else []


def is_scheduled(model: "Model") -> bool:
    """Whether the rate follows a schedule: then it is not stored as a number."""
    from chainrule.optimizers.schedules import LearningRateSchedule

    return isinstance(model.optimizer.learning_rate, LearningRateSchedule)


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_of(config: dict[str, Any]) -> list[list[Shape]]:
    """The weight shapes that each layer of a stored model needs, found without taking memory for any."""
    shapes: list[list[Shape]] = []
    try:
        here: Shape | None = None
        for layer in entries_of(config):
            if here is None:
                here = layer.declared_shape
            if here is None:
                raise FileError("it does not say the shape of its input, so its weights can not be checked")
            needed = layer.weight_shapes(here)
            shapes.append([needed[name] for name in layer.weight_names if name in needed])
            here = layer.output_shape_for(here)
    except ChainruleError as problem:
        raise FileError(f"This model can not be loaded: {problem}") from None
    return shapes


def entries_of(config: dict[str, Any]) -> list[Layer]:
    """The layers of a stored Sequential, InputLayer included."""
    if config.get("class_name") != "Sequential":
        raise FileError(
            f"it is a {config.get('class_name')} model; Chainrule loads Sequential models, one layer after the other."
        )
    stored = (config.get("config") or {}).get("layers")
    if not isinstance(stored, list) or not stored:
        raise FileError("it has no layers")
    return [layers.deserialize(entry) for entry in stored]


def from_file(stored: ModelFile, compile_too: bool = True) -> "Model":
    """A model with what a file holds."""
    from chainrule.models import Sequential

    entries = entries_of(stored.config)
    for entry, arrays in zip(entries, stored.weights, strict=True):
        names = [n for n in entry.weight_names if getattr(entry, f"use_{n}", True)]
        entry.params = dict(zip(names, (np.asarray(a, np.float32) for a in arrays), strict=bool(arrays)))
    model = Sequential(entries, name=stored.config["config"].get("name"))
    model.build()
    model.extras = dict(stored.extras or {})
    if compile_too and stored.compile_config:
        compile_from(model, stored)
    return model


def compile_from(model: "Model", stored: ModelFile) -> None:
    """How the model learned, from a file; what is not known here is left out with a warning."""
    asked = stored.compile_config or {}
    try:
        model.compile(asked.get("optimizer") or "rmsprop", asked.get("loss"), asked.get("metrics"))
    except ChainruleError as problem:
        warnings.warn(f"The model was loaded without how it learned: {problem}", stacklevel=4)
        return
    if stored.optimizer_weights:
        optimizer_from_list(model, stored.optimizer_weights)


def optimizer_from_list(model: "Model", arrays: list[np.ndarray]) -> None:
    """Puts the optimizer's memory back, if it fits."""
    rest = list(arrays)
    iterations = int(np.asarray(rest.pop(0)))
    scheduled = is_scheduled(model)
    places, extra = slot_places(model), extra_keys(model)
    if not scheduled and len(rest) == len(places) + len(extra) + 1:
        stored_rate = rest.pop(0)
        if abs(float(stored_rate) - model.optimizer.learning_rate) > 1e-6 * abs(float(stored_rate)):
            model.optimizer.learning_rate = float(stored_rate)
    optimizer_state = model.problem().first_state()["optimizer_state"]
    fits = len(rest) == len(places) + len(extra) and all(
        np.shape(array) == np.shape(optimizer_state[slot][i][name])
        for array, (slot, i, name) in zip(rest, places, strict=False)
    )
    if not fits:
        warnings.warn(
            "The optimizer's memory in the file does not fit the model; it starts afresh.", stacklevel=5
        )
        return
    for array, (slot, i, name) in zip(rest, places, strict=False):
        optimizer_state[slot][i][name] = np.asarray(array, np.float32)
    for key, array in zip(extra, rest[len(places) :], strict=True):
        optimizer_state[key] = np.asarray(array, np.float32)
    model.optimizer_state, model.optimizer.iterations = optimizer_state, iterations


# ── weights alone ────────────────────────────────────────────────────────────────────────────────────────────────


def save_weights(model: "Model", filepath: Any, overwrite: bool = True) -> int:
    """Writes the weights alone."""
    return files.save_weights(_target(filepath, overwrite), to_file(model))


def load_weights(model: "Model", filepath: Any) -> None:
    """Reads the weights alone, into a model of the same layers."""
    model.build()
    config = {"class_name": "Sequential", "config": model.get_config()}
    stored = files.load_weights(os.fspath(filepath), config, plan_of(config), optimizer=False)
    entries = (
        [InputLayer(shape=1), *model.layers] if len(stored.weights) > len(model.layers) else model.layers
    )
    for layer, arrays in zip(entries, stored.weights, strict=True):
        if arrays:
            layer.set_weights(arrays)


def _target(filepath: Any, overwrite: bool) -> Path:
    path = Path(os.fspath(filepath))
    if path.exists() and not overwrite:
        raise SettingError(f"{path} exists; save with overwrite=True to replace it.")
    return path
