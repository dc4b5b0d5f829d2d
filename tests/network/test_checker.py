"""The gradient check is a measuring instrument, so it is measured first."""

import numpy as np
import pytest
from checker import (
    WrongDerivativeError,
    away_from,
    check_activation,
    check_layer,
    check_loss,
    check_regularizer,
)

from chainrule import activations, layers, losses, regularizers


class WrongBackward(layers.Dense):
    """dx a thousandth too large."""

    def backward(self, params, cache, dy):
        return 1.001 * super().backward(params, cache, dy)


class WrongKernel(layers.Dense):
    """dW a thousandth too large in one place."""

    def gradients(self, params, cache, dy):
        grads = super().gradients(params, cache, dy)
        kernel = grads["kernel"].copy()
        kernel[0, 1] *= 1.001
        return grads | {"kernel": kernel}


class WrongBias(layers.Dense):
    """db with the sign of one entry turned."""

    def gradients(self, params, cache, dy):
        grads = super().gradients(params, cache, dy)
        return grads | {"bias": grads["bias"] * np.array([1, -1, 1])}


@pytest.mark.parametrize(
    "layer", [WrongBackward(3), WrongKernel(3), WrongBias(3)], ids=lambda layer: type(layer).__name__
)
def test_a_layer_wrong_by_one_in_a_thousand_is_noticed(layer, rng) -> None:
    """The check refuses a rule that is 0.1 % off, in any of a layer's three derivatives."""
    params = {"kernel": rng.normal(size=(2, 3)), "bias": rng.normal(size=3)}
    check_layer(layers.Dense(3), params, rng.normal(size=(4, 2)))
    with pytest.raises(WrongDerivativeError):
        check_layer(layer, params, rng.normal(size=(4, 2)))


@pytest.mark.parametrize("name", [name for name in activations.RULES if name != "linear"])
def test_an_activation_wrong_by_one_in_a_thousand_is_noticed(name, rng) -> None:
    """The check refuses every activation's derivative when it is 0.1 % off."""
    forward, backward = activations.RULES[name]
    z = away_from(rng.normal(size=(2, 4)), -1.0, -0.5, 0.0, 0.5, 1.0)
    with pytest.raises(WrongDerivativeError):
        check_activation(forward, lambda da, z, a: 1.001 * backward(da, z, a), z, name)


def test_a_loss_and_a_penalty_wrong_by_one_in_a_thousand_are_noticed(rng) -> None:
    """The check refuses a loss's derivative and a penalty's gradient when they are 0.1 % off."""

    class WrongLoss(losses.MeanSquaredError):
        def derivative(self, y, p):
            return 1.001 * super().derivative(y, p)

    class WrongPenalty(regularizers.L2):
        def gradient(self, w):
            return 1.001 * super().gradient(w)

    y, p = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    with pytest.raises(WrongDerivativeError, match="mean_squared_error"):
        check_loss(WrongLoss(), y, p)
    with pytest.raises(WrongDerivativeError, match="WrongPenalty"):
        check_regularizer(WrongPenalty(), y)


def test_a_rule_that_looks_at_other_examples_is_noticed(rng) -> None:
    """The check refuses a layer whose answer to one example depends on another."""

    class Leaky(layers.Layer):
        def forward(self, params, x, context=None):
            return x - x.mean(axis=0), None

        def backward(self, params, cache, dy):
            return dy

    with pytest.raises(WrongDerivativeError, match="Leaky by x"):
        check_layer(Leaky(), {}, rng.normal(size=(3, 2)))


def test_not_a_number_is_noticed() -> None:
    """The check refuses a derivative that is not a number."""
    with pytest.raises(WrongDerivativeError):
        check_activation(lambda z: z, lambda da, z, a: da * np.nan, np.ones((1, 2)), "nan")
