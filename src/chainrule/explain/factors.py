"""Which examples a gradient comes from: each example's own term of it.

The gradient of a batch is a sum over its examples; a layer returns the sum alone. Where a weight meets an input at
some places (once in a Dense, at every position in a convolution), each term is a sum of products of two numbers that
passed by. For any other layer its own rule is asked about one example at a time.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Params
from chainrule.explain.opened import OpenedLink


class Factors(NamedTuple):
    """A weight's terms as products: term of example k = Σ over places of left[k, place] · right[k, place].

    left: what the weight met, (batch, places); None where that is 1 (a bias).  right: the derivative of the batch's
    loss by what it went into.  left_name, right_name: how the factors of a place are called.
    units: the place of each right factor in the layer's output, laid out as a row; None where it is inside the layer.
    """

    left: np.ndarray | None
    right: np.ndarray
    left_name: Callable[[int], str]
    right_name: Callable[[int], str]
    units: np.ndarray | None

    @property
    def products(self) -> np.ndarray:
        """The products, (batch, places)."""
        return self.right if self.left is None else self.left * self.right


def gradients_of_example(link: OpenedLink, k: int) -> Params:
    """One example's term of all of a node's gradients: the layer's own rule, told the error of that example alone.

    A gradient is linear in the error, so the terms of all examples add up to the batch's gradient, as long as the
    layer treats examples apart from each other.
    """
    deltas = tuple(
        None if d is None else np.where(np.arange(len(d)) == k, d.T, 0).astype(d.dtype).T for d in link.deltas
    )
    grads: Params = link.link.gradients(link.params, link.cache, deltas if len(deltas) > 1 else deltas[0])
    return grads
