"""Every loss in settings of every kind says the numbers that Keras says; kept in a file, so that no Keras is needed."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from checker import check_loss

from chainrule import losses
from chainrule.errors import SettingError, ShapeError

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))
from keras_losses import LABELS, REDUCTIONS, SHAPES, pair, weight

ROWS = json.loads((GOLDEN / "keras_losses.json").read_text(encoding="utf-8"))


def named(row):
    return f"{row['loss']} {row['settings']} {row['kind']}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_loss_of_each_row_is_keras_s(row) -> None:
    """Row by row by `call` and by its function; by example as learning takes it; the settings as Keras stores them."""
    loss = getattr(losses, row["loss"])(**row["settings"])
    stored = {key: value for key, value in row["config"].items() if key not in ("axis", "ignore_class")}
    assert loss.get_config() | stored == loss.get_config()
    for shape, known in zip(SHAPES, row["rows"], strict=True):
        y, p = pair(row["kind"], shape)
        np.testing.assert_allclose(loss.call(y, p), known, rtol=2e-5, atol=1e-6)
        by_example = np.asarray(known).reshape(shape[0], -1).mean(axis=1)
        np.testing.assert_allclose(loss.values(y, p), by_example, rtol=2e-5, atol=1e-6)
        if row["kind"] == LABELS:  # class numbers may come as a column, alone and by row
            np.testing.assert_allclose(loss.values(y[..., None], p), by_example, rtol=2e-5, atol=1e-6)
            np.testing.assert_allclose(loss.call(y[..., None], p), known, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_reductions_and_sample_weights_are_keras_s(row) -> None:
    """The mean, the sum, every row for itself, the weighted mean; with and without weights."""
    found = []
    for shape in SHAPES:
        y, p = pair(row["kind"], shape)
        for reduction in REDUCTIONS:
            loss = getattr(losses, row["loss"])(**row["settings"], reduction=reduction)
            assert loss.get_config()["reduction"] == reduction
            found += [loss(y, p), loss(y, p, weight(shape))]
            np.testing.assert_allclose(loss(y, p, weight(shape)[..., None]), found[-1], rtol=1e-6)
    for mine, other in zip(found, row["reduced"], strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("row", ROWS, ids=named)
@pytest.mark.parametrize("shape", [(2, 3), (2, 2, 3)], ids=str)
def test_each_has_the_derivative_measured_in_each_of_these_settings(row, shape) -> None:
    """By each prediction, for rows and for several rows an example."""
    loss = getattr(losses, row["loss"])(**row["settings"])
    y, p = pair(row["kind"], shape)
    if row["loss"] == "MeanAbsolutePercentageError":
        y = y + 0.5  # a derivative of 10,000,000 has too few digits
    if row["loss"] == "MeanSquaredLogarithmicError":
        p = np.abs(p) + 0.1
    check_loss(loss, y if row["kind"] == LABELS else y.astype(float), p.astype(float))


def test_derivatives_where_a_formula_is_cut_off() -> None:
    """Beyond its clip, below 0, on the margin: 0, or the side that is right."""
    p = np.array([[-0.5, 0.0, 1.0]])
    assert losses.MeanSquaredLogarithmicError().derivative(np.ones((1, 3)), p)[0, :2].tolist() == [0, 0]
    wrong = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert losses.BinaryCrossentropy().derivative(*wrong).tolist() == [[0, 0]]
    steep = -math.log(1e-7)  # of the factor (1 - p_t)² alone: 2 H / 2
    np.testing.assert_allclose(
        losses.BinaryFocalCrossentropy().derivative(*wrong), [[-steep, steep]], rtol=1e-6
    )
    sure = losses.CategoricalFocalCrossentropy(gamma=0.0)
    assert sure.derivative(np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])).tolist() == [[0, 0]]
    assert losses.Hinge().derivative(np.array([[1.0, -1.0]]), np.array([[1.5, 0.0]])).tolist() == [[0, 0.5]]
    assert losses.Hinge().values(np.array([[1.0, 0.0]]), np.array([[3.0, 3.0]])).tolist() == [2.0]
    assert losses.Hinge().values(np.array([[1.0, 0.5]]), np.array([[0.0, 0.0]])).tolist() == [
        1.0
    ]  # not binary
    assert losses.CategoricalHinge().values(np.array([[1.0, 0.0]]), np.array([[5.0, 1.0]])).tolist() == [0]
    tied = losses.CategoricalHinge().derivative(np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 2.0, 2.0]]))
    assert tied.tolist() == [[-1, 0.5, 0.5]]
    assert losses.LogCosh().values(np.zeros((1, 1)), np.array([[100.0]]))[0] == pytest.approx(
        100 - math.log(2)
    )


def test_ranks_are_brought_together_as_keras_does() -> None:
    """(n,) goes with (n, 1), either way; single numbers with single numbers; whole predictions become float32."""
    mse = losses.MeanSquaredError()
    y, p = np.array([1.0, 2.0]), np.array([[1.0], [4.0]])
    for targets, said in ((y, p), (y[:, None], p), (y[:, None], p[:, 0]), (p * 0 + y[:, None], p[:, 0])):
        assert mse(targets, said) == 2.0
    assert mse(y[:, None, None].repeat(1, 1), p) == 2.0
    assert mse(np.zeros((2, 3, 1)), np.ones((2, 3))) == 1.0
    assert mse(np.zeros((2, 3)), np.ones((2, 3, 1))) == 1.0
    assert mse(y, np.array([1.0, 4.0])) == 2.0
    assert mse.call(y, np.array([1, 4])).dtype == np.float32
    assert mse.call(y, np.array([1, 4], np.float16)).dtype == np.float32
    assert mse.call(y, np.array([1.0, 4.0])).dtype == np.float64
    with pytest.raises(ShapeError, match="targets of shape .2, 3. and predictions of shape .2, 2."):
        mse(np.zeros((2, 3)), np.zeros((2, 2)))
    with pytest.raises(ShapeError, match="sample weights"):
        mse(y, p, np.ones(3))
    assert losses.MeanSquaredError(reduction="mean_with_sample_weight")(y, p, np.zeros(2)) == 0
    assert losses.MeanSquaredError(reduction="sum")(np.zeros((0, 1)), np.zeros((0, 1))) == 0
    assert losses.MeanSquaredError(reduction="none").reduction is None


@pytest.mark.parametrize("make", [
    lambda: losses.Huber(delta=0), lambda: losses.BinaryFocalCrossentropy(gamma=-0.1), lambda: losses.BinaryCrossentropy(axis=0),
    lambda: losses.BinaryCrossentropy(label_smoothing=1.1), lambda: losses.CategoricalCrossentropy(label_smoothing=-0.1),
    lambda: losses.CosineSimilarity(axis=0), lambda: losses.SparseCategoricalCrossentropy(ignore_class=0),
    lambda: losses.MeanSquaredError(dtype="float16"), lambda: losses.MeanSquaredError(reduction="men"),
    lambda: losses.CategoricalFocalCrossentropy(label_smoothing=2), lambda: losses.BinaryFocalCrossentropy(axis=0),
])  # fmt: skip
def test_settings_without_a_meaning_are_refused(make) -> None:
    """At once, with the setting's name."""
    with pytest.raises(SettingError):
        make()


def test_settings_at_their_limits_are_taken() -> None:
    """A share of 0 or 1, a gamma of 0."""
    assert losses.BinaryCrossentropy(label_smoothing=1).label_smoothing == 1
    assert losses.BinaryFocalCrossentropy(gamma=0).gamma == 0
    assert losses.MeanSquaredError(dtype="float32", name="mine").name == "mine"


@pytest.mark.parametrize("row", [row for row in ROWS if not row["settings"]], ids=named)
def test_functions_have_the_same_defaults(row) -> None:
    """losses.hinge(y, p) and its kin: one number a row."""
    function = losses.get(getattr(losses, row["loss"]).key.replace("huber_loss", "huber"))
    y, p = pair(row["kind"], SHAPES[0])
    np.testing.assert_allclose(function(y, p), row["rows"][0], rtol=2e-5, atol=1e-6)


def test_what_was_cut_off_passes_nothing_on() -> None:
    """A probability of exactly 0 or 1 under the focal loss; targets above 1 under the divergence."""
    smooth = losses.CategoricalFocalCrossentropy(gamma=0.0, label_smoothing=0.2)
    sure = smooth.derivative(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]]))
    np.testing.assert_array_equal(sure, [[0, 0]])
    three = losses.CategoricalFocalCrossentropy(gamma=0.0)
    d = three.derivative(np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 0.5, 0.5]]))
    np.testing.assert_array_equal(d, [[0, 0, 0]])
    divergence, p = losses.KLDivergence(), np.array([[0.4, 0.3]])
    np.testing.assert_array_equal(
        divergence.values(np.array([[2.0, 0.5]]), p), divergence.values(np.array([[1.0, 0.5]]), p)
    )
    assert losses.Hinge().derivative(np.array([[1.0]]), np.array([[1.0]])).tolist() == [[0]]  # on the margin
    assert losses.CosineSimilarity().get_config()["axis"] == -1


def test_a_subclass_may_call_the_formula_that_it_extends() -> None:
    """super().call is the formula of the nearest class that has one of its own, not the found one."""

    class Half(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return super().call(y_true, y_pred) / 2

    y, p = np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]])
    assert (Half()(y, p), float(Half().values(y, p)[0])) == (1.0, 1.0)
