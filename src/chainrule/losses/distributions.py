"""Losses between distributions: Poisson's for counts, the Kullback-Leibler divergence for probabilities."""

from typing import Any

from chainrule.arrays import Array, namespace
from chainrule.losses.base import Loss, numbers_per_example, per_example, rows_per_example

EPSILON = 1e-7  # Keras's


class Poisson(Loss):
    """The mean of p - y log p: for counts, p the mean that is expected."""

    key = "poisson"
    one_by_one = True

    def values(self, y: Array, p: Array) -> Array:  # L = mean (p - y log p)
        return per_example(p - y * namespace(p).log(p + EPSILON))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = (1 - y / p) / n
        return (1 - y / (p + EPSILON)) / numbers_per_example(p)


class KLDivergence(Loss):
    """Σ y log(y / p): how far the probabilities p are from y, both along the last axis."""

    key = "kl_divergence"

    def values(self, y: Array, p: Array) -> Array:  # L = Σ y log(y / p)
        xp = namespace(p)
        y, p = xp.clip(y.astype(p.dtype), EPSILON, 1), xp.clip(p, EPSILON, 1)
        return per_example(xp.sum(y * xp.log(y / p), axis=-1))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = -y / p, 0 where p was cut off
        xp = namespace(p)
        cut = xp.clip(p, EPSILON, 1)
        return xp.where(cut == p, -xp.clip(y.astype(p.dtype), EPSILON, 1) / cut, 0) / rows_per_example(p)


def poisson(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of p - y log p over the last axis."""
    return Poisson().call(y_true, y_pred)


def kl_divergence(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: Σ y log(y / p) of each row."""
    return KLDivergence().call(y_true, y_pred)
