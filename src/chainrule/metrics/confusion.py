"""How many outputs are rightly or wrongly above or below a threshold: four counts under Keras's names."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError
from chainrule.metrics.base import Metric, weights_like


class ConfusionCount(Metric):
    """What the four share. thresholds: a number or several, 0.5 by default."""

    of: ClassVar[tuple[bool, bool]]  # whether it is there, whether it is said

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: object = None) -> None:
        super().__init__(name, dtype)
        given = [0.5] if thresholds is None else list(thresholds) if np.ndim(thresholds) else [thresholds]
        if not all(isinstance(t, (int, float, np.number)) and 0 <= t <= 1 for t in given):
            raise SettingError(
                f"{type(self).__name__}: thresholds are numbers from 0 to 1; it got {thresholds!r}."
            )
        self.init_thresholds, self.thresholds, self.size = thresholds, [float(t) for t in given], len(given)

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp, w = namespace(p), weights_like(p, weight)
        there = (y.reshape(p.shape) > 0.5) == self.of[0]
        return xp.stack([xp.sum(xp.where(there & ((p > t) == self.of[1]), w, 0)) for t in self.thresholds])

    def fitting(self, weight: np.ndarray, p: Array) -> np.ndarray:
        """Sample weights: one for each example, or for each prediction."""
        return weight if weight.ndim == p.ndim else super().fitting(weight, p)

    def figure(self, counts: Any) -> Any:
        return float(counts[0]) if not np.ndim(self.init_thresholds) else np.asarray(counts, np.float32)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"thresholds": self.init_thresholds}


class TruePositives(ConfusionCount):
    """How many outputs are above the threshold, and should be.

    >>> TruePositives()([1, 0, 1], [0.9, 0.8, 0.1])
    1.0
    """

    key, of, rises = "true_positives", (True, True), True


class TrueNegatives(ConfusionCount):
    """How many outputs are not above the threshold, and should not be."""

    key, of, rises = "true_negatives", (False, False), True


class FalsePositives(ConfusionCount):
    """How many outputs are above the threshold, and should not be."""

    key, of = "false_positives", (False, True)


class FalseNegatives(ConfusionCount):
    """How many outputs are not above the threshold, and should be."""

    key, of = "false_negatives", (True, False)
