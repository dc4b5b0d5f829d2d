"""`tf.compat`: what scripts of Keras say to the first TensorFlow, which changes nothing here."""

import importlib
import types
from contextlib import suppress
from typing import Any

from chainrule.keras_names.thin_tensorflow import sessions, train
from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.keras_names.thin_tensorflow.switches import logging, nothing

__all__ = ["v1", "v2"]


class Version(types.ModuleType):
    """`tf.compat.v1` or `v2`: switches that are there to be called, and refusals of the rest."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "keras":
            return importlib.import_module("tensorflow.keras")
        if name == "compat":
            return importlib.import_module("tensorflow.compat")
        with suppress(AttributeError, ImportError):
            return getattr(importlib.import_module("tensorflow"), name)
        raise missing(f"tensorflow.compat.{self.__name__}", name)


def set_random_seed(seed: int) -> None:
    """The seed of everything that is drawn."""
    from chainrule.arrays import set_seed

    set_seed(seed)


v1, v2 = Version("v1"), Version("v2")
for _name in (
    "disable_eager_execution",
    "disable_v2_behavior",
    "enable_eager_execution",
    "enable_v2_behavior",
):
    setattr(v1, _name, nothing)
    setattr(v2, _name, nothing)
for _name in sessions.__all__:
    setattr(v1, _name, getattr(sessions, _name))
v1.logging, v1.set_random_seed, v1.train = logging, set_random_seed, train  # type: ignore[attr-defined]


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.compat", name)
