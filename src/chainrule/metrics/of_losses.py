"""Losses, reported as metrics."""

from typing import Any, ClassVar

import numpy as np

from chainrule import losses
from chainrule.arrays import Array
from chainrule.metrics.base import Metric


class OfLoss(Metric):
    """A loss, reported as a metric. settings go to the loss."""

    loss: ClassVar[type[losses.Loss]]

    def __init__(self, name: str | None = None, dtype: object = None, **settings: Any) -> None:
        super().__init__(name, dtype)
        self.of = self.loss(**settings)

    def values(self, y: Array, p: Array) -> Array:
        return self.of.values(y, p)

    def prepared(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        return self.of.prepared(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.of.get_config().items() if name != "reduction"
        } | super().get_config()


class MeanSquaredError(OfLoss):
    """The mean of (p - y)²."""

    key, loss = "mean_squared_error", losses.MeanSquaredError


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of (p - y)²: the error in the target's own unit."""

    key = "root_mean_squared_error"
    is_mean_of_rows = False  # Keras's takes no mask

    def figure(self, counts: Any) -> float:
        return float(np.sqrt(super().figure(counts)))


class MeanAbsoluteError(OfLoss):
    """The mean of |p - y|."""

    key, loss = "mean_absolute_error", losses.MeanAbsoluteError


class CategoricalCrossentropy(OfLoss):
    """The mean cross-entropy with one-hot targets."""

    key, loss = "categorical_crossentropy", losses.CategoricalCrossentropy


class SparseCategoricalCrossentropy(OfLoss):
    """The mean cross-entropy with class numbers."""

    key, loss = "sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy


class BinaryCrossentropy(OfLoss):
    """The mean binary cross-entropy."""

    key, loss = "binary_crossentropy", losses.BinaryCrossentropy


class MeanAbsolutePercentageError(OfLoss):
    """100 times the mean of |p - y| / |y|."""

    key, loss = "mean_absolute_percentage_error", losses.MeanAbsolutePercentageError


class MeanSquaredLogarithmicError(OfLoss):
    """The mean of (log(1 + p) - log(1 + y))²."""

    key, loss = "mean_squared_logarithmic_error", losses.MeanSquaredLogarithmicError


class LogCoshError(OfLoss):
    """The mean of log cosh(p - y)."""

    key, loss = "logcosh", losses.LogCosh


class Poisson(OfLoss):
    """The mean of p - y log p."""

    key, loss = "poisson", losses.Poisson


class KLDivergence(OfLoss):
    """The mean of Σ y log(y / p)."""

    key, loss = "kl_divergence", losses.KLDivergence


class Hinge(OfLoss):
    """The mean of max(1 - y p, 0)."""

    key, loss = "hinge", losses.Hinge


class SquaredHinge(OfLoss):
    """The mean of max(1 - y p, 0)²."""

    key, loss = "squared_hinge", losses.SquaredHinge


class CategoricalHinge(OfLoss):
    """The mean of max(1 + the largest p of another class - p of the right one, 0)."""

    key, loss = "categorical_hinge", losses.CategoricalHinge


class CosineSimilarity(OfLoss):
    """The mean cosine of the angle between y and p: 1 where they point the same way (the loss has the other sign)."""

    key, loss, rises = "cosine_similarity", losses.CosineSimilarity, True

    def values(self, y: Array, p: Array) -> Array:
        return -self.of.values(y, p)
