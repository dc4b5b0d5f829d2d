"""Models as estimators of scikit-learn: in pipelines, in a grid search, in cross-validation.

    KerasClassifier, KerasRegressor                        as SciKeras and the Keras of earlier years have them
    SKLearnClassifier, SKLearnRegressor, SKLearnTransformer    as Keras 3 has them

scikit-learn itself is only needed by what calls them.
"""

from typing import TYPE_CHECKING

from chainrule.internal import absent
from chainrule.wrappers.classifier import KerasClassifier
from chainrule.wrappers.keras3 import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer
from chainrule.wrappers.regressor import KerasRegressor

__all__ = ["KerasClassifier", "KerasRegressor", "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("wrappers", __all__)
