"""What `layer(x, training=...)` says while a network is built: as in Keras 3, for model(x), and within a class's own `call`."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import chainrule
from chainrule import Input, Model, Sequential, layers, models

X = np.random.default_rng(0).normal(2, 1, (64, 40)).astype(np.float32)
Y = X[:, :1]


def dropped(said: np.ndarray) -> float:
    return float((np.asarray(said) == 0).mean())


def test_dropout_called_with_training_true_drops_in_model_of_x() -> None:
    """model(x) draws other noise each time; predict and model(x, training=False) are still."""
    a = Input((40,))
    model = Model(a, layers.Dropout(0.5)(a, training=True))
    assert 0.4 < dropped(model(X)) < 0.6
    assert (model(X) != model(X)).any()
    assert (model.predict(X, verbose=0) == X).all()
    assert (model(X, training=False) == X).all()


def test_the_outer_word_counts() -> None:
    """A model that was called with training=True has all its layers as while learning, one with training=False none."""
    b = Input((40,))
    noisy = Model(b, layers.Dropout(0.5)(b, training=True))
    quiet = Sequential([Input((40,)), layers.Dropout(0.5)])
    a = Input((40,))
    both = Model(a, [noisy(a, training=False), quiet(a, training=True), noisy(a), quiet(a)])
    assert [dropped(one) > 0 for one in both(X)] == [False, True, True, False]


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_files_keep_what_each_call_said(tmp_path: Path, kind: str) -> None:
    """A layer that was called twice has its two words; a copy has them, too."""
    a, drop = Input((40,)), layers.Dropout(0.5)
    model = Model(a, [drop(a, training=True), drop(a), layers.BatchNormalization()(a, training=False)])
    model.save(tmp_path / f"m.{kind}")
    for one in (models.load_model(tmp_path / f"m.{kind}"), models.clone_model(model)):
        assert [call.training for call in one.ordered if call.inputs] == [True, None, False]
        assert [dropped(said) > 0 for said in one(X)] == [True, False, False]


def test_compile_says_that_fit_overrules_it() -> None:
    """As in Keras 3, averages move in fit whatever the call said; a sentence says so, and trainable=False holds them."""
    a, norm = Input((40,)), layers.BatchNormalization(name="norm")
    model = Model(a, layers.Dense(1)(norm(a, training=False)))
    with pytest.warns(UserWarning, match="'norm' was called with training=False"):
        model.compile("sgd", "mse")
    model.fit(X, Y, epochs=1, verbose=0)
    assert (norm.params["moving_mean"] != 0).any()
    norm.trainable = False
    before = norm.params["moving_mean"].copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.compile("sgd", "mse")
    model.fit(X, Y, epochs=1, verbose=0)
    assert (norm.params["moving_mean"] == before).all()


class Tuned(chainrule.Model):  # type: ignore[misc]
    """A base that is held still while its head learns, as guides to fine-tuning write it."""

    def __init__(self) -> None:
        super().__init__()
        self.base = Sequential([Input((40,)), layers.BatchNormalization(), layers.Dropout(0.5)])
        self.norm, self.head = layers.BatchNormalization(), layers.Dense(1)
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):  # type: ignore[no-untyped-def]
        x = self.norm(self.base(x, training=False))
        return self.head(self.drop(x, training=training))


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_training_false_within_call_holds_in_fit(backend: str) -> None:
    """The base's averages rest and its dropout drops nothing; what `call` left open learns."""
    if backend == "jax":
        pytest.importorskip("jax")
    model = Tuned()
    model.compile("sgd", "mse", backend=backend)
    model.fit(X, Y, epochs=1, verbose=0)
    inner = model.base.layers[0]
    assert (inner.params["moving_mean"] == 0).all()
    assert (inner.params["moving_variance"] == 1).all()
    assert (model.norm.params["moving_mean"] != 0).all()
    assert sorted(model.graph.predicting) == [0, 1]


def test_a_call_that_always_asks_for_noise_is_told() -> None:
    """Noise while predicting is what model(x, training=True) is for."""

    class Noisy(chainrule.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.drop = layers.Dropout(0.5)

        def call(self, x):  # type: ignore[no-untyped-def]
            return self.drop(x, training=True)

    model = Noisy()
    with pytest.warns(UserWarning, match="predict leaves noise out"):
        assert (model(X) == X).all()
    assert 0.4 < dropped(model(X, training=True)) < 0.6
