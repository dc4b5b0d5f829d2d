"""From what a file declares to a model in memory: the shapes are compared with the plan before a number is read."""

import warnings
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, FileError
from chainrule.files import digests, optimizers
from chainrule.files.compiled import HIGHEST_RATE, with_own_schedule
from chainrule.files.hdf5 import Dataset
from chainrule.files.layouts import weight_names
from chainrule.files.modelfile import Arrays, ModelFile, Shapes, Want

ARRAYS = 100_000
VARIANCE = {"BatchNormalization": -1, "Normalization": 1}  # the place of a variance among a layer's arrays


class ModelFileWarning(UserWarning):
    """Something in a model file is worth knowing, but no reason to refuse it (weights that are NaN, say)."""


def planned(config: dict[str, Any], want: Want) -> Shapes | None:
    """The shapes that each layer needs, by the caller's own rules; its refusal becomes the file's."""
    if want.plan is None:
        return None
    try:
        shapes = [[tuple(shape) for shape in layer] for layer in want.plan(config)]
    except ChainruleError as problem:
        raise FileError(f"cannot be used: {problem}") from problem
    if len(shapes) != len(config["config"]["layers"]):
        raise FileError("has another number of layers than the model.")
    return shapes


def assemble(
    model: ModelFile,
    stored: list[list[Dataset]],
    optimizer_state: list[Dataset],
    paths: list[str] | None,
    shapes: Shapes | None,
    extras: dict[str, Any],
    texts: dict[str, str | None] | None,
    want: Want,
) -> ModelFile:
    """Fills a model with its numbers, checked.

    `stored` are the arrays of each layer, `optimizer_state` those of the optimizer and `paths` their names if it has any;
    `texts` are the other texts of the file, which have fingerprints too (None: they were not read).
    """
    if sum(map(len, stored)) + len(optimizer_state) > ARRAYS:
        raise FileError(f"has more than {ARRAYS:,} arrays.")
    if shapes is not None:
        for layer, datasets, expected in zip(model.layers, stored, shapes, strict=True):
            _compare(layer, [dataset.shape for dataset in datasets], [*expected])
    model.weights = [[dataset.read() for dataset in datasets] for datasets in stored]
    state = [dataset.read() for dataset in optimizer_state] if want.optimizer else None
    state = state or None
    leave_out = (set() if want.optimizer else {"optimizer"}) | (set() if texts is not None else {"texts"})
    digests.check(extras.get("digests"), model.weights, state, texts or {}, leave_out)
    model.optimizer_weights = state
    if state and model.compile_config:
        model.optimizer_weights = optimizers.modern(state, paths, model.compile_config["optimizer"])
        if model.optimizer_weights is None:
            model.notes.append(
                "the optimizer's state is of an unknown kind; training on would begin it afresh"
            )
    _check_state(model, want.strict)
    model.compile_config = with_own_schedule(model.compile_config, extras.get("learning_rate"))
    model.extras = extras.get("extras", {})
    _finite(model, want.strict)
    return model


def _check_state(model: ModelFile, strict: bool) -> None:
    """An optimizer that counts below zero is refused; numbers that are not finite are left behind, which is said."""
    state = model.optimizer_weights
    if not state:
        return
    if state[0].ndim == 0 and state[0].dtype.kind in "iu" and int(state[0]) < 0:
        raise FileError(
            f"says that its optimizer took {int(state[0]):,} steps; there are no fewer than none."
        )
    if (
        len(state) > 1
        and state[1].ndim == 0
        and state[1].dtype.kind == "f"
        and not 0 <= float(state[1]) <= HIGHEST_RATE
    ):
        raise FileError(f"stores a learning rate of {float(state[1]):g}; 0 to {HIGHEST_RATE:g} are read.")
    if not all(map(_is_finite, state)):
        message = "has an optimizer whose state is NaN or infinite"
        if strict:
            raise FileError(f"{message}.")
        model.notes.append(f"{message}; training on would begin it afresh")
        model.optimizer_weights = None


def _compare(layer: dict[str, Any], found: list[tuple[int, ...]], expected: list[tuple[int, ...]]) -> None:
    if found != expected:
        name = f"{layer['class_name']} {layer['config']['name']!r}"
        raise FileError(
            f"does not fit its own settings: the layer {name} needs arrays of shapes "
            f"{_shown(expected)}, and the file stores {_shown(found)}."
        )


def _shown(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes[:8])) + (", ..." if len(shapes) > 8 else "") if shapes else "(none)"


def _finite(model: ModelFile, strict: bool) -> None:
    names = weight_names(model.layers, model.weights, model.weight_names)
    found = [
        f"{layer['config']['name']}/{name}"
        for layer, arrays, own in zip(model.layers, model.weights, names, strict=True)
        for name, array in zip(own, arrays, strict=True)
        if not _is_finite(array)
    ]
    below = [
        layer["config"]["name"]
        for layer, arrays in zip(model.layers, model.weights, strict=True)
        if arrays and (at := VARIANCE.get(layer["class_name"])) is not None and (arrays[at] < 0).any()
    ]
    for told, which in (
        ("weights that are NaN or infinite", found),
        ("a variance below 0, of which there is no root", below),
    ):
        if which:
            message = f"has {told}: {', '.join(which[:10])}"
            if strict:
                raise FileError(f"{message}.")
            model.notes.append(message)


def _is_finite(array: Any) -> bool:
    """Whether all numbers are finite, also as the float32 that they become."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(over="ignore"):
        return bool(np.isfinite(array.astype(np.float32, copy=False)).all())


def tell(model: ModelFile, name: str) -> None:
    """Issues what is noteworthy as warnings."""
    for note in model.notes:
        warnings.warn(f"{name} {note}.", ModelFileWarning, stacklevel=4)


def arrays(layers: list[Arrays]) -> list[Arrays]:
    """The same as NumPy arrays of plain numbers, whatever library they came from."""
    converted = [[np.asarray(array) for array in layer] for layer in layers]
    for array in (array for layer in converted for array in layer):
        if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
            raise FileError(
                f"cannot be written: weights are integers or floats of up to 64 bits, not {array.dtype}."
            )
    return converted
