"""Adadelta and Adamax: the step's size follows the gradients, and for Adadelta the steps before."""

from typing import Any, ClassVar

from chainrule.arrays import Array, namespace
from chainrule.optimizers.base import Optimizer, OptimizerState


class Adadelta(Optimizer):
    """s: running mean of g², d: of the steps'.  w ← w - rate · √(d + ε) / √(s + ε) · g. Zeiler (2012), as in Keras."""

    slots: ClassVar[tuple[str, ...]] = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **settings: Any
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.rho, self.epsilon = rho, epsilon

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        rate, (s, d), xp = c, optimizer_state, namespace(g)
        s = self.rho * s + (1 - self.rho) * g * g  # s ← ρ s + (1 - ρ) g²
        step = xp.sqrt(d + self.epsilon) / xp.sqrt(s + self.epsilon) * g
        d = self.rho * d + (1 - self.rho) * step * step  # d ← ρ d + (1 - ρ) step²
        return w - rate * step, s, d

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rho": self.rho, "epsilon": self.epsilon}


class Adamax(Optimizer):
    """m: running mean of g, u: the largest g of late.  w ← w - rate / (1 - β₁ᵗ) · m / (u + ε). Kingma and Ba (2015), as in Keras."""

    slots: ClassVar[tuple[str, ...]] = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def constants(self, t: Array, rate: Array, optimizer_state: OptimizerState) -> Any:
        return rate / (1 - namespace(t).asarray(self.beta_1, dtype=t.dtype) ** t)  # η / (1 - β₁ᵗ)

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        m, u = optimizer_state
        xp = namespace(g)
        m = m + (g - m) * (1 - self.beta_1)  # m ← β₁ m + (1 - β₁) g
        u = xp.maximum(self.beta_2 * u, xp.abs(g))  # u ← max(β₂ u, |g|)
        return w - c * m / (u + self.epsilon), m, u

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
