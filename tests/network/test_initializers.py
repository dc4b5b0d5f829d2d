"""First weights: their spread and limits are those of the formulas, and the luck is the generator's."""

import math

import numpy as np
import pytest

from chainrule import initializers
from chainrule.errors import SettingError
from chainrule.initializers import (
    CLASSES,
    Constant,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    fans,
)

SHAPE = (300, 500)  # fan_in, fan_out
DRAWS = SHAPE[0] * SHAPE[1]

# name: (variance, largest possible value)
SPREADS = {
    "glorot_uniform": (2 / 800, math.sqrt(6 / 800)),
    "glorot_normal": (2 / 800, 2 * math.sqrt(2 / 800) / 0.8796256610342398),
    "he_uniform": (2 / 300, math.sqrt(6 / 300)),
    "he_normal": (2 / 300, 2 * math.sqrt(2 / 300) / 0.8796256610342398),
    "lecun_uniform": (1 / 300, math.sqrt(3 / 300)),
    "lecun_normal": (1 / 300, 2 * math.sqrt(1 / 300) / 0.8796256610342398),
    "random_normal": (0.05**2, math.inf),
    "truncated_normal": (0.05**2 * 0.8796256610342398**2, 0.1),
    "random_uniform": (0.1**2 / 12, 0.05),
    "variance_scaling": (1 / 300, 2 * math.sqrt(1 / 300) / 0.8796256610342398),
}


@pytest.mark.parametrize("name", SPREADS)
def test_spread_and_limits_are_those_of_the_formula(name) -> None:
    """Mean 0, the variance and the largest value that the literature gives, in float32."""
    variance, limit = SPREADS[name]
    w = initializers.get(name)(SHAPE, np.random.default_rng(1))
    assert w.shape == SHAPE
    assert w.dtype == np.float32
    assert w.mean() == pytest.approx(0, abs=4 * math.sqrt(variance / DRAWS))
    assert w.var() == pytest.approx(variance, rel=0.02)
    assert np.abs(w).max() <= limit * (1 + 1e-6)
    if limit < math.inf:
        assert np.abs(w).max() > limit * 0.98  # the limit is reached, too


def test_the_truncated_normal_is_cut_at_two_and_scaled_back() -> None:
    """Cutting a normal distribution at ±2 leaves a standard deviation of 0.8796..., which the formulas make up for."""
    inside, density = math.erf(2 / math.sqrt(2)), math.exp(-2) / math.sqrt(2 * math.pi)
    assert pytest.approx(math.sqrt(1 - 4 * density / inside), rel=1e-12) == initializers.TRUNCATED_STDDEV


def test_constants() -> None:
    """zeros, ones and a constant."""
    assert initializers.get("zeros")((2, 2)).tolist() == [[0, 0], [0, 0]]
    assert initializers.get("ones")((3,)).tolist() == [1, 1, 1]
    assert Constant(0.25)((2,)).tolist() == [0.25, 0.25]
    assert Constant()((2,)).tolist() == [0, 0]


def test_settings_are_used() -> None:
    """Mean, standard deviation, bounds, scale and mode do what they say."""
    rng = np.random.default_rng(0)
    assert RandomNormal(3.0, 0.5)(SHAPE, rng).mean() == pytest.approx(3, abs=0.01)
    assert RandomNormal(3.0, 0.5)(SHAPE, rng).std() == pytest.approx(0.5, rel=0.02)
    assert TruncatedNormal(1.0, 0.5)(SHAPE, rng).max() == pytest.approx(2.0, abs=0.01)
    assert TruncatedNormal(1.0, 0.5)(SHAPE, rng).min() == pytest.approx(0.0, abs=0.01)
    w = RandomUniform(2.0, 5.0)(SHAPE, rng)
    assert (w.min(), w.max()) == (pytest.approx(2, abs=0.01), pytest.approx(5, abs=0.01))
    for mode, n in {"fan_in": 300, "fan_out": 500, "fan_avg": 400}.items():
        for distribution in initializers.DISTRIBUTIONS:
            w = VarianceScaling(3.0, mode, distribution)(SHAPE, rng)
            assert w.var() == pytest.approx(3 / n, rel=0.02)
    normal = VarianceScaling(1.0, "fan_in", "untruncated_normal")(SHAPE, rng)
    assert np.abs(normal).max() > 3 / math.sqrt(300)  # not cut off
    assert normal.mean() == pytest.approx(0, abs=0.001)
    plain, moved = (TruncatedNormal(*how, seed=4)((50,)) for how in ((0.0, 1.0), (1.0, 0.5)))
    np.testing.assert_allclose(moved, 1 + 0.5 * plain, rtol=1e-6)
    np.testing.assert_allclose(plain, initializers.truncated((50,), np.random.default_rng(4)), rtol=1e-6)
    one = np.concatenate([VarianceScaling(1.0, "fan_in", "uniform")((1,), rng) for _ in range(3000)])
    assert np.abs(one).max() == pytest.approx(math.sqrt(3), rel=0.01)
    stored = {
        "class_name": "HeNormal",
        "config": {"seed": 3, "scale": 2.0, "mode": "fan_in", "distribution": "normal"},
    }
    assert initializers.get(stored).get_config() == {"seed": 3}  # as older files spell it out


def test_fans() -> None:
    """Inputs and outputs that a weight array connects: vectors, matrices, and a convolution's window."""
    assert fans(()) == (1, 1)
    assert fans((7,)) == (7, 7)
    assert fans((3, 5)) == (3, 5)
    assert fans((3, 3, 4, 8)) == (36, 72)


def test_the_luck_is_the_generator_s() -> None:
    """The same generator gives the same weights; a seed of its own decides alone; without either they differ."""
    make = initializers.get("he_normal")
    a, b = (make((4, 4), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    seeded = RandomNormal(seed=3)
    np.testing.assert_array_equal(
        seeded((4,), np.random.default_rng(1)), seeded((4,), np.random.default_rng(2))
    )
    assert (make((4, 4)) != make((4, 4))).any()


@pytest.mark.parametrize("kind", CLASSES.values(), ids=lambda kind: kind.__name__)
def test_an_initializer_survives_being_written_down(kind) -> None:
    """Stored and read again, also by name and by class, it is the same."""
    made = kind()
    again = initializers.get(initializers.serialize(made))
    assert type(again) is kind
    assert again.get_config() == made.get_config()
    assert type(initializers.get(kind)) is type(initializers.get(kind.__name__)) is kind
    assert initializers.get(made) is made
    assert (
        type(initializers.get({"class_name": kind.__name__, "config": {"dtype": "float32"}})) is kind
    )  # as Keras stores it


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: initializers.get("glorot_unifrom"), "Did you mean 'glorot_uniform'"),
        (lambda: initializers.get({"class_name": "Zeros", "config": {"x": 1}}), "does not take"),
        (lambda: VarianceScaling(0), "scale above 0"),
        (lambda: VarianceScaling(mode="fan_on"), "fan mode"),
        (lambda: VarianceScaling(distribution="normal"), "distribution"),
    ],
)
def test_what_does_not_exist_is_refused(make, words) -> None:
    """An unknown name or setting is refused with the nearest."""
    with pytest.raises(SettingError, match=words):
        make()


def test_axes_say_which_numbers_count_as_inputs_and_outputs() -> None:
    """With input_axes=[0] and output_axes=[1, 2] a kernel (8, 50, 40) has 8 inputs and 2,000 outputs, as in Keras."""
    shape, named = (8, 50, 40), initializers.HeNormal(seed=1, input_axes=[0], output_axes=[1, 2])
    assert np.std(named(shape)) == pytest.approx(np.sqrt(2 / 8), rel=0.05)
    out = initializers.VarianceScaling(1.0, "fan_out", "uniform", 1, [0], [1, 2])
    assert np.std(out(shape)) == pytest.approx(np.sqrt(1 / 2000), rel=0.05)
    assert initializers.deserialize(initializers.serialize(named)).input_axes == [0]
    assert initializers.GlorotUniform(2).get_config() == {"seed": 2}
    for wrong in ({"input_axes": 3}, {"input_axes": [0], "output_axes": [5]}):
        with pytest.raises(SettingError, match="axes"):
            initializers.HeNormal(**wrong)(shape)
