"""Whether a unit is on is said alike everywhere: in its own explanation, in the step's table, over many steps."""

import numpy as np
import pytest

from chainrule import Input, Model, Sequential, explain, layers
from chainrule.explain.step_inputs import step_inputs
from chainrule.utils import set_random_seed

PENALTY = {"activity_regularizer": "l2"}
ENDS = {
    "its own": (layers.Dense(5, "relu", name="one"),),
    "its own, with a penalty": (layers.Dense(5, "relu", name="one", **PENALTY),),
    "a layer": (layers.Dense(5, name="one"), layers.ReLU()),
    "a layer behind a penalty": (layers.Dense(5, name="one", **PENALTY), layers.ReLU()),
    "behind a penalty as a layer": (layers.Dense(5, name="one"), layers.ActivityRegularization(0.1), layers.Activation("relu")),
    "with a threshold": (layers.Dense(5, name="one"), layers.ReLU(threshold=0.4, max_value=1.0)),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_a_unit_is_on_where_its_activation_is_not_zero(end) -> None:
    """What NumPy says of the activation's output, however the activation was written down."""
    set_random_seed(2)
    model = Sequential([Input((3,)), *ENDS[end], layers.Dense(1)])
    model.compile("sgd", "mse", backend="numpy")
    x = np.random.default_rng(2).normal(size=(9, 3)).astype(np.float32)
    weights = model.get_weights()
    weights[1][:] = [-9, -0.3, 0, 0.2, 9]
    model.set_weights(weights)
    z = x @ weights[0] + weights[1]
    on = (z > (0.4 if end == "with a threshold" else 0)).sum(axis=0)
    step = explain.step(model, x, np.ones((9, 1)))
    assert [step.neuron("one", unit).facts["on"] for unit in range(5)] == on.tolist()
    assert f"{(on == 0).sum()} of 5 off" in str(step)
    inputs = step_inputs(model, x, np.ones((9, 1)))
    shares = [explain.when_died([inputs], "one", unit).active[0] for unit in range(5)]
    np.testing.assert_allclose(shares, on / 9)
    text = str(step.weight("one", 0, 3))
    assert "DO NOT HOLD" not in text
    assert "relu" in text.lower()


def test_a_number_that_others_take_too_is_on_where_it_is_not_zero_itself() -> None:
    """Where a sum goes into a relu and past it, the relu does not say whether the unit is on."""
    set_random_seed(0)
    x = Input((3,))
    h = layers.Dense(4, name="one")(x)
    model = Model(x, layers.Dense(1)(layers.Add()([layers.ReLU()(h), h])))
    model.compile("sgd", "mse", backend="numpy")
    values = np.random.default_rng(0).normal(size=(6, 3))
    inputs = step_inputs(model, values, np.ones((6, 1)))
    assert explain.when_died([inputs], "one", 1).active == (1.0,)
    assert explain.step(inputs).neuron("one", 1).facts["on"] == 6


def test_a_softmax_that_is_all_but_certain_has_no_false_lines() -> None:
    """There the derivative is a small difference of large numbers: float32's rounding, which no line calls false."""
    model = Sequential([layers.Dense(2, "softmax", input_shape=(2,))])
    model.compile("sgd", "mse", backend="numpy")
    rng = np.random.default_rng(1)
    for scale in (5.0, 8.0, 12.0, 18.0):
        model.set_weights([scale * rng.normal(size=(2, 2)), np.zeros(2)])
        step = explain.step(model, rng.normal(size=(8, 2)), rng.normal(size=(8, 2)))
        for i, j in np.ndindex(2, 2):
            assert not step.weight("dense", i, j).disagreements
