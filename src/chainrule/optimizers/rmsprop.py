"""RMSprop and Adagrad: the step is divided by the size of the gradients seen so far."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.optimizers.base import Optimizer, OptimizerState, Weights


class RMSprop(Optimizer):
    """v: running mean of g².  w ← w - rate · g / √(v + ε). Tieleman and Hinton (2012), as in Keras.

    centered: v less the square of the running mean of g.  momentum: the step is remembered.
    """

    slots_by_variable: ClassVar[bool] = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.rho, self.momentum, self.epsilon, self.centered = rho, float(momentum), epsilon, bool(centered)
        more = [("momentum", self.momentum > 0), ("average_gradient", self.centered)]
        self.slots = ("velocity", *(slot for slot, wanted in more if wanted))  # type: ignore[misc]

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        rate, kept = c, dict(zip(self.slots, optimizer_state, strict=True))
        v = kept["velocity"] = self.rho * kept["velocity"] + (1 - self.rho) * g * g  # v ← ρ v + (1 - ρ) g²
        if self.centered:
            mean = kept["average_gradient"] = self.rho * kept["average_gradient"] + (1 - self.rho) * g
            v = v - mean * mean
        step = rate * g / namespace(g).sqrt(v + self.epsilon)
        if self.momentum:
            step = kept["momentum"] = self.momentum * kept["momentum"] + step
        return w - step, *kept.values()

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class Adagrad(Optimizer):
    """s: the sum of all g² so far.  w ← w - rate · g / √(s + ε). Duchi et al. (2011), as in Keras."""

    slots: ClassVar[tuple[str, ...]] = ("accumulator",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def init(self, params: Weights) -> OptimizerState:
        start = self.initial_accumulator_value
        first = [{k: np.full_like(w, start) for k, w in layer.items()} for layer in params]
        return super().init(params) | {"accumulator": first}

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        rate, (s,) = c, optimizer_state
        s = s + g * g  # s ← s + g²
        return w - rate * g / namespace(g).sqrt(s + self.epsilon), s  # w ← w - η g / √(s + ε)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
