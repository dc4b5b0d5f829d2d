"""Standardization: numbers brought to mean 0 and variance 1 over some axes, and the derivative of that."""

from typing import NamedTuple

from chainrule.arrays import Array, namespace
from chainrule.errors import ShapeError


class Standardized(NamedTuple):
    """x̂ = (x - μ) / σ, with the mean μ, the variance and σ = √(variance + ε); the axes have length 1 in all but x̂."""

    values: Array
    mean: Array
    variance: Array
    deviation: Array


def standardized(x: Array, axes: tuple[int, ...], epsilon: float, share: Array | None = None) -> Standardized:
    """x over its own mean and variance. share: how much each place counts, adding up to 1; None for all alike."""
    mean = average(x, axes, share)  # μ = Σ x / n
    centred = x - mean
    variance = average(centred * centred, axes, share)  # in a second pass: nothing cancels
    deviation = namespace(x).sqrt(variance + epsilon)  # σ
    return Standardized(centred / deviation, mean, variance, deviation)


def d_standardized(g: Array, x: Standardized, axes: tuple[int, ...], share: Array | None = None) -> Array:
    """The derivative by x, from the one by x̂: dx = (g - mean(g) - x̂ · mean(g x̂)) / σ."""
    xp = namespace(g)
    if share is None:
        return (g - average(g, axes) - x.values * average(g * x.values, axes)) / x.deviation
    result = xp.sum(g, axis=axes, keepdims=True)  # μ and σ hear from all places, and tell those that counted
    stretched = xp.sum(g * x.values, axis=axes, keepdims=True)
    centred = x.values - average(
        x.values, axes, share
    )  # x̂ itself, but for shares that do not quite add up to 1
    return (g - share * result - share * centred * stretched) / x.deviation


def average(x: Array, axes: tuple[int, ...], share: Array | None = None) -> Array:
    """The mean over some axes, which stay with length 1; of places that count by their share, if there is one."""
    if share is None:
        return x.mean(axis=axes, keepdims=True)
    return namespace(x).sum(x * share, axis=axes, keepdims=True)


def axis_of(layer: str, axis: int, rank: int) -> int:
    """An axis of a batch counted from the front. rank: how many axes a batch has, the examples' among them."""
    found = axis + rank if axis < 0 else axis
    if not 0 < found < rank:
        raise ShapeError(
            f"{layer} works along axis {axis}, which a batch with {rank} axes (examples first) does not have; "
            "axis=-1 is the last."
        )
    return found
