"""Models to files and back. `files` knows the bytes, `layers` the classes; here the two meet.

How a model learns (losses, metrics, optimizers) is imported only where a file says it: who predicts need not wait.
"""

import os
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import files
from chainrule.errors import ChainruleError, FileError, SettingError, ShapeError
from chainrule.files import ModelFile, keras_versions
from chainrule.files.inner_folders import MODELS
from chainrule.internal.custom_objects import custom_object_scope
from chainrule.layers import Layer
from chainrule.models import configs

Shape = tuple[int, ...]


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
    extras: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """Writes a model to a .keras or .h5 file that Keras opens too; returns the file's size in bytes."""
    path, content = _target(filepath, overwrite), to_file(model, extras)
    if not all(np.isfinite(array).all() for own in content.weights for array in own):
        warnings.warn(
            f"{path}: the model is saved with weights that are NaN or infinite; its answers mean nothing.",
            stacklevel=3,
        )
    return files.save(path, content, include_optimizer=include_optimizer)


def load_model(
    filepath: Any,
    custom_objects: Any = None,
    compile: bool = True,  # noqa: A002 (Keras's name)
    safe_mode: bool = True,
) -> Any:
    """A model from a .keras or .h5 file, Keras's or ours. Loading is parsing: nothing in a file can run.

    compile=False leaves out how it learned, which is faster when it only predicts.
    """
    if custom_objects:
        with custom_object_scope(custom_objects):
            return load_model(filepath, compile=compile, safe_mode=safe_mode)
    if not safe_mode:
        raise SettingError("safe_mode=False is not supported: loading never runs code from a file.")
    filepath = named(filepath)
    stored = files.load(filepath, plan_of, optimizer=compile)
    try:
        return from_file(stored, compile)
    except (SettingError, ShapeError) as problem:
        raise FileError(f"{filepath} cannot be used: {problem}") from None


def model_to_json(model: Any) -> str:
    """A model's architecture as text, which Keras reads, too."""
    import json

    from chainrule.files.kerasfile import spelled_model

    return json.dumps(spelled_model(stored_config(model)))


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """A new model of an architecture that `to_json` wrote, Chainrule's or Keras's."""
    import json

    try:
        entry = json.loads(json_string)
        stored = keras_versions.model(entry if isinstance(entry, dict) else {})
        with custom_object_scope(custom_objects or {}):
            found: Any = configs.layer_from(stored)
        return found
    except (ValueError, TypeError) as problem:
        raise SettingError(f"The text is not a model's architecture: {problem}") from None


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_file(model: Any, extras: dict[str, Any] | None = None) -> ModelFile:
    """All that a file holds of a model."""
    model.build()
    entries = configs.entries_of(model)
    compiled = model.optimizer is not None and model.loss_object is not None
    from chainrule.training.fingerprint import compile_config

    return ModelFile(
        config=configs.with_counts(model, stored_config(model)),
        weights=[entry.get_weights() for entry in entries],
        compile_config=compile_config(model) if compiled else None,
        optimizer_weights=optimizer_to_list(model)
        if compiled and model.optimizer_state is not None
        else None,
        extras=model.extras if extras is None else extras,
        format="keras",
        weight_names=[stored_names(entry) for entry in entries],
    )


def stored_config(model: Any) -> dict[str, Any]:
    """A model's architecture as files hold it."""
    return {"class_name": model.kind_in_files, "config": model.get_config()}


def stored_names(entry: Any) -> list[str]:
    """The names of a layer's arrays; those of a model used as a layer with its layers' names in front, as in "block/dense/kernel"."""
    return [name for names in names_within(entry, "").values() for name in names]


def names_within(entry: Any, within: str) -> dict[int, list[str]]:
    """The names of the arrays of a layer, or of each layer of a model, each layer once."""
    if not hasattr(entry, "layers"):
        return {id(entry): [within + name for name in entry.weight_names if name in entry.params]}
    found: dict[int, list[str]] = {}
    for one in entry.layers:
        for layer, names in names_within(one, f"{within}{one.name}/").items():
            found.setdefault(layer, names)
    return found


def learned(model: Any) -> list[tuple[int, str]]:
    """The places (entry of the weights, weight) that learn, in Keras's order of variables."""
    entries = {id(layer): i for i, layer in enumerate(model.learning_graph.layers)}
    return [
        (entries[id(layer)], name)
        for layer in model.flat_layers
        if layer.trainable and id(layer) in entries
        for name in layer.learned_names
        if name in layer.params
    ]


def slot_places(model: Any) -> list[tuple[str, int, str]]:
    """The places (slot, link, weight) of the optimizer's memory, in the order in which Keras stores them."""
    slots, places = model.optimizer.slots, learned(model)
    outer = [(slot, i, name) for slot in model.optimizer.outer_slots for i, name in places]
    if model.optimizer.slots_by_variable:
        late = tuple(
            slot for slot in slots if slot == "velocity_hat"
        )  # amsgrad's, which Keras stores behind the others
        both = [(slot, i, name) for i, name in places for slot in slots if slot not in late]
        return outer + both + [(slot, i, name) for slot in late for i, name in places]
    return outer + [(slot, i, name) for slot in slots for i, name in places]


def optimizer_to_list(model: Any) -> list[np.ndarray]:
    """The optimizer's memory as Keras lists it: iteration, learning rate (not with a schedule), slots, the rest."""
    head = [np.asarray(model.optimizer.iterations, np.int32)]
    if not is_scheduled(model):
        head.append(np.asarray(model.optimizer.learning_rate, np.float32))
    optimizer_state = [
        np.asarray(model.optimizer_state[slot][i][name]) for slot, i, name in slot_places(model)
    ]
    return head + optimizer_state + [np.asarray(model.optimizer_state[key]) for key in extra_keys(model)]


def extra_keys(model: Any) -> list[str]:
    """What an optimizer remembers beside its slots (Nadam's product)."""
    return ["u_product"] if type(model.optimizer).__name__ == "Nadam" else []


def is_scheduled(model: Any) -> bool:
    """Whether the rate follows a schedule: then it is not stored as a number."""
    from chainrule.optimizers.schedules import LearningRateSchedule

    return isinstance(model.optimizer.learning_rate, LearningRateSchedule)


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_of(config: dict[str, Any]) -> list[list[Shape]]:
    """The weight shapes that each layer of a stored model needs, found without taking memory for any."""
    must_have_layers(config)
    try:
        return configs.planned(config)[0]
    except ChainruleError as problem:
        raise FileError(f"This model cannot be loaded: {problem}") from None


def must_have_layers(config: dict[str, Any]) -> None:
    """Refuses a stored model without layers."""
    if config.get("class_name") not in MODELS:
        raise FileError(
            f"it is a {config.get('class_name')} model; Chainrule loads Sequential and Functional models."
        )
    stored = (config.get("config") or {}).get("layers")
    if not isinstance(stored, list) or not stored:
        raise FileError("it has no layers")


def from_file(stored: ModelFile, compile_too: bool = True) -> Any:
    """A model with what a file holds."""
    must_have_layers(stored.config)
    config, within = stored.config["config"], []
    if stored.config["class_name"] == "Sequential":
        entries = [configs.layer_from(entry) for entry in config["layers"]]
        for entry, arrays in zip(entries, stored.weights, strict=True):
            if hasattr(entry, "layers"):
                within.append((entry, arrays))
            else:
                entry.params = params_of(entry, arrays)
        model: Any = configs.KINDS["Sequential"](entries, name=config.get("name"))
        model.build()
    else:
        own = zip(configs.named(config).items(), stored.weights, strict=True)
        given = {name: (entry, arrays) for (name, entry), arrays in own if arrays}
        weights = {
            name: params_of(configs.layer_from(entry), arrays)
            for name, (entry, arrays) in given.items() if entry["class_name"] not in MODELS
        }  # fmt: skip
        model = configs.functional_from(config, weights)
        within = [
            (model.get_layer(name), arrays) for name, (_, arrays) in given.items() if name not in weights
        ]
    for inner, arrays in within:
        inner.set_weights(arrays)
    model.extras = dict(stored.extras or {})
    if compile_too and stored.compile_config:
        compile_from(model, stored)
    elif stored.compile_config:
        model.loss_in_file = stored.compile_config.get("loss")
    return model


def params_of(layer: Layer, arrays: list[Any]) -> dict[str, Any]:
    """A layer's weights by name, from those of a file."""
    names: list[Any] = list(layer.stored_names())
    if not names and hasattr(
        layer, "weight_places"
    ):  # of the user's own class, which names them when it is built
        names = list(range(len(arrays)))
    with np.errstate(over="ignore"):  # numbers beyond float32 were told of when the file was read
        return dict(zip(names, (np.asarray(a, np.float32) for a in arrays), strict=bool(arrays)))


def compile_from(model: Any, stored: ModelFile) -> None:
    """How the model learned, from a file; what is not known here is left out with a warning."""
    asked = stored.compile_config or {}
    try:
        model.compile(
            asked.get("optimizer") or "rmsprop",
            asked.get("loss"),
            asked.get("metrics"),
            asked.get("loss_weights"),
        )
    except ChainruleError as problem:
        warnings.warn(f"The model was loaded without how it learned: {problem}", stacklevel=4)
        return
    if any(asked.get("weighted_metrics") or ()):
        warnings.warn(
            "The model was loaded without its weighted_metrics, which are not supported.", stacklevel=4
        )
    if stored.optimizer_weights:
        optimizer_from_list(model, stored.optimizer_weights)


def optimizer_from_list(model: Any, arrays: list[np.ndarray]) -> None:
    """Puts the optimizer's memory back, if it fits."""
    rest = list(arrays)
    iterations = int(np.asarray(rest.pop(0)))
    scheduled = is_scheduled(model)
    places, extra = slot_places(model), extra_keys(model)
    unused = iterations == 0 and len(rest) <= 1  # Keras makes the memory at the first step
    if not scheduled and (len(rest) == len(places) + len(extra) + 1 or (unused and rest)):
        stored_rate = rest.pop(0)
        if abs(float(stored_rate) - model.optimizer.learning_rate) > 1e-6 * abs(float(stored_rate)):
            model.optimizer.learning_rate = float(stored_rate)
    if unused:
        return
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


def save_weights(model: Any, filepath: Any, overwrite: bool = True) -> int:
    """Writes the weights alone."""
    return files.save_weights(_target(filepath, overwrite), to_file(model))


def load_weights(model: Any, filepath: Any, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Reads the weights alone, into a model of the same layers.

    by_name: into the layers whose names the file has.  skip_mismatch: layers whose shapes differ are left as they are.
    """
    model.build()
    if by_name or skip_mismatch:
        load_some_weights(model, filepath, by_name, skip_mismatch)
        return
    entries = configs.entries_of(model)
    shapes = [
        [tuple(w.shape) for w in entry.get_weights()] for entry in entries
    ]  # also of layers that no file may hold
    stored = files.load_weights(named(filepath), stored_config(model), shapes, optimizer=False)
    for layer, arrays in zip(entries, stored.weights, strict=True):
        if arrays:
            layer.set_weights(arrays)


def load_some_weights(model: Any, filepath: Any, by_name: bool, skip_mismatch: bool) -> None:
    """Reads the weights of the layers that the file and the model share, and says which are left as they are."""
    entries, config = configs.entries_of(model), stored_config(model)
    if by_name:
        stored = files.load_weights_by_name(named(filepath), config)
        if not stored:
            raise FileError(
                f"{filepath} has weights for none of the layers: no name of its layers is in the model."
            )
        weights = [stored.get(entry.name, []) for entry in entries]
    else:
        weights = files.load_weights(named(filepath), config, None, optimizer=False).weights
    wanted = [[tuple(w.shape) for w in entry.get_weights()] for entry in entries]
    given = [[tuple(array.shape) for array in arrays] for arrays in weights]
    odd = [place for place, shapes in enumerate(given) if shapes and shapes != wanted[place]]
    for place in odd:
        said = f"it needs weights of shapes {wanted[place]}, and the file has {given[place]}"
        if not skip_mismatch:
            raise FileError(
                f"{filepath} does not fit {entries[place].label}: {said}; skip_mismatch=True leaves it as it is."
            )
        warnings.warn(f"{entries[place].label} is left as it is: {said}.", stacklevel=4)
    for place, arrays in enumerate(weights):
        if arrays and place not in odd:
            entries[place].set_weights(arrays)


def named(filepath: Any) -> str:
    """The name of a file as text; SettingError for anything else."""
    if not isinstance(filepath, (str, os.PathLike)) or not os.fspath(filepath):
        raise SettingError(f"The name of a file is a text or a Path; it got {filepath!r}.")
    return os.fspath(filepath)


def _target(filepath: Any, overwrite: bool) -> Path:
    path = Path(named(filepath))
    try:
        there = path.exists()
    except (OSError, ValueError) as problem:  # a name that is too long, a zero byte in it
        raise FileError(
            f"{str(path)[:80]} cannot be saved: {getattr(problem, 'strerror', None) or problem}."
        ) from None
    if there and not overwrite:
        raise SettingError(f"{path} exists; save with overwrite=True to replace it.")
    with suppress(OSError):  # writing says why
        path.parent.mkdir(parents=True, exist_ok=True)
    return path
