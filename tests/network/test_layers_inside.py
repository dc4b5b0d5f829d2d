"""Layers inside others: whatever stands inside TimeDistributed and Bidirectional learns, all its parts and weights."""

import numpy as np
import pytest
from layer_examples import PLAIN, SET_UP, input_of

import chainrule as cr
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    GRU,
    LSTM,
    ActivityRegularization,
    Bidirectional,
    Dense,
    Input,
    TimeDistributed,
    deserialize,
    serialize,
)
from chainrule.layers.base import Context


def fits_inside(layer):
    """Whether a layer takes numbers, gives one output, and adds nothing to the loss."""
    one = not isinstance(input_of(layer), list) and not getattr(layer, "return_state", False)
    penalty = any(link.adds_loss for link in layer.links())
    return one and not penalty and "Embedding" not in type(layer).__name__


def along(f, w, d, h=1e-5):
    """How fast f changes as w moves along d, measured."""
    return (f(w + h * d) - f(w - h * d)) / (2 * h)


@pytest.mark.parametrize(
    "given", list(filter(fits_inside, (*PLAIN, *SET_UP))), ids=lambda layer: type(layer).__name__
)
def test_every_weight_of_a_layer_at_every_time_learns(given, rng) -> None:
    """By the input and by each weight, the derivative is the one measured: separable, normalizing, recurrent or with an activation."""
    layer, shape = TimeDistributed(deserialize(serialize(given))), (2, *input_of(given))
    params = {name: rng.uniform(0.5, 1.5, size) for name, size in layer.weight_shapes(shape).items()}
    x = rng.normal(size=(2, *shape))
    y, cache = layer.forward(params, x, Context())
    dy = rng.normal(size=y.shape)
    dx, grads = layer.backward_and_gradients(params, cache, dy)
    assert set(grads) == set(params) - set(layer.non_trainable_names)
    d = rng.normal(size=x.shape)
    measured = along(lambda x: (layer.forward(params, x)[0] * dy).sum(), x, d)
    assert (dx * d).sum() == pytest.approx(measured, rel=1e-5, abs=1e-7)
    for name, gradient in grads.items():
        d = rng.normal(size=params[name].shape)
        measured = along(lambda w, n=name: (layer.forward(params | {n: w}, x)[0] * dy).sum(), params[name], d)
        assert (gradient * d).sum() == pytest.approx(measured, rel=1e-5, abs=1e-7), name


def test_a_penalty_on_both_directions_counts_in_the_loss() -> None:
    """The loss of a step is the error and the penalties of both outputs, in learning and in judging."""
    layer = Bidirectional(GRU(3, return_sequences=True, activity_regularizer="l2"), merge_mode="concat")
    model = cr.Sequential([Input((4, 2)), layer])
    model.compile("sgd", "mse", backend="numpy")
    x, y = np.random.default_rng(0).normal(size=(6, 4, 2)), np.zeros((6, 4, 6))
    said = model.predict(x, verbose=0)
    wanted = float((said**2).mean() + 0.01 * (said**2).sum() / 6)
    assert float(model.evaluate(x, y, verbose=0)) == pytest.approx(wanted, rel=1e-5)
    history = model.fit(x, y, batch_size=6, verbose=0)
    assert history.history["loss"][0] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: TimeDistributed(Dense(2, activity_regularizer="l2")), SettingError, "behind the TimeDistributed"),
        (lambda: TimeDistributed(ActivityRegularization(0.1)), SettingError, "penalty on its output"),
        (lambda: TimeDistributed(LSTM(2, return_state=True)).output_shape_for((3, 4, 5)), ShapeError, "gives 3"),
    ],
)  # fmt: skip
def test_what_cannot_stand_inside_is_refused(make, error, words) -> None:
    """One sentence that says what to do instead."""
    with pytest.raises(error, match=words):
        make()
