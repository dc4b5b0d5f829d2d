"""Values of a network that a function of the user's own uses by their names: they become further inputs of its layer.

z_mean = Dense(2)(x)
class Divergence(Layer):
    def call(self, y):
        self.add_loss(ops.mean(ops.square(z_mean)))      # z_mean is no argument of call
        return y
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import SettingError

STANDING: list[
    Callable[[Any], Any]
] = []  # gives the array of a symbolic tensor while such a function computes


@contextmanager
def standing(give: Callable[[Any], Any]) -> Iterator[None]:
    """Within it, symbolic tensors that a function uses by their names stand for arrays."""
    STANDING.append(give)
    try:
        yield
    finally:
        STANDING.pop()


def arrays_for(value: Any) -> Any:
    """Arguments with arrays in place of symbolic tensors."""
    if hasattr(value, "example_shape"):
        return STANDING[-1](value)
    if isinstance(value, (list, tuple)):
        return type(value)(arrays_for(one) for one in value)
    return value


def operation(name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """A function of `ops` of the arrays that the symbolic tensors stand for."""
    from chainrule import ops  # a dense network starts without it

    given = arrays_for(arguments)
    if name == "getitem":
        return given[0][given[1]]
    return getattr(ops, name)(*given, **{key: arrays_for(value) for key, value in settings.items()})


def tried(layer: Any, function: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """What a function gives for arrays of ones; the layer keeps which values of the network it used by their names."""
    found, known = list(of(layer)), "_captured" in vars(layer)

    def ones(tensor: Any) -> Any:
        if not any(tensor is one for one in found):
            if known:
                raise came_later(layer, tensor)
            found.append(tensor)
        return np.ones((len(inputs[0]), *tensor.example_shape), np.float32)

    with standing(ones):
        given = function(*inputs)
    vars(layer)["_captured"], vars(layer)["_own_inputs"] = tuple(found), len(inputs)
    return given


def of(layer: Any) -> tuple[Any, ...]:
    """The values of the network that the layer's function uses by their names."""
    found: tuple[Any, ...] = vars(layer).get("_captured", ())
    return found


def own(layer: Any, parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of all inputs, or their shapes, those that the layer was called with."""
    return parts[: vars(layer)["_own_inputs"]] if of(layer) else parts


def computed(layer: Any, function: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """A function of the inputs that the layer was called with; the further ones stand for the names that it uses."""
    if STANDING or not of(layer):
        return function(*inputs)
    arrays = dict(zip(map(id, of(layer)), inputs[vars(layer)["_own_inputs"] :], strict=True))

    def given(tensor: Any) -> Any:
        if id(tensor) not in arrays:
            raise came_later(layer, tensor)
        return arrays[id(tensor)]

    with standing(given):
        return function(*own(layer, inputs))


def came_later(layer: Any, tensor: Any) -> SettingError:
    """The error for a value that a function uses and did not use when its layer was called."""
    return SettingError(
        f"{layer.label} uses {tensor!r} by its name now, and did not when it was called: give it to the layer as an input."
    )
