"""Accuracies as functions: one number for each row, as Keras's functions give. The losses' functions are in `losses`."""

from typing import Any

from chainrule.metrics.accuracies import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from chainrule.metrics.base import Metric


def rows(metric: Metric, y_true: Any, y_pred: Any) -> Any:
    """A metric's values, one for each row."""
    y, p = metric.prepared(y_true, y_pred)
    return metric.values(y, p).astype("float32")


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """The share of predictions that equal their targets, one per row.

    >>> accuracy([[1, 2]], [[1, 3]])
    array([0.5], dtype=float32)
    """
    return rows(Accuracy(), y_true, y_pred)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Keras's function: 1 where the largest prediction is at the one-hot target's 1, one per row.

    >>> categorical_accuracy([[0.0, 1.0]], [[0.2, 0.8]])
    array([1.], dtype=float32)
    """
    return rows(CategoricalAccuracy(), y_true, y_pred)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Keras's function: 1 where the largest prediction is at the target's class number, one per row."""
    return rows(SparseCategoricalAccuracy(), y_true, y_pred)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Keras's function: the share of outputs on the target's side of the threshold, one per row."""
    return rows(BinaryAccuracy(threshold=threshold), y_true, y_pred)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Keras's function: 1 where the one-hot target is among the k largest predictions, one per row.

    >>> top_k_categorical_accuracy([[0.0, 1.0, 0.0]], [[0.5, 0.3, 0.2]], k=2)
    array([1.], dtype=float32)
    """
    return rows(TopKCategoricalAccuracy(k), y_true, y_pred)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """Keras's function: 1 where the class number is among the k largest predictions, one per row.

    from_sorted_ids: the predictions are class numbers, the likeliest first.
    """
    return rows(SparseTopKCategoricalAccuracy(k, from_sorted_ids=from_sorted_ids), y_true, y_pred)
