"""All weights of a network: a dict for each layer of its graph, or one long vector."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.backprop import Weights
from chainrule.errors import ShapeError


def weights_of(model: Any) -> Weights:
    """The weights of a model, with a dict for each layer of its graph."""
    model.build()
    return [dict(layer.params) for layer in model.graph.layers]


def like(model: Any, other: Any) -> Weights:
    """Another model's weights (or its `get_weights()`) in the places of this one's."""
    rest = [
        np.asarray(a, np.float32) for a in (other.get_weights() if hasattr(other, "get_weights") else other)
    ]
    own = model.get_weights()
    if [a.shape for a in own] != [a.shape for a in rest]:
        raise ShapeError(
            f"The two models differ: weights of shapes {[a.shape for a in own]} and {[a.shape for a in rest]}."
        )
    found: Weights = []
    for layer in model.graph.layers:
        names = [name for name in layer.weight_names if name in layer.params]
        found.append(dict(zip(names, rest, strict=False)))
        rest = rest[len(names) :]
    return found


def flat(weights: Weights, order: Weights) -> np.ndarray:
    """All weights as one vector, those of the links that `order` has (a chain that learned may begin with one more)."""
    weights = weights[len(weights) - len(order) :]
    return np.concatenate(
        [np.asarray(weights[i][k], np.float32).reshape(-1) for i, part in enumerate(order) for k in part]
    )


def unflat(vector: np.ndarray, order: Weights) -> Weights:
    """The weights that `flat` made a vector of."""
    found: Weights = [{} for _ in order]
    at = 0
    for i, part in enumerate(order):
        for k, w in part.items():
            found[i][k] = vector[at : at + np.size(w)].reshape(np.shape(w))
            at += np.size(w)
    return found


def moved(centre: Weights, directions: Sequence[Weights], place: Array) -> Weights:
    """centre + Σ placeᵢ · directionᵢ."""
    found = [dict(part) for part in centre]
    for i, way in enumerate(directions):
        found = [{k: w + namespace(place).asarray(place[i], dtype=w.dtype) * way[j][k] for k, w in part.items()}
                 for j, part in enumerate(found)]  # fmt: skip
    return found
