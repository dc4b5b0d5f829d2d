"""Losses for numbers: squared error, absolute error and what lies between."""

from typing import Any

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError
from chainrule.losses.base import Loss, numbers_per_example, per_example


class MeanSquaredError(Loss):
    """The mean of (p - y)²: for numbers."""

    key = "mean_squared_error"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = mean (p - y)²
        return per_example((p - y) ** 2)

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = 2 (p - y) / n
        return 2 * (p - y) / numbers_per_example(p)


class MeanAbsoluteError(Loss):
    """The mean of |p - y|: for numbers, when single large errors should not rule."""

    key = "mean_absolute_error"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = mean |p - y|
        return per_example(namespace(p).abs(p - y))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = sign(p - y) / n
        return namespace(p).sign(p - y) / numbers_per_example(p)


class Huber(Loss):
    """Squared for small errors, straight for large ones (Huber 1964)."""

    key = "huber_loss"
    one_by_one = True

    def __init__(self, delta: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        if not delta > 0:
            raise SettingError(f"Huber needs a delta above 0; it got {delta!r}.")
        self.delta = float(delta)

    def values(self, y: Array, p: Array) -> Array:  # L = ½ e² where |e| <= δ, else δ |e| - ½ δ²
        xp, e = namespace(p), p - y
        straight = self.delta * xp.abs(e) - 0.5 * self.delta**2
        return per_example(xp.where(xp.abs(e) <= self.delta, 0.5 * e * e, straight))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = e cut off at ±δ, / n
        return namespace(p).clip(p - y, -self.delta, self.delta) / numbers_per_example(p)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"delta": self.delta}
