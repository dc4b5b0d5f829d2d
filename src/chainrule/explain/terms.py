"""Who a gradient comes from: each example's own term of it.

The gradient of a batch is a sum over its examples; a layer hands over the sum alone. For a Dense the terms are
products of two numbers that passed by. For any other layer its own rule is asked about one example at a time.
"""

from typing import Any

import numpy as np

from chainrule.arrays import Params
from chainrule.layers import Dense, Layer


def pairs(
    link: Layer, x: Any, delta: Any, name: str, index: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray] | None:
    """The two factors of a Dense's terms, (batch, rows) each: its input i (1 for a bias) and its delta of unit j.

    rows: 1 for plain examples; a Dense that is given (batch, ..., n) works on each last axis alone.
    """
    if type(link).gradients is not Dense.gradients:
        return None
    d = np.asarray(delta, np.float64)[..., index[-1]].reshape(len(delta), -1)
    if name == "bias":
        return np.ones_like(d), d
    return np.asarray(x, np.float64)[..., index[0]].reshape(len(x), -1), d


def terms_of(
    link: Layer, params: Params, x: Any, delta: Any, name: str, index: tuple[int, ...]
) -> np.ndarray:
    """Each example's term of one weight's gradient, (batch,) float64; they add up to the gradient."""
    two = pairs(link, x, delta, name, index)
    if two is not None:
        return np.asarray((two[0] * two[1]).sum(axis=1))
    return np.array([float(gradients_of(link, params, x, delta, k)[name][index]) for k in range(len(x))])


def gradients_of(link: Layer, params: Params, x: Any, delta: Any, k: int) -> Params:
    """One example's term of all of a link's gradients, by the link's own rule."""
    _, cache = link.forward(params, x[k : k + 1])
    return link.gradients(params, cache, delta[k : k + 1])
