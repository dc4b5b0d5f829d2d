"""The weights of a file by the names of its layers, for a model that shares only some layers with it."""

from chainrule.files import archive, hdf5, kerasfile, layouts, legacyfile
from chainrule.files.disk import Source
from chainrule.files.hdf5 import Dataset, Group
from chainrule.files.inner_folders import MODELS, inner_folders
from chainrule.files.layouts import Arrays, Layers


def of_archive(source: Source, layers: Layers) -> dict[str, Arrays]:
    """Out of a whole .keras file."""
    return read(found(hdf5.read(kerasfile.weights_of(archive.read(source))), layers))


def of_hdf5(source: Source, layers: Layers) -> dict[str, Arrays]:
    """Out of .weights.h5, an older weights file or a whole .h5 file."""
    return read(found(hdf5.read(source), layers))


def read(stored: dict[str, list[Dataset]]) -> dict[str, Arrays]:
    """The numbers of the arrays that were found."""
    return {name: [dataset.read() for dataset in datasets] for name, datasets in stored.items()}


def found(root: Group, layers: Layers) -> dict[str, list[Dataset]]:
    """The arrays of those of a model's layers whose names the file has."""
    wanted = {layer["config"]["name"]: layer for layer in layers}
    group = root.group(legacyfile.WEIGHTS) or root
    names = layouts.listed(group, "layer_names")
    if names:
        arrays = {name: layouts.named(group.group(name), name) for name in names if name in wanted}
        models = {name for name in arrays if wanted[name]["class_name"] in MODELS}
        return arrays | {name: layouts.layer_by_layer(arrays[name], wanted[name]) for name in models}
    result: dict[str, list[Dataset]] = {}
    base = root.group("layers") or root.group("_layer_checkpoint_dependencies")
    for folder in base.children.values() if base else ():
        inside = folder.group("vars") if isinstance(folder, Group) else None
        name = (inside and inside.text("name")) or ""
        if isinstance(folder, Group) and name in wanted:
            paths = inner_folders(wanted[name])
            result[name] = [
                one for path in paths for one in layouts.numbered_arrays(folder.group(f"{path}vars"))
            ]
    return result
