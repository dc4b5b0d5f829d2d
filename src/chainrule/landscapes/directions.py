"""Random directions, in which every neuron moves as far as its own weights are long."""

import numpy as np

from chainrule.arrays import Array
from chainrule.backprop import Weights

RANDOM = "random direction\n(1: each neuron moved by the length of its weights)"


def direction(centre: Weights, seed: int = 0, number: int = 0) -> Weights:
    """A random direction in which each neuron moves as far as its own weights are long (filter normalisation).

    A network with larger weights in one layer and smaller ones in the next can be the same function; without this
    scaling it would look flatter. A neuron is a unit's column of the kernel together with its bias.

    >>> way = direction([{"kernel": np.array([[3.0, 0.0], [4.0, 0.0]])}])
    >>> np.linalg.norm(way[0]["kernel"], axis=0)                 # the first neuron's weights are 5 long, the second's 0
    array([5., 0.])
    """
    rng = np.random.default_rng([seed, number])
    drawn = [{k: rng.normal(size=np.shape(w)) for k, w in params.items()} for params in centre]
    return [without_statistics(scaled(step, params)) for step, params in zip(drawn, centre, strict=True)]


def without_statistics(step: dict[str, Array]) -> dict[str, Array]:
    """A direction in which a normalization's moving mean and variance stay: no gradient moves them either."""
    return {k: w * 0 if k.startswith("moving_") else w for k, w in step.items()}


def scaled(step: dict[str, Array], params: dict[str, Array]) -> dict[str, Array]:
    """One link's direction with each neuron's part as long as the neuron's own weights."""
    units = {np.shape(w)[-1] for w in params.values() if np.ndim(w)}
    if len(units) > 1 or not all(
        np.ndim(w) for w in params.values()
    ):  # a layer of another kind: array by array
        return {k: whole_scaled(step[k], np.asarray(w)) for k, w in params.items()}
    if not units:
        return {}
    long, drawn = (sum((np.asarray(w, np.float64) ** 2).reshape(-1, *units).sum(axis=0) for w in part.values()) ** 0.5
                   for part in (params, step))  # fmt: skip
    factor = np.where(drawn > 0, long / np.where(drawn > 0, drawn, 1), 0)
    return {k: (step[k] * factor).astype(np.asarray(w).dtype) for k, w in params.items()}


def whole_scaled(step: Array, array: Array) -> Array:
    """An array's direction, as long as the array."""
    drawn = float(np.linalg.norm(step))
    return (step * (np.linalg.norm(array) / drawn if drawn else 0)).astype(array.dtype)
