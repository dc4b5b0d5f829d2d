"""Adam and its relatives: each weight has its own step size, from the gradients it has seen."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError
from chainrule.optimizers.base import Optimizer, OptimizerState, Weights


class Adam(Optimizer):
    """m: running mean of g.  v: running mean of g².  w ← w - α m / (√v + ε).

    Kingma and Ba (2015), in the form without m̂ and v̂ (end of their section 2), as in Keras:
    α = rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ) makes up for m and v starting at 0. amsgrad: Reddi et al. (2018).

    >>> Adam().get_config()["beta_2"]
    0.999
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        for name, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not (isinstance(beta, (int, float)) and 0 <= beta < 1):
                raise SettingError(f"{name} must be from 0 to below 1; it is {beta!r}.")
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, bool(amsgrad)
        hats = ("velocity_hat",) if self.amsgrad else ()
        self.slots = ("momentum", "velocity", *hats)  # type: ignore[misc]

    def constants(self, t: Array, rate: Array, optimizer_state: OptimizerState) -> Any:
        xp = namespace(t)
        b1, b2 = xp.asarray(self.beta_1, dtype=t.dtype), xp.asarray(self.beta_2, dtype=t.dtype)
        return rate * xp.sqrt(1 - b2**t) / (1 - b1**t)  # α = η √(1 - β₂ᵗ) / (1 - β₁ᵗ)

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        alpha, xp = c, namespace(g)
        m, v, *hat = optimizer_state
        m = m + (g - m) * (1 - self.beta_1)  # m ← β₁ m + (1 - β₁) g
        v = v + (g * g - v) * (1 - self.beta_2)  # v ← β₂ v + (1 - β₂) g²
        hat = [xp.maximum(hat[0], v)] if hat else []
        w = w - alpha * m / (xp.sqrt(hat[0] if hat else v) + self.epsilon)  # w ← w - α m / (√v + ε)
        return w, m, v, *hat

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


class AdamW(Adam):
    """Adam with weight decay that is not mixed into the gradient. Loshchilov and Hutter (2019)."""

    def __init__(
        self, learning_rate: Any = 0.001, weight_decay: float = 0.004, *args: Any, **settings: Any
    ) -> None:
        if weight_decay is None:
            raise SettingError("AdamW needs a weight_decay; without one use Adam.")
        super().__init__(learning_rate, *args, weight_decay=weight_decay, **settings)


class Nadam(Optimizer):
    """Adam with Nesterov's look ahead: the coming momentum is used already. Dozat (2016), as in Keras."""

    slots: ClassVar[tuple[str, ...]] = ("momentum", "velocity")

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

    def init(self, params: Weights) -> OptimizerState:
        dtype = next((w.dtype for layer in params for w in layer.values()), np.dtype("float32"))
        return super().init(params) | {"u_product": np.ones((), dtype)}

    def apply(
        self, grads: Weights, optimizer_state: OptimizerState, params: Weights, step: Array, rate: Array
    ) -> tuple[Weights, OptimizerState]:
        product = optimizer_state["u_product"]
        product = product * self.momentum_at((step + 1).astype(product.dtype))  # Π u
        return super().apply(grads, optimizer_state | {"u_product": product}, params, step, rate)

    def momentum_at(self, t: Array) -> Array:
        """u_t = β₁ (1 - ½ · 0.96ᵗ)."""
        xp = namespace(t)
        return self.beta_1 * (1 - 0.5 * xp.power(xp.asarray(0.96, dtype=t.dtype), t))

    def constants(self, t: Array, rate: Array, optimizer_state: OptimizerState) -> Any:
        xp = namespace(t)
        product = optimizer_state["u_product"].astype(t.dtype)
        b2 = xp.asarray(self.beta_2, dtype=t.dtype)
        u, u_next = self.momentum_at(t), self.momentum_at(t + 1)
        ahead = u_next / (1 - product * u_next)
        return rate, ahead, (1 - u) / (1 - product), 1 - b2**t

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        rate, ahead, now, unbias = c
        m, v = optimizer_state
        m = m + (g - m) * (1 - self.beta_1)  # m ← β₁ m + (1 - β₁) g
        v = v + (g * g - v) * (1 - self.beta_2)  # v ← β₂ v + (1 - β₂) g²
        m_hat = ahead * m + now * g  # m̂ = u' m / (1 - Π u') + (1 - u) g / (1 - Π u)
        return w - rate * m_hat / (namespace(g).sqrt(v / unbias) + self.epsilon), m, v

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
