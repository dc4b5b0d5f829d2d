"""Numbers cut into pieces: the piecewise linear encoding of Gorishniy, Rubachev and Babenko (2022), as two ordinary layers.

Between two neighbouring quantiles of a column an input of its own goes from 0 to 1; below it is 0, above 1. A network on such
inputs bends at the quantiles, as trees do, and outliers do no harm. It is a Dense layer whose weights are set from the
training part and never learn, and a ReLU that ends at 1, so every program that opens the file computes the same.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.datasets.on_disk import column
from chainrule.layers import Dense, Layer, ReLU

MOST = 100  # inputs: with more the matrix would be larger than the network behind it


def cuts_of(values: Any, pieces: int) -> Any:
    """Where a column is cut: at its different values where they are few, else at quantiles.

    >>> cuts_of(np.array([0.0, 1, 1, 0]), 8).tolist(), cuts_of(np.arange(101.0), 2).tolist()
    ([0.0, 1.0], [0.0, 50.0, 100.0])
    """
    different = np.unique(values.astype(np.float64))
    if len(different) <= pieces + 1:
        return different
    return np.unique(np.quantile(values.astype(np.float64), np.linspace(0, 1, pieces + 1)))


def weights_of(x: Any, pieces: int) -> tuple[Any, Any]:
    """Kernel (inputs, pieces of all) and bias, so that clip(x W + b, 0, 1) is the encoding.

    >>> kernel, bias = weights_of(np.array([[0.0], [2.0], [4.0]], np.float32), 2)
    >>> np.clip(np.array([[1.0], [3.0]]) @ kernel + bias, 0, 1).tolist()
    [[0.5, 0.0], [1.0, 0.5]]
    """
    columns, slopes, offsets = [], [], []
    for k in range(x.shape[1]):
        cuts = cuts_of(column(x, k), pieces)
        if len(cuts) < 2:  # the same in every row
            cuts = np.array([0.0, np.inf])
        for low, high in pairwise(cuts.tolist()):
            slope = 0.0 if np.isinf(high) else 1 / max(high - low, 1e-6)
            columns.append(k)
            slopes.append(slope)
            offsets.append(-low * slope)
    kernel = np.zeros((x.shape[1], len(columns)), np.float32)
    kernel[columns, np.arange(len(columns))] = slopes
    return kernel, np.array(offsets, np.float32)


def layers_of(x: Any, pieces: int) -> tuple[list[Layer], list[Any]]:
    """The two layers, and the weights that the first of them gets once it is built."""
    kernel, bias = weights_of(x, pieces)
    return [Dense(kernel.shape[1], trainable=False), ReLU(max_value=1.0)], [kernel, bias]
