"""The estimators as Keras 3 has them: model_kwargs go to the building function, fit_kwargs to fit."""

from typing import Any

import numpy as np

from chainrule.errors import require_package
from chainrule.wrappers.classifier import KerasClassifier
from chainrule.wrappers.estimator import Estimator
from chainrule.wrappers.regressor import KerasRegressor


class _Keras3(Estimator):
    """The constructor that the three share."""

    def __init__(
        self, model: Any, warm_start: bool = False, model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(model, warm_start=warm_start)
        self.model_kwargs, self.fit_kwargs = model_kwargs, fit_kwargs

    def _given(self) -> dict[str, Any]:
        given = dict(self.model_kwargs or {})
        for name in ("X", "y"):
            if name in self._arguments():
                given[name] = getattr(self, f"seen_{name.lower()}_", None)
        return given

    def learn(self, x: np.ndarray, y: np.ndarray, sample_weight: Any, settings: dict[str, Any]) -> Any:
        return super().learn(x, y, sample_weight, (self.fit_kwargs or {}) | settings)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in ("fit_kwargs", "model", "model_kwargs", "warm_start")}


class SKLearnClassifier(_Keras3, KerasClassifier):
    """A classifier, as `keras.wrappers.SKLearnClassifier`."""


class SKLearnRegressor(_Keras3, KerasRegressor):
    """A regressor, as `keras.wrappers.SKLearnRegressor`."""


class SKLearnTransformer(_Keras3, KerasRegressor):
    """A model whose outputs are features for the next step of a pipeline, as `keras.wrappers.SKLearnTransformer`."""

    def transform(self, X: Any) -> np.ndarray:
        """The model's outputs."""
        return self.outputs(X, {})

    def fit_transform(self, X: Any, y: Any, **settings: Any) -> np.ndarray:
        """Learns, and gives the outputs."""
        return self.fit(X, y, **settings).transform(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.regressor_tags = None, None
        tags.transformer_tags = require_package("sklearn.utils", "sklearn", "An estimator").TransformerTags()
        return tags
