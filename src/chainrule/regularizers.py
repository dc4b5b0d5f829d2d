"""Penalties on large weights, each beside its derivative. Keras's names and formulas.

value     what is added to the loss
gradient  what is added to the derivative of the loss by each weight
"""

from typing import TYPE_CHECKING, Any, Self

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, unknown
from chainrule.internal import absent
from chainrule.internal.number_settings import number_setting
from chainrule.ops.arguments import as_array

__all__ = ["L1", "L1L2", "L2", "get", "l1", "l1_l2", "l2", "serialize"]


class L1L2:
    """l1 · Σ |w| + l2 · Σ w².

    >>> import numpy as np; float(L1L2(l1=0.5, l2=0.5).value(np.array([3., -4.])))
    16.0
    """

    def __init_subclass__(cls, **settings: Any) -> None:
        """Refuses a formula that learning would never call."""
        super().__init_subclass__(**settings)
        if "__call__" in vars(cls) and "value" not in vars(cls):
            raise SettingError(
                f"{cls.__name__} overrides __call__, which is never called while learning: override value and gradient."
            )

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = number_setting("A penalty", "l1", l1, at_least=0)
        self.l2 = number_setting("A penalty", "l2", l2, at_least=0)

    def value(self, w: Array) -> Array:  # l1 Σ|w| + l2 Σ w²
        """What the weights add to the loss."""
        xp = namespace(w)
        return self.l1 * xp.sum(xp.abs(w)) + self.l2 * xp.sum(w * w)

    def gradient(self, w: Array) -> Array:  # l1 sign(w) + 2 l2 w
        """What each weight adds to the derivative of the loss by it."""
        return self.l1 * namespace(w).sign(w) + 2 * self.l2 * w

    def __call__(self, x: Any) -> Any:
        """The same as `value`, as Keras calls it."""
        return self.value(as_array(x))

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {"l1": self.l1, "l2": self.l2}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new penalty with stored settings."""
        return cls(**config)


class L1(L1L2):
    """l1 · Σ |w|: pulls every weight towards 0 with the same force, so that many end there."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """l2 · Σ w²: pulls large weights harder."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


CLASSES: dict[str, type[L1L2]] = {"L1": L1, "L2": L2, "L1L2": L1L2}


def get(identifier: object) -> L1L2 | None:
    """A regularizer given as None, itself, "l1"/"l2"/"l1_l2", or as a stored {"class_name", "config"}.

    >>> get("l2").get_config()
    {'l2': 0.01}
    """
    if identifier is None or isinstance(identifier, L1L2):
        return identifier
    if isinstance(identifier, dict):
        name, settings = str(identifier.get("class_name")), dict(identifier.get("config") or {})
        if name not in CLASSES:
            raise unknown("regularizer", name, CLASSES)
        return CLASSES[name](**settings)
    named: dict[str, L1L2] = {"l1": L1(), "l2": L2(), "l1_l2": L1L2(), "l1l2": L1L2()}
    if str(identifier).lower() not in named:
        raise unknown("regularizer", identifier, named)
    return named[str(identifier).lower()]


def l1(l1: float = 0.01) -> L1:
    """Keras's lower-case door to `L1`."""
    return L1(l1)


def l2(l2: float = 0.01) -> L2:
    """Keras's lower-case door to `L2`."""
    return L2(l2)


def l1_l2(l1: float = 0.0, l2: float = 0.0) -> L1L2:
    """Keras's lower-case door to `L1L2`."""
    return L1L2(l1, l2)


def serialize(regularizer: L1L2 | None) -> dict[str, Any] | None:
    """How a regularizer is written to a file."""
    if regularizer is None:
        return None
    return {"class_name": type(regularizer).__name__, "config": regularizer.get_config()}


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("regularizers", __all__)
