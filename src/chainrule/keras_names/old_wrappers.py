"""Keras's own scikit-learn wrappers of 2016 to 2022: what they held and returned after `fit`, which SciKeras's do not.

`model` is the network that has learned, `fit` answers with `history`, and a regressor's score is minus its loss.
"""

from typing import Any, Self

import numpy as np

from chainrule import wrappers
from chainrule.internal import absent
from chainrule.keras_names.methods import Figures
from chainrule.wrappers.estimator import FIT

__all__ = ["KerasClassifier", "KerasRegressor"]


class Kept:
    """What both share: the network and the history of the last fit, under the names they had."""

    history_: dict[str, list[float]]

    @property
    def model(self) -> Any:
        """The network of the last fit; before it, what was given."""
        return vars(self).get("model_", vars(self).get("given_model"))

    @model.setter
    def model(self, value: Any) -> None:
        vars(self)["given_model"] = value

    def _pattern(self) -> Any:
        given = vars(self)["given_model"]
        return vars(self)["build_fn"] if given is None else given

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; `model` is what was given, never what has learned."""
        params: dict[str, Any] = super().get_params(deep)  # type: ignore[misc]
        return params | {"model": vars(self)["given_model"]}

    def set_params(self, **params: Any) -> Self:
        """Changes parameters; arguments of fit, as a search over nb_epoch= gives them, need not have been given before."""
        new = [name for name in params if name in (*FIT, "nb_epoch") and name not in self.get_params()]
        self._more: tuple[str, ...] = (*self._more, *new)
        vars(self).update(dict.fromkeys(new))
        return super().set_params(**params)  # type: ignore[misc,no-any-return]

    def learn(self, x: Any, y: Any, sample_weight: Any, settings: dict[str, Any]) -> Self:
        """Learns, and keeps each epoch's figures as `history` and `epoch`, as a History has them."""
        if "nb_epoch" in (params := self.get_params()):
            settings = {"epochs": params["nb_epoch"]} | settings
        super().learn(x, y, sample_weight, settings)  # type: ignore[misc]
        self.history = Figures(self.history_)
        self.epoch = list(range(len(next(iter(self.history_.values()), []))))
        return self


class KerasClassifier(Kept, wrappers.KerasClassifier):
    """`keras.wrappers.scikit_learn.KerasClassifier`.

    >>> KerasClassifier(build_fn=dict, epochs=2).get_params()["epochs"]
    2
    """


class KerasRegressor(Kept, wrappers.KerasRegressor):
    """`keras.wrappers.scikit_learn.KerasRegressor`.

    >>> KerasRegressor(build_fn=dict, epochs=2).get_params()["epochs"]
    2
    """

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Minus the loss, as it was then; SciKeras's is R²."""
        weights = None if sample_weight is None else np.asarray(sample_weight, np.float32)
        said = self.model.evaluate(
            self.inputs(X, first=False), np.asarray(y), sample_weight=weights, verbose=0
        )
        return -float(said[0] if isinstance(said, (list, tuple)) else said)


def __getattr__(name: str) -> Any:
    raise absent.missing("wrappers", name, wrappers.__all__)
