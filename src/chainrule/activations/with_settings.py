"""Activations with the settings that Keras's functions have beside the array: relu(x, max_value=6), softmax(x, axis=1).

Called without settings each is the plain formula; layers use that one, and its derivative.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from chainrule.activations.normal import normal_cdf
from chainrule.arrays import Array, accepting_symbolic, namespace
from chainrule.errors import SettingError

Function = Callable[..., Any]


def with_settings(name: str, plain: Function) -> Function:
    """A function of this name that takes Keras's settings, numbers in lists, and symbolic tensors."""

    @wraps(plain)
    def function(x: Any, *given: Any, **settings: Any) -> Array:
        if not hasattr(x, "__array_namespace__"):
            x = np.asarray(x, np.float32)
        settings |= dict(zip(NAMES.get(name, ()), given, strict=False))
        if name == "threshold":
            return plain(x, **settings)
        if unknown := set(settings) - set(NAMES.get(name, ())):
            raise SettingError(f"{name} has no setting called {min(unknown)!r}.")
        if name in ALONG and "axis" in settings:
            return along(plain, x, settings["axis"])
        return CHANGED[name](x, **settings) if settings and name in CHANGED else plain(x, **settings)

    return accepting_symbolic(function)


ALONG = ("glu", "log_softmax", "softmax", "sparsemax")
NAMES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ALONG, ("axis",)),
    **dict.fromkeys(("elu", "celu"), ("alpha",)),
    **dict.fromkeys(("hard_shrink", "soft_shrink"), ("threshold",)),
    "gelu": ("approximate",),
    "leaky_relu": ("negative_slope",),
    "relu": ("negative_slope", "max_value", "threshold"),
    "squareplus": ("b",),
    "threshold": ("threshold", "default_value"),
}


def along(plain: Function, x: Array, axis: Any) -> Array:
    """A function of the last axis, applied to another one, or to several taken as one."""
    xp = namespace(x)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    last = tuple(range(-len(axes), 0))
    moved = xp.moveaxis(x, tuple(axes), last)
    rows = moved.reshape(*moved.shape[: -len(axes)], math.prod(moved.shape[-len(axes) :]))
    found = plain(rows)
    shape = moved.shape if len(axes) > 1 else found.shape
    return xp.moveaxis(found.reshape(shape), last, tuple(axes))


def relu(
    x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """x above the threshold, max_value at most; negative_slope · (x - threshold) below."""
    xp = namespace(x)
    y = xp.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else xp.minimum(y, max_value)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x above 0, alpha · (eˣ - 1) below."""
    xp = namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


def celu(x: Array, alpha: float = 1.0) -> Array:
    """x above 0, alpha · (e^(x / alpha) - 1) below."""
    xp = namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0) / alpha))


def gelu(x: Array, approximate: bool = False) -> Array:
    """x · Φ(x), or nearly so by tanh."""
    if not approximate:
        return x * normal_cdf(x)
    return 0.5 * x * (1 + namespace(x).tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def squareplus(x: Array, b: float = 4.0) -> Array:
    """(x + √(x² + b)) / 2."""
    return (x + namespace(x).sqrt(x * x + b)) / 2


CHANGED: dict[str, Function] = {
    "celu": celu,
    "elu": elu,
    "gelu": gelu,
    "relu": relu,
    "squareplus": squareplus,
}
