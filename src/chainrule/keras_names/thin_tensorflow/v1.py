"""`import tensorflow.compat.v1 as tf`: what `tf.compat.v1` has, as a module."""

from typing import Any

from chainrule.keras_names.thin_tensorflow import compat

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    return getattr(compat.v1, name)
