"""Gradient descent: a step downhill, optionally with momentum."""

from typing import Any

from chainrule.arrays import Array
from chainrule.errors import SettingError
from chainrule.optimizers.base import Optimizer


class SGD(Optimizer):
    """w ← w - rate · g, or with momentum v ← momentum · v - rate · g and w ← w + v.

    Called stochastic because g comes from a few examples drawn by chance, not from all. Nesterov (1983) looks one
    step ahead. Settings and defaults are Keras's.

    >>> SGD(0.1, momentum=0.9).slots
    ('momentum',)
    """

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **settings: Any
    ) -> None:
        super().__init__(learning_rate, **settings)
        if not 0 <= momentum <= 1:
            raise SettingError(f"momentum must be from 0 to 1; it is {momentum!r}.")
        self.momentum, self.nesterov = float(momentum), bool(nesterov)
        self.slots = ("momentum",) if self.momentum else ()  # type: ignore[misc]

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        rate = c
        if not optimizer_state:
            return (w - rate * g,)  # w ← w - η g
        v = self.momentum * optimizer_state[0] - rate * g  # v ← μ v - η g
        if self.nesterov:
            return w + self.momentum * v - rate * g, v  # w ← w + μ v - η g
        return w + v, v  # w ← w + v

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"momentum": self.momentum, "nesterov": self.nesterov}
