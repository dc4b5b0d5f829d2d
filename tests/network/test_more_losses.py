"""Losses beyond the everyday ones: their derivatives, and values worked by hand."""

import numpy as np
import pytest
from checker import check_loss

from chainrule import losses
from chainrule.errors import SettingError
from chainrule.losses.base import NoLoss

PAIRS = {
    "numbers": lambda rng, shape: (rng.normal(size=shape), rng.normal(size=shape)),
    "positive": lambda rng, shape: (rng.uniform(0.5, 3, shape), rng.uniform(0.5, 3, shape)),
    "yes": lambda rng, shape: (rng.integers(0, 2, shape).astype(float), rng.uniform(0.05, 0.95, shape)),
    "classes": lambda rng, shape: (
        np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])],
        rng.uniform(0.1, 0.9, shape),
    ),
}
LOSSES = [
    (losses.MeanAbsolutePercentageError(), "positive"), (losses.MeanSquaredLogarithmicError(), "positive"),
    (losses.LogCosh(), "numbers"), (losses.CosineSimilarity(), "numbers"), (losses.Hinge(), "numbers"),
    (losses.Hinge(), "yes"), (losses.SquaredHinge(), "numbers"), (losses.CategoricalHinge(), "classes"),
    (losses.Poisson(), "positive"), (losses.KLDivergence(), "yes"), (losses.BinaryFocalCrossentropy(), "yes"),
    (losses.BinaryFocalCrossentropy(True, 0.3, 3.0, from_logits=True, label_smoothing=0.2), "yes"),
    (losses.BinaryFocalCrossentropy(gamma=0.0), "yes"), (losses.CategoricalFocalCrossentropy(), "classes"),
    (losses.CategoricalFocalCrossentropy([0.2, 0.3, 0.5], 3.0, True, 0.1), "classes"),
    (losses.CategoricalFocalCrossentropy(gamma=0.0), "classes"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "kind"), LOSSES, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 3)], ids=str)
def test_losses_have_the_derivatives_measured(loss, kind, shape, rng) -> None:
    """By each prediction of each example, for rows and for several rows an example."""
    check_loss(loss, *PAIRS[kind](rng, shape))


def test_derivatives_where_a_prediction_is_cut_off_or_far_away(rng) -> None:
    """Above 1 a probability is cut off and learns nothing; below 0 no other class holds the hinge; no loss is 0 at 0."""
    y, p = np.array([[0.2, 0.8]]), np.array([[1.5, 0.4]])
    check_loss(losses.KLDivergence(), y, p)
    assert losses.KLDivergence().derivative(y, p)[0, 0] == 0
    one, below = np.array([[0.0, 0.0, 1.0]]), np.array([[-1.0, -2.0, 0.3]])
    check_loss(losses.CategoricalHinge(), one, below)
    np.testing.assert_array_equal(losses.CategoricalHinge().derivative(one, below), [[0, 0, -1]])
    np.testing.assert_array_equal(losses.CategoricalHinge().derivative(one, 5 * one), [[0, 0, 0]])
    np.testing.assert_array_equal(losses.CategoricalHinge().derivative(one, 0.5 * one), [[1 / 3, 1 / 3, -1]])
    check_loss(losses.KLDivergence(), np.array([[1.5, 0.8]]), np.array([[0.5, 0.4]]))
    assert np.isfinite(losses.Poisson().derivative(y, np.zeros((1, 2)))).all()
    sure = losses.BinaryFocalCrossentropy(gamma=0.0).derivative(np.ones((1, 1)), np.ones((1, 1)))
    np.testing.assert_array_equal(sure, [[0]])
    np.testing.assert_array_equal(NoLoss().derivative(one, np.array([[0.0, 1.0, 2.0]])), [[0, 0, 0]])


def test_values_worked_by_hand(xp) -> None:
    """Two numbers each."""
    y, p = xp.asarray([[2.0, 4.0]]), xp.asarray([[1.0, 5.0]])
    np.testing.assert_allclose(losses.MeanAbsolutePercentageError().values(y, p), [37.5], rtol=1e-6)
    np.testing.assert_allclose(losses.Poisson().values(y, p), [(1 - 0 + 5 - 4 * np.log(5)) / 2], rtol=1e-5)
    np.testing.assert_allclose(
        losses.Hinge().values(xp.asarray([[0.0, 1.0]]), xp.asarray([[0.5, 3.0]])), [0.75]
    )
    np.testing.assert_allclose(losses.CosineSimilarity().values(2 * y, y), [-1], rtol=1e-6)
    z = xp.asarray([[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(
        losses.CategoricalHinge().values(z, xp.asarray([[0.5, 0.2, 0.4]])), [0.9], rtol=1e-6
    )


@pytest.mark.parametrize("name", sorted(losses.CLASSES))
def test_every_loss_is_found_by_its_names(name) -> None:
    """By class, by key, and as a stored entry; its settings survive being written down."""
    loss = losses.as_loss(losses.CLASSES[name].key)
    assert type(loss).__name__ == name
    assert losses.as_loss({"class_name": name, "config": loss.get_config()}).get_config() == loss.get_config()
    assert callable(losses.get(losses.CLASSES[name].key.replace("huber_loss", "huber")))


def test_settings_without_sense_are_refused() -> None:
    """Another axis, a negative gamma."""
    for make in (lambda: losses.CosineSimilarity(axis=1), lambda: losses.BinaryFocalCrossentropy(gamma=-1.0),
                 lambda: losses.CategoricalFocalCrossentropy(axis=0)):  # fmt: skip
        with pytest.raises(SettingError):
            make()
