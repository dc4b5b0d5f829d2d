"""A model that tells classes, as an estimator of scikit-learn."""

from typing import Any, Self

import numpy as np

from chainrule.errors import DataError, require_package
from chainrule.inference.probabilities import as_probabilities
from chainrule.wrappers.estimator import Estimator, check_length


class KerasClassifier(Estimator):
    """A classifier. Classes may be numbers or words; the model is given their places, or one-hot rows where its loss wants them.

    >>> from chainrule import Sequential, layers
    >>> def build(units=8):
    ...     return Sequential([layers.Dense(units, "relu"), layers.Dense(2, "softmax")])
    >>> KerasClassifier(build, units=4, epochs=2)          # doctest: +ELLIPSIS
    KerasClassifier(epochs=2, model=<function build at ...>, units=4)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **settings: Any) -> Self:
        """Learns from examples and their classes."""
        self.targets(y)  # said before anything is looked at
        x = self.inputs(X, first=True)
        y = self.targets(y)
        check_length(x, y)
        if self.warm_start and hasattr(self, "model_"):
            known = vars(self)["classes_"]
        else:
            known = np.unique(y)
        self.classes_ = known
        self.n_classes_ = len(known)
        if len(known) < 2:
            raise DataError(
                f"A classifier needs two classes or more; every target is {known[0]!r}: there is 1 class."
            )
        places = np.searchsorted(known, y)
        self.seen_x_, self.seen_y_ = x, places
        if not self.warm_start or not hasattr(self, "model_"):
            self.model_ = self.make()
        warm, self.warm_start = self.warm_start, True
        try:
            return self.learn(x, self.as_model_wants(places), sample_weight, settings)
        finally:
            self.warm_start = warm
            del self.seen_x_, self.seen_y_

    def targets(self, y: Any) -> np.ndarray:
        """Classes in one row; one-hot rows become the places of their 1."""
        if y is None:
            raise DataError(
                "A classifier needs targets: the estimator requires y to be passed, but the target y is None."
            )
        validation = require_package("sklearn.utils.validation", "sklearn", "An estimator in scikit-learn")
        multiclass = require_package("sklearn.utils.multiclass", "sklearn", "An estimator in scikit-learn")
        array = np.asarray(y)
        if (
            array.ndim == 2
            and array.shape[1] > 1
            and array.dtype.kind in "iufb"
            and (array.sum(axis=1) == 1).all()
        ):
            return np.asarray(array.argmax(axis=1))
        array = validation.column_or_1d(y, warn=True)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError("The classes hold NaN or infinity: Input y contains NaN or infinity.")
        multiclass.check_classification_targets(array)
        return np.asarray(array)

    def as_model_wants(self, places: np.ndarray) -> np.ndarray:
        """Places of classes, or one-hot rows for a loss that wants rows."""
        from chainrule.utils import to_categorical

        kind = type(self.model_.loss_object).__name__
        rows = kind.startswith("Categorical") or (
            kind in ("MeanSquaredError", "KLDivergence") and self.n_classes_ > 2
        )
        return to_categorical(places, self.n_classes_) if rows else places.astype(np.int32)

    def own_loss(self, model: Any) -> str:
        units = model.layers[-1].units if hasattr(model.layers[-1], "units") else self.n_classes_
        return "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"

    def predict_proba(self, X: Any, **settings: Any) -> np.ndarray:
        """The probability of each class, (n, classes)."""
        outputs, model = self.outputs(X, settings), self.model_
        return as_probabilities(outputs, model.loss_object, model.graph.last_activation())

    def predict(self, X: Any, **settings: Any) -> np.ndarray:
        """The most probable class of each example."""
        places = self.predict_proba(X, **settings).argmax(axis=1)
        return np.asarray(self.classes_[places])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy."""
        return float(np.average(self.predict(X) == self.targets(y), weights=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.classifier_tags = (
            "classifier",
            require_package("sklearn.utils", "sklearn", "An estimator").ClassifierTags(poor_score=True),
        )
        return tags
