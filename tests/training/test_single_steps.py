"""train_on_batch: one step on one batch, on the model's engine; what is changed between two steps counts."""

import numpy as np
import pytest

from chainrule import layers, models, optimizers
from chainrule.arrays import jax_installed

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(24, 5)).astype(np.float32), RNG.integers(0, 3, 24)
BACKENDS = [
    "numpy",
    pytest.param("jax", marks=pytest.mark.skipif(not jax_installed(), reason="JAX IS NOT INSTALLED")),
]


def model_on(backend, optimizer="adam"):
    model = models.Sequential(
        [layers.Input((5,)), layers.Dense(4, activation="tanh"), layers.Dense(3, activation="softmax")]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], backend=backend)
    start = np.random.default_rng(0)
    model.set_weights([start.normal(size=w.shape).astype(np.float32) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("backend", BACKENDS)
def test_single_steps_are_the_steps_of_fit(backend) -> None:
    """Three batches one by one end in the weights of one epoch over them, and step on from there."""
    one, all_at_once = model_on(backend), model_on(backend)
    for start in (0, 8, 16):
        figures = one.train_on_batch(X[start : start + 8], Y[start : start + 8], return_dict=True)
    history = all_at_once.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    for a, b in zip(one.get_weights(), all_at_once.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert one.optimizer.iterations == 3
    assert one.backend_used == backend
    assert figures["loss"] < history.history["loss"][0] * 2
    one.fit(X, Y, batch_size=8, verbose=0)
    assert one.optimizer.iterations == 6


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_changed_between_two_steps_counts(backend) -> None:
    """Other weights, another rate, another size of batch."""
    model = model_on(backend, optimizers.SGD(0.1))
    model.train_on_batch(X[:8], Y[:8])
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    loss, _ = model.train_on_batch(X[:8], Y[:8])
    assert loss == pytest.approx(np.log(3), rel=1e-6)
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.train_on_batch(X[:5], Y[:5])
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_that_were_taken_out_stay_as_they_were(backend) -> None:
    """What somebody holds of an earlier step is not written over by later ones."""
    model = model_on(backend)
    model.train_on_batch(X, Y)
    held = model.layers[0].params["kernel"]
    copy = np.array(held)
    for _ in range(5):
        model.train_on_batch(X, Y)
    assert (held == copy).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_models_with_one_layer_learn_in_turns(backend) -> None:
    """As in an adversarial pair: what one has learned the other goes on with."""
    a, b = layers.Input((5,)), layers.Dense(4, activation="tanh")
    first = models.Model(a, layers.Dense(1)(b(a)))
    second = models.Model(a, layers.Dense(1)(b(a)))
    for model in (first, second):
        model.compile("sgd", "mse", backend=backend)
    seen = []
    for model in (first, second, first):
        model.train_on_batch(X, np.ones(len(X)))
        seen.append(np.array(b.params["kernel"]))
    assert (seen[0] != seen[1]).any()
    assert (seen[1] != seen[2]).any()


def test_the_engine_follows_from_the_network_alone() -> None:
    """A tiny network takes single steps on NumPy, where JAX would compile for longer than it learns."""
    model = model_on(None)
    model.train_on_batch(X, Y)
    assert model.backend_used == "numpy"
