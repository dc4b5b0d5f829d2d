"""Losses and metrics of an output of which a mask says which steps count: padding has no part in them, as in Keras."""

import math
from typing import Any

from chainrule.arrays import Array, namespace
from chainrule.errors import ShapeError
from chainrule.losses.base import Loss
from chainrule.losses.own import Summed
from chainrule.metrics.base import Metric

EPSILON = 1e-7  # Keras's: a batch in which nothing counts has the loss 0


class Masked(Loss):
    """A loss of which only the steps count that a mask marks: the mean over the marked steps of the batch.

    mask: (batch, steps) of booleans, or more axes.  Each step is taken as an example of its own; with m the mask and M
    the number of steps, marked or not, step j counts m_j · M / Σ m.

    >>> import numpy as np
    >>> from chainrule.losses import MeanSquaredError
    >>> mask = np.array([[True, True, False]])
    >>> Masked(MeanSquaredError(), mask).values(np.zeros((1, 3, 1)), np.array([[[1.0], [3.0], [50.0]]])).round(5)
    array([5.])
    """

    def __init__(self, inner: Loss, mask: Array) -> None:
        super().__init__(inner.reduction, inner.name)
        self.inner, self.mask = inner, mask

    def values(self, y: Array, p: Array) -> Array:
        losses = self.inner.values(*self.steps(y, p))  # one for each step
        return (losses * self.shares(losses.dtype)).reshape(len(p), -1).mean(axis=1)

    def derivative(self, y: Array, p: Array) -> Array:
        d = self.inner.derivative(*self.steps(y, p))
        share = self.shares(d.dtype) * (
            len(p) / math.prod(self.mask.shape)
        )  # the mean over an example's steps
        return (d * share.reshape(-1, *[1] * (d.ndim - 1))).reshape(p.shape)

    def steps(self, y: Array, p: Array) -> tuple[Array, Array]:
        """Targets and predictions with each step as an example."""
        return each_step(y, self.mask), each_step(p, self.mask)

    def shares(self, dtype: Any) -> Array:
        """How much each step counts."""
        m = self.mask.reshape(-1).astype(dtype)
        return m if isinstance(self.inner, Summed) else m * (m.shape[0] / (m.sum() + EPSILON))


def each_step(a: Array, mask: Array) -> Array:
    """(batch, steps, ...) -> (batch · steps, ...). ShapeError where an output has no steps any more."""
    if tuple(a.shape[: mask.ndim]) != tuple(mask.shape):
        raise ShapeError(
            f"The mask of an output marks {tuple(mask.shape)} steps, but the output or its targets have the shape "
            f"{tuple(a.shape)}. End the mask before, with Flatten, a pooling layer or a recurrent layer."
        )
    return a.reshape(math.prod(mask.shape), *a.shape[mask.ndim :])


def masked(loss: Loss, mask: Any) -> Loss:
    """The loss of an output with this mask; itself where there is none."""
    return loss if mask is None else Masked(loss, mask)


def counts_of(metric: Metric, y: Array, p: Array, mask: Any) -> Array:
    """A metric's sums over a batch; a metric that is a mean over rows counts the marked steps alone."""
    if mask is None or not metric.is_mean_of_rows:
        return metric.counts(y, p)
    weight = namespace(p).asarray(mask).reshape(-1).astype(p.dtype)
    return metric.counts(each_step(y, mask), each_step(p, mask), weight)
