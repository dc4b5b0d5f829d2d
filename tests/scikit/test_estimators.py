"""KerasClassifier and KerasRegressor are estimators like any other of scikit-learn."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from chainrule import Sequential, layers
from chainrule.errors import ChainruleError
from chainrule.wrappers import (
    KerasClassifier,
    KerasRegressor,
    SKLearnClassifier,
    SKLearnRegressor,
    SKLearnTransformer,
)

# Fitting with weights and fitting with repeated rows meet different batches, so their results differ.
DOES_NOT_APPLY = {
    "check_sample_weight_equivalence_on_dense_data": "batches of repeated rows are other batches"
}


def classifier(meta, units=16):
    n = meta["n_classes_"]
    end = layers.Dense(1, "sigmoid") if n == 2 else layers.Dense(n, "softmax")
    return Sequential([layers.Dense(units, "relu"), end])


def regressor(units=16):
    return Sequential([layers.Dense(units, "relu"), layers.Dense(1)])


@pytest.fixture
def iris():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 4)) + np.repeat(np.eye(3, 4) * 4, 50, axis=0)
    return x, np.repeat(["setosa", "versicolor", "virginica"], 50)


@pytest.mark.parametrize(
    "estimator",
    [
        KerasClassifier(classifier, epochs=3, random_state=0, optimizer="adam", batch_size=8),
        KerasRegressor(regressor, epochs=3, random_state=0, optimizer="adam"),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_scikit_learns_own_checks_pass(estimator) -> None:
    """Every check of check_estimator that applies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, expected_failed_checks=DOES_NOT_APPLY, on_fail=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert not failed
    assert sum(result["status"] == "passed" for result in results) > 45


def test_words_as_classes(iris) -> None:
    """Classes keep their names; probabilities stand in their order and add up to 1."""
    x, y = iris
    model = KerasClassifier(classifier, epochs=30, random_state=1, optimizer="adam").fit(x, y)
    assert model.classes_.tolist() == sorted(set(y))
    assert model.score(x, y) > 0.9
    assert np.allclose(model.predict_proba(x).sum(axis=1), 1, atol=1e-5)
    assert set(model.predict(x)) <= set(y)
    assert len(model.history_["loss"]) == 30
    assert is_classifier(model)
    assert is_regressor(KerasRegressor(regressor))


def test_one_output_and_one_hot_rows(iris) -> None:
    """Two classes by one output; rows with a 1 for a loss that wants rows."""
    x, y = iris
    two = y != "virginica"
    binary = KerasClassifier(classifier, epochs=20, random_state=1, optimizer="adam").fit(x[two], y[two])
    assert binary.predict_proba(x[two]).shape == (100, 2)
    assert binary.score(x[two], y[two]) > 0.9

    def rows(units=8):
        made = Sequential([layers.Dense(units, "relu"), layers.Dense(3, "softmax")])
        made.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return made

    places = np.repeat([0, 1, 2], 50)
    for targets in (places, np.eye(3)[places]):
        model = KerasClassifier(build_fn=rows, epochs=20, batch_size=16, random_state=1).fit(x, targets)
        assert model.score(x, places) > 0.9


def test_search_folds_and_pipelines(iris) -> None:
    """GridSearchCV over the function's arguments and fit's, cross_val_score, a pipeline with a scaler."""
    x, y = iris
    base = KerasClassifier(classifier, units=2, epochs=5, optimizer="adam", random_state=0)
    search = GridSearchCV(base, {"units": [1, 16], "epochs": [1, 20]}, cv=2).fit(x, y)
    assert search.best_params_ == {"epochs": 20, "units": 16}
    named = GridSearchCV(KerasClassifier(classifier, epochs=2), {"model__units": [4, 8]}, cv=2).fit(x, y)
    assert named.best_estimator_.model_.layers[0].units in (4, 8)
    pipeline = make_pipeline(StandardScaler(), base.set_params(epochs=20, units=16))
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.8


def test_the_same_seed_gives_the_same_estimator(iris) -> None:
    """random_state decides weights and orders; a clone learns the same."""
    x, y = iris
    model = KerasClassifier(classifier, epochs=3, random_state=4)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert (model.fit(x, y).predict_proba(x) == again.fit(x, y).predict_proba(x)).all()


def test_an_estimator_is_kept_as_bytes(iris) -> None:
    """A pickle answers as the estimator does."""
    x, _y = iris
    model = KerasRegressor(regressor, epochs=2).fit(x, x.sum(axis=1))
    assert (pickle.loads(pickle.dumps(model)).predict(x) == model.predict(x)).all()


def test_warm_start_goes_on(iris) -> None:
    """With warm_start a second fit learns on; without, it begins anew."""
    x, _y = iris
    model = KerasRegressor(regressor, epochs=5, warm_start=True, optimizer="adam", random_state=0).fit(
        x, x.sum(axis=1)
    )
    first = model.model_
    assert model.fit(x, x.sum(axis=1)).model_ is first
    assert model.set_params(warm_start=False).fit(x, x.sum(axis=1)).model_ is not first


def test_a_model_as_pattern(iris) -> None:
    """A model instead of a function: each fit learns with a fresh one of its kind."""
    x, _ = iris
    pattern = Sequential([layers.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1)])
    pattern.compile("adam", "mae", metrics=["mse"])
    before = pattern.get_weights()
    model = KerasRegressor(pattern, epochs=2).fit(x, x.sum(axis=1))
    assert all((a == b).all() for a, b in zip(before, pattern.get_weights(), strict=True))
    assert "mse" in model.history_


@pytest.mark.parametrize("kind", [SKLearnClassifier, SKLearnRegressor, SKLearnTransformer])
def test_keras_3s_estimators(kind, iris) -> None:
    """model_kwargs and fit_kwargs; X and y reach a function that asks for them; a transformer gives outputs."""
    x, _y = iris
    target = np.repeat([0, 1, 2], 50) if kind is SKLearnClassifier else x.sum(axis=1)

    def build(X, y, units=4):
        assert X.shape == (150, 4)
        assert len(y) == 150
        end = layers.Dense(3, "softmax") if kind is SKLearnClassifier else layers.Dense(1)
        made = Sequential([layers.Dense(units, "relu"), end])
        made.compile("adam", "sparse_categorical_crossentropy" if kind is SKLearnClassifier else "mse")
        return made

    model = clone(kind(build, model_kwargs={"units": 6}, fit_kwargs={"epochs": 2, "verbose": 0})).fit(
        x, target
    )
    assert model.model_.layers[0].units == 6
    assert len(model.history_["loss"]) == 2
    if kind is SKLearnTransformer:
        assert model.transform(x).shape == (150, 1)
    else:
        assert model.predict(x).shape == (150,)


def test_mistakes_are_sentences(iris) -> None:
    """An unknown parameter, an argument that the function does not have, one class only."""
    x, y = iris
    with pytest.raises(ChainruleError, match="no parameter 'unitz'"):
        KerasClassifier(classifier).set_params(unitz=3)
    with pytest.raises(ChainruleError, match="no argument 'depth'"):
        KerasClassifier(classifier, model__depth=3).fit(x, y)
    with pytest.raises(ChainruleError, match="there is 1 class"):
        KerasClassifier(classifier).fit(x, ["a"] * 150)
    with pytest.raises(ChainruleError, match="needs model="):
        KerasClassifier().fit(x, y)
