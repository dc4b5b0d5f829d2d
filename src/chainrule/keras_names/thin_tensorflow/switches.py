"""Switches of TensorFlow that change nothing here: how much is logged, where and how it computes."""

import types
from typing import Any

from chainrule.keras_names.thin_tensorflow.instead import missing


class Switches:
    """One of TensorFlow's modules of switches: some are there to be called, the rest is refused by name."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing(f"tensorflow.{self.__name__}", name)


def nothing(*arguments: Any, **settings: Any) -> None:
    """Changes nothing: everything is computed at once, and nothing is logged."""


def switches(name: str, *names: str, **values: Any) -> Switches:
    """A module with functions of these names that do nothing, and these values."""
    made = Switches(name)
    vars(made).update(dict.fromkeys(names, nothing) | values)
    return made


logging = switches("logging", "set_verbosity", DEBUG=10, INFO=20, WARN=30, ERROR=40, FATAL=50)
autograph = switches(
    "autograph", "set_verbosity", experimental=types.SimpleNamespace(do_not_convert=lambda f=None: f)
)
debugging = switches("debugging", "set_log_device_placement")
