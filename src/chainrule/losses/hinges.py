"""Hinge losses: a prediction on the right side of a margin costs nothing."""

from typing import Any

from chainrule.arrays import Array, namespace
from chainrule.losses.base import Loss, numbers_per_example, per_example, rows_per_example


class Hinge(Loss):
    """The mean of max(1 - y p, 0), y -1 or 1; targets of 0 and 1 are taken as -1 and 1."""

    key = "hinge"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = mean max(1 - y p, 0)
        return per_example(namespace(p).maximum(1 - signs(y, p) * p, 0))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = -y / n inside the margin, else 0
        y = signs(y, p)
        return namespace(p).where(y * p < 1, -y, 0) / numbers_per_example(p)


class SquaredHinge(Loss):
    """The mean of max(1 - y p, 0)², y -1 or 1; targets of 0 and 1 are taken as -1 and 1."""

    key = "squared_hinge"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = mean max(1 - y p, 0)²
        return per_example(namespace(p).maximum(1 - signs(y, p) * p, 0) ** 2)

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = -2 y max(1 - y p, 0) / n
        y = signs(y, p)
        return -2 * y * namespace(p).maximum(1 - y * p, 0) / numbers_per_example(p)


class CategoricalHinge(Loss):
    """max(1 + the largest p of another class - p of the right one, 0); y is one-hot."""

    key = "categorical_hinge"

    def values(
        self, y: Array, p: Array
    ) -> Array:  # L = max(neg - pos + 1, 0), pos = Σ y p, neg = max (1 - y) p
        return per_example(namespace(p).maximum(self.distance(y, p)[0], 0))

    def derivative(
        self, y: Array, p: Array
    ) -> Array:  # dL/dp = (1 - y) at the largest - y, where the hinge is open
        xp = namespace(p)
        distance, others = self.distance(y, p)
        largest = (others == xp.max(others, axis=-1, keepdims=True)).astype(p.dtype)
        share = largest / xp.sum(largest, axis=-1, keepdims=True)  # equal ones share, as in Keras
        return xp.where(distance[..., None] > 0, (1 - y) * share - y, 0) / rows_per_example(p)

    def distance(self, y: Array, p: Array) -> tuple[Array, Array]:
        """neg - pos + 1 of each row, and (1 - y) p."""
        xp, y = namespace(p), y.astype(p.dtype)
        others = (1 - y) * p
        return xp.max(others, axis=-1) - xp.sum(y * p, axis=-1) + 1, others


def signs(y: Array, p: Array) -> Array:
    """Targets of -1 and 1: those of 0 and 1 are converted where all are such, as in Keras."""
    xp, y = namespace(p), y.astype(p.dtype)
    binary = xp.all((y == 0) | (y == 1))
    return xp.where(binary, 2 * y - 1, y)


def hinge(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of max(1 - y p, 0) over the last axis."""
    return Hinge().call(y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of max(1 - y p, 0)² over the last axis."""
    return SquaredHinge().call(y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: max(1 + the largest p of another class - p of the right one, 0) of each row."""
    return CategoricalHinge().call(y_true, y_pred)
