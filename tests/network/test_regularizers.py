"""Penalties on weights: their values, their gradients, their names."""

import numpy as np
import pytest
from checker import away_from, check_regularizer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule import regularizers
from chainrule.errors import SettingError
from chainrule.regularizers import L1, L1L2, L2

ALL = [L1(0.3), L2(0.7), L1L2(0.2, 0.5), L1L2(l1=0.4), L1L2(l2=0.4), L1L2()]


@pytest.mark.parametrize("regularizer", ALL, ids=lambda r: f"{type(r).__name__}-{r.l1}-{r.l2}")
@given(shape=hnp.array_shapes(max_dims=3, max_side=4), seed=st.integers(0, 2**32 - 1))
def test_the_gradient_is_the_one_measured(regularizer, shape, seed) -> None:
    """Every penalty's gradient agrees with central differences in every entry."""
    check_regularizer(regularizer, away_from(np.random.default_rng(seed).normal(size=shape), 0.0))


def test_values_worked_by_hand(xp) -> None:
    """l1 Σ|w| + l2 Σ w², on both libraries; at 0 the L1 force is 0."""
    w = xp.asarray(np.array([[3.0, -4.0], [0.0, 1.0]], np.float32))
    assert float(L1(0.5).value(w)) == 4.0
    assert float(L2(0.5).value(w)) == 13.0
    assert float(L1L2(0.5, 0.25).value(w)) == 10.5
    np.testing.assert_array_equal(L1L2(0.5, 0.25).gradient(w), [[2.0, -2.5], [0.0, 1.0]])


def test_defaults_are_keras_s() -> None:
    """L1 and L2 are 0.01 unless told; L1L2 is nothing unless told."""
    assert (L1().l1, L1().l2, L2().l1, L2().l2, L1L2().l1, L1L2().l2) == (0.01, 0, 0, 0.01, 0, 0)
    assert (regularizers.l1().l1, regularizers.l2().l2) == (0.01, 0.01)
    assert vars(regularizers.l1_l2(0.1, 0.2)) == {"l1": 0.1, "l2": 0.2}
    assert vars(regularizers.l1_l2()) == {"l1": 0, "l2": 0}


@pytest.mark.parametrize("regularizer", ALL)
def test_a_penalty_survives_being_written_down(regularizer) -> None:
    """Stored and read again a penalty is the same."""
    again = regularizers.get(regularizers.serialize(regularizer))
    assert type(again) is type(regularizer)
    assert vars(again) == vars(regularizer)
    assert regularizers.serialize(None) is None
    assert regularizers.get(None) is None


@pytest.mark.parametrize("name", ["l1", "L2", "l1_l2", "l1l2"])
def test_a_penalty_is_found_by_name(name) -> None:
    """ "l1" and "l2" are 0.01, "l1_l2" is nothing until it is told more, as in Keras."""
    found = regularizers.get(name)
    assert (found.l1 + found.l2) == pytest.approx(0 if "1" in name and "2" in name else 0.01)
    assert type(found).from_config(found.get_config())([2.0, -1.0]) == pytest.approx(
        found.l1 * 3 + found.l2 * 5
    )


@pytest.mark.parametrize("wrong", ["l3", {"class_name": "L3", "config": {}}, {"class_name": "os.system"}])
def test_an_unknown_penalty_is_refused(wrong) -> None:
    """A penalty that does not exist is refused, also from a file."""
    with pytest.raises(SettingError, match="There is no regularizer called"):
        regularizers.get(wrong)


@pytest.mark.parametrize("wrong", [-1, float("nan")])
def test_a_negative_penalty_is_refused(wrong) -> None:
    """A penalty must not be a reward."""
    with pytest.raises(SettingError, match="l1"):
        L1(wrong)
    with pytest.raises(SettingError, match="l2"):
        L2(wrong)
