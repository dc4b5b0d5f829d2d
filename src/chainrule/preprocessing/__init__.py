"""Keras's `keras.preprocessing`: pictures, texts and sequences made ready to learn from.

image       reading and writing pictures, ImageDataGenerator
text        Tokenizer and its parts
sequence    pad_sequences, TimeseriesGenerator
folders     data in folders: image_dataset_from_directory, text_dataset_from_directory
timeseries  timeseries_dataset_from_array
pipeline    the Dataset that these return
"""

import importlib
import sys
from typing import TYPE_CHECKING

__all__ = [
    "image", "image_dataset_from_directory", "sequence", "text", "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]  # fmt: skip

_HOMES = {
    "image_dataset_from_directory": "folders", "text_dataset_from_directory": "folders",
    "timeseries_dataset_from_array": "timeseries",
}  # fmt: skip

if TYPE_CHECKING:
    from chainrule.preprocessing import image, sequence, text
    from chainrule.preprocessing.folders import image_dataset_from_directory, text_dataset_from_directory
    from chainrule.preprocessing.timeseries import timeseries_dataset_from_array


def __getattr__(name: str) -> object:
    if name in ("image", "sequence", "text"):
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    from chainrule.internal.absent import missing

    raise missing("preprocessing", name, __all__, sys._getframe(1))  # noqa: SLF001
