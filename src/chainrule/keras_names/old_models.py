"""Names that scripts took from `keras.models` although they are of the layers."""

from typing import Any

from chainrule import models
from chainrule.internal import absent
from chainrule.layers import Input, InputLayer

__all__ = ["Input", "InputLayer"]


def __getattr__(name: str) -> Any:
    raise absent.missing("models", name, models.__all__)
