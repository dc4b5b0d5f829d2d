"""The doors: load, save, load_weights, save_weights. They find the format, and put the file's name into every error."""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.errors import FileError
from chainrule.files import (
    hdf5,
    keras_versions,
    kerasfile,
    legacyfile,
    safe_json,
    shards,
    weights_by_name,
    weightsfile,
)
from chainrule.files.disk import Source, Where, opened, write
from chainrule.files.modelfile import Arrays, ModelFile, Plan, Shapes, Want
from chainrule.files.validate import arrays, tell

LONGEST = 1000  # letters of a message, which may quote the file
BEGINNINGS = {b"PK\3\4": "keras", b"\x89HDF": "h5"}
OTHERS = {
    b"\x80": "a Python pickle, which can run code when it is opened",
    b"PK\5\6": "an empty archive",
    b"\x1f\x8b": "compressed by gzip; unpack it first",
    b"\x93NUMPY": "a NumPy array",
    b"GGUF": "a GGUF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8": "a picture",
    b"%PDF": "a PDF document",
}


def kind(where: Where | bytes) -> str | None:
    """'keras' or 'h5' by the first bytes of a file, whatever its name; None for anything else.

    >>> kind(b"\\x89HDF\\r\\n\\x1a\\n")
    'h5'
    """
    try:
        with opened(where) as source:
            return _begins(source)
    except FileError:
        return None


def load(
    where: Where | bytes, plan: Plan | None = None, *, optimizer: bool = True, strict: bool = False
) -> ModelFile:
    """Reads a model from a .keras or .h5 file (or its bytes); the content decides, not the name.

    `plan(config)` answers with the shapes of the arrays that each layer needs, and refuses layers that it does not
    know; it is asked before any number is read, and files that store other shapes are refused. `optimizer=False`
    leaves the optimizer's state unread, `strict=True` refuses weights that are not finite. Nothing in a file is run.
    FileError says what is wrong with it, FileNotFoundError that it is not there.

    >>> from chainrule.files import ModelFile, encode, load
    >>> config = {"class_name": "Sequential", "config": {"name": "empty", "layers": []}}
    >>> load(encode(ModelFile(config, []), "h5")).name
    'empty'
    """
    want = Want(plan, optimizer, strict)
    with _named(where), opened(where) as source:
        model = (
            kerasfile.decode(source, want) if _known(source) == "keras" else legacyfile.decode(source, want)
        )
    tell(model, _name(where))
    return model


def load_weights(
    where: Where | bytes,
    config: dict[str, Any],
    shapes: Shapes | None,
    *,
    optimizer: bool = True,
    strict: bool = False,
) -> ModelFile:
    """Reads weights for a model whose `config` and array `shapes` (a list for each layer; None: not compared) are known.

    From .weights.h5, from several files by their .weights.json, from an older weights .h5, or from a whole model. `optimizer_weights` come as they were stored.
    """
    want = Want(None, optimizer, strict)
    if not isinstance(where, bytes) and shards.named(where):
        with _named(where), shards.tree(where) as root:
            model = weightsfile.decode_tree(root, config, shapes, want)
        tell(model, _name(where))
        return model
    with _named(where), opened(where) as source:
        decode = weightsfile.decode_archive if _known(source) == "keras" else weightsfile.decode
        model = decode(source, config, shapes, want)
    tell(model, _name(where))
    return model


def load_weights_by_name(where: Where | bytes, config: dict[str, Any]) -> dict[str, Arrays]:
    """The arrays of those layers of a model whose names a file has: {"dense": [kernel, bias]}. From the same files."""
    layers: list[dict[str, Any]] = config["config"]["layers"]
    with _named(where), opened(where) as source:
        decode = weights_by_name.of_archive if _known(source) == "keras" else weights_by_name.of_hdf5
        return decode(source, layers)


def save(where: Where, model: ModelFile, *, include_optimizer: bool = True) -> int:
    """Writes a model as .keras or .h5 (.hdf5), which Keras opens; returns the size in bytes.

    A file that was there is replaced as a whole or not at all.
    """
    name = os.fspath(where)
    format_ = {".keras": "keras", ".h5": "h5", ".hdf5": "h5"}.get(Path(name).suffix.lower())
    if format_ is None:
        raise FileError(f"{name} cannot be saved: the name of a model file ends in .keras or .h5.")
    if not include_optimizer:
        model = _without_optimizer(model)
    with _named(where):
        return write(where, _encoded(model, format_))


def save_weights(where: Where, model: ModelFile) -> int:
    """Writes weights alone as .weights.h5 (with the optimizer's state) or, by any other .h5 name, the older form."""
    name = os.fspath(where)
    if not name.lower().endswith((".h5", ".hdf5")):
        raise FileError(f"{name} cannot be saved: the name of a weights file ends in .weights.h5.")
    with _named(where):
        return write(
            where, _encoded(model, "weights" if name.lower().endswith(".weights.h5") else "old weights")
        )


def encode(model: ModelFile, format_: str = "keras") -> bytes:
    """The bytes of a model file, 'keras' or 'h5'."""
    return b"".join(_encoded(model, format_))


def _encoded(model: ModelFile, format_: str) -> list[bytes | memoryview]:
    if len(model.weights) != len(model.layers):
        raise FileError(
            f"cannot be written: {len(model.layers)} layers, but weights for {len(model.weights)}."
        )
    if format_ in ("keras", "h5"):  # refuses what could not be read again
        keras_versions.model(safe_json.parse(json.dumps(model.config), "configuration"))
    optimizer_state = None if model.optimizer_weights is None else arrays([model.optimizer_weights])[0]
    model = ModelFile(
        model.config,
        arrays(model.weights),
        model.compile_config,
        optimizer_state,
        model.extras,
        weight_names=model.weight_names,
    )
    writers = {
        "keras": kerasfile.encode, "h5": legacyfile.encode,
        "weights": weightsfile.encode, "old weights": weightsfile.encode_legacy,
    }  # fmt: skip
    return writers[format_](model)


def _without_optimizer(model: ModelFile) -> ModelFile:
    return ModelFile(model.config, model.weights, extras=model.extras, weight_names=model.weight_names)


def _begins(source: Source) -> str | None:
    """The format by the first bytes; HDF5 may have something else before it (a user block)."""
    found = BEGINNINGS.get(source.read(0, min(4, source.size)))
    return found or ("h5" if hdf5.user_block(source) else None)


def _known(source: Source) -> str:
    start = source.read(0, min(8, source.size))
    found = _begins(source)
    if found is None:
        other = next((what for mark, what in OTHERS.items() if start.startswith(mark)), "of an unknown kind")
        what = "is empty" if not start else f"is no model file: it is {other}"
        raise FileError(f"{what}. Chainrule opens .keras and .h5 files.")
    return found


def _name(where: Where | bytes) -> str:
    return "The model" if isinstance(where, bytes) else os.fspath(where)


@contextmanager
def _named(where: Where | bytes) -> Iterator[None]:
    """Puts the name before every refusal, and turns what damaged bytes may cause into one."""
    try:
        yield
    except FileError as problem:
        text = str(problem)
        name = _name(where)
        text = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
        raise FileError(text if text.startswith(name) else f"{name} {text}") from problem.__cause__
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
            struct.error, zlib.error) as problem:  # fmt: skip
        raise FileError(
            f"{_name(where)} is damaged or no model file ({type(problem).__name__})."
        ) from problem
