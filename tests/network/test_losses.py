"""Losses: their values, their derivatives, the shortcuts against the long way, and what they refuse."""

import math

import numpy as np
import pytest
from checker import away_from, check_loss
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule import activations, losses
from chainrule.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from chainrule.losses.fused import fused_loss

SHAPES = st.sampled_from([(1, 1), (1, 3), (2, 2), (3, 4), (5, 2), (2, 3, 2), (2, 1, 2, 3)])
CLASSES = st.sampled_from([(1, 2), (1, 3), (2, 2), (3, 4), (5, 2), (2, 3, 2), (2, 1, 2, 3)])
SEEDS = st.integers(0, 2**32 - 1)
CLASS_LOSSES = [CategoricalCrossentropy, SparseCategoricalCrossentropy]


def numbers(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=shape)


def classes(seed: int, shape: tuple[int, ...], kind: type) -> tuple[np.ndarray, np.ndarray]:
    """Targets and logits for several classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, shape[-1], shape[:-1])
    y = labels if kind is SparseCategoricalCrossentropy else np.eye(shape[-1])[labels]
    return y, rng.uniform(-1.5, 1.5, shape)  # no probability near 0, where log bends too much to be measured


# ── the derivatives ──────────────────────────────────────────────────────────────────────────────────────────────


@given(shape=SHAPES, seed=SEEDS)
def test_losses_of_numbers_have_the_derivative_measured(shape, seed) -> None:
    """Squared, absolute and Huber error: every entry agrees with central differences."""
    y, p = numbers(seed, shape)
    check_loss(MeanSquaredError(), y, p)
    check_loss(MeanAbsoluteError(), y, y + away_from(p, 0.0))
    for delta in (0.3, 1.0, 2.0):
        check_loss(Huber(delta), y, y + away_from(p * 2, delta, -delta))


@pytest.mark.parametrize("kind", CLASS_LOSSES)
@given(shape=CLASSES, seed=SEEDS, share=st.sampled_from([0.0, 0.1, 0.9]))
def test_crossentropies_have_the_derivative_measured(kind, shape, seed, share) -> None:
    """Cross-entropy of several classes, from logits and from probabilities, with and without label smoothing."""
    y, z = classes(seed, shape, kind)
    smoothing = {"label_smoothing": share} if kind is CategoricalCrossentropy else {}
    check_loss(kind(from_logits=True, **smoothing), y, z)
    check_loss(kind(**smoothing), y, activations.softmax(z))


@given(shape=SHAPES, seed=SEEDS)
def test_crossentropy_takes_targets_and_predictions_that_do_not_add_up_to_one(shape, seed) -> None:
    """Soft targets of any sum, and predictions that Keras would divide by their sum first."""
    rng = np.random.default_rng(seed)
    y, p, z = rng.uniform(0, 1, shape), rng.uniform(0.1, 3, shape), rng.normal(size=shape)
    check_loss(CategoricalCrossentropy(), y, p)
    check_loss(CategoricalCrossentropy(from_logits=True), y, z)


@given(shape=SHAPES, seed=SEEDS, share=st.sampled_from([0.0, 0.1, 0.9]))
def test_binary_crossentropy_has_the_derivative_measured(shape, seed, share) -> None:
    """Yes or no for each output, from logits and from probabilities, with hard and soft targets."""
    rng = np.random.default_rng(seed)
    for y in (rng.integers(0, 2, shape).astype(float), rng.uniform(0, 1, shape)):
        check_loss(BinaryCrossentropy(True, share), y, away_from(rng.normal(size=shape), 0.0))
        check_loss(BinaryCrossentropy(False, share), y, rng.uniform(0.05, 0.95, shape))


# ── the shortcuts ────────────────────────────────────────────────────────────────────────────────────────────────


def the_long_way(loss, activation: str, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and dz by the two rules one after the other."""
    forward, backward = activations.RULES[activation]
    p = forward(z)
    return loss.values(y, p), backward(loss.derivative(y, p), z, p)


@pytest.mark.parametrize("kind", CLASS_LOSSES)
@given(shape=CLASSES, seed=SEEDS, share=st.sampled_from([0.0, 0.3]))
def test_the_shortcut_of_softmax_is_the_two_rules(kind, shape, seed, share) -> None:
    """softmax then cross-entropy, backward in two steps, gives p - y, the shortcut's answer."""
    y, z = classes(seed, shape, kind)
    loss = kind(**({"label_smoothing": share} if kind is CategoricalCrossentropy else {}))
    short = fused_loss("softmax", loss)
    values, dz = the_long_way(loss, "softmax", y, z)
    np.testing.assert_allclose(short.values(y, z), values, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(short.derivative(y, z), dz, rtol=1e-8, atol=1e-10)


@given(shape=SHAPES, seed=SEEDS, share=st.sampled_from([0.0, 0.3]))
def test_the_shortcut_of_sigmoid_is_the_two_rules(shape, seed, share) -> None:
    """sigmoid then binary cross-entropy, backward in two steps, gives (p - y) / outputs, the shortcut's answer."""
    rng = np.random.default_rng(seed)
    y, z = rng.integers(0, 2, shape).astype(float), rng.normal(size=shape) * 2
    loss = BinaryCrossentropy(label_smoothing=share)
    values, dz = the_long_way(loss, "sigmoid", y, z)
    short = fused_loss("sigmoid", loss)
    np.testing.assert_allclose(short.values(y, z), values, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(short.derivative(y, z), dz, rtol=1e-8, atol=1e-10)


def test_p_minus_y_is_meant_to_the_letter() -> None:
    """The shortcut's derivative is exactly p - y, for one-hot targets, class numbers and yes/no."""
    z = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    p, y = activations.softmax(z), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(
        fused_loss("softmax", CategoricalCrossentropy()).derivative(y, z), p - y, rtol=1e-15
    )
    sparse = fused_loss("softmax", SparseCategoricalCrossentropy())
    np.testing.assert_allclose(sparse.derivative(y.argmax(axis=-1), z), p - y, rtol=1e-15)
    binary = fused_loss("sigmoid", BinaryCrossentropy())
    np.testing.assert_allclose(binary.derivative(y, z), (activations.sigmoid(z) - y) / 3, rtol=1e-15)


def test_shortcuts_are_taken_only_where_they_hold() -> None:
    """No shortcut for another activation, another loss, or a loss that takes logits already."""
    assert fused_loss("sigmoid", CategoricalCrossentropy()) is None
    assert fused_loss("softmax", BinaryCrossentropy()) is None
    assert fused_loss("softmax", MeanSquaredError()) is None
    assert fused_loss("softmax", CategoricalCrossentropy(from_logits=True)) is None
    assert fused_loss(None, CategoricalCrossentropy()) is None

    class Own(CategoricalCrossentropy):
        """A loss of one's own may change the formula."""

    assert fused_loss("softmax", Own()) is None


def test_a_shortcut_keeps_the_settings() -> None:
    """Label smoothing and the name go along."""
    short = fused_loss("softmax", CategoricalCrossentropy(label_smoothing=0.2, name="mine"))
    assert (short.from_logits, short.label_smoothing, short.name) == (True, 0.2, "mine")


# ── values worked by hand ────────────────────────────────────────────────────────────────────────────────────────


def test_values_worked_by_hand(xp) -> None:
    """Small cases of every loss, on both libraries, as a pencil gives them."""
    y, p = (xp.asarray(np.array(a, np.float32)) for a in ([[1, 2], [3, 4]], [[1, 4], [0, 8]]))
    np.testing.assert_allclose(MeanSquaredError().values(y, p), [2, 12.5])
    np.testing.assert_allclose(MeanAbsoluteError().values(y, p), [1, 3.5])
    np.testing.assert_allclose(Huber().values(y, p), [0.75, (2.5 + 3.5) / 2])
    np.testing.assert_allclose(Huber(3.0).values(y, p), [1, (4.5 + 7.5) / 2])
    y, p = (xp.asarray(np.array(a, np.float32)) for a in ([[0, 1, 0]], [[0.2, 0.5, 0.3]]))
    np.testing.assert_allclose(CategoricalCrossentropy().values(y, p), [math.log(2)], rtol=1e-6)
    np.testing.assert_allclose(
        SparseCategoricalCrossentropy().values(xp.asarray([1]), p), [math.log(2)], rtol=1e-6
    )
    np.testing.assert_allclose(CategoricalCrossentropy().values(y, 2 * p), [math.log(2)], rtol=1e-6)
    smooth = -(0.1 * math.log(0.2) + 0.8 * math.log(0.5) + 0.1 * math.log(0.3))
    np.testing.assert_allclose(CategoricalCrossentropy(label_smoothing=0.3).values(y, p), [smooth], rtol=1e-6)
    binary = -(math.log(0.8) + math.log(0.5) + math.log(0.7)) / 3
    np.testing.assert_allclose(BinaryCrossentropy().values(y, p), [binary], rtol=1e-6)
    smooth = (
        -sum(a * math.log(q) + (1 - a) * math.log(1 - q) for a, q in [(0.1, 0.2), (0.9, 0.5), (0.1, 0.3)]) / 3
    )
    np.testing.assert_allclose(BinaryCrossentropy(label_smoothing=0.2).values(y, p), [smooth], rtol=1e-6)


def test_examples_of_several_rows_worked_by_hand() -> None:
    """Two distributions per example: their mean; class numbers as columns; smoothing by the number of classes."""
    y, p = np.array([[2, 0]]), np.array([[[0.1, 0.2, 0.4, 0.3], [0.25, 0.25, 0.25, 0.25]]])
    mean = -(math.log(0.4) + math.log(0.25)) / 2
    for labels in (y, y[..., None]):
        assert SparseCategoricalCrossentropy().values(labels, p) == pytest.approx([mean])
    assert CategoricalCrossentropy().values(np.eye(4)[y], p) == pytest.approx([mean])
    assert SparseCategoricalCrossentropy().values(np.array([[2]]), p[:, 0]) == pytest.approx([-math.log(0.4)])
    assert CategoricalCrossentropy(label_smoothing=0.4).smoothed(np.eye(4)[y], p)[
        0, 0
    ].tolist() == pytest.approx([0.1, 0.1, 0.7, 0.1])
    assert BinaryCrossentropy(label_smoothing=0.4).smoothed(np.array([[0.0, 1.0]]), p).tolist() == [
        pytest.approx([0.2, 0.8])
    ]
    assert MeanSquaredError().values(
        np.zeros((1, 2, 2)), np.array([[[1.0, 2.0], [3.0, 4.0]]])
    ) == pytest.approx([7.5])


def test_targets_that_are_whole_numbers_stay_in_the_predictions_type(xp) -> None:
    """One-hot targets as integers give float32 losses, not float64."""
    y, p = xp.asarray(np.array([[0, 1]])), xp.asarray(np.array([[0.5, 0.5]], np.float32))
    for loss in (
        CategoricalCrossentropy(),
        BinaryCrossentropy(),
        CategoricalCrossentropy(label_smoothing=0.1),
    ):
        assert loss.values(y, p).dtype == loss.derivative(y, p).dtype == np.float32


def test_calling_a_loss_gives_the_mean() -> None:
    """loss(y, p) is the mean over the examples; weights count, and the divisor stays the number of examples."""
    y, p = np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]])
    assert MeanSquaredError()(y, p) == 5.0
    assert MeanSquaredError()([0.0, 0.0], [1.0, 3.0]) == 5.0
    assert MeanSquaredError()(y, p, sample_weight=[3, 1]) == 6.0
    assert MeanSquaredError()([0.0, 2.0], [[1.0], [3.0]]) == 1.0
    assert MeanSquaredError()(np.array([[0.1]]), np.array([[0.3]])) == pytest.approx(
        0.04, rel=1e-14
    )  # float64 stays
    assert MeanSquaredError()([[0.0]], [[0.1]]) == pytest.approx(
        float(np.float32(0.1)) ** 2, rel=1e-6
    )  # a list is float32
    assert SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]) == pytest.approx(math.log(2))
    assert losses.mean_squared_error(y, p).tolist() == [1, 9]
    assert losses.mean_absolute_error(y, p).tolist() == [1, 3]
    assert losses.categorical_crossentropy([[0, 1]], [[0.2, 0.8]]) == pytest.approx(-math.log(0.8))
    assert losses.sparse_categorical_crossentropy([1], [[0.2, 0.8]]) == pytest.approx(-math.log(0.8))
    assert losses.binary_crossentropy([[1.0]], [[0.2]]) == pytest.approx(-math.log(0.2))
    assert losses.sparse_categorical_crossentropy([1], [[0.0, 0.0]], from_logits=True) == pytest.approx(
        math.log(2)
    )
    assert losses.binary_crossentropy([[1.0]], [[0.0]], from_logits=True) == pytest.approx(math.log(2))


# ── extreme numbers ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", CLASS_LOSSES)
@pytest.mark.parametrize("sign", [1, -1])
def test_logits_of_ten_thousand_give_a_finite_loss_and_the_right_gradient(kind, sign, xp) -> None:
    """At ±1e4 the loss is 20,000 or 0 and dz is p - y, in float32, with logits or with a softmax in front."""
    z = xp.asarray(np.array([[1e4 * sign, -1e4 * sign]], np.float32))
    y = (
        xp.asarray([0])
        if kind is SparseCategoricalCrossentropy
        else xp.asarray(np.array([[1.0, 0.0]], np.float32))
    )
    for loss in (kind(from_logits=True), fused_loss("softmax", kind())):
        assert float(loss.values(y, z)[0]) == (0.0 if sign > 0 else 20000.0)
        np.testing.assert_array_equal(loss.derivative(y, z), [[0, 0]] if sign > 0 else [[-1, 1]])


@pytest.mark.parametrize(
    ("y", "z", "value", "dz"), [(1, 1e4, 0, 0), (1, -1e4, 1e4, -1), (0, 1e4, 1e4, 1), (0, -1e4, 0, 0)]
)
def test_binary_logits_of_ten_thousand_give_a_finite_loss_and_the_right_gradient(y, z, value, dz, xp) -> None:
    """The same for yes or no."""
    y, z = (xp.asarray(np.array([[number]], np.float32)) for number in (y, z))
    for loss in (BinaryCrossentropy(from_logits=True), fused_loss("sigmoid", BinaryCrossentropy())):
        assert float(loss.values(y, z)[0]) == value
        assert float(loss.derivative(y, z)[0, 0]) == dz


FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def test_a_mistake_too_large_for_float32_costs_ten_to_the_38() -> None:
    """Logits whose difference float32 cannot hold give a loss that it can."""
    z = np.array([[-3.4e38, 3.4e38]], np.float32)
    with np.errstate(over="ignore"):
        assert CategoricalCrossentropy(from_logits=True).values(np.array([[1.0, 0.0]]), z)[
            0
        ] == pytest.approx(1e38)


@given(z=st.lists(FLOATS, min_size=2, max_size=4), place=st.integers(0, 1))
@example([3.4e38, -3.4e38], 0)
@example([-1e38, 1e38], 0)
@example([1e-45, -0.0], 1)
def test_crossentropy_of_any_finite_logits_is_a_number(z, place) -> None:
    """From any finite float32 logits the loss is not NaN, and its derivative is p - y, within -1..1."""
    z, y = np.array([z], np.float32), np.eye(len(z), dtype=np.float32)[[place]]
    with np.errstate(all="ignore"):
        for loss in (CategoricalCrossentropy(from_logits=True), BinaryCrossentropy(from_logits=True)):
            assert loss.values(y, z)[0] >= 0
            assert (np.abs(loss.derivative(y, z)) <= 1).all()


def test_crossentropy_of_strange_logits_is_a_number_on_both_libraries(xp) -> None:
    """The same for every pair of the strangest numbers, on NumPy and JAX."""
    strange = [
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        1e-38,
        1.0,
        -1.0,
        88.0,
        -88.0,
        1e4,
        -1e4,
        1e38,
        -1e38,
        3.4e38,
        -3.4e38,
    ]
    z = xp.asarray(np.array([[a, b] for a in strange for b in strange], np.float32))
    y = xp.asarray(np.tile(np.array([[1.0, 0.0]], np.float32), (len(z), 1)))
    with np.errstate(all="ignore"):
        for loss in (CategoricalCrossentropy(from_logits=True), BinaryCrossentropy(from_logits=True)):
            assert (np.asarray(loss.values(y, z)) >= 0).all()
            assert (np.abs(np.asarray(loss.derivative(y, z))) <= 1).all()
        for loss in (CategoricalCrossentropy(), BinaryCrossentropy()):
            assert not np.isnan(loss.values(y, abs(z))).any()
            assert not np.isnan(loss.derivative(y, abs(z))).any()


def test_small_differences_between_large_logits_are_kept(xp) -> None:
    """Logits of 10,000 and 10,001 give the loss of 0 and 1, not one rounded to a thousandth."""
    y, z = (xp.asarray(np.array(a, np.float32)) for a in ([[1, 0]], [[10_000, 10_001]]))
    exact = math.log(1 + math.e)
    assert float(CategoricalCrossentropy(from_logits=True).values(y, z)[0]) == pytest.approx(exact, rel=1e-6)


@given(p=st.lists(st.floats(0, 2**127, width=32), min_size=2, max_size=4), place=st.integers(0, 1))
def test_crossentropy_of_any_finite_predictions_is_a_number(p, place) -> None:
    """Also predictions that are no probabilities (all 0, beyond 1, subnormal) give a loss that is not NaN."""
    p = np.array([p], np.float32)
    y = np.eye(p.shape[-1], dtype=np.float32)[[place]]
    with np.errstate(all="ignore"):
        for loss in (
            CategoricalCrossentropy(),
            BinaryCrossentropy(),
            CategoricalCrossentropy(label_smoothing=0.1),
        ):
            assert 0 <= float(loss.values(y, p)[0]) <= 64
            assert not np.isnan(loss.derivative(y, p)).any()


def test_a_certain_and_wrong_probability_costs_no_more_than_keras_says() -> None:
    """Probabilities are kept 1e-7 away from 0 and 1, so a certain mistake costs 16.1, and no logarithm sees 0."""
    y, p = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert CategoricalCrossentropy().values(y, p)[0] == pytest.approx(-math.log(1e-7))
    assert BinaryCrossentropy().values(y, p)[0] == pytest.approx(-math.log(1e-7))
    assert (BinaryCrossentropy().derivative(y, p) == 0).all()
    assert (CategoricalCrossentropy().derivative(y, p) == 0).all()


def test_a_certain_and_right_probability_costs_what_keras_says() -> None:
    """At the other end the loss is 1e-7, and the derivative of what was cut off is 0, of the rest as ever."""
    y = np.array([[1.0, 0.0]])
    for loss in (CategoricalCrossentropy(), BinaryCrossentropy()):
        assert loss.values(y, y)[0] == pytest.approx(1e-7, rel=1e-6)
        assert (loss.derivative(y, y) == 0).all()
    y, p = np.array([[1.0, 0.0, 0.0]]), np.array([[0.5, 0.5, 0.0]])
    np.testing.assert_allclose(CategoricalCrossentropy().derivative(y, p), [[-1, 1, 1]])
    np.testing.assert_allclose(BinaryCrossentropy().derivative(y, p), [[-2 / 3, 2 / 3, 0]])
