"""keras.wrappers.scikit_learn of 2016 to 2022: `model`, `history` and scores as scripts of those years read them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from chainrule import Input, Sequential, layers
from chainrule.keras_names.old_wrappers import KerasClassifier, KerasRegressor

X = np.random.default_rng(0).normal(size=(24, 3))


def classes(units=4):
    model = Sequential([Input((3,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def amounts():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_the_best_of_a_search_holds_the_network_that_learned(tmp_path) -> None:
    """best_estimator_.model is a network: it predicts and is saved; parameters and clones hold none."""
    found = GridSearchCV(KerasClassifier(build_fn=classes, epochs=1), {"units": [2, 3]}, cv=2).fit(
        X, X[:, 0] > 0
    )
    best = found.best_estimator_
    best.model.save(tmp_path / "best.keras")
    assert best.model.predict(X, verbose=0).shape == (24, 1)
    assert clone(best).get_params()["model"] is None
    assert best.fit(X, X[:, 0] > 0).model is not None  # learns anew, from the function


@pytest.mark.parametrize("word", ["epochs", "nb_epoch"])
def test_fit_answers_with_what_a_history_holds(word) -> None:
    """fit(...).history has each epoch's figures, and nb_epoch counts epochs."""
    history = KerasClassifier(build_fn=classes, **{word: 3}).fit(X, X[:, 0] > 0)
    assert len(history.history["loss"]) == len(history.history["acc"]) == len(history.epoch) == 3


def test_a_regressors_score_is_minus_its_loss() -> None:
    """As cross_val_score printed it in those years: never above 0."""
    regressor = KerasRegressor(build_fn=amounts, epochs=2).fit(X, X[:, 0])
    loss = regressor.model.evaluate(X, X[:, 0], verbose=0)
    assert regressor.score(X, X[:, 0]) == pytest.approx(-loss, rel=1e-5)


def test_a_search_sets_what_was_not_given_before() -> None:
    """GridSearchCV over nb_epoch, batch_size and the building function's arguments, none of them given to the wrapper."""
    grid = {"nb_epoch": [1, 2], "batch_size": [8], "units": [3]}
    found = GridSearchCV(KerasClassifier(build_fn=classes, verbose=0), grid, cv=2).fit(X, X[:, 0] > 0)
    assert found.best_params_["units"] == 3
    assert len(found.best_estimator_.epoch) == found.best_params_["nb_epoch"]
