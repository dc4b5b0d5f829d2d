"""Losses for numbers of different size, and for directions: relative errors, errors of logarithms, cosines."""

import math
from typing import Any

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError
from chainrule.losses.base import Loss, numbers_per_example, per_example, rows_per_example

EPSILON = 1e-7  # Keras's: what is divided by, and what a logarithm is taken of, is at least this


class MeanAbsolutePercentageError(Loss):
    """100 times the mean of |p - y| / |y|: errors as a share of the target."""

    key = "mean_absolute_percentage_error"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = 100 mean |p - y| / |y|
        xp = namespace(p)
        return 100 * per_example(xp.abs(p - y) / xp.maximum(xp.abs(y), EPSILON))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = 100 sign(p - y) / |y| / n
        xp = namespace(p)
        return 100 * xp.sign(p - y) / xp.maximum(xp.abs(y), EPSILON) / numbers_per_example(p)


class MeanSquaredLogarithmicError(Loss):
    """The mean of (log(1 + p) - log(1 + y))²: for numbers of 0 and more that differ by factors."""

    key = "mean_squared_logarithmic_error"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = mean (log(1 + p) - log(1 + y))²
        return per_example(self.difference(y, p) ** 2)

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = 2 (log(1 + p) - log(1 + y)) / (1 + p) / n
        d = 2 * self.difference(y, p) / (1 + p) / numbers_per_example(p)
        return namespace(p).where(p > EPSILON, d, 0)

    def difference(self, y: Array, p: Array) -> Array:
        """log(1 + p) - log(1 + y), negative numbers taken as 0."""
        xp = namespace(p)
        return xp.log1p(xp.maximum(p, EPSILON)) - xp.log1p(xp.maximum(y, EPSILON))


class LogCosh(Loss):
    """The mean of log cosh(p - y): squared for small errors, absolute for large ones, without a corner."""

    key = "log_cosh"
    one_by_one = True

    def values(
        self, y: Array, p: Array
    ) -> Array:  # L = mean log cosh e = mean (|e| + log(1 + e^-2|e|) - log 2)
        xp = namespace(p)
        size = xp.abs(p - y)
        return per_example(size + xp.log1p(xp.exp(-2 * size)) - math.log(2))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = tanh(p - y) / n
        return namespace(p).tanh(p - y) / numbers_per_example(p)


class CosineSimilarity(Loss):
    """-cos of the angle between y and p along the last axis: -1 where they point the same way."""

    key = "cosine_similarity"

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        if axis != -1:
            raise SettingError(
                f"CosineSimilarity works along the last axis (axis=-1); axis={axis!r} is not supported."
            )
        super().__init__(**settings)
        self.axis = axis

    def values(self, y: Array, p: Array) -> Array:  # L = -Σ y p / (|y| |p|)
        return per_example(-namespace(p).sum(unit(y)[0] * unit(p)[0], axis=-1))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = -(ŷ - p̂ Σ ŷ p̂) / |p|
        (y_hat, _), (p_hat, size) = unit(y), unit(p)
        cosine = namespace(p).sum(y_hat * p_hat, axis=-1, keepdims=True)
        return -(y_hat - p_hat * cosine) / size / rows_per_example(p)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


def unit(v: Array) -> tuple[Array, Array]:
    """v / |v| along the last axis, and |v|, kept away from 0."""
    xp = namespace(v)
    size = xp.maximum(xp.sqrt(xp.sum(v * v, axis=-1, keepdims=True)), 1e-12)
    return v / size, size


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: 100 times the mean of |p - y| / |y| over the last axis."""
    return MeanAbsolutePercentageError().call(y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of (log(1 + p) - log(1 + y))² over the last axis."""
    return MeanSquaredLogarithmicError().call(y_true, y_pred)


def log_cosh(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of log cosh(p - y) over the last axis."""
    return LogCosh().call(y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """Keras's function: -cos of the angle between y and p along the last axis."""
    return CosineSimilarity(axis).call(y_true, y_pred)
