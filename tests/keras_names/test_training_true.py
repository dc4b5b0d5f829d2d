"""Calls with training=True outside of fit, as scripts make them for dropout that goes on while predicting."""

import numpy as np

from chainrule import Input, Sequential, layers

X = np.ones((6, 40), np.float32)


def test_a_model_called_with_training_true_draws_other_noise_each_time() -> None:
    """The mean of many such answers is the prediction; none of the weights changes."""
    model = Sequential(
        [Input((40,)), layers.Dense(8, activation="relu"), layers.Dropout(0.5), layers.Dense(2)]
    )
    before = model.get_weights()
    said = np.stack([model(X, training=True) for _ in range(400)])
    assert (said[0] != said[1]).any()
    off = np.abs(said.mean(axis=0) - model(X)).max()
    assert off < 6 * said.std(axis=0).max() / 20 + 1e-6
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_a_layer_called_with_training_true_does_what_it_does_while_learning() -> None:
    """Dropout drops, by its rate, and what is kept is scaled."""
    said = layers.Dropout(0.25)(np.ones((100, 100)), training=True)
    assert np.allclose(np.unique(said), [0, 1 / 0.75])
    assert 0.2 < (said == 0).mean() < 0.3
    assert (layers.Dropout(0.25)(X, training=False) == X).all()


def test_averages_are_renewed_by_such_a_call() -> None:
    """BatchNormalization takes a hundredth of the batch's mean, as in a step; where it does not learn, it answers as when predicting."""
    model = Sequential([Input((40,)), layers.BatchNormalization()])
    alone = layers.BatchNormalization()
    for renewed in (lambda: model(X, training=True), lambda: alone(X, training=True)):
        renewed()
    for layer in (model.layers[0], alone):
        np.testing.assert_allclose(layer.moving_mean, 0.01 * X.mean(axis=0), atol=1e-6)
    model.layers[0].trainable = False
    assert np.allclose(model(X, training=True), model(X))
    np.testing.assert_allclose(model.layers[0].moving_mean, 0.01 * X.mean(axis=0), atol=1e-6)
