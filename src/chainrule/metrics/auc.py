"""The area under a curve of rates at many thresholds: ROC, or precision over recall. Keras's formulas."""

from typing import Any

import numpy as np

from chainrule.activations import sigmoid
from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, unknown
from chainrule.metrics.base import Metric, weights_like

BEYOND = 1e-7  # how far the first and last threshold lie outside 0..1
MOST = 100_000  # thresholds: a finer curve changes nothing that float32 could show


class AUC(Metric):
    """The area under the curve: 0.5 for guessing, 1 for a perfect order of the predictions.

    num_thresholds: how finely the curve is drawn.  curve: "ROC" or "PR".  summation_method: "interpolation", "minoring",
    "majoring".  thresholds: instead, those between 0 and 1.  from_logits: predictions are not yet 0..1.

    >>> round(AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]), 4)
    0.75
    """

    key, rises = "auc", True

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC", summation_method: str = "interpolation", name: str | None = None,
        dtype: object = None, thresholds: Any = None, multi_label: bool = False, num_labels: int | None = None,
        label_weights: Any = None, from_logits: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, dtype)
        if curve not in ("ROC", "PR"):
            raise unknown("curve", curve, ("ROC", "PR"))
        if summation_method not in ("interpolation", "minoring", "majoring"):
            raise unknown("summation_method", summation_method, ("interpolation", "minoring", "majoring"))
        if multi_label or num_labels is not None or label_weights is not None:
            raise SettingError("AUC: multi_label is not supported; take one AUC for each column.")
        between = None if thresholds is None else sorted(float(t) for t in thresholds)
        if between is None and (not isinstance(num_thresholds, (int, np.integer)) or num_thresholds < 2):
            raise SettingError(
                f"AUC: num_thresholds must be a whole number above 1; it got {num_thresholds!r}."
            )
        if between is None and num_thresholds > MOST:
            raise SettingError(
                f"AUC draws its curve with up to {MOST:,} thresholds; it got {num_thresholds:,}."
            )
        if between is None:
            between = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        self.thresholds = np.array([-BEYOND, *between, 1 + BEYOND], np.float32)
        self.num_thresholds, self.curve, self.summation_method = len(self.thresholds), curve, summation_method
        self.given, self.from_logits = thresholds, bool(from_logits)
        self.size = 4 * self.num_thresholds

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp = namespace(p)
        p = sigmoid(p) if self.from_logits else p
        w = weights_like(p, weight).reshape(-1, 1)
        y = (y.reshape(-1, 1) > 0.5).astype(p.dtype) * w
        predicted = (p.reshape(-1, 1) > xp.asarray(self.thresholds)).astype(p.dtype)
        tp, positives = (predicted * y).sum(axis=0), (predicted * w).sum(axis=0)
        there, all_ = y.sum(), w.sum()
        fp, fn = positives - tp, there - tp
        return xp.concatenate([tp, fp, fn, all_ - there - fp])

    def figure(self, counts: Any) -> float:
        tp, fp, fn, tn = np.asarray(counts, np.float64).reshape(4, -1)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return pr_area(tp, fp, fn)
        recall = divided(tp, tp + fn)
        x, y = (divided(fp, fp + tn), recall) if self.curve == "ROC" else (recall, divided(tp, tp + fp))
        left, right = y[:-1], y[1:]
        heights = {
            "interpolation": (left + right) / 2,
            "minoring": np.minimum(left, right),
            "majoring": np.maximum(left, right),
        }
        return float(((x[:-1] - x[1:]) * heights[self.summation_method]).sum())

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_thresholds": self.num_thresholds, "curve": self.curve, "summation_method": self.summation_method,
            "thresholds": self.given, "from_logits": self.from_logits,
        }  # fmt: skip


def divided(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, and 0 where b is 0.

    >>> divided(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    return np.asarray(np.divide(a, b, out=np.zeros_like(a), where=b != 0))


def pr_area(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> float:
    """Between two thresholds true positives grow in a straight line with all positives (Davis and Goadrich 2006)."""
    dtp, p = tp[:-1] - tp[1:], tp + fp
    slope = divided(dtp, np.maximum(p[:-1] - p[1:], 0))
    intercept = tp[1:] - slope * p[1:]
    both = (p[:-1] > 0) & (p[1:] > 0)
    ratio = np.where(both, divided(p[:-1], np.maximum(p[1:], 0)), 1.0)
    return float(divided(slope * (dtp + intercept * np.log(ratio)), np.maximum(tp[1:] + fn[1:], 0)).sum())
