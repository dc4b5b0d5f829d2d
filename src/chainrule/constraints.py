"""Limits on weights, applied after every update. Keras's names and formulas.

A constraint is a small set of settings; calling it with a weight array gives the nearest array that keeps to it.
"""

from typing import TYPE_CHECKING, Any

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, unknown
from chainrule.internal import absent
from chainrule.internal.custom_objects import custom_object_scope, find

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "max_norm", "min_max_norm",
    "non_neg", "serialize", "unit_norm",
]  # fmt: skip

EPSILON = 1e-7  # Keras's


class Constraint:
    """A function from weights to weights that keep to a limit.

    >>> import numpy as np; NonNeg()(np.array([-1., 2.]))
    array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        """The weights, brought within the limit; as they are where a class says nothing."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """One with stored settings."""
        return cls(**config)


class MaxNorm(Constraint):
    """Shortens vectors of weights that are longer than max_value; axis: along which a vector lies.

    >>> import numpy as np; MaxNorm(5.0)(np.array([[6.], [8.]])).round(4)
    array([[3.],
           [4.]])
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = positive("MaxNorm", "max_value", max_value), axis

    def __call__(self, w: Array) -> Array:  # w · min(|w|, max) / |w|
        norms = lengths(w, self.axis)
        return w * (namespace(w).clip(norms, 0, self.max_value) / (EPSILON + norms))


class NonNeg(Constraint):
    """Sets negative weights to 0."""

    def __call__(self, w: Array) -> Array:
        return namespace(w).maximum(w, 0)


class UnitNorm(Constraint):
    """Brings vectors of weights to length 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Array) -> Array:  # w / |w|
        return w / (EPSILON + lengths(w, self.axis))


class MinMaxNorm(Constraint):
    """Brings the length of vectors of weights towards min_value..max_value; rate: by which share, 1 wholly."""

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value, self.max_value = min_value, positive("MinMaxNorm", "max_value", max_value)
        self.rate, self.axis = rate, axis

    def __call__(self, w: Array) -> Array:  # w · (rate · clipped |w| + (1 - rate) |w|) / |w|
        norms = lengths(w, self.axis)
        wanted = namespace(w).clip(norms, self.min_value, self.max_value)
        return w * ((self.rate * wanted + (1 - self.rate) * norms) / (EPSILON + norms))


def lengths(w: Array, axis: Any) -> Array:
    """√ Σ w² along an axis or several, which stay with length 1."""
    xp = namespace(w)
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return xp.sqrt(xp.sum(w * w, axis=axes, keepdims=True))


def positive(constraint: str, setting: str, value: float) -> float:
    """A limit above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise SettingError(f"{constraint} needs {setting} above 0; it got {value!r}.")
    return value


CLASSES: dict[str, type[Constraint]] = {
    kind.__name__: kind for kind in (MaxNorm, NonNeg, UnitNorm, MinMaxNorm)
}
max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm  # Keras's lower-case names
NAMES: dict[str, type[Constraint]] = {
    "max_norm": MaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm, "min_max_norm": MinMaxNorm,
    "maxnorm": MaxNorm, "nonneg": NonNeg, "unitnorm": UnitNorm,
}  # fmt: skip


def get(identifier: object) -> Any:
    """A constraint given as None, itself, by name, or as a stored {"class_name", "config"}.

    >>> get("max_norm").get_config()
    {'max_value': 2, 'axis': 0}
    """
    if identifier is None or isinstance(identifier, Constraint):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Constraint):
        return identifier()
    settings: dict[str, Any] = {}
    name = identifier
    if isinstance(identifier, dict):
        name, settings = identifier.get("class_name"), dict(identifier.get("config") or {})
    kind = CLASSES.get(str(name)) or NAMES.get(str(name).lower()) or find(str(name))
    if kind is None:
        raise unknown("constraint", name, NAMES)
    try:
        return kind(**settings)
    except TypeError:
        raise SettingError(f"The constraint {name} does not take the settings {sorted(settings)}.") from None


def serialize(constraint: Constraint | None) -> dict[str, Any] | None:
    """How a constraint is written to a file."""
    if constraint is None:
        return None
    return {"class_name": type(constraint).__name__, "config": constraint.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """A constraint from its stored form."""
    with custom_object_scope(custom_objects or {}):
        return get(config)


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("constraints", __all__)
