"""Conditions on figures: a small language that finds the first step for which something holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule
from chainrule import explain
from chainrule.errors import ChainruleError, SettingError
from chainrule.explain import Condition
from chainrule.explain.expressions import Parser, computed

NAN = float("nan")
COLUMNS = {
    "loss": np.array([3.0, 1.0, 2.5, 0.5, NAN, 0.1]),
    "accuracy": np.array([0.1, 0.5, 0.95, 0.6, 0.7, 0.99]),
    "epoch": np.array([1, 1, 2, 2, 3, 3]),
    "grad_rms[dense]": np.array([0.5, NAN, NAN, 2.0, NAN, NAN]),
    "grad_rms[dense_1]": np.array([0.1, NAN, NAN, 0.2, NAN, NAN]),
    "nested": {"dense": np.arange(6.0)},
}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("loss > 2", 0),
        ("loss > 2 after epoch 1", 2),
        ("loss > 2 after step 2", None),
        ("accuracy < 0.9 after epoch 2", 4),
        ("accuracy > 0.9 before epoch 3", 2),
        ("accuracy > 0.9 in epoch 3", 5),
        ("isnan(loss)", 4),
        ("not isfinite(loss)", 4),
        ("loss != 3", 1),
        ("not loss > 2", 1),
        ("grad_rms['dense'] > 1", 3),
        ('grad_rms["dense"] > 1', 3),
        ("grad_rms[dense] > 1", 3),
        ("not grad_rms['dense'] < 1", 3),
        ("grad_rms['dense'] > 10 * grad_rms['dense_1'] - 1", 0),
        ("nested['dense'] == 4", 4),
        ("loss > 2 and accuracy > 0.5 or loss < 0.2", 2),
        ("0.9 < accuracy <= 0.95", 2),
        ("(loss - 2)^2 <= 0.25 and not (accuracy < 0.9)", 2),
        ("max(loss, accuracy) < 0.7", 3),
        ("-loss > -1", 3),
        ("loss > 100", None),
        ("1 > 2", None),
        ("2 > 1 after step 3", 4),
    ],
)
def test_the_first_step_is_found(text, first) -> None:
    """Comparisons, and, or, not, arithmetic, layers' figures, and words about time."""
    assert Condition(text).first(COLUMNS) == first


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("los > 2", "did you mean 'loss'", 0),
        ("loss > 2 and los > 1", "did you mean 'loss'", 13),
        ("loss >> 2", "not '>'", 6),
        ("loss > $", "has no meaning", 7),
        ("loss", "a comparison", 4),
        ("loss + 1 after epoch 2", "a comparison", 8),
        ("(loss > 2", r"'\)' was expected", 9),
        ("loss > 2 lol", "'lol' comes where", 9),
        ("loss > 2 after epoch", "'after' comes where", 9),
        ("__import__('os') > 1", "has no meaning", 11),
        ("grad_rms > 1", r"grad_rms\['dense'\]", 0),
        ("grad_rms['dens'] > 1", "did you mean 'dense'", 9),
        ("loss['dense'] > 1", "no columns by layer", 4),
        ("sin(loss) > 1", "no function called 'sin'", 0),
        ("max(loss) > 1", "another count", 0),
        ("loss.real > 1", "has no meaning", 4),
        ("lambda: 1", "expected|has no meaning|comes where", 8),
        ("", "such as", None),
        (" ", "such as", None),
    ],
)
def test_what_can_not_be_read_is_pointed_at(text, words, place) -> None:
    """The error repeats the condition and puts a sign below the character where it goes wrong."""
    with pytest.raises(SettingError, match=words) as caught:
        Condition(text).first(COLUMNS)
    if place is not None:
        said = str(caught.value).splitlines()
        assert said[-2] == f"    {text}" or said[-2].startswith("    ")
        assert said[-1].index("^") - 4 == place


@given(st.text(alphabet="los>2 <=()+-*/^²√.'[]an\"dortefghi_,·1e9", max_size=60))
def test_no_text_does_harm(text) -> None:
    """Whatever is typed is understood or refused in words."""
    try:
        first = Condition(text).first(COLUMNS)
    except ChainruleError:
        return
    assert first is None or 0 <= first < 6


def test_endless_texts_are_refused_quickly() -> None:
    """Deep nesting and long texts are refused, not followed."""
    for text in (
        "(" * 1000 + "1" + ")" * 1000,
        "-" * 1500 + "1 > 2",
        "not " * 400 + "1 > 2",
        "√" * 900 + "1 > 2",
        "1 + " * 1000 + "1 > 2",
    ):
        with pytest.raises(SettingError):
            Condition(text)
    assert Condition("1" * 300 + " > 2").first(COLUMNS) == 0
    Condition("9^9^9^9^9^9 > 2").first(COLUMNS)


NUMBERS = st.floats(0.001, 1000).map(lambda v: format(v, ".6g"))
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
        lambda t: f"({t[0]} {t[1]} {t[2]})"
    ),
    max_leaves=12,
)


@given(SUMS, SUMS)
def test_arithmetic_is_pythons(left, right) -> None:
    """The same value as Python's own for the same expression, precedence and all."""
    for text in (left, f"{left} - {right} * 3 / 2 - 1", f"-{left} ** 2 + {right}"):
        try:
            expected = eval(text)
        except ZeroDivisionError:
            continue
        assert computed(text) == pytest.approx(expected, rel=1e-12)


def test_signs_and_roots_bind_as_in_a_book() -> None:
    """Powers before signs before products before sums; a root takes the one thing behind it."""
    for text, value in (
        ("-2²", -4),
        ("2 · -3", -6),
        ("√4 + 5", 7),
        ("√4²", 4),
        ("2^-1", 0.5),
        ("2^3^2", 512),
        ("8 / 2 / 2", 2),
        ("1 - 2 - 3", -4),
    ):
        assert computed(text) == value
    assert Parser("a < b").all().kind == "<"


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.02, 1e-5, 0.3])
def test_a_recorded_rate_equals_the_number_that_one_types(rate) -> None:
    """Metrics are recorded in float32: 0.001 there is 0.001 in a condition, neither above nor below it."""
    columns = {"learning_rate": np.full(3, rate, np.float32)}
    assert explain.Condition(f"learning_rate == {rate}").first(columns) == 0
    assert explain.Condition(f"learning_rate > {rate}").first(columns) is None
    assert explain.Condition(f"learning_rate < {rate}").first(columns) is None


def test_what_was_not_measured_is_no_nan(tmp_path) -> None:
    """isnan finds a size that diverged, not the steps at which no sizes were measured."""
    model = chainrule.Sequential([chainrule.layers.Dense(3, input_shape=(2,)), chainrule.layers.Dense(1)])
    model.compile(chainrule.optimizers.SGD(0.01), "mse", backend="numpy")
    x = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
    record = chainrule.RunRecorder(tmp_path / "runs", label="sizes")
    model.fit(x, x[:, :1], batch_size=2, epochs=1, verbose=0, callbacks=[record])
    columns = explain.columns_of(chainrule.runs.find(tmp_path / "runs", "last"))
    sizes = columns["grad_rms[dense]"]
    assert 0 < np.ma.getmaskarray(sizes).sum() < len(sizes)
    assert explain.Condition("isnan(grad_rms['dense'])").first(columns) is None
    measured = np.flatnonzero(~np.ma.getmaskarray(sizes))
    broken = np.array(sizes.data)
    broken[measured[2:]] = np.nan
    diverged = columns | {"grad_rms[dense]": np.ma.masked_array(broken, np.ma.getmaskarray(sizes))}
    assert explain.Condition("isnan(grad_rms['dense'])").first(diverged) == measured[2]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("grad > 9 or loss > 2", 2),  # grad is not known there, and need not be
        ("isnan(grad) or isnan(loss)", 3),
        ("not (grad >= 1 and loss < 3)", 2),
        ("grad > 9 and loss > 2", None),
        ("not (grad > 9)", 0),  # measured at step 0 alone
        ("grad != 5 and loss > 2", None),
        ("loss != 1 or grad > 9", 1),
        ("not (loss > 100)", 0),
        ("loss > 100 or not isfinite(loss)", 3),
    ],
)
def test_of_two_parts_one_may_decide(text, first) -> None:
    """What is not known (not measured, or no number) is neither true nor false; the other part of or, and counts."""
    grad = np.ma.masked_array([1.0, 0, 0, 0], [False, True, True, True])
    columns = {"loss": np.array([1.0, 1.5, 4.0, np.nan]), "grad": grad}
    assert explain.Condition(text).first(columns) == first
