"""The gradient check of a model: right rules pass, a rule wrong by one in a thousand is found and named."""

import numpy as np
import pytest

from chainrule import Sequential, explain, losses
from chainrule.explain.check import measured
from chainrule.layers import Activation, Dense, Dropout, Flatten, LeakyReLU, ReLU
from chainrule.utils import set_random_seed


def net(*middle, loss="categorical_crossentropy", end="softmax"):
    """A compiled model and a batch for it."""
    set_random_seed(3)
    rng = np.random.default_rng(3)
    model = Sequential([Dense(6, input_shape=(4,), kernel_regularizer="l2"), *middle, Dense(3, end)])
    model.compile("adam", loss)
    return model, rng.normal(size=(7, 4)), np.eye(3)[rng.integers(0, 3, 7)]


@pytest.mark.parametrize(
    "kind", ["relu", "leaky_relu", "sigmoid", "tanh", "elu", "selu", "softplus", "silu", "gelu", "softmax"]
)
def test_right_models_pass(kind) -> None:
    """Every derivative of a model agrees with the measured one within a millionth."""
    checked = explain.check_model(*net(Activation(kind), Dropout(0.3), Dense(5, "tanh")))
    assert checked.ok
    assert all(row.error < 1e-6 for row in (*checked.rules, *checked.weights))
    assert "All derivatives agree" in str(checked)


@pytest.mark.parametrize(
    "loss",
    ["mse", "mae", "huber", "binary_crossentropy", losses.CategoricalCrossentropy(label_smoothing=0.1)],
)
def test_right_losses_pass(loss) -> None:
    """Losses with and without a shortcut agree."""
    assert explain.check_model(
        *net(Flatten(), loss=loss, end="sigmoid" if loss == "binary_crossentropy" else "softmax")
    ).ok


class WrongBack(ReLU):
    """dx a thousandth too large."""

    def backward(self, params, cache, dy):
        return 1.001 * super().backward(params, cache, dy)


class WrongKernel(Dense):
    """dW a thousandth too large."""

    def gradients(self, params, cache, dy):
        grads = super().gradients(params, cache, dy)
        return grads | {"kernel": 1.001 * grads["kernel"]}


class Forgetful(Dense):
    """One row of dW left out."""

    def gradients(self, params, cache, dy):
        grads = super().gradients(params, cache, dy)
        kernel = grads["kernel"].copy()
        kernel[0] = 0
        return grads | {"kernel": kernel}


class WrongLoss(losses.MeanSquaredError):
    """The derivative a thousandth too large."""

    def derivative(self, y, p):
        return 1.001 * super().derivative(y, p)


@pytest.mark.parametrize(
    ("middle", "loss", "name"),
    [
        (lambda: [WrongBack(name="culprit"), Dense(4, "tanh")], "mse", "culprit"),
        (lambda: [LeakyReLU(), WrongKernel(4, "tanh", name="culprit")], "mse", "culprit.kernel"),
        (lambda: [Forgetful(4, name="culprit")], "categorical_crossentropy", "culprit.kernel"),
        (lambda: [Dense(4)], WrongLoss(), "mean_squared_error"),
    ],
)
def test_a_wrong_rule_is_noticed_and_named(middle, loss, name) -> None:
    """One wrong rule makes all layers below it wrong; the check names the one that is to blame."""
    checked = explain.check_model(*net(*middle(), loss=loss))
    assert not checked.ok
    assert name in checked.worst.what
    assert "A RULE IS WRONG" in str(checked)
    assert name in str(checked).splitlines()[-1]


def test_every_single_derivative_agrees_within_a_millionth() -> None:
    """Any weight's derivative as printed by a check is the measured one."""
    model, x, y = net(Activation("relu"), Dense(5, "gelu"))
    step = explain.step(model, x, y)
    for link in step.links:
        for name, g in link.gradient.items():
            for place in np.ndindex(g.shape):
                checked = step.check(link.name, name, place)
                assert checked.ok
                assert checked.error < 1e-6 or checked.doubt > 1e-7 or abs(checked.written) < 1e-12, str(
                    checked
                )
                assert checked.float32 == float(g[place])
                assert checked.float32 == pytest.approx(checked.written, rel=1e-3, abs=1e-6)


def test_a_check_says_what_it_found() -> None:
    """The sentence has both numbers and the error."""
    model, x, y = net(Activation("tanh"))
    text = str(explain.step(model, x, y).check("dense", "kernel", (1, 1)))
    assert "dense.kernel[1, 1]" in text
    assert "They agree: relative error" in text
    wrong, x, y = net(WrongBack(), Dense(4))
    assert "THEY DIFFER" in str(explain.step(wrong, x, y).check("dense", "kernel", (1, 1)))


def test_at_a_bend_the_measurement_doubts_itself() -> None:
    """Where a function bends there is no derivative to measure: that is no error of the rule, and is said."""
    assert measured(np.sin)[1] < 1e-8
    assert measured(lambda h: np.maximum(h, 0))[1] > 0.1
    value, doubt = measured(lambda h: np.maximum(h + 1e-5, 0))  # a bend near by is stepped around
    assert value == pytest.approx(1, rel=1e-9)
    assert doubt < 1e-8
