"""Focal cross-entropies: what is predicted well already counts little (Lin et al. 2017)."""

from typing import Any

from chainrule.activations import sigmoid, softmax
from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError
from chainrule.losses.base import Loss, numbers_per_example, per_example, rows_per_example, smoothing_share

EPSILON = 1e-7  # Keras's


class Focal(Loss):
    """What both share. gamma: how much less a good prediction counts.  alpha: the weight of the positive class.

    from_logits: whether the loss takes z instead of p.  label_smoothing: the share of certainty taken from y.
    """

    def __init__(
        self, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, label_smoothing: float = 0.0,
        axis: int = -1, **settings: Any,
    ) -> None:  # fmt: skip
        if axis != -1:
            raise SettingError(f"{type(self).__name__}: the classes must be on the last axis (axis=-1).")
        super().__init__(**settings)
        if not gamma >= 0:
            raise SettingError(f"{type(self).__name__} needs a gamma of 0 or more; it got {gamma!r}.")
        self.alpha, self.gamma, self.from_logits = alpha, float(gamma), bool(from_logits)
        self.label_smoothing = smoothing_share(label_smoothing)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "alpha": self.alpha, "gamma": self.gamma, "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
        }  # fmt: skip


class BinaryFocalCrossentropy(Focal):
    """The binary cross-entropy times (1 - p_t)^γ, p_t the probability given to the truth.

    apply_class_balancing: also times α for y = 1 and 1 - α for y = 0.
    """

    key = "binary_focal_crossentropy"

    def __init__(self, apply_class_balancing: bool = False, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.apply_class_balancing = bool(apply_class_balancing)

    def values(self, y: Array, p: Array) -> Array:  # L = mean w (1 - p_t)^γ · -(y log p + (1 - y) log(1 - p))
        xp, y, p = namespace(p), self.smoothed(y, p), sigmoid(p) if self.from_logits else p
        missing, entropy, _ = self.parts(y, p)
        return per_example(self.weight(y) * xp.power(missing, self.gamma) * entropy)

    def derivative(
        self, y: Array, p: Array
    ) -> Array:  # dL/dp = w ((1 - p_t)^γ H' - γ (1 - p_t)^(γ - 1) (2 y - 1) H)
        xp, y, p = namespace(p), self.smoothed(y, p), sigmoid(p) if self.from_logits else p
        missing, entropy, slope = self.parts(y, p)
        steep = self.gamma * xp.power(missing, self.gamma - 1) if self.gamma else 0.0
        d = self.weight(y) * (xp.power(missing, self.gamma) * slope - steep * (2 * y - 1) * entropy)
        d = d * p * (1 - p) if self.from_logits else d  # dz = dp · p (1 - p)
        return d / numbers_per_example(p)

    def parts(self, y: Array, p: Array) -> tuple[Array, Array, Array]:
        """1 - p_t, the cross-entropy H and H' by p."""
        xp = namespace(p)
        c = xp.clip(p, EPSILON, 1 - EPSILON)
        entropy = -(y * xp.log(c) + (1 - y) * xp.log(1 - c))
        return 1 - (y * p + (1 - y) * (1 - p)), entropy, xp.where(c == p, (c - y) / (c * (1 - c)), 0)

    def smoothed(self, y: Array, p: Array) -> Array:
        """y (1 - s) + s / 2."""
        return y.astype(p.dtype) * (1 - self.label_smoothing) + 0.5 * self.label_smoothing

    def weight(self, y: Array) -> Any:
        """α for y = 1, 1 - α for y = 0; 1 without class balancing."""
        return y * self.alpha + (1 - y) * (1 - self.alpha) if self.apply_class_balancing else 1.0

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"apply_class_balancing": self.apply_class_balancing}


class CategoricalFocalCrossentropy(Focal):
    """-Σ α (1 - p)^γ y log p, for one class of several; alpha may be a list with a weight for each class."""

    key = "categorical_focal_crossentropy"

    def values(self, y: Array, p: Array) -> Array:  # L = -Σ α (1 - q)^γ y log q,  q = p / Σ p
        xp, y = namespace(p), self.smoothed(y, p)
        c = xp.clip(self.shares(p)[0], EPSILON, 1 - EPSILON)
        return per_example(-xp.sum(self.weights(p) * xp.power(1 - c, self.gamma) * y * xp.log(c), axis=-1))

    def derivative(self, y: Array, p: Array) -> Array:  # dq = α y ((1 - q)^γ / -q + γ (1 - q)^(γ - 1) log q)
        xp, y = namespace(p), self.smoothed(y, p)
        q, total = self.shares(p)
        c = xp.clip(q, EPSILON, 1 - EPSILON)
        steep = self.gamma * xp.power(1 - c, self.gamma - 1) * xp.log(c) if self.gamma else 0.0
        dq = xp.where(c == q, self.weights(p) * y * (steep - xp.power(1 - c, self.gamma) / c), 0)
        dp = (dq - xp.sum(dq * q, axis=-1, keepdims=True)) / total  # from q = p / Σ p
        if self.from_logits:  # q is softmax(z): dz = q (dq - Σ dq q)
            dp = q * (dq - xp.sum(dq * q, axis=-1, keepdims=True))
        return dp / rows_per_example(p)

    def shares(self, p: Array) -> tuple[Array, Array]:
        """q = p / Σ p, or softmax(z); and Σ p."""
        xp = namespace(p)
        if self.from_logits:
            return softmax(p), xp.ones_like(p[..., :1])
        total = xp.sum(p, axis=-1, keepdims=True)
        return p / total, total

    def weights(self, p: Array) -> Any:
        """alpha, a number or one for each class."""
        return namespace(p).asarray(self.alpha, dtype=p.dtype)

    def smoothed(self, y: Array, p: Array) -> Array:
        """y (1 - s) + s / K."""
        return y.astype(p.dtype) * (1 - self.label_smoothing) + self.label_smoothing / y.shape[-1]


def binary_focal_crossentropy(
    y_true: Any, y_pred: Any, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
    from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
) -> Array:  # fmt: skip
    """Keras's function: the focal binary cross-entropy, the mean over the last axis."""
    loss = BinaryFocalCrossentropy(apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis)
    return loss.call(y_true, y_pred)


def categorical_focal_crossentropy(
    y_true: Any, y_pred: Any, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False,
    label_smoothing: float = 0.0, axis: int = -1,
) -> Array:  # fmt: skip
    """Keras's function: the focal cross-entropy of each row."""
    return CategoricalFocalCrossentropy(alpha, gamma, from_logits, label_smoothing, axis).call(y_true, y_pred)
