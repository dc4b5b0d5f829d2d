"""Accuracies: the share of examples that are right."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import ShapeError
from chainrule.losses.base import one_hot, per_example
from chainrule.metrics.base import Metric


class CategoricalAccuracy(Metric):
    """The share of examples whose largest prediction is at the one-hot target's 1."""

    key, rises = "categorical_accuracy", True

    def values(self, y: Array, p: Array) -> Array:
        return per_example((y.argmax(axis=-1) == p.argmax(axis=-1)).astype(p.dtype))


class SparseCategoricalAccuracy(Metric):
    """The share of examples whose largest prediction is at the target's class number."""

    key, rises = "sparse_categorical_accuracy", True

    def values(self, y: Array, p: Array) -> Array:
        hit = y.reshape(p.shape[:-1]) == p.argmax(axis=-1)
        return per_example(hit.astype(p.dtype))


class OfNumbers(Metric):
    """A share of numbers, not of rows: sample weights may be one for each number, too."""

    is_mean_of_rows = True

    def hits(self, y: Array, p: Array) -> Array:
        """1 where a prediction is right, else 0."""
        raise NotImplementedError

    def values(self, y: Array, p: Array) -> Array:
        return per_example(self.hits(y, p))

    def fitting(self, weight: np.ndarray, p: Array) -> np.ndarray:
        if weight.ndim != p.ndim or weight.ndim < 2:
            return super().fitting(weight, p)
        if any(w not in (1, n) for w, n in zip(weight.shape, p.shape, strict=True)):
            raise ShapeError(
                f"{type(self).__name__} needs one sample weight for each example or number; the predictions have the shape "
                f"{tuple(p.shape)}, and the weights {weight.shape}."
            )
        return np.broadcast_to(weight, p.shape)

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        if weight is None or weight.ndim < 2:
            return super().counts(y, p, weight)
        xp = namespace(p)
        return xp.stack([xp.sum(self.hits(y, p) * weight), xp.sum(weight)])


class BinaryAccuracy(OfNumbers):
    """The share of outputs on the target's side of the threshold."""

    key, rises = "binary_accuracy", True

    def __init__(self, name: str | None = None, dtype: object = None, threshold: float = 0.5) -> None:
        super().__init__(name, dtype)
        self.threshold = float(threshold)

    def hits(self, y: Array, p: Array) -> Array:
        predicted = (p > self.threshold).astype(p.dtype)
        return (y.reshape(p.shape) == predicted).astype(p.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"threshold": self.threshold}


class TopKCategoricalAccuracy(Metric):
    """The share of examples whose one-hot target is among the k largest predictions."""

    key, rises = "top_k_categorical_accuracy", True

    def __init__(self, k: int = 5, **settings: Any) -> None:
        super().__init__(**settings)
        self.k = int(k)

    def values(self, y: Array, p: Array) -> Array:
        xp = namespace(p)
        of_target = xp.max(
            xp.where(y == xp.max(y, axis=-1, keepdims=True), p, -xp.inf), axis=-1, keepdims=True
        )
        return (xp.sum(p > of_target, axis=-1) < self.k).astype(p.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"k": self.k}


class Accuracy(OfNumbers):
    """The share of predictions that equal their targets.

    >>> Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
    0.75
    """

    key, rises = "accuracy", True

    def hits(self, y: Array, p: Array) -> Array:
        return (y.reshape(p.shape) == p).astype(p.dtype)


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """The share of examples whose class number is among the k largest predictions.

    from_sorted_ids: the predictions are class numbers, the likeliest first; the first k count.

    >>> SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)([7, 3], [[5, 7, 1], [5, 1, 3]])
    0.5
    """

    key, rises = "sparse_top_k_categorical_accuracy", True

    def __init__(self, k: int = 5, from_sorted_ids: bool = False, **settings: Any) -> None:
        super().__init__(k, **settings)
        self.from_sorted_ids = bool(from_sorted_ids)

    def values(self, y: Array, p: Array) -> Array:
        if not self.from_sorted_ids:
            return super().values(one_hot(y, p), p)
        y = y.reshape(*p.shape[:-1], 1)
        return (y == p[..., : self.k]).any(axis=-1).astype(p.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"from_sorted_ids": self.from_sorted_ids}
