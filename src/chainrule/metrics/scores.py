"""Scores by output: F1 and its relatives for classes, R² for numbers. They need to know how many outputs there are."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.internal.number_settings import is_number
from chainrule.metrics.base import Metric

EPSILON = 1e-7  # Keras's


class ByOutput(Metric):
    """Sums for each output of a prediction (examples, outputs)."""

    rises = True
    rows = 4  # how many sums for each output

    def build(self, output_shape: tuple[int, ...]) -> None:
        """How many outputs there are, known before the first batch."""
        if len(output_shape) != 1:
            raise ShapeError(
                f"{type(self).__name__} takes predictions of shape (examples, outputs); an example has {output_shape}."
            )
        self.size = self.rows * output_shape[0]

    def prepared(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        y, p = super().prepared(y_true, y_pred)
        self.build(tuple(p.shape[1:]))
        return y, p


class FBetaScore(ByOutput):
    """(1 + β²) · precision · recall / (β² precision + recall) of each class.

    average: None for one number a class, "micro", "macro" or "weighted" for one of all.  threshold: above it an output
    says yes; None for the largest of each row.
    """

    key = "fbeta_score"

    def __init__(
        self, average: str | None = None, beta: float = 1.0, threshold: float | None = None, name: str | None = None,
        dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if average not in (None, "micro", "macro", "weighted"):
            raise SettingError(
                f"{type(self).__name__}: average is 'micro', 'macro', 'weighted' or None; it got {average!r}."
            )
        numbers = [beta] if threshold is None else [beta, threshold]
        if (
            not all(map(is_number, numbers))
            or not beta > 0
            or (threshold is not None and not 0 < threshold <= 1)
        ):
            raise SettingError(
                f"{type(self).__name__} needs beta above 0 and a threshold above 0, at most 1; it got {beta!r} and {threshold!r}."
            )
        self.average, self.beta, self.threshold = average, float(beta), threshold

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp = namespace(p)
        if self.threshold is None:
            predicted = (p >= xp.max(p, axis=-1, keepdims=True)) & (xp.abs(p) > 1e-9)
        else:
            predicted = p > self.threshold
        predicted, y = predicted.astype(p.dtype), y.reshape(p.shape).astype(p.dtype)
        w = xp.ones_like(p[:, :1]) if weight is None else weight.reshape(-1, 1)
        four = [
            predicted * y,
            predicted * (1 - y),
            (1 - predicted) * y,
            y,
        ]  # true and false positives, false negatives, positives
        return xp.stack([xp.sum(one * w, axis=0) for one in four]).reshape(-1)

    def figure(self, counts: Any) -> Any:
        sums = np.asarray(counts, np.float64).reshape(4, -1)
        tp, fp, fn, there = sums.sum(axis=1, keepdims=True) if self.average == "micro" else sums
        precision, recall = tp / (tp + fp + EPSILON), tp / (tp + fn + EPSILON)
        score = (1 + self.beta**2) * precision * recall / (self.beta**2 * precision + recall + EPSILON)
        if self.average == "weighted":
            return float((score * there).sum() / (there.sum() + EPSILON))
        return score.astype(np.float32) if self.average is None else float(score.mean())

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """2 · precision · recall / (precision + recall) of each class; settings as of FBetaScore.

    >>> round(F1Score(average="macro")(np.eye(2), np.array([[0.9, 0.1], [0.8, 0.2]])), 3)
    0.333
    """

    key = "f1_score"

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = None,
        dtype: object = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {setting: value for setting, value in super().get_config().items() if setting != "beta"}


class R2Score(ByOutput):
    """1 - Σ (y - p)² / Σ (y - mean y)²: the share of the targets' variance that the predictions explain.

    class_aggregation: "uniform_average", "variance_weighted_average", or None for one number an output.

    >>> R2Score()(np.array([[1.], [3.]]), np.array([[1.], [2.]]))
    0.5
    """

    key = "r2_score"
    rows = 5

    def __init__(
        self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0, name: str | None = None,
        dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if class_aggregation not in (None, "uniform_average", "variance_weighted_average"):
            raise SettingError(
                "R2Score: class_aggregation is 'uniform_average', 'variance_weighted_average' or None; it got "
                f"{class_aggregation!r}."
            )
        if not isinstance(num_regressors, int) or num_regressors < 0:
            raise SettingError(
                f"R2Score: num_regressors is a whole number of 0 or more; it got {num_regressors!r}."
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp = namespace(p)
        y = y.reshape(p.shape).astype(p.dtype)
        w = xp.ones_like(p) if weight is None else xp.broadcast_to(weight.reshape(-1, 1), p.shape)
        sums = [w * y, w * y * y, w * (y - p) ** 2, w, xp.ones_like(p)]
        return xp.stack([xp.sum(one, axis=0) for one in sums]).reshape(-1)

    def figure(self, counts: Any) -> Any:
        total, squares, residual, weight, numbers = np.asarray(counts, np.float64).reshape(5, -1)
        with np.errstate(all="ignore"):
            spread = squares - total * total / weight
            scores = 1 - residual / spread
        scores = np.where(np.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation:
            scores = (spread * scores).sum() / spread.sum()
        n = numbers.sum()
        if self.num_regressors and self.num_regressors < n - 1:
            scores = 1 - (1 - scores) * (n - 1) / (n - self.num_regressors - 1)
        return float(scores) if np.ndim(scores) == 0 else scores.astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
