"""A good model file, in both formats, written with h5py and zipfile so that it can be spoilt in any place."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filemodels as small
import h5py
import numpy as np


@dataclass(frozen=True)
class Case:
    """One file: its path, and words that the refusal has to contain, or none if it has to be opened."""

    name: str
    path: Path
    says: str | None = None
    warns: str | None = None


class Corpus:
    """Collects cases while they are written into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cases = folder, list[Case]()
        self.canary = folder / "canary.bin"
        self.canary.write_bytes(b"a secret" * 100)

    def add(self, name: str, content: bytes, says: str | None, ending: str = ".keras", **more: Any) -> None:
        path = self.folder / f"{name}{ending}"
        path.write_bytes(content)
        self.cases.append(Case(name, path, says, **more))


def spell(entry: Any) -> Any:
    """A configuration with Keras 3's modules."""
    if isinstance(entry, list):
        return [spell(item) for item in entry]
    if not isinstance(entry, dict):
        return entry
    if "class_name" not in entry or "module" in entry:
        return {key: spell(value) for key, value in entry.items()}
    return {
        "module": "keras",
        "class_name": entry["class_name"],
        "config": spell(entry["config"]),
        "registered_name": None,
    }


def weights(change: Callable[[h5py.File], None] | None = None, **how: Any) -> bytes:
    """A model.weights.h5 of the small model, changed."""
    model, raw = small.model(), io.BytesIO()
    with h5py.File(raw, "w", **how) as file:
        for folder, layer in (("dense", 2), ("dense_1", 3)):
            for index, array in enumerate(model.weights[layer]):
                file[f"layers/{folder}/vars/{index}"] = array
        file.create_group("layers/flatten/vars")
        if change:
            change(file)
    return raw.getvalue()


def archive(*, config: Any = None, text: bytes | None = None, h5: bytes | None = None, packing: int = zipfile.ZIP_STORED,
            members: Callable[[zipfile.ZipFile], None] | None = None) -> bytes:  # fmt: skip
    """A .keras file of the small model, changed."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", packing) as file:
        file.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        file.writestr(
            "config.json", text if text is not None else json.dumps(spell(config or small.config()))
        )
        file.writestr("model.weights.h5", weights() if h5 is None else h5)
        if members:
            members(file)
    return raw.getvalue()


def legacy(*, config: Any = None, training: Any = None, change: Callable[[h5py.File], None] | None = None,
           dtype: str = "f4", **how: Any) -> bytes:  # fmt: skip
    """An .h5 file of the small model, changed."""
    model, raw = small.model(), io.BytesIO()
    with h5py.File(raw, "w", **how) as file:
        file.attrs["model_config"] = json.dumps(config or small.config())
        if training:
            file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"flatten", b"hidden", b"out"]
        group.create_group("flatten").attrs["weight_names"] = np.array([])
        for name, layer in (("hidden", 2), ("out", 3)):
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            for path, array in zip(inner.attrs["weight_names"], model.weights[layer], strict=True):
                inner[path] = array.astype(dtype)
        if change:
            change(file)
    return raw.getvalue()


def with_layer(**entry: Any) -> Any:
    """The small model with one more layer, spelled as given."""
    config = spell(small.config())
    config["config"]["layers"].insert(
        2, {"module": "keras.layers", "registered_name": None, "config": {"name": "evil"}} | entry
    )
    return config


def with_setting(**settings: Any) -> Any:
    return small.config(small.dense("hidden", **{"units": 5, **settings}), small.dense("out", 3))


def with_training(**training: Any) -> Any:
    config = spell(small.config())
    optimizer = {"module": "keras.optimizers", "class_name": "Adam", "config": {}, "registered_name": None}
    config["compile_config"] = {"optimizer": optimizer, "loss": "mse", "metrics": ["accuracy"]} | training
    return config
