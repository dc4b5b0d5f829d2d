"""Activations: their values, their derivatives, and what they make of the strangest numbers."""

import math

import numpy as np
import pytest
from checker import away_from, check_activation
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule import activations
from chainrule.activations import RULES
from chainrule.errors import SettingError, ShapeError

SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=3)
STRANGE = [
    0.0,
    -0.0,
    1e-45,
    -1e-45,
    1e-38,
    -1e-38,
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
BOUNDED = {"sigmoid": (0, 1), "tanh": (-1, 1), "softmax": (0, 1), "sparsemax": (0, 1), "hard_sigmoid": (0, 1)}
BOUNDED["hard_sigmoid_of_keras_2"] = (0, 1)
BOUNDED |= {"hard_tanh": (-1, 1), "softsign": (-1, 1), "relu6": (0, 6), "sparse_sigmoid": (0, 1)}
BY_ROWS = {"softmax", "log_softmax", "sparsemax", "glu"}
CORNERS = (-3.0, -2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 3.0, 6.0)  # of any of them


def fitting(name: str, z: np.ndarray) -> np.ndarray:
    """The same numbers, for glu twice as many: it needs an even last axis."""
    return np.concatenate([z, -z[..., ::-1]], axis=-1) if name == "glu" else z


def by_hand(name: str, z: float) -> float:
    """One number through an activation, by the textbook's formula and Python's own functions."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return {
        "linear": lambda: z,
        "relu": lambda: z if z > 0 else 0.0,
        "leaky_relu": lambda: z if z > 0 else 0.2 * z,
        "sigmoid": lambda: 1 / (1 + math.exp(-z)),
        "tanh": lambda: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
        "elu": lambda: z if z > 0 else math.exp(z) - 1,
        "selu": lambda: scale * (z if z > 0 else alpha * (math.exp(z) - 1)),
        "softplus": lambda: math.log(1 + math.exp(z)),
        "silu": lambda: z / (1 + math.exp(-z)),
        "gelu": lambda: z * 0.5 * math.erfc(-z / math.sqrt(2)),
        "celu": lambda: z if z > 0 else math.expm1(z),
        "exponential": lambda: math.exp(z),
        "hard_shrink": lambda: z if abs(z) > 0.5 else 0.0,
        "hard_sigmoid": lambda: min(max(z + 3, 0), 6) / 6,
        "hard_sigmoid_of_keras_2": lambda: min(max(0.2 * z + 0.5, 0), 1),
        "hard_silu": lambda: z * min(max(z + 3, 0), 6) / 6,
        "hard_tanh": lambda: min(max(z, -1), 1),
        "log_sigmoid": lambda: math.log(1 / (1 + math.exp(-z))),
        "mish": lambda: z * math.tanh(math.log1p(math.exp(z))),
        "relu6": lambda: min(max(z, 0), 6),
        "soft_shrink": lambda: z - 0.5 if z > 0.5 else z + 0.5 if z < -0.5 else 0.0,
        "softsign": lambda: z / (1 + abs(z)),
        "sparse_plus": lambda: 0.0 if z <= -1 else z if z >= 1 else (z + 1) ** 2 / 4,
        "sparse_sigmoid": lambda: min(max(z / 2 + 0.5, 0), 1),
        "squareplus": lambda: (z + math.sqrt(z * z + 4)) / 2,
        "tanh_shrink": lambda: z - math.tanh(z),
    }[name]()


@pytest.mark.parametrize("name", sorted(set(RULES) - BY_ROWS))
@pytest.mark.parametrize(
    "z", [-30.0, -6.0, -4.2427, -4.2425, -2.5, -1.0, -0.1, 0.0, 0.1, 1.0, 2.5, 4.2425, 4.2427, 6.0, 30.0]
)
def test_values_are_those_of_the_textbook(name, z) -> None:
    """Every activation gives the textbook's number, to the last digits of float64."""
    assert RULES[name].forward(np.array([z]))[0] == pytest.approx(by_hand(name, z), rel=2e-13, abs=2e-15)


def test_softmax_gives_shares_of_the_exponentials() -> None:
    """Softmax is e^z over the sum of e^z, along the last axis."""
    z = np.array([[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]])
    e = [math.exp(1), math.exp(2), math.exp(3)]
    expected = [[[share / sum(e) for share in e], [1 / 3] * 3]]
    np.testing.assert_allclose(activations.softmax(z), expected, rtol=1e-14)


def assume_sparsemax_smooth(z: np.ndarray) -> None:
    """Leaves out rows in which a number lies so near sparsemax's threshold that a small move crosses it."""
    a = activations.sparsemax(z)
    tau = np.max(z, axis=-1, keepdims=True) - np.max(a, axis=-1, keepdims=True)
    assume(np.abs(z - tau).min() > 1e-3)


def test_rows_worked_by_hand() -> None:
    """log_softmax, sparsemax and glu along the last axis."""
    z = np.array([[0.0, math.log(3.0)], [1.0, 9.0]])
    np.testing.assert_allclose(np.exp(activations.log_softmax(z)), activations.softmax(z))
    np.testing.assert_allclose(activations.sparsemax(np.array([[1.0, 0.5, -3.0]])), [[0.75, 0.25, 0.0]])
    np.testing.assert_allclose(activations.glu(np.array([[4.0, -2.0, 0.0, math.log(3)]])), [[2.0, -1.5]])
    with pytest.raises(ShapeError, match="even number there; it got 3"):
        activations.glu(np.zeros((2, 3)))


def test_threshold_replaces_what_is_not_above_it() -> None:
    """As Keras's function; it needs numbers, so no layer takes it by name."""
    np.testing.assert_array_equal(activations.threshold(np.array([0.5, 1.0, 2.0]), 1.0, -7.0), [-7, -7, 2])


@pytest.mark.parametrize("name", sorted(RULES))
@given(shape=SHAPES, seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.1, 1.0, 5.0]))
def test_the_derivative_is_the_one_measured(name, shape, seed, scale) -> None:
    """Every activation's derivative agrees with central differences in every entry, for any shape."""
    z = away_from(fitting(name, np.random.default_rng(seed).normal(size=shape) * scale), *CORNERS)
    if name == "sparsemax":  # its corners depend on the row
        assume_sparsemax_smooth(z)
    check_activation(*RULES[name], z, name)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.7])
def test_the_slope_of_a_leaky_relu_is_a_setting(slope, rng) -> None:
    """leaky_relu and elu have their derivative for any slope, too."""
    z = away_from(rng.normal(size=(3, 4)), 0.0)
    check_activation(
        lambda z: activations.leaky_relu(z, slope),
        lambda da, z, a: activations.d_leaky_relu(da, z, a, slope),
        z,
        "leaky",
    )
    check_activation(
        lambda z: activations.elu(z, slope), lambda da, z, a: activations.d_elu(da, z, a, slope), z, "elu"
    )


def test_at_a_corner_the_derivative_is_that_of_the_left_side() -> None:
    """At exactly 0, where relu has a corner, its derivative is 0 (leaky_relu: the slope), as in Keras."""
    zero, one = np.zeros(1), np.ones(1)
    assert RULES["relu"].backward(one, zero, zero)[0] == 0
    assert RULES["leaky_relu"].backward(one, zero, zero)[0] == 0.2
    assert activations.d_elu(one, zero, zero, 0.5)[0] == 0.5
    assert RULES["selu"].backward(one, zero, zero)[0] == pytest.approx(
        1.0507009873554805 * 1.6732632423543772
    )


@pytest.mark.parametrize("name", sorted(RULES))
def test_strange_but_finite_numbers_give_numbers(name, xp) -> None:
    """No finite float32, however large or small, becomes NaN: neither forward nor backward."""
    z = xp.asarray(np.array([STRANGE, STRANGE[::-1]], np.float32))
    if name == "exponential":  # it overflows to infinity, as it should
        z = xp.minimum(z, 80.0)
    forward, backward = RULES[name]
    with np.errstate(all="ignore"):
        a = forward(z)
        dz = backward(xp.ones_like(a), z, a)
    assert not np.isnan(a).any()
    assert not np.isnan(dz).any()
    assert a.dtype == dz.dtype == np.float32
    low, high = BOUNDED.get(name, (-np.inf, np.inf))
    assert ((low <= np.asarray(a)) & (np.asarray(a) <= high)).all()


@pytest.mark.parametrize("name", sorted(RULES))
@given(z=hnp.arrays(np.float32, SHAPES, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_any_finite_numbers_give_numbers(name, z) -> None:
    """The same for arrays of any finite float32."""
    z = fitting(name, z)
    forward, backward = RULES[name]
    with np.errstate(all="ignore"):
        a = forward(z)
        dz = backward(np.ones_like(a), z, a)
    assert not np.isnan(a).any()
    assert not np.isnan(dz).any()
    assert dz.shape == z.shape
    assert a.shape == z.shape or name == "glu"


def test_infinity_is_answered_as_documented() -> None:
    """At ±inf sigmoid, tanh, relu and softplus give their limits; a softmax row with one -inf ignores it."""
    z = np.array([-np.inf, np.inf])
    for name, limits in {
        "sigmoid": [0, 1],
        "tanh": [-1, 1],
        "relu": [0, np.inf],
        "softplus": [0, np.inf],
    }.items():
        np.testing.assert_array_equal(RULES[name].forward(z), limits)
    np.testing.assert_array_equal(activations.softmax(np.array([[-np.inf, 0.0, 0.0]])), [[0, 0.5, 0.5]])


@given(z=hnp.arrays(np.float64, SHAPES, elements=st.floats(-1e4, 1e4)), shift=st.floats(-1e3, 1e3))
def test_softmax_sums_to_one_and_ignores_a_shift(z, shift) -> None:
    """Probabilities add up to 1, and adding the same number to all of z changes nothing."""
    p = activations.softmax(z)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_allclose(activations.softmax(z + shift), p, atol=1e-9)


@pytest.mark.parametrize("name", sorted(RULES))
def test_both_libraries_agree(name, rng) -> None:
    """NumPy and JAX give the same float32 numbers, to rounding."""
    jnp = pytest.importorskip("jax.numpy", reason="JAX IS NOT INSTALLED")
    z, da = (fitting(name, rng.normal(size=(5, 7)).astype(np.float32) * 3) for _ in range(2))
    forward, backward = RULES[name]
    a = forward(z)
    da = da[:, : a.shape[-1]]
    np.testing.assert_allclose(forward(jnp.asarray(z)), a, rtol=1e-5, atol=1e-6)
    there = backward(jnp.asarray(da), jnp.asarray(z), jnp.asarray(a))
    np.testing.assert_allclose(there, backward(da, z, a), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", sorted(RULES))
def test_float32_stays_close_to_float64(name, rng) -> None:
    """The working precision costs less than one part in 100,000."""
    z, da = (fitting(name, rng.normal(size=(20, 7)) * 3) for _ in range(2))
    forward, backward = RULES[name]
    da = da[:, : forward(z).shape[-1]]
    exact = backward(da, z, forward(z))
    z, da = z.astype(np.float32), da.astype(np.float32)
    np.testing.assert_allclose(backward(da, z, forward(z)), exact, rtol=1e-5, atol=1e-5)


def test_names_are_found() -> None:
    """An activation is given by name, by function, or not at all; swish is silu."""
    assert activations.name_of(None) == "linear"
    assert activations.name_of("swish") == activations.name_of(activations.silu) == "silu"
    for name in RULES:
        assert activations.get(name) is getattr(activations, name)
        assert activations.name_of(activations.get(name)) == name


@pytest.mark.parametrize("wrong", ["rellu", "Relu ", 3, ""])
def test_an_unknown_name_is_refused(wrong) -> None:
    """A name that does not exist is refused with what exists."""
    with pytest.raises(SettingError, match="There is no activation called") as result:
        activations.get(wrong)
    assert "relu" in str(result.value)


def test_a_function_without_a_derivative_is_refused() -> None:
    """A plain function cannot be learned through, and the error says so."""
    with pytest.raises(SettingError, match="without a derivative"):
        activations.get(lambda z: z * z)


def test_functions_take_the_settings_of_keras() -> None:
    """relu(x, max_value=6), softmax(x, axis=0) and the like; numbers in a list are taken, too."""
    z = np.array([[-2.0, 0.5], [3.0, 9.0]], np.float32)
    np.testing.assert_allclose(
        activations.relu(z, 0.1, max_value=4, threshold=1), [[-0.3, -0.05], [3, 4]], rtol=1e-6
    )
    np.testing.assert_allclose(activations.softmax(z, axis=0).sum(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(activations.softmax(z, axis=(0, 1)).sum(), 1, rtol=1e-6)
    np.testing.assert_allclose(activations.elu(z, alpha=2.0)[0, 0], 2 * np.expm1(-2), rtol=1e-6)
    np.testing.assert_allclose(activations.gelu(z, approximate=True), activations.gelu(z), atol=2e-3)
    assert activations.relu([-1.0, 2.0]).tolist() == [0, 2]
    with pytest.raises(SettingError, match="no setting called 'slope'"):
        activations.relu(z, slope=1)
