"""What is counted while learning and judging, and needs no derivative. Keras's names and results.

A metric turns a batch into two sums, `counts(y, p, weight) -> [a, b]`; the sums of all batches are added and
`result([a, b])` makes the final figure of them. So a metric needs no memory, and batches can come in any pieces.
"""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule import absent, losses
from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, unknown
from chainrule.losses.base import per_example

__all__ = [
    "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "MeanAbsoluteError", "MeanSquaredError", "Metric", "Precision", "Recall", "RootMeanSquaredError",
    "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "TopKCategoricalAccuracy", "get",
    "serialize",
]  # fmt: skip


class Metric:
    """A figure about many predictions, kept as two sums. Most are a mean: a = Σ value · weight, b = Σ weight."""

    key: ClassVar[str] = ""
    rises: ClassVar[bool] = False  # whether more is better

    def __init__(self, name: str | None = None, dtype: object = None) -> None:
        self.name = name or self.key

    def values(self, y: Array, p: Array) -> Array:
        """One number per example."""
        raise NotImplementedError(f"{type(self).__name__} has no values(y, p): write it.")

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        """The two sums of a batch: [Σ value · weight, Σ weight]."""
        xp = namespace(p)
        v = self.values(y, p).astype(p.dtype)
        w = xp.ones_like(v) if weight is None else weight
        return xp.stack([xp.sum(v * w), xp.sum(w)])

    def result(self, counts: Any) -> float:
        """The figure, from the two sums over all batches."""
        a, b = float(counts[0]), float(counts[1])
        return a / b if b else 0.0

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        """The figure for arrays: metric(y_true, y_pred).

        >>> CategoricalAccuracy()(np.eye(2), np.array([[0.9, 0.1], [0.8, 0.2]]))
        0.5
        """
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float32)
        return self.result(self.counts(np.asarray(y_true), np.asarray(y_pred, dtype=np.float32), weight))

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {"name": self.name}


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


class BinaryAccuracy(Metric):
    """The share of outputs on the target's side of the threshold."""

    key, rises = "binary_accuracy", True

    def __init__(self, threshold: float = 0.5, **settings: Any) -> None:
        super().__init__(**settings)
        self.threshold = float(threshold)

    def values(self, y: Array, p: Array) -> Array:
        said = (p > self.threshold).astype(p.dtype)
        return per_example((y.reshape(p.shape) == said).astype(p.dtype))

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


class _OfLoss(Metric):
    """A loss, reported as a metric."""

    loss: ClassVar[type[losses.Loss]]

    def values(self, y: Array, p: Array) -> Array:
        return self.loss().values(y, p)


class MeanSquaredError(_OfLoss):
    """The mean of (p - y)²."""

    key, loss = "mean_squared_error", losses.MeanSquaredError


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of (p - y)²: the error in the target's own unit."""

    key = "root_mean_squared_error"

    def result(self, counts: Any) -> float:
        return float(np.sqrt(super().result(counts)))


class MeanAbsoluteError(_OfLoss):
    """The mean of |p - y|."""

    key, loss = "mean_absolute_error", losses.MeanAbsoluteError


class CategoricalCrossentropy(_OfLoss):
    """The mean cross-entropy with one-hot targets."""

    key, loss = "categorical_crossentropy", losses.CategoricalCrossentropy


class SparseCategoricalCrossentropy(_OfLoss):
    """The mean cross-entropy with class numbers."""

    key, loss = "sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy


class BinaryCrossentropy(_OfLoss):
    """The mean binary cross-entropy."""

    key, loss = "binary_crossentropy", losses.BinaryCrossentropy


class Precision(Metric):
    """Of the outputs above 0.5, the share that should be: Σ true positives / Σ positives said."""

    key, rises = "precision", True

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        return shares(y, p, weight, of=(p > 0.5))


class Recall(Metric):
    """Of the outputs that should be above 0.5, the share that is: Σ true positives / Σ positives there are."""

    key, rises = "recall", True

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        return shares(y, p, weight, of=(y.reshape(p.shape) > 0.5))


def shares(y: Array, p: Array, weight: Array | None, of: Array) -> Array:
    """[how many of those chosen by `of` are true positives, how many are chosen]."""
    xp = namespace(p)
    w = (
        xp.ones_like(p)
        if weight is None
        else xp.broadcast_to(weight.reshape(-1, *[1] * (p.ndim - 1)), p.shape)
    )
    hit = (p > 0.5) & (y.reshape(p.shape) > 0.5)
    return xp.stack([xp.sum(xp.where(hit, w, 0)), xp.sum(xp.where(of, w, 0))])


CLASSES: dict[str, type[Metric]] = {
    kind.__name__: kind
    for kind in (
        CategoricalAccuracy, SparseCategoricalAccuracy, BinaryAccuracy, TopKCategoricalAccuracy, MeanSquaredError,
        RootMeanSquaredError, MeanAbsoluteError, CategoricalCrossentropy, SparseCategoricalCrossentropy,
        BinaryCrossentropy, Precision, Recall,
    )
}  # fmt: skip
NAMES: dict[str, type[Metric]] = {kind.key: kind for kind in CLASSES.values()} | {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
}


def get(metric: object, y_shape: tuple[int, ...] = (), output_shape: tuple[int, ...] = ()) -> Metric:
    """A metric given as itself, by name, or stored; "accuracy" is the kind of accuracy that the shapes ask for.

    y_shape, output_shape: of one target and one prediction, without the batch axis.

    >>> get("accuracy", (10,), (10,)).__class__.__name__, get("accuracy", (), (10,)).__class__.__name__
    ('CategoricalAccuracy', 'SparseCategoricalAccuracy')
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, type) and issubclass(metric, Metric):
        return metric()
    if isinstance(metric, dict):
        kind = CLASSES.get(str(metric.get("class_name")))
        if kind is None:
            raise unknown("metric", metric.get("class_name"), CLASSES)
        return kind(**dict(metric.get("config") or {}))
    if not isinstance(metric, str):
        raise SettingError(f"A metric is a name or an object of chainrule.metrics; got {metric!r}.")
    if metric.lower() in ("accuracy", "acc", "crossentropy", "ce"):
        ending = "Accuracy" if metric.lower().startswith("acc") else "Crossentropy"
        if output_shape[-1:] == (1,):
            flavour = "Binary"
        else:
            sparse = len(y_shape) < len(output_shape) or y_shape[-1:] == (1,)
            flavour = "SparseCategorical" if sparse else "Categorical"
        return CLASSES[flavour + ending](name=metric)
    named = CLASSES.get(metric) or NAMES.get(metric.lower())
    if named is None:
        raise unknown("metric", metric, ["accuracy", *NAMES])
    return named(name=None if metric in CLASSES else metric)  # a class keeps its own name, as in Keras


def serialize(metric: object) -> Any:
    """How a metric is written to a file."""
    if isinstance(metric, Metric):
        return {"class_name": type(metric).__name__, "config": metric.get_config()}
    return metric


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("metrics", __all__)
