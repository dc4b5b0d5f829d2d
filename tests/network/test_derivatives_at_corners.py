"""Derivatives where a small mistake would hide: ties, vectors, places that were not taken, one of two outputs alone."""

import numpy as np
import pytest

from chainrule.layers import Attention, PReLU, RandomContrast
from chainrule.layers.base import Context
from chainrule.layers.operation_rules import RULES


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
    _, a, b = RULES["where"](dy, dy, held, np.ones(2), np.ones(2))
    np.testing.assert_array_equal([a, b], [[2, 0], [0, 3]])


def test_rules_hold_for_settings_that_are_left_out(rng) -> None:
    """Side by side along the first axis, all axes turned round, a condition that is one answer; limits belong to a clip."""
    a, b, x = rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=(2, 3, 4))
    (parts,) = RULES["concatenate"](np.concatenate([a, b]), None, [a, b])
    np.testing.assert_array_equal(parts[1], b)
    (turned,) = RULES["transpose"](x.T, x.T, x)
    np.testing.assert_array_equal(turned, x)
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
