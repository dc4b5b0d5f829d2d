"""Names that Keras keeps in `keras.utils`.

    encoding    to_categorical, normalize, set_random_seed
    datasets    PyDataset, split_dataset
    files       get_file
    progress    Progbar

Data in folders and windows over a series are in `preprocessing`, registered classes in `custom_objects`, `plot_model` is in
`models.diagram`.
"""

import importlib
import sys
from typing import TYPE_CHECKING

from chainrule.utils.encoding import normalize, set_random_seed, to_categorical

_HOMES = {
    "CustomObjectScope": ("internal.custom_objects", "custom_object_scope"), "Progbar": ("utils.progress", "Progbar"), "Progress": ("training.progress", "Progress"),
    "PyDataset": ("utils.datasets", "PyDataset"), "Sequence": ("utils.datasets", "PyDataset"),
    "array_to_img": ("preprocessing.image", "array_to_img"), "clear_session": ("backend", "clear_session"),
    "custom_object_scope": ("internal.custom_objects", "custom_object_scope"),
    "get_custom_objects": ("internal.custom_objects", "get_custom_objects"), "get_file": ("utils.files", "get_file"),
    "get_registered_name": ("internal.custom_objects", "get_registered_name"),
    "get_registered_object": ("internal.custom_objects", "get_registered_object"),
    "image_dataset_from_directory": ("preprocessing", "image_dataset_from_directory"),
    "img_to_array": ("preprocessing.image", "img_to_array"), "is_keras_tensor": ("backend", "is_keras_tensor"),
    "load_img": ("preprocessing.image", "load_img"), "pad_sequences": ("preprocessing.sequence", "pad_sequences"),
    "plot_model": ("models.diagram", "plot_model"),
    "register_keras_serializable": ("internal.custom_objects", "register_keras_serializable"),
    "save_img": ("preprocessing.image", "save_img"), "split_dataset": ("utils.datasets", "split_dataset"),
    "standardize_dtype": ("backend", "standardize_dtype"),
    "text_dataset_from_directory": ("preprocessing", "text_dataset_from_directory"),
    "timeseries_dataset_from_array": ("preprocessing", "timeseries_dataset_from_array"),
}  # fmt: skip

__all__ = [
    "CustomObjectScope", "Progbar", "Progress", "PyDataset", "Sequence", "array_to_img", "clear_session",
    "custom_object_scope", "get_custom_objects", "get_file", "get_registered_name", "get_registered_object",
    "image_dataset_from_directory", "img_to_array", "is_keras_tensor", "load_img", "normalize", "pad_sequences", "plot_model",
    "register_keras_serializable", "save_img", "set_random_seed", "split_dataset", "standardize_dtype",
    "text_dataset_from_directory", "timeseries_dataset_from_array", "to_categorical",
]  # fmt: skip

if TYPE_CHECKING:
    from chainrule.backend import clear_session, is_keras_tensor, standardize_dtype
    from chainrule.internal.custom_objects import (
        custom_object_scope,
        get_custom_objects,
        get_registered_name,
        get_registered_object,
        register_keras_serializable,
    )  # fmt: skip
    from chainrule.internal.custom_objects import custom_object_scope as CustomObjectScope  # noqa: N812
    from chainrule.models.diagram import plot_model
    from chainrule.preprocessing import (
        image_dataset_from_directory,
        text_dataset_from_directory,
        timeseries_dataset_from_array,
    )  # fmt: skip
    from chainrule.preprocessing.image import array_to_img, img_to_array, load_img, save_img
    from chainrule.preprocessing.sequence import pad_sequences
    from chainrule.training.progress import Progress
    from chainrule.utils.datasets import PyDataset, split_dataset
    from chainrule.utils.datasets import PyDataset as Sequence
    from chainrule.utils.files import get_file
    from chainrule.utils.progress import Progbar
else:

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            module, own = _HOMES[name]
            return getattr(importlib.import_module(f"chainrule.{module}"), own)
        from chainrule.internal.absent import missing

        raise missing("utils", name, __all__, sys._getframe(1))  # noqa: SLF001
