"""Where a linear model of amounts begins when rows are few: at the solution of least squares, with a trace of a ridge.

Gradient steps alone come near it slowly where columns say nearly the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.datasets.dataset import Dataset
from chainrule.training.standardised import in_parts

RIDGE = 1e-8  # of the number of rows; where columns are cut into pieces, which are many, a whole 1
LARGEST = 2000  # inputs: the solution costs their cube


def solution(x: Any, y: Any, ridge: float, encoded: Callable[[Any], Any] = np.asarray) -> tuple[Any, Any]:
    """Kernel (inputs, 1) and bias (1,) that are off by the least squares; the bias is not held down by the ridge.

    encoded: what some rows become before they are multiplied by the kernel.

    >>> kernel, bias = solution(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]), 1e-9)
    >>> np.round(kernel, 4).tolist(), np.round(bias, 4).tolist()
    ([[2.0]], [1.0])
    """
    y, width = y.astype(np.float64), encoded(x[:1]).shape[1]
    middle, mean = np.zeros(width), y.mean()
    for _, some in in_parts(x, width):
        middle = np.add.reduce(np.concatenate([middle[None], encoded(some).astype(np.float64)]), axis=0)
    middle /= len(x)
    products, answers = np.zeros((width, width)), np.zeros(width)
    for start, some in in_parts(x, width):
        centred = encoded(some).astype(np.float64) - middle
        products += centred.T @ centred
        answers += centred.T @ (y[start : start + len(some)] - mean)
    kernel = np.linalg.solve(products + ridge * np.eye(width), answers)
    return kernel[:, None].astype(np.float32), np.array([mean - middle @ kernel], np.float32)


def applies(data: Dataset) -> bool:
    """Whether a linear model of these data begins so: rows of a table, amounts as answers."""
    is_table = data.preparation.get("kind") == "table" and data.x_train.ndim == 2
    return is_table and data.task == "regression" and data.x_train.shape[1] <= LARGEST
