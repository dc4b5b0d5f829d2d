"""Where a model's arrays lie in HDF5: by number as Keras 3 stores them, by name as the older .h5 files do.

layers/dense/vars/0 · optimizer/vars/1          .keras and .weights.h5
model_weights/dense/sequential/dense/kernel     .h5, with lists of names as attributes
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError
from chainrule.files.allowed_names import WEIGHT_NAMES
from chainrule.files.hdf5 import Dataset, Folder, Group, Unread
from chainrule.files.inner_folders import MODELS, inner_folders, numbers, shared_out
from chainrule.internal.snake_case import snake_case

NAMES = 100_000
Layers = list[dict[str, Any]]
Arrays = list[NDArray[Any]]
Shapes = Sequence[Sequence[tuple[int, ...]]]
ASIDE = frozenset(["seed_generator", "activation"])  # kept beside a layer by Keras, no weights


def by_number(root: Group, layers: Layers) -> list[list[Dataset]]:
    """The arrays of each layer in Keras 3's layout; FileError when there are some that no layer claims."""
    base = root.group("layers") or root.group("_layer_checkpoint_dependencies")
    if base is None:
        raise FileError("has no weights in it (no group 'layers').")
    folders = numbers(layers)
    known = set(folders)
    for name, child in base.children.items():
        if name not in known and _holds_arrays(child):
            raise FileError(f"has weights for a layer {name!r} that its configuration does not have.")
    found = []
    for folder, layer in zip(folders, layers, strict=True):
        group, inner = base.group(folder), inner_folders(layer)
        expected = {"vars", *(path.partition("/")[0] for path in inner)}
        if group and any(
            _holds_arrays(group.children[name]) for name in group.children.keys() - ASIDE - expected
        ):
            raise FileError(f"has layers within the layer {folder!r} that its configuration does not have.")
        found.append([one for path in inner for one in numbered_arrays(group and group.group(f"{path}vars"))])
    return found


def optimizer_by_number(root: Group) -> list[Dataset]:
    """The optimizer's arrays in Keras 3's layout; none is an empty list."""
    return numbered_arrays(root.group("optimizer/vars"))


def numbered_arrays(group: Group | None) -> list[Dataset]:
    """The arrays of a group in the order of their numbers."""
    count = 0
    for name, child in group.children.items() if group else ():
        count += not isinstance(child, Unread) or name.isdecimal()  # a text beside the arrays is none of them
    found = [group.dataset(str(index)) for index in range(count)] if group else []
    if any(dataset is None for dataset in found):
        raise FileError(f"has a gap in the numbering of {group.path if group else ''!r}.")
    return [dataset for dataset in found if dataset is not None]


def _holds_arrays(child: Group | Dataset | Unread) -> bool:
    if isinstance(child, Unread):
        return False
    return isinstance(child, Dataset) or any(_holds_arrays(below) for below in child.children.values())


def by_name(group: Group, layers: Layers, shapes: Shapes | None) -> list[list[Dataset]]:
    """The arrays of each layer in the older layout: by the layers' names, or else in their order as Keras does it."""
    there = listed(group, "layer_names")
    if len(set(there)) != len(there):
        raise FileError("lists a layer twice in layer_names; nobody can say which one counts.")
    stored = {name: named(group.group(name), name) for name in there}
    for layer in layers:
        if layer["class_name"] in MODELS and layer["config"]["name"] in stored:
            stored[layer["config"]["name"]] = layer_by_layer(stored[layer["config"]["name"]], layer)
    full = {name: arrays for name, arrays in stored.items() if arrays}
    names = [layer["config"]["name"] for layer in layers]
    known = set(names)
    if full.keys() <= known:
        return [full.get(name, []) for name in names]
    if shapes is None or len(full) != sum(map(bool, shapes)):
        missing = next(name for name in full if name not in known)
        raise FileError(f"has weights for a layer {missing[:80]!r} that the model does not have.")
    in_order = iter(full.values())
    return [next(in_order) if expected else [] for expected in shapes]


def layer_by_layer(found: list[Dataset], model: dict[str, Any]) -> list[Dataset]:
    """The arrays of a model used as a layer, in its layers' order: the older layout lists all that learn first."""
    places = names_within(model)
    known = {names[-1] for names in places}

    def place(dataset: Dataset) -> int:
        parts = dataset.path.split("/")
        layer = next((part for part in parts if part in known), None)
        alike = [k for k, names in enumerate(places) if names[-1] == layer]
        missing = {k: sum(name not in parts for name in places[k]) for k in alike}
        return max(alike, key=lambda k: (len(places[k]) - missing[k], -missing[k]), default=len(places))

    return sorted(found, key=place)


def names_within(model: dict[str, Any]) -> list[tuple[str, ...]]:
    """A model's layers in the order of their weights: the names of the models that each stands in, then its own."""
    found: list[tuple[str, ...]] = []
    for layer in model["config"]["layers"]:
        name = layer["config"]["name"]
        inside = names_within(layer) if layer["class_name"] in MODELS else [()]
        found += [(name, *names) for names in inside]
    return found


def learned_first(names: list[str]) -> list[int]:
    """The order in which the older layout lists the arrays of a model used as a layer."""
    return sorted(range(len(names)), key=lambda index: names[index].rpartition("/")[2] in NOT_LEARNED)


NOT_LEARNED = frozenset(["moving_mean", "moving_variance", "mean", "variance", "count"])


def named(group: Group | None, name: str) -> list[Dataset]:
    """The arrays that a group lists in its attribute weight_names, in that order."""
    if group is None:
        raise FileError(f"has no group for the layer {name[:80]!r} that it lists.")
    paths = listed(group, "weight_names")
    found = [group.dataset(path) for path in paths]
    if None in found or len(set(paths)) != len(paths):
        raise FileError(f"lists weights of {name[:80]!r} that are not there, or twice.")
    return [dataset for dataset in found if dataset is not None]


def listed(group: Group, name: str) -> list[str]:
    """An attribute that is a list of names, also when it is long and was cut in parts name0, name1, ..."""
    whole = group.texts(name)
    if whole is not None:
        return whole
    found: list[str] = []
    for index in range(len(group.attributes)):
        part = group.texts(f"{name}{index}")
        if part is None or len(found) > NAMES:
            break
        found += part
    if len(found) > NAMES:
        raise FileError(f"lists more than {NAMES:,} names.")
    return found


def weight_names(layers: Layers, weights: list[Arrays], given: list[list[str]] | None) -> list[list[str]]:
    """A name for each array: those given, those that Keras has for this class of layer, or numbers."""
    names = []
    for index, (layer, arrays) in enumerate(zip(layers, weights, strict=True)):
        own: Sequence[str] = (
            given[index] if given and index < len(given) else WEIGHT_NAMES.get(layer["class_name"], ())
        )
        exact = len(own) == len(arrays) or (len(own) > len(arrays) and not given)
        names.append(
            [*own[: len(arrays)]] if exact else [f"variable_{number}" for number in range(len(arrays))]
        )
    return names


def numbered_folder(
    name: str, layers: Layers, weights: list[Arrays], optimizer: Arrays | None, kind: str
) -> Folder:
    """Everything in Keras 3's layout. `kind` is the optimizer's class."""
    root = Folder()
    root.folder("vars").attributes["name"] = name
    root.folder("layers")
    for folder, layer, arrays in zip(numbers(layers), layers, weights, strict=True):
        if layer["class_name"] == "InputLayer":
            continue
        root.folder(f"layers/{folder}/vars").attributes["name"] = layer["config"]["name"]
        for path, own in shared_out(layer, arrays).items():
            inside = root.folder(f"layers/{folder}/{path}vars")
            inside.attributes["name"] = layer["config"]["name"]
            inside.children = {str(index): np.asarray(array) for index, array in enumerate(own)}
    if optimizer is not None:
        inside = root.folder("optimizer/vars")
        inside.attributes["name"] = snake_case(kind)
        inside.children = {str(index): np.asarray(array) for index, array in enumerate(optimizer)}
    return root


def named_folder(name: str, layers: Layers, weights: list[Arrays], names: list[list[str]]) -> Folder:
    """The weights in the older layout: the group "model_weights"."""
    root = Folder()
    stored = [layer for layer in layers if layer["class_name"] != "InputLayer"]
    root.attributes["layer_names"] = [layer["config"]["name"] for layer in stored]
    for layer, arrays, own in zip(layers, weights, names, strict=True):
        if layer["class_name"] == "InputLayer":
            continue
        inside = root.folder(layer["config"]["name"])
        if layer["class_name"] in MODELS:
            order = learned_first(own)
            own, arrays = [own[k] for k in order], [arrays[k] for k in order]
        paths = [f"{name}/{layer['config']['name']}/{weight}" for weight in own]
        inside.attributes["weight_names"] = paths
        for path, array in zip(paths, arrays, strict=True):
            inside.place(path, np.asarray(array))
    root.folder("top_level_model_weights").attributes["weight_names"] = []
    return root


def named_optimizer(kind: str, optimizer: Arrays) -> Folder:
    """The group "optimizer_weights": Keras goes by the order of the names, and so can anyone."""
    root, prefix = Folder(), snake_case(kind)
    known = ["iteration", "learning_rate"] if len(optimizer) > 1 and optimizer[1].ndim == 0 else ["iteration"]
    names = [*known, *(f"variable_{index}" for index in range(len(known), len(optimizer)))][: len(optimizer)]
    root.attributes["weight_names"] = [f"{prefix}/{name}" for name in names]
    for name, array in zip(names, optimizer, strict=True):
        root.place(f"{prefix}/{name}", np.asarray(array))
    return root
