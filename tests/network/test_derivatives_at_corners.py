"""Derivatives where a small mistake would hide: ties, vectors, places that were not taken, one of two outputs alone."""

import numpy as np
import pytest

from chainrule import losses
from chainrule.activations import piecewise, smooth
from chainrule.layers import (
    GRU,
    LSTM,
    ActivityRegularization,
    Attention,
    CenterCrop,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling1D,
    MultiHeadAttention,
    PReLU,
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomTranslation,
    ReLU,
    TimeDistributed,
)
from chainrule.layers.added_loss import AddedLoss
from chainrule.layers.base import Context
from chainrule.layers.operation_rules import RULES
from chainrule.layers.standardization import d_standardized, standardized
from chainrule.losses.base import NoLoss
from chainrule.losses.scales import EPSILON


def measured(f, x: np.ndarray) -> np.ndarray:
    """The derivative of a number by each entry of an array, from two small steps."""
    found = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-6
        found[i] = (f(x + step) - f(x - step)) / 2e-6
    return found


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((2, 3), (3,)),
        ((4, 2, 3), (3,)),
        ((3,), (3, 2)),
        ((3,), (4, 3, 2)),
        ((4, 2, 3), (3, 5)),
        ((2, 3), (4, 3, 5)),
    ],
    ids=str,
)
def test_products_of_vectors_and_matrices_have_the_slopes_measured(first, second, rng) -> None:
    """By both factors, of which one may be a vector or be used for every example."""
    a, b = rng.normal(size=first), rng.normal(size=second)
    y = np.matmul(a, b)
    dy = rng.normal(size=y.shape)
    by_first, by_second = RULES["matmul"](dy, y, a, b)
    np.testing.assert_allclose(by_first, measured(lambda a: (dy * np.matmul(a, b)).sum(), a), atol=1e-7)
    np.testing.assert_allclose(by_second, measured(lambda b: (dy * np.matmul(a, b)).sum(), b), atol=1e-7)


@pytest.mark.parametrize(("axis", "dx"), [(None, [[0, 1, 0], [1, 1, 0]]), (1, [[0, 3, 0], [1.5, 1.5, 0]])])
def test_equal_numbers_share_the_slope_of_the_largest(axis, dx) -> None:
    """Two that are the largest get the half each, three of all a third each."""
    x = np.array([[1.0, 2.0, 0.0], [2.0, 2.0, 1.0]])
    (found,) = RULES["max"](np.full(() if axis is None else (2,), 3.0), x.max(axis=axis), x, axis=axis)
    np.testing.assert_allclose(found, dx)


def test_what_was_not_taken_learns_nothing() -> None:
    """Of two arrays only the one whose number stands in the result hears of the error."""
    dy, held = np.array([2.0, 3.0]), np.array([True, False])
    for said in (held, 2 * held.astype(int)):  # numbers other than 0 are true
        _, a, b = RULES["where"](dy, dy, said, np.ones(2), np.ones(2))
        np.testing.assert_array_equal([a, b], [[2, 0], [0, 3]])


def test_rules_hold_for_settings_that_are_left_out(rng) -> None:
    """Side by side along the first axis, all axes turned round, a condition that is one answer; limits belong to a clip."""
    a, b, x = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(2, 3, 4))
    (parts,) = RULES["concatenate"](np.concatenate([a, b]), None, [a, b])
    np.testing.assert_array_equal(parts[1], b)
    (turned,) = RULES["transpose"](x.T, x.T, x)
    np.testing.assert_array_equal(turned, x)
    (turned,) = RULES["transpose"](x.transpose(0, 2, 1), None, x, (0, -1, 1))
    np.testing.assert_array_equal(turned, x)
    (slices,) = RULES["stack"](np.stack([a, -a]), None, [a, a])
    np.testing.assert_array_equal(slices[1], -a)
    _, first, second = RULES["where"](a, a, True, a, a)
    np.testing.assert_array_equal([first, second], [a, 0 * a])
    (cut,) = RULES["clip"](np.ones(4), None, np.array([-1.0, 0.0, 1.0, 2.0]), 0.0, 1.0)
    np.testing.assert_array_equal(cut, [0, 1, 1, 0])


def test_a_prelu_learns_from_numbers_below_0_alone() -> None:
    """A small positive number is none of them."""
    layer, x = PReLU(), np.array([[0.5, -2.0], [0.25, 1.0]])
    cache = layer.forward({"alpha": np.full(2, 0.1)}, x)[1]
    grads = layer.gradients({"alpha": np.full(2, 0.1)}, cache, np.array([[3.0, 5.0], [7.0, 11.0]]))
    np.testing.assert_array_equal(grads["alpha"], [0, -10])


@pytest.mark.parametrize("shared", [None, [1], [1, 2]], ids=str)
def test_a_prelu_has_the_slopes_measured(shared, rng) -> None:
    """By its inputs and its slopes, of each place or shared along axes; at 0 the slope is the one below."""
    layer, x, dy = PReLU(shared_axes=shared), rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 2, 4))
    alpha = rng.uniform(0.1, 0.5, layer.weight_shapes((2, 4))["alpha"])
    cache = layer.forward({"alpha": alpha}, x)[1]
    np.testing.assert_allclose(
        layer.backward({"alpha": alpha}, cache, dy),
        measured(lambda x: (dy * layer.forward({"alpha": alpha}, x)[0]).sum(), x),
        atol=1e-7,
    )
    np.testing.assert_allclose(
        layer.gradients({"alpha": alpha}, cache, dy)["alpha"],
        measured(lambda alpha: (dy * layer.forward({"alpha": alpha}, x)[0]).sum(), alpha),
        atol=1e-7,
    )
    np.testing.assert_array_equal(layer.backward({"alpha": alpha}, 0 * x, dy), alpha * dy)


def test_an_attention_of_which_only_the_shares_are_used_learns(rng) -> None:
    """Values of another width than there are times hear nothing, queries and keys as much as is measured."""
    q, v, k = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 6)), rng.normal(size=(2, 5, 4))
    layer, d = Attention(), rng.normal(size=(2, 3, 5))
    layer.call_settings = {"return_attention_scores": True}
    dq, dv, dk = layer.backward({}, layer.forward({}, (q, v, k))[1], (None, d))
    np.testing.assert_allclose(
        dq, measured(lambda q: (d * layer.forward({}, (q, v, k))[0][1]).sum(), q), atol=1e-7
    )
    np.testing.assert_allclose(
        dk, measured(lambda k: (d * layer.forward({}, (q, v, k))[0][1]).sum(), k), atol=1e-7
    )
    np.testing.assert_array_equal(dv, np.zeros_like(v))


def test_a_picture_of_another_contrast_passes_on_the_slope_measured(rng) -> None:
    """By each pixel, also where the result was cut off, with an error that is not 1 everywhere."""
    layer = RandomContrast(0.9, value_range=(0, 1))
    x, dy = rng.uniform(size=(2, 3, 2, 1)), rng.normal(size=(2, 3, 2, 1))
    context = Context(training=True, noise=lambda shape: np.full(shape, 0.9))

    def passed(x: np.ndarray) -> float:
        return float((dy * layer.forward({}, x, context)[0]).sum())

    np.testing.assert_allclose(
        layer.backward({}, layer.forward({}, x, context)[1], dy), measured(passed, x), atol=1e-7
    )


def test_where_a_loss_is_at_its_corner_it_pushes_nowhere() -> None:
    """A prediction that is its target, a hinge that is just closed, and no loss at all."""
    y = np.array([[1.0, 0.0]])
    for loss in (losses.MeanAbsolutePercentageError(), losses.CategoricalHinge(), NoLoss()):
        np.testing.assert_array_equal(loss.derivative(y, y), np.zeros((1, 2)))
    np.testing.assert_array_equal(NoLoss().derivative(y, y + 5), np.zeros((1, 2)), strict=True)
    least = np.full((1, 2), EPSILON)  # below it a prediction counts as this
    np.testing.assert_array_equal(losses.MeanSquaredLogarithmicError().derivative(y, least), np.zeros((1, 2)))


def test_a_relu_that_begins_above_its_cap_is_on_nowhere() -> None:
    """Beyond the threshold the cap holds; at it and below, the slope for negative numbers."""
    layer, x = ReLU(max_value=1.0, negative_slope=0.1, threshold=2.0), np.array([[1.0, 2.0, 3.0]])
    cache = layer.forward({}, x)[1]
    np.testing.assert_allclose(layer.backward({}, cache, np.ones((1, 3))), [[0.1, 0.1, 0.0]])


def test_an_average_over_marked_steps_tells_each_its_share(rng) -> None:
    """Steps that do not count hear nothing."""
    layer, x, dy = GlobalAveragePooling1D(), rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 4))
    context = Context(mask=np.array([[True, False, True], [True, True, True]]))
    cache = layer.forward({}, x, context)[1]
    np.testing.assert_allclose(
        layer.backward({}, cache, dy),
        measured(lambda x: float((dy * layer.forward({}, x, context)[0]).sum()), x),
        atol=1e-7,
    )


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_a_sequence_of_one_step_has_the_slopes_measured(kind, rng) -> None:
    """By its only step, where the states that are returned led nowhere."""
    layer, x, dy = kind(3, return_state=True), rng.normal(size=(2, 1, 4)), rng.normal(size=(2, 3))
    layer.build((1, 4))
    params = {name: w.astype(np.float64) for name, w in layer.params.items()}
    cache = layer.forward(params, x)[1]
    dx = layer.backward(params, cache, (dy, *[None] * layer.state_count))
    np.testing.assert_allclose(
        dx, measured(lambda x: float((dy * layer.forward(params, x)[0][0]).sum()), x), atol=1e-6
    )


def test_a_wrapped_layer_that_does_not_learn_passes_the_error_on(rng) -> None:
    """Through the weights of the layer inside and through its activation."""
    layer, x, dy = TimeDistributed(Dense(3, "tanh")), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 3))
    layer.build((5, 4))
    params = {name: w.astype(np.float64) + 0.1 for name, w in layer.params.items()}
    cache = layer.forward(params, x)[1]
    expected = measured(lambda x: float((dy * layer.forward(params, x)[0]).sum()), x)
    np.testing.assert_allclose(layer.backward(params, cache, dy), expected, atol=1e-6)
    np.testing.assert_allclose(layer.backward_and_gradients(params, cache, dy)[0], expected, atol=1e-6)


def test_heads_of_which_only_the_shares_are_used_learn(rng) -> None:
    """The output's weights hear nothing; what is looked for and looked at, as much as is measured."""
    layer, x, d = MultiHeadAttention(2, 4), rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 2, 3, 3))
    layer.call_settings = {"return_attention_scores": True}
    layer.build([(3, 5), (3, 5)])
    params = {name: w.astype(np.float64) for name, w in layer.params.items()}
    cache = layer.forward(params, (x, x))[1]
    (dq, dv), grads = layer.backward_and_gradients(params, cache, (None, d))
    np.testing.assert_allclose(
        dq + dv, measured(lambda x: float((d * layer.forward(params, (x, x))[0][1]).sum()), x), atol=1e-6
    )
    np.testing.assert_array_equal(grads["output_kernel"], np.zeros_like(params["output_kernel"]))


def test_what_is_added_to_the_loss_is_passed_on_as_measured(rng) -> None:
    """A sum as it is, a mean by each number's share."""
    layer, x, dy = AddedLoss([2.0, 3.0], ["sum", "mean"]), rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    cache = layer.forward({}, (x, x, x))[1]
    passed, by_sum, by_mean = layer.backward({}, cache, dy)
    np.testing.assert_array_equal(passed, dy)
    np.testing.assert_allclose(by_sum, np.full((2, 3), 2.0))
    np.testing.assert_allclose(by_mean, measured(lambda x: 3.0 * x.mean(), x), atol=1e-8)


@pytest.mark.parametrize(
    "layer",
    [
        RandomFlip(),
        RandomTranslation(0.3, 0.3),
        RandomContrast(0.4, value_range=(0, 1)),
        RandomBrightness(0.5, value_range=(0, 1)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_changed_pictures_pass_the_error_back_to_where_they_were(layer, rng) -> None:
    """As measured while learning, nothing where a number was cut off; unchanged where nothing changed."""
    x, dy = rng.uniform(size=(3, 4, 5, 1)), rng.normal(size=(3, 4, 5, 1))
    context = Context(
        training=True, noise=lambda shape: np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape)
    )
    np.testing.assert_allclose(
        layer.backward({}, layer.forward({}, x, context)[1], dy),
        measured(lambda x: float((dy * layer.forward({}, x, context)[0]).sum()), x),
        atol=1e-6,
    )
    np.testing.assert_array_equal(layer.backward({}, layer.forward({}, x)[1], dy), dy)


def test_the_margins_that_a_crop_cut_off_hear_nothing(rng) -> None:
    """Also where more is cut off behind than before."""
    layer, x, dy = CenterCrop(2, 3), rng.normal(size=(2, 5, 6, 1)), rng.normal(size=(2, 2, 3, 1))
    np.testing.assert_allclose(
        layer.backward({}, layer.forward({}, x)[1], dy),
        measured(lambda x: float((dy * layer.forward({}, x)[0]).sum()), x),
        atol=1e-8,
    )


def test_activations_that_are_cut_are_flat_from_there_on() -> None:
    """At the corner and beyond it by little; a celu whose α is not 1 falls as its formula says."""
    one = np.ones(2)
    np.testing.assert_array_equal(piecewise.d_relu6(one, np.array([5.5, 6.5]), one), [1, 0])
    np.testing.assert_array_equal(
        piecewise.d_hard_sigmoid_of_keras_2(one, np.array([2.4, 2.6]), one), [0.2, 0]
    )
    np.testing.assert_array_equal(
        piecewise.d_hard_shrink(np.ones(3), np.array([0.5, -0.52, 0.48]), one), [0, 1, 0]
    )
    z = np.array([-0.7, 0.4])
    np.testing.assert_allclose(
        smooth.d_celu(one, z, smooth.celu(z, 2.0), 2.0),
        measured(lambda z: smooth.celu(z, 2.0).sum(), z),
        atol=1e-7,
    )


@pytest.mark.parametrize(
    "layer",
    [DepthwiseConv2D(2, use_bias=False), Conv2DTranspose(2, 2, use_bias=False)],
    ids=lambda layer: type(layer).__name__,
)
def test_without_a_bias_there_is_no_derivative_by_it(layer, rng) -> None:
    """Only the kernel's."""
    layer.build((4, 4, 3))
    y, cache = layer.forward(layer.params, rng.normal(size=(2, 4, 4, 3)))
    assert layer.gradients(layer.params, cache, np.ones_like(y)).keys() == layer.params.keys()


def test_what_counts_in_shares_is_standardized_along_any_axis(rng) -> None:
    """The derivative by each number is that measured, also where the axis is not the last that is kept."""
    x, g = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    share = np.array([[0.5, 0.0, 0.5], [0.2, 0.3, 0.5]])
    found = d_standardized(g, standardized(x, (1,), 1e-3, share), (1,), share)
    expected = measured(lambda x: float((g * standardized(x, (1,), 1e-3, share).values).sum()), x)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_penalty_on_outputs_is_shared_by_the_examples(rng) -> None:
    """However many numbers an example has."""
    layer, x = ActivityRegularization(l2=0.5), rng.normal(size=(2, 5))
    np.testing.assert_allclose(
        layer.backward({}, x, np.zeros((2, 5))), measured(lambda x: 0.5 * (x * x).sum() / 2, x), atol=1e-7
    )
