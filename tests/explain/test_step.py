"""A step that is opened is the step that training takes, on both array libraries."""

import numpy as np
import pytest
from printed import recompute

import chainrule
from chainrule import Sequential, explain
from chainrule.layers import Activation, Dense, Dropout, Flatten, Input, Layer
from chainrule.training.fit import state_of
from chainrule.utils import set_random_seed


def small(backend="numpy", optimizer="adam", **settings):
    """A compiled model with all kinds of links, and a batch."""
    set_random_seed(5)
    rng = np.random.default_rng(5)
    model = Sequential(
        [
            Input((3, 4)),
            Flatten(),
            Dense(6, "relu"),
            Dropout(0.25),
            Dense(5, "tanh", **settings),
            Dense(3, "softmax"),
        ]
    )
    model.compile(optimizer, "SparseCategoricalCrossentropy", ["accuracy"], backend=backend)
    return model, rng.normal(size=(8, 3, 4)).astype(np.float32), rng.integers(0, 3, 8)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad", "adam", "adamw", "nadam"])
def test_the_opened_step_is_the_one_that_training_takes(backend, optimizer) -> None:
    """From the same state and batch come the same weights and memory: to the bit on NumPy, within float32's rounding on JAX."""
    model, x, y = small(backend, optimizer, kernel_regularizer="l2")
    model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0)
    opened = explain.step(model, x, y)
    model.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=0)
    agreement = opened.agreement(model)
    assert agreement.same_bits or backend == "jax"
    assert all(row.steps < 16 for row in agreement.rows), str(agreement)
    assert ("gives the same bits" in str(agreement)) == agreement.same_bits
    assert model.history.history["loss"][0] == pytest.approx(opened.loss, rel=1e-6)


def test_a_step_that_training_did_not_take_is_told_apart() -> None:
    """The agreement with another step's result is bad, and says where."""
    model, x, y = small()
    opened = explain.step(model, x, y)
    model.fit(x[::-1], y, epochs=1, batch_size=8, verbose=0)
    assert opened.agreement(model).largest > 1e-5
    assert "differs from training by at most" in str(opened.agreement(model))


def test_opening_a_step_changes_nothing() -> None:
    """Weights, memory, step and luck of the model are those from before."""
    model, x, y = small()
    model.fit(x, y, epochs=1, verbose=0)
    before = state_of(model)
    step = explain.step(model, x, y)
    str(step), str(step.weight("dense", 1, 2)), str(step.check("dense", "kernel", (1, 2)))
    after = state_of(model)
    assert int(before["step"]) == int(after["step"]) == step.number
    for a, b in zip(before["params"], after["params"], strict=True):
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])


def test_every_link_tells_what_passed_by() -> None:
    """Inputs, outputs, deltas, gradients, memory and weights are there for each link, and fit each other."""
    model, x, y = small(kernel_regularizer="l2")
    step = explain.step(model, x, y)
    assert [link.name for link in step.links] == [
        "flatten",
        "dense",
        "dense:relu",
        "dropout",
        "dense_1",
        "dense_1:tanh",
        "dense_2",
        "dense_2:softmax",
    ]
    for below, above in zip(step.links, step.links[1:], strict=False):
        assert below.y is above.x
    dense = step.link("dense_1")
    np.testing.assert_allclose(dense.x @ dense.params["kernel"] + dense.params["bias"], dense.y, atol=1e-6)
    np.testing.assert_allclose(dense.x.T @ dense.delta, dense.data_gradient["kernel"], atol=1e-7)
    np.testing.assert_allclose(
        dense.gradient["kernel"] - dense.data_gradient["kernel"], 0.02 * dense.params["kernel"], atol=1e-7
    )
    np.testing.assert_array_equal(dense.params["bias"] + dense.update["bias"], dense.learned["bias"])
    assert set(dense.optimizer_state_after["kernel"]) == {"momentum", "velocity"}
    assert not dense.optimizer_state_before["kernel"]["momentum"].any()
    assert dense.optimizer_state_after["kernel"]["momentum"].any()
    np.testing.assert_allclose(step.p.sum(axis=1), 1, atol=1e-6)
    assert step.loss == pytest.approx(step.losses.mean() + step.penalty, rel=1e-6)
    assert step.link("flatten").delta is None  # nobody below learns: it was never asked for


class Scale(Layer):
    """A layer of somebody's own, with a weight: y = w x."""

    weight_names = ("scale",)

    def init(self, rng, input_shape):
        return {"scale": np.full(input_shape, 2, np.float32)}

    def weight_shapes(self, input_shape):
        return {"scale": tuple(input_shape)}

    def forward(self, params, x, context=None):
        return params["scale"] * x, x

    def backward(self, params, cache, dy):
        return params["scale"] * dy

    def gradients(self, params, cache, dy):
        return {"scale": (cache * dy).sum(axis=0)}


def test_the_terms_of_the_examples_add_up_to_the_gradient() -> None:
    """Each example's term is its part of the mean, for Dense, for Dense on rows, and for a layer of one's own."""
    rng = np.random.default_rng(2)
    model = Sequential([Input((3, 4)), Dense(5, "tanh"), Scale(name="own"), Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    step = explain.step(model, rng.normal(size=(6, 3, 4)), rng.normal(size=(6, 2)))
    for layer, name, index in (
        ("dense", "kernel", (1, 2)),
        ("dense", "bias", (3,)),
        ("own", "scale", (2, 4)),
        ("dense_1", "kernel", (7, 0)),
    ):
        terms = step.link(layer).terms(name, *index)
        assert terms.shape == (6,)
        assert terms.sum() == pytest.approx(float(step.link(layer).gradient[name][index]), rel=1e-4, abs=1e-7)
        alone = (
            explain.step(model, step.inputs.batch[0][2:3], step.inputs.batch[1][2:3])
            .link(layer)
            .gradient[name][index]
        )
        assert 6 * terms[2] == pytest.approx(float(alone), rel=1e-4, abs=1e-7)
    assert "by the backward rule of Scale 'own'" in str(step.weight("dense", 1, 2))
    assert "own.scale[2, 4]" in str(step.weight_of("own", "scale", 2, 4))


def test_noise_is_that_of_the_step() -> None:
    """Dropout leaves out the same numbers as in training, and the account says which."""
    model, x, y = small()
    step = explain.step(model, x, y)
    left_out = step.link("dropout").y == 0
    assert 0 < left_out.sum() < left_out.size
    np.testing.assert_array_equal(explain.step(model, x, y).link("dropout").y == 0, left_out)


def test_frozen_layers_and_silent_weights_are_said_to_be_so() -> None:
    """A layer that does not learn has no gradient to explain; an input that is 0 in every example says why nothing moves."""
    model, x, y = small()
    model.layers[3].trainable = False
    step = explain.step(model, x, y)
    assert step.link("dense_1").gradient == {}
    with pytest.raises(chainrule.errors.SettingError, match="does not learn"):
        step.weight("dense_1", 0, 0)
    x[:, 0, 1] = 0
    text = str(explain.step(model, x, y).weight("dense", 1, 2))
    assert "input 1 is 0 in every example" in text


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda s: s.weight("dens", 0, 0), "Did you mean 'dense'"),
        (lambda s: s.weight("dense", 0, 6), r"shape \(12, 6\)"),
        (lambda s: s.weight("dense", 0), r"shape \(12, 6\)"),
        (lambda s: s.weight("flatten", 0, 0), "weight of Flatten 'flatten'"),
        (lambda s: s.neuron("dense", 6), "6 units, 0 to 5"),
        (lambda s: s.weight("dense", 0, 0, example=8), "8 examples, 0 to 7"),
        (lambda s: s.example(8), "8 examples, 0 to 7"),
        (lambda s: s.agreement(), "give the state"),
    ],
)
def test_what_is_not_there_is_refused_with_what_there_is(ask, words) -> None:
    """A wrong name, place or number is answered by what exists."""
    model, x, y = small()
    with pytest.raises(chainrule.errors.SettingError, match=words):
        ask(explain.step(model, x, y))


def test_any_example_can_be_followed_and_the_check_be_added() -> None:
    """The way of a chosen example instead of the strongest, and the measured derivative at the end."""
    model, x, y = small()
    step = explain.step(model, x, y)
    text = str(step.weight("dense", 1, 2, example=3, check=True))
    assert "1. One example: #3" in text
    assert "4. The check" in text
    assert "They agree" in text
    recompute(text)
    assert "4. The check" in str(step.bias("dense_1", 0, check=True))


def test_a_model_that_is_not_compiled_and_things_that_are_no_model_are_refused() -> None:
    """The errors say what is missing."""
    with pytest.raises(chainrule.errors.SettingError, match="compile"):
        explain.step(Sequential([Dense(1)]), [[1.0]], [[1.0]])
    with pytest.raises(chainrule.errors.SettingError, match="a model with a batch"):
        explain.step("model.keras", [[1.0]], [[1.0]])


def test_a_chain_without_a_shortcut_and_one_output() -> None:
    """One example, one number, an Activation of its own: the step is explained all the same."""
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,)), Activation("relu")])
    model.set_weights([np.array([[2.0]])])
    model.compile(chainrule.optimizers.SGD(0.1), "mse")
    step = explain.step(model, [[3.0]], [[5.0]])  # p = 6, loss = 1, dp = 2, dw = 6
    assert step.loss == 1
    trace = step.weight("dense", 0, 0)
    assert trace.facts["gradient"] == 6
    assert trace.facts["new"] == np.float32(1.4)
    assert trace.facts["terms"] == [6]


@pytest.mark.parametrize(
    ("loss", "y", "told"),
    [
        ("CategoricalCrossentropy", [0, 0, 1], "c"),
        ("CategoricalCrossentropy", [0.05, 0.9, 0.05], "b"),
        ("CategoricalCrossentropy", [1 / 3, 1 / 3, 1 / 3], "none (0.3333 for each class)"),
        ("CategoricalCrossentropy", [0.6, 0.1, 0.3], "0.6 of a, 0.3 of c, 0.1 of b"),
        ("CategoricalCrossentropy", [[0, 1, 0], [1, 0, 0]], "b, a"),
        ("SparseCategoricalCrossentropy", [2, 0, 1], "c, a, b"),
        ("BinaryCrossentropy", [0.1, 0.1, 0.1], "0.1, 0.1, 0.1"),
        ("MeanSquaredError", [3.5, 1], "3.5, 1"),
    ],
)
def test_a_target_is_called_what_it_is(loss, y, told) -> None:
    """A class by its name, a non-digit by no class, a sequence by all its labels, numbers as numbers."""
    inputs = explain.StepInputs(
        [], getattr(chainrule.losses, loss)(), None, {}, (None, np.array([y]), None), classes=["a", "b", "c"]
    )
    assert inputs.target(0) == told


def test_only_pictures_are_called_pictures() -> None:
    """A table of 64 columns has no pixels; rows of pictures have, and so has what is said to be one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 64)).astype(np.float32)
    model = Sequential([Dense(3, input_shape=(64,))])
    model.compile("sgd", "mse")
    y = np.zeros((20, 3))
    assert "pixel" not in str(explain.step(model, x, y).weight("dense", 12, 1))
    assert "the pixel in row 1, column 4." in str(
        explain.step(model, x, y, picture=(8, 8)).weight("dense", 12, 1)
    )
    places = np.arange(8)
    centre = rng.uniform(1, 6, size=(20, 2))
    blobs = np.exp(
        -((places[:, None] - centre[:, 0, None, None]) ** 2 + (places - centre[:, 1, None, None]) ** 2) / 4
    )
    text = str(explain.step(model, blobs.reshape(20, 64), y).weight("dense", 12, 1))
    assert "Taken as a picture of 8 × 8, input 12 is the pixel in row 1, column 4." in " ".join(text.split())
    with pytest.raises(chainrule.errors.SettingError, match="does not fit"):
        explain.step(model, x, y, picture=(8, 9))


def test_penalties_are_counted_apart_from_the_examples() -> None:
    """What a penalty does to a weight is no example's share and no rest: the parts add up to the change."""
    model, x, y = small(
        kernel_regularizer=chainrule.regularizers.L2(0.5), optimizer=chainrule.optimizers.SGD(0.1)
    )
    inputs = explain.step_inputs(model, x, y)
    found = explain.influence_on_weight([inputs], "dense_1", "kernel", (1, 2))
    (step,) = found.steps
    w = float(inputs.state["params"][4]["kernel"][1, 2])
    assert step.optimizer_state == pytest.approx(-0.1 * 2 * 0.5 * w, rel=1e-4)
    assert step.rest == pytest.approx(0, abs=1e-7)
