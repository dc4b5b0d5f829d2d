"""Weights for a model that is already there: Keras 3's .weights.h5, the older .h5, or those within a whole model."""

from typing import Any

from chainrule.files import archive, extras, hdf5, kerasfile, layouts, legacyfile
from chainrule.files.digests import of_text
from chainrule.files.disk import Source
from chainrule.files.hdf5 import Group
from chainrule.files.modelfile import ModelFile, Shapes, Want
from chainrule.files.validate import assemble


def decode(source: Source, config: dict[str, Any], shapes: Shapes | None, want: Want) -> ModelFile:
    """Weights from HDF5, found as Keras finds them: by number, or by name, or else in order."""
    return decode_tree(hdf5.read(source), config, shapes, want)


def decode_tree(root: Group, config: dict[str, Any], shapes: Shapes | None, want: Want) -> ModelFile:
    """The same from a tree that was read, from one file or from several."""
    if root.group(legacyfile.WEIGHTS) or layouts.listed(root, "layer_names"):
        return _by_name(root, ModelFile(config, [], format="h5"), shapes, want)
    model = ModelFile(config, [], format="h5")
    layers = root.group("layers")
    text = extras.sealed(root.text(extras.ATTRIBUTE), layers.text(extras.SEAL) if layers else None)
    stored, optimizer_state = layouts.by_number(root, model.layers), layouts.optimizer_by_number(root)
    return assemble(model, stored, optimizer_state, None, shapes, extras.parsed(text), {}, want)


def _by_name(root: Group, model: ModelFile, shapes: Shapes | None, want: Want) -> ModelFile:
    weights = root.group(legacyfile.WEIGHTS) or root
    text = extras.sealed(root.text(extras.ATTRIBUTE), weights.text(extras.SEAL))
    stored = layouts.by_name(weights, model.layers, shapes)
    return assemble(
        model, stored, [], None, shapes, extras.parsed(text), None, want._replace(optimizer=False)
    )


def decode_archive(source: Source, config: dict[str, Any], shapes: Shapes | None, want: Want) -> ModelFile:
    """Weights out of a whole .keras file."""
    root = hdf5.read(kerasfile.weights_of(archive.read(source)))
    model = ModelFile(config, [], format="keras")
    stored, optimizer_state = layouts.by_number(root, model.layers), layouts.optimizer_by_number(root)
    return assemble(model, stored, optimizer_state, None, shapes, {}, None, want)


def encode(model: ModelFile) -> list[bytes | memoryview]:
    """The bytes of a .weights.h5 file, in pieces."""
    kind = model.compile_config["optimizer"]["class_name"] if model.compile_config else "optimizer"
    root = layouts.numbered_folder(model.name, model.layers, model.weights, model.optimizer_weights, kind)
    text = extras.written(model, None, {})
    root.attributes[extras.ATTRIBUTE] = text
    root.folder("layers").attributes[extras.SEAL] = of_text(text) or ""
    return hdf5.encode(root)


def encode_legacy(model: ModelFile) -> list[bytes | memoryview]:
    """The bytes of an older weights file (.h5), in pieces; the optimizer has no place in it."""
    model = ModelFile(model.config, model.weights, extras=model.extras, weight_names=model.weight_names)
    names = layouts.weight_names(model.layers, model.weights, model.weight_names)
    root = layouts.named_folder(model.name, model.layers, model.weights, names)
    text = extras.written(model, None, {})
    root.attributes |= {"keras_version": kerasfile.VERSION, "backend": "chainrule"}
    root.attributes |= {extras.ATTRIBUTE: text, extras.SEAL: of_text(text) or ""}
    return hdf5.encode(root)
