"""Figures of yes and no at one or several thresholds: precision and recall."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.metrics.base import Metric, weights_like
from chainrule.ops.arguments import as_array

LEFT_OUT = -1e10  # stands for predictions that are not among the k largest


class AtThresholds(Metric):
    """What both share. thresholds: a number or several; above it a prediction counts as yes (0.5 by default).

    top_k: instead, the k largest predictions of each row.  class_id: only this column.
    """

    rises = True

    def __init__(
        self, thresholds: Any = None, top_k: int | None = None, class_id: int | None = None, name: str | None = None,
        dtype: object = None,
    ) -> None:  # fmt: skip
        if isinstance(thresholds, str):
            raise SettingError(
                f"{type(self).__name__}: thresholds are numbers from 0 to 1; it got {thresholds!r}. A name goes as name=."
            )
        super().__init__(name, dtype)
        given = (
            [0.5 if top_k is None else LEFT_OUT]
            if thresholds is None
            else list(thresholds)
            if np.ndim(thresholds)
            else [thresholds]
        )
        if thresholds is not None and not all(
            isinstance(t, (int, float, np.number)) and 0 <= t <= 1 for t in given
        ):
            raise SettingError(
                f"{type(self).__name__}: thresholds are numbers from 0 to 1; it got {thresholds!r}."
            )
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self.thresholds = [float(t) for t in given]
        self.size = 2 * len(self.thresholds)

    def prepared(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Arrays of the same shape; one row stays one row, of which the k largest may be asked for."""
        y, p = as_array(y_true), as_array(y_pred)
        return (
            super().prepared(y, p)
            if y.ndim != p.ndim
            else (y, p if p.dtype.kind == "f" else p.astype(np.float32))
        )

    def fitting(self, weight: np.ndarray, p: Array) -> np.ndarray:
        """Sample weights: one for each example, or for each prediction."""
        return weight if weight.ndim == p.ndim else super().fitting(weight, p)

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp = namespace(p)
        y = y.reshape(p.shape)
        w = weights_like(p, weight)
        if self.top_k is not None:
            order = xp.argsort(-p, axis=-1, stable=True)  # of equal ones the first count, as in Keras
            p = xp.where(xp.argsort(order, axis=-1) < self.top_k, p, LEFT_OUT)
        if self.class_id is not None:
            if p.ndim != 2:
                raise ShapeError(
                    f"{type(self).__name__} with class_id needs predictions of shape (examples, classes); it got {p.shape}."
                )
            column = slice(self.class_id, self.class_id + 1)
            y, p, w = y[..., column], p[..., column], w[..., column]
        sums = []
        for threshold in self.thresholds:
            predicted, there = p > threshold, y > 0.5
            sums += [
                xp.sum(xp.where(predicted & there, w, 0)),
                xp.sum(xp.where(self.chosen(predicted, there), w, 0)),
            ]
        return xp.stack(sums)

    def chosen(self, said: Array, there: Array) -> Array:
        """Of which ones the share of true positives is meant."""
        raise NotImplementedError

    def figure(self, counts: Any) -> Any:
        pairs = np.asarray(counts, np.float64).reshape(-1, 2)
        shares = np.divide(pairs[:, 0], pairs[:, 1], out=np.zeros(len(pairs)), where=pairs[:, 1] != 0)
        return float(shares[0]) if not np.ndim(self.init_thresholds) else shares.astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(AtThresholds):
    """Of the outputs above a threshold, the share that should be: Σ true positives / Σ positives said.

    >>> Precision(0.3)([1, 0, 1, 0], [0.4, 0.35, 0.9, 0.1])
    0.6666666666666666
    """

    key = "precision"

    def chosen(self, said: Array, there: Array) -> Array:
        return said


class Recall(AtThresholds):
    """Of the outputs that should be above a threshold, the share that is: Σ true positives / Σ positives there are."""

    key = "recall"

    def chosen(self, said: Array, there: Array) -> Array:
        return there
