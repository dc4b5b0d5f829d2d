"""Keras's `keras.saving`: models to files and back, and the classes of a user's own that a file may name."""

from typing import TYPE_CHECKING

from chainrule.internal import absent
from chainrule.internal.custom_objects import (
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)  # fmt: skip
from chainrule.models import load_model, save_model

CustomObjectScope = custom_object_scope

__all__ = [
    "CustomObjectScope", "custom_object_scope", "get_custom_objects", "get_registered_name", "get_registered_object",
    "load_model", "register_keras_serializable", "save_model",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("saving", __all__)
