"""Cross-entropies: losses for classes."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.losses.base import (
    Loss,
    in_range,
    numbers_per_example,
    one_hot,
    per_example,
    rows_per_example,
    smoothing_share,
)
from chainrule.losses.crossentropy import (
    EPSILON,
    crossentropy_of_probabilities,
    d_crossentropy_of_probabilities,
    d_sigmoid_crossentropy,
    d_softmax_crossentropy,
    sigmoid_crossentropy,
    softmax_crossentropy,
)


class Crossentropy(Loss):
    """What the three cross-entropies share: from_logits says whether they are given p or z."""

    def __init__(self, from_logits: bool = False, **settings: Any) -> None:
        if settings.pop("axis", -1) != -1:
            raise SettingError(f"{type(self).__name__}: the classes must be on the last axis (axis=-1).")
        super().__init__(**settings)
        self.from_logits = bool(from_logits)

    def on_logits(self) -> "Crossentropy":
        """The same loss, taking z instead of p: the two rules in one, and no logarithm of 0."""
        return type(self)(**(self.get_config() | {"from_logits": True}))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"from_logits": self.from_logits}


class CategoricalCrossentropy(Crossentropy):
    """-Σ y log p, for one class of several; y is one-hot or a probability for each class.

    label_smoothing: the share of certainty taken from y and spread over all classes.
    """

    key = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any) -> None:
        super().__init__(from_logits, **settings)
        self.label_smoothing = smoothing_share(label_smoothing)

    def smoothed(self, y: Array, p: Array) -> Array:  # y ← y (1 - s) + s / K
        """The targets in the type of p, a share s of their certainty spread over all K classes."""
        y = y.astype(p.dtype)
        return (
            y * (1 - self.label_smoothing) + self.label_smoothing / y.shape[-1] if self.label_smoothing else y
        )

    def values(self, y: Array, p: Array) -> Array:
        crossentropy = softmax_crossentropy if self.from_logits else crossentropy_of_probabilities
        return per_example(crossentropy(self.smoothed(y, p), p))

    def derivative(self, y: Array, p: Array) -> Array:
        d = d_softmax_crossentropy if self.from_logits else d_crossentropy_of_probabilities
        return d(self.smoothed(y, p), p) / rows_per_example(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        classes = output_shape[-1]
        if y.ndim == len(output_shape) and np.issubdtype(y.dtype, np.integer):
            raise ShapeError(
                f"categorical_crossentropy needs one-hot targets of shape (examples, {classes}); it got labels of "
                f"shape {y.shape}. Use to_categorical(y, {classes}), or the loss 'sparse_categorical_crossentropy'."
            )
        y = super().check(y, output_shape)
        in_range(y, "categorical_crossentropy needs targets from 0 to 1 (one-hot)", 0, 1)
        return y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"label_smoothing": self.label_smoothing}


class SparseCategoricalCrossentropy(Crossentropy):
    """-log p of the right class, for one class of several; y is the class's number."""

    key = "sparse_categorical_crossentropy"
    wants_matched = False

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, **settings: Any) -> None:
        super().__init__(from_logits, **settings)
        if ignore_class is not None:
            raise SettingError("SparseCategoricalCrossentropy: ignore_class is not supported; leave it out.")

    def values(self, y: Array, p: Array) -> Array:
        crossentropy = softmax_crossentropy if self.from_logits else crossentropy_of_probabilities
        return per_example(crossentropy(one_hot(y, p), p))

    def derivative(self, y: Array, p: Array) -> Array:
        d = d_softmax_crossentropy if self.from_logits else d_crossentropy_of_probabilities
        return d(one_hot(y, p), p) / rows_per_example(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        if y.ndim == len(output_shape) + 1 and y.shape[-1] == 1:
            y = y[..., 0]
        if y.shape[1:] != output_shape[:-1]:
            raise ShapeError(
                f"sparse_categorical_crossentropy needs one class number per example, shape (examples,); it got "
                f"{y.shape}. One-hot targets go with the loss 'categorical_crossentropy'."
            )
        classes = output_shape[-1]
        in_range(
            y, f"The model has {classes} outputs, so class numbers go from 0 to {classes - 1}", 0, classes - 1
        )
        if (y != np.floor(y)).any():
            raise DataError("sparse_categorical_crossentropy needs whole class numbers; it got fractions.")
        return y.astype(np.int32)


class BinaryCrossentropy(Crossentropy):
    """-(y log p + (1 - y) log(1 - p)), for yes or no, each output for itself."""

    key = "binary_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any) -> None:
        super().__init__(from_logits, **settings)
        self.label_smoothing = smoothing_share(label_smoothing)

    def smoothed(self, y: Array, p: Array) -> Array:  # y ← y (1 - s) + s / 2
        """The targets in the type of p, a share s of their certainty taken away."""
        y = y.astype(p.dtype)
        return y * (1 - self.label_smoothing) + 0.5 * self.label_smoothing if self.label_smoothing else y

    def values(self, y: Array, p: Array) -> Array:
        xp, y = namespace(p), self.smoothed(y, p)
        if self.from_logits:
            return per_example(sigmoid_crossentropy(y, p))
        c = xp.clip(p, EPSILON, 1 - EPSILON)
        return per_example(-(y * xp.log(c) + (1 - y) * xp.log(1 - c)))

    def derivative(self, y: Array, p: Array) -> Array:
        xp, y = namespace(p), self.smoothed(y, p)
        if self.from_logits:
            return d_sigmoid_crossentropy(y, p) / numbers_per_example(p)
        c = xp.clip(p, EPSILON, 1 - EPSILON)  # dL/dp = (p - y) / (p (1 - p)), 0 where p was cut off
        return xp.where(c == p, (c - y) / (c * (1 - c)), 0) / numbers_per_example(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        y = super().check(y, output_shape)
        in_range(y, "binary_crossentropy needs targets from 0 to 1", 0, 1)
        return y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"label_smoothing": self.label_smoothing}
