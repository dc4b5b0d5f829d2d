"""Keras's `keras.preprocessing.image`: reading and writing pictures, and changing them anew for every epoch."""

from typing import TYPE_CHECKING

from chainrule.internal import absent
from chainrule.preprocessing.image.arrays import array_to_img, img_to_array, load_img, save_img, smart_resize
from chainrule.preprocessing.image.flow import (
    DataFrameIterator,
    DirectoryIterator,
    Iterator,
    NumpyArrayIterator,
)  # fmt: skip
from chainrule.preprocessing.image.generator import ImageDataGenerator

__all__ = [
    "DataFrameIterator", "DirectoryIterator", "ImageDataGenerator", "Iterator", "NumpyArrayIterator", "array_to_img",
    "img_to_array", "load_img", "save_img", "smart_resize",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("preprocessing.image", __all__)
