"""A model that tells amounts, as an estimator of scikit-learn."""

from typing import Any, Self

import numpy as np

from chainrule.errors import DataError, require_package
from chainrule.wrappers.estimator import Estimator, check_length


class KerasRegressor(Estimator):
    """A regressor: fit, predict, and score (R²). Its loss is the mean squared error where none is said.

    >>> KerasRegressor(lambda: None, epochs=3).epochs
    3
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **settings: Any) -> Self:
        """Learns from examples and their amounts."""
        if y is None:
            raise DataError(
                "A regressor needs targets: the estimator requires y to be passed, but the target y is None."
            )
        x, y = self.inputs(X, first=True), self.targets(y)
        check_length(x, y)
        self.flat_ = y.ndim == 1
        self.seen_x_, self.seen_y_ = x, y
        try:
            return self.learn(x, y, sample_weight, settings)
        finally:
            del self.seen_x_, self.seen_y_

    def targets(self, y: Any) -> np.ndarray:
        """Amounts as numbers."""
        validation = require_package("sklearn.utils.validation", "sklearn", "An estimator in scikit-learn")
        array = validation.check_array(y, ensure_2d=False, dtype="numeric", input_name="y")
        if array.ndim == 2 and array.shape[1] == 1:
            array = validation.column_or_1d(array, warn=True)
        return np.asarray(array, np.float32)

    def own_loss(self, model: Any) -> str:
        return "mean_squared_error"

    def predict(self, X: Any, **settings: Any) -> np.ndarray:
        """The amounts, in the shape of the targets."""
        outputs = self.outputs(X, settings)
        return outputs[:, 0] if outputs.shape[1] == 1 and getattr(self, "flat_", True) else outputs

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R²: 1 for perfect, 0 for as good as the mean."""
        metrics = require_package("sklearn.metrics", "sklearn", "score")
        return float(metrics.r2_score(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.regressor_tags = (
            "regressor",
            require_package("sklearn.utils", "sklearn", "An estimator").RegressorTags(poor_score=True),
        )
        return tags
