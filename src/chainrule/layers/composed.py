"""Layers of a user's own that call other layers: together these are a network, which `call` draws once.

What it drew stands in the layer's place, so that every derivative is written out as in any other network.
"""

import importlib
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import SettingError

NOT_PARTS = ("_network", "calls", "member_of", "params")


class Drawing:
    """What draws a layer's network, and what makes a model of layers one after the other; set by models, which stand above layers."""

    network: ClassVar[Callable[[Any], Any]]
    sequence: ClassVar[Callable[..., Any]]


def answer(layer: Any, x: Any, training: Any) -> Any:
    """What a layer that calls other layers gives for numbers, or for values of a network; None for other layers.

    x: one value, or a tuple of several.
    """
    several = isinstance(x, tuple) and bool(x) and all(hasattr(one, "shape") for one in x)
    examples = [tuple(getattr(one, "shape", None) or np.shape(one))[1:] for one in (x if several else (x,))]
    network = network_of(layer, tuple(examples) if several else examples[0])
    return None if network is None else network(list(x) if several else x, training=training)


def network_of(layer: Any, input_shape: Any) -> Any:
    """The network that a layer of a user's own makes of other layers; None where it calls none.

    input_shape: of one example, or a tuple of shapes.  SettingError where it also has weights of its own.
    """
    if layer.written_out or not hasattr(layer, "weight_places"):
        return None
    if "_network" not in vars(layer):
        weights = layer.weight_places(input_shape)  # the class's own `build` may make the layers
        if not parts(layer):
            return None
        if weights:
            raise SettingError(
                f"{layer.label} calls other layers and adds weights of its own ({weights[0].name}); here a layer does one or the "
                "other: put the weights into a layer that computes with them, and call that."
            )
        importlib.import_module("chainrule.models")  # which sets what draws
        vars(layer)["_network"] = Drawing.network(layer)
    return vars(layer)["_network"]


def parts(layer: Any) -> list[Any]:
    """The layers and models among a layer's attributes, those in lists and dicts included."""
    found = []
    for name, value in vars(layer).items():
        several = (
            value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, (list, tuple))
            else (value,)
        )
        if name not in NOT_PARTS:
            found += [one for one in several if hasattr(one, "links") or hasattr(one, "expand")]
    return found
