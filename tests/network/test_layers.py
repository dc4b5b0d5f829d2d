"""Layers: their values, derivatives, shapes and settings, and what they refuse."""

import numpy as np
import pytest
from checker import away_from, check_layer
from hypothesis import given
from hypothesis import strategies as st
from layer_examples import SET_UP

from chainrule import Sequential, layers
from chainrule.arrays import counter_noise, seed_words
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    Input,
    InputLayer,
    Layer,
    LeakyReLU,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
)
from chainrule.layers.base import Context

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)  # of one example
BATCHES = st.integers(1, 4)


def batch(seed: int, n: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, *shape))


# ── the derivatives ──────────────────────────────────────────────────────────────────────────────────────────────


@given(n=BATCHES, shape=SHAPES, units=st.integers(1, 4), bias=st.booleans(), seed=SEEDS)
def test_dense_has_the_derivatives_measured(n, shape, units, bias, seed) -> None:
    """By its input, its kernel and its bias, for rows and for stacks of rows: every entry agrees."""
    rng = np.random.default_rng(seed)
    params = {"kernel": rng.normal(size=(shape[-1], units))}
    if bias:
        params["bias"] = rng.normal(size=units)
    check_layer(Dense(units, use_bias=bias), params, batch(seed, n, shape))


KINKS = {"plain": ReLU(), "clipped": ReLU(max_value=0.8), "sloped": ReLU(negative_slope=0.3)}
KINKS |= {"all": ReLU(1.5, 0.2, 0.4), "leaky": LeakyReLU(), "steep": LeakyReLU(0.7)}


@pytest.mark.parametrize("name", KINKS)
@given(n=BATCHES, shape=SHAPES, seed=SEEDS)
def test_relu_layers_have_the_derivatives_measured(name, n, shape, seed) -> None:
    """ReLU with each of its settings and LeakyReLU, away from their corners."""
    layer = KINKS[name]
    corners = [0.0, getattr(layer, "threshold", 0.0), getattr(layer, "max_value", None) or 0.0]
    check_layer(layer, {}, away_from(batch(seed, n, shape), *corners))


@pytest.mark.parametrize("kind", ["softmax", "tanh", "reshape", "flatten", "rescale", "input", "Softmax"])
@given(n=BATCHES, shape=SHAPES, seed=SEEDS)
def test_the_other_layers_have_the_derivatives_measured(kind, n, shape, seed) -> None:
    """Activations as layers, and the layers that move or scale numbers."""
    layer = {
        "softmax": Activation("softmax"), "tanh": Activation("tanh"), "Softmax": Softmax(), "reshape": Reshape((-1, 1)),
        "flatten": Flatten(), "rescale": Rescaling(-2.5, 0.3), "input": InputLayer(shape=shape),
    }[kind]  # fmt: skip
    check_layer(layer, {}, batch(seed, n, shape))


@given(n=BATCHES, shape=SHAPES, seed=SEEDS, rate=st.sampled_from([0.0, 0.3, 0.9]))
def test_dropout_has_the_derivatives_measured(n, shape, seed, rate) -> None:
    """With its noise held fixed, dropout's derivative is its mask; without noise it is 1."""
    x = batch(seed, n, shape)
    check_layer(Dropout(rate), {}, x, seed=seed)
    check_layer(Dropout(rate), {}, x)


# ── values and shapes ────────────────────────────────────────────────────────────────────────────────────────────

EXAMPLES = [
    (ReLU(), [-2.0, 0.0, 3.0], [0.0, 0.0, 3.0]),
    (ReLU(max_value=6.0), [-2.0, 5.0, 9.0], [0.0, 5.0, 6.0]),
    (ReLU(negative_slope=0.5), [-2.0, 5.0, 9.0], [-1.0, 5.0, 9.0]),
    (ReLU(negative_slope=0.5, threshold=1.0), [-2.0, 0.5, 9.0], [-1.5, -0.25, 9.0]),
    (ReLU(negative_slope=0.5, threshold=1.0), [1.0, 1.5, 2.0], [0.0, 1.5, 2.0]),
    (LeakyReLU(), [-2.0, 0.0, 3.0], [-0.6, 0.0, 3.0]),
    (LeakyReLU(alpha=0.5), [-2.0, 0.0, 3.0], [-1.0, 0.0, 3.0]),
    (LeakyReLU(0.0), [-2.0, 0.0, 3.0], [0.0, 0.0, 3.0]),
    (Rescaling(2.0), [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]),
    (Softmax(axis=[-1]), [0.0, 0.0, 0.0], [1 / 3] * 3),
    (LeakyReLU(0.5), [-2.0, 0.0, 3.0], [-1.0, 0.0, 3.0]),
    (Rescaling(1 / 255, -0.5), [0.0, 255.0, 51.0], [-0.5, 0.5, -0.3]),
    (Softmax(), [0.0, 0.0, 0.0], [1 / 3] * 3),
    (Activation("sigmoid"), [0.0, 100.0, -100.0], [0.5, 1.0, 0.0]),
    (Activation(None), [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
]


@pytest.mark.parametrize(("layer", "x", "y"), EXAMPLES)
def test_values_worked_by_hand(layer, x, y, xp) -> None:
    """Small cases of every layer, on both libraries, float32 in and out."""
    out, _ = layer.forward({}, xp.asarray(np.array([x], np.float32)))
    np.testing.assert_allclose(out, [y], rtol=1e-6, atol=1e-7)
    assert out.dtype == np.float32


def test_at_a_corner_of_relu_the_derivative_is_that_of_the_flat_side() -> None:
    """At the threshold it is the slope below, at the largest value 0."""
    dx = ReLU(max_value=2.0, negative_slope=0.25, threshold=1.0).backward(
        {}, np.array([[1.0, 1.5, 2.0]]), np.ones((1, 3))
    )
    np.testing.assert_array_equal(dx, [[0.25, 1, 0]])


def test_dense_worked_by_hand(xp) -> None:
    """z = x W + b, dx = dz W^T, dW = x^T dz, db = sum of dz: two examples, three inputs, two outputs."""
    x, dz = xp.asarray([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]]), xp.asarray([[1.0, -1.0], [2.0, 0.5]])
    params = {"kernel": xp.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "bias": xp.asarray([10.0, 20.0])}
    z, cache = Dense(2).forward(params, x)
    np.testing.assert_array_equal(z, [[32, 48], [12, 22]])
    np.testing.assert_array_equal(Dense(2).backward(params, cache, dz), [[-1, -1, -1], [3, 8, 13]])
    grads = Dense(2).gradients(params, cache, dz)
    np.testing.assert_array_equal(grads["kernel"], [[1, -1], [0, -2.5], [5, -2.5]])
    np.testing.assert_array_equal(grads["bias"], [3, -0.5])


@pytest.mark.parametrize(
    "layer",
    [
        Dense(3),
        Dense(3, use_bias=False),
        Flatten(),
        Reshape((-1,)),
        Rescaling(2.0),
        ReLU(),
        LeakyReLU(),
        Softmax(),
        Dropout(0.5),
    ],
)
@given(n=BATCHES, shape=SHAPES, seed=SEEDS)
def test_shapes_are_foretold(layer, n, shape, seed) -> None:
    """What a layer says about its output's shape, and its weights' shapes, is what comes out."""
    params = layer.init(np.random.default_rng(0), shape)
    assert {name: w.shape for name, w in params.items()} == layer.weight_shapes(shape)
    y, _ = layer.forward(params, batch(seed, n, shape).astype(np.float32))
    assert y.shape == (n, *layer.output_shape_for(shape))
    assert y.dtype == np.float32


def test_calling_a_layer_builds_it_and_predicts() -> None:
    """layer(x) draws weights on first use, answers in float32, activation included, and leaves x alone."""
    x = np.array([[-1.0, 2.0]])
    dense = Dense(3, activation="relu")
    assert (dense.built, dense.output_shape) == (False, None)
    first = dense(x)
    assert (dense.built, dense.output_shape, dense.count_params()) == (True, (3,), 9)
    np.testing.assert_array_equal(first, np.maximum(x.astype(np.float32) @ dense.kernel + dense.bias, 0))
    np.testing.assert_array_equal(dense(x), first)
    assert x.dtype == np.float64
    assert Dense(2)([[1, 2]]).shape == (1, 2)


def test_reshape_finds_the_missing_size() -> None:
    """One -1 is worked out, and numbers keep their order."""
    y = Reshape((3, -1))(np.arange(12).reshape(1, 12))
    np.testing.assert_array_equal(y[0], np.arange(12).reshape(3, 4))
    assert Reshape(6).output_shape_for((2, 3)) == (6,)


# ── dropout ──────────────────────────────────────────────────────────────────────────────────────────────────────


def learning(noise):
    """The context of a step that learns."""
    return Context(training=True, noise=noise)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_leaves_out_its_share_and_keeps_the_mean(rate, xp) -> None:
    """A share `rate` becomes 0, the rest is multiplied by 1 / (1 - rate)."""
    x = xp.ones((200, 50), dtype=np.float32)
    y, _ = Dropout(rate).forward({}, x, learning(counter_noise(xp.asarray(seed_words(1)), xp.asarray(0), 2)))
    y = np.asarray(y)
    assert y.dtype == np.float32
    assert (y == 0).mean() == pytest.approx(rate, abs=0.01)
    assert np.unique(y[y != 0]) == pytest.approx([1 / (1 - rate)])


def test_dropout_is_decided_by_seed_step_and_place() -> None:
    """The same seed, step and link leave out the same numbers; another of any leaves out others."""

    def mask(seed=1, step=5, link=2):
        return Dropout(0.5).forward(
            {}, np.ones((8, 8)), learning(counter_noise(seed_words(seed), np.asarray(step), link))
        )[0]

    np.testing.assert_array_equal(mask(), mask())
    for other in (mask(seed=2), mask(step=6), mask(link=3)):
        assert (other != mask()).any()


def test_noise_at_the_rate_keeps_a_number() -> None:
    """Numbers below the rate fall out; those at it or above stay."""
    y, _ = Dropout(0.5).forward(
        {}, np.ones((1, 3)), learning(lambda shape: np.array([[0.25, 0.5, 0.75]]).reshape(shape))
    )
    np.testing.assert_array_equal(y, [[0, 2, 2]])


def test_dropout_changes_nothing_when_predicting() -> None:
    """Without noise, or with rate 0, x goes through untouched."""
    x = np.ones((2, 3))
    assert Dropout(0.5).forward({}, x)[0] is x
    assert Dropout(0.0).forward({}, x, learning(counter_noise(seed_words(1), np.asarray(0), 0)))[0] is x


# ── weights ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_weights_go_in_and_out_as_copies() -> None:
    """get_weights gives kernel and bias, set_weights takes them; neither shares memory with the layer."""
    dense = Dense(2)
    dense.build((3,))
    kernel, bias = np.arange(6, dtype=float).reshape(3, 2), np.array([7.0, 8.0])
    dense.set_weights([kernel, bias])
    kernel[:] = 0
    out = dense.get_weights()
    np.testing.assert_array_equal(out[0], np.arange(6).reshape(3, 2))
    np.testing.assert_array_equal(out[1], [7, 8])
    out[0][:] = 0
    assert dense.kernel[0, 1] == 1
    assert [w.dtype for w in dense.get_weights()] == [np.float32] * 2
    assert len(Dense(2, use_bias=False).weight_shapes((3,))) == 1


def test_weights_that_do_not_fit_are_refused() -> None:
    """The wrong number or shape of arrays, or weights for a layer without any yet."""
    dense = Dense(2, name="d")
    with pytest.raises(SettingError, match="build"):
        dense.set_weights([np.zeros((3, 2)), np.zeros(2)])
    dense.build((3,))
    with pytest.raises(ShapeError, match=r"2 weight arrays \(kernel, bias\); got 1"):
        dense.set_weights([np.zeros((3, 2))])
    with pytest.raises(ShapeError, match=r"its kernel has shape \(3, 2\); got \(2, 3\)"):
        dense.set_weights([np.zeros((2, 3)), np.zeros(2)])
    with pytest.raises(ShapeError, match="Use a new layer"):
        dense.build((4,))


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────

CONFIGURED = [
    Dense(3, "relu", kernel_regularizer="l2", bias_initializer="ones", name="a", trainable=False),
    Dense(1, use_bias=False, kernel_initializer="he_normal"),
    Activation("gelu"), ReLU(6.0, 0.1, 0.2), LeakyReLU(0.4), Softmax(), Dropout(0.3, seed=4), Flatten(), Reshape((2, -1)),
    Rescaling(0.5, 1.0), InputLayer(shape=(3, 4), name="in"), *SET_UP,
]  # fmt: skip


SETTINGS = {
    "Dense": {"units": 3, "activation": "relu", "use_bias": True, "name": "a", "trainable": False, "dtype": "float32"},
    "Activation": {"activation": "gelu"}, "ReLU": {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.2},
    "LeakyReLU": {"negative_slope": 0.4}, "Softmax": {"axis": -1}, "Dropout": {"rate": 0.3, "seed": 4, "noise_shape": None},
    "Flatten": {"data_format": "channels_last"}, "Reshape": {"target_shape": [2, -1]},
    "Rescaling": {"scale": 0.5, "offset": 1.0}, "InputLayer": {"batch_shape": [None, 3, 4], "name": "in", "sparse": False},
}  # fmt: skip


def test_settings_are_told_under_keras_s_names() -> None:
    """get_config holds every setting, as Keras stores it."""
    first = {type(layer).__name__: layer for layer in reversed(CONFIGURED)}
    for kind, settings in SETTINGS.items():
        assert first[kind].get_config() | settings == first[kind].get_config()
    stored = first["Dense"].get_config()
    assert stored["kernel_regularizer"] == {"class_name": "L2", "config": {"l2": 0.01}}
    assert stored["bias_initializer"] == {"class_name": "Ones", "config": {}}
    assert stored["bias_regularizer"] is None


def test_penalties_are_those_asked_for() -> None:
    """Of the kernel and of the bias, where there is one."""
    both = Dense(2, kernel_regularizer="l1", bias_regularizer="l2").penalties()
    assert {name: penalty.get_config() for name, penalty in both.items()} == {
        "kernel": {"l1": 0.01},
        "bias": {"l2": 0.01},
    }
    assert list(Dense(2, use_bias=False, kernel_regularizer="l1", bias_regularizer="l2").penalties()) == [
        "kernel"
    ]
    assert Dense(2).penalties() == {}


@pytest.mark.parametrize("layer", CONFIGURED, ids=lambda layer: type(layer).__name__)
def test_a_layer_survives_being_written_down(layer) -> None:
    """Stored and read again, a layer has the same settings."""
    stored = layers.serialize(layer)
    again = layers.deserialize(stored)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert layers.serialize(again) == stored


def test_a_batch_size_written_on_an_input_binds_nobody() -> None:
    """It is accepted in both ways that Keras knows, and written down as there; batches of any size still fit without states."""
    for layer in (Input(shape=(3, 4), batch_size=32), Input(batch_shape=(32, 3, 4))):
        layer = layer.call.layer if hasattr(layer, "call") else layer
        assert layer.declared_shape == (3, 4)
        assert layer.get_config()["batch_shape"] == [32, 3, 4]
        model = Sequential([type(layer).from_config(layer.get_config()), Flatten()])
        assert model.predict(np.zeros((5, 3, 4)), verbose=0).shape == (5, 12)


def test_every_layer_is_checked_here() -> None:
    """A layer that is added must appear among those checked above."""
    checked = {type(layer).__name__ for layer in CONFIGURED}
    assert checked == set(layers.CLASSES)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Dense(0), "units, 1 or more; it got 0"),
        (lambda: Dense(2.5), "units"),
        (lambda: Dense(True), "units"),
        (lambda: Dense("3"), "units"),
        (lambda: Dense(3, activation="rellu"), "Did you mean 'relu'"),
        (lambda: Dense(3, kernel_initializer="he_norml"), "Did you mean 'he_normal'"),
        (lambda: Dense(3, kernel_regularizer="l3"), "regularizer"),
        (lambda: Dense(3, kernel_constraint="max_nrm"), "Did you mean 'max_norm'"),
        (lambda: Dense(3, activity_regularizer="l3"), "no regularizer called 'l3'"),
        (lambda: Dense(3, unit=4), "no setting called 'unit'"),
        (lambda: Dense(3, dtype="float16"), "float32"),
        (lambda: Dense(3, name="a/b"), "without '/'"),
        (lambda: Dense(3, input_shape=(0,)), "input_shape"),
        (lambda: Dense(3, input_dim="x"), "input_dim"),
        (lambda: Dropout(1.0), "from 0 to below 1"),
        (lambda: Dropout(-0.1), "from 0 to below 1"),
        (lambda: Dropout(0.5, noise_shape=("a", 2)), "noise_shape"),
        (lambda: ReLU(max_value=-1), "max_value"),
        (lambda: ReLU(negative_slope=-1), "negative_slope"),
        (lambda: LeakyReLU(-0.1), "negative_slope"),
        (lambda: Softmax(axis=1), "last axis"),
        (lambda: Reshape((2, -1, -1)), "at most one -1"),
        (lambda: Reshape((2, 0)), "above 0"),
        (lambda: Rescaling("x"), "number for scale"),
        (lambda: Rescaling(1, float("inf")), "number for offset"),
        (Input, "shape of one example"),
        (lambda: Input(shape=(0, 3)), "whole numbers"),
        (lambda: Input(shape=(3,), sparse=True), "sparse=True"),
        (lambda: layers.deserialize({"class_name": "Lambda", "config": {}}), "no layer called 'Lambda'"),
        (lambda: layers.deserialize({"class_name": "Dense", "config": {}}), "Dense cannot be built"),
        (lambda: layers.deserialize("Dense"), "class_name"),
        (lambda: Dense(3)(object()), "it takes arrays"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(make, words) -> None:
    """A wrong or unsupported setting is refused with its name and what would be right."""
    with pytest.raises(SettingError, match=words):
        make()


def test_shapes_that_can_not_be_are_refused() -> None:
    """Reshape refuses another number of numbers, Dense refuses examples that are single numbers."""
    with pytest.raises(ShapeError, match="6 numbers"):
        Reshape((4,)).output_shape_for((2, 3))
    with pytest.raises(ShapeError, match="6 numbers"):
        Reshape((4, -1)).output_shape_for((2, 3))
    with pytest.raises(ShapeError, match="6 numbers"):
        Reshape((3,)).output_shape_for((2, 3))
    with pytest.raises(ShapeError, match="at least one number"):
        Dense(2).weight_shapes(())


def test_a_layer_of_ones_own_says_what_it_lacks() -> None:
    """A layer without forward or backward says which to write."""
    with pytest.raises(NotImplementedError, match="no forward"):
        Layer().forward({}, np.zeros(1))
    with pytest.raises(NotImplementedError, match="Chainrule derives nothing by itself"):
        Layer().backward({}, None, np.zeros(1))


def test_cutting_off_all_there_is_is_refused_also_by_a_call() -> None:
    """A cropping that leaves nothing says so, before a network and within one."""
    from chainrule.layers import Cropping1D, Cropping2D

    for layer, x in (
        (Cropping1D((2, 3)), np.ones((1, 5, 2))),
        (Cropping2D(((0, 0), (4, 0))), np.ones((1, 5, 4, 2))),
    ):
        with pytest.raises(ShapeError, match="nothing is left"):
            layer(x.astype("f4"))
