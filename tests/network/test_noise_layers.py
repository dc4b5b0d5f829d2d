"""Layers that work by chance while learning: their derivatives, their mean and spread, and that they rest otherwise."""

import numpy as np
import pytest
from checker import check_layer

from chainrule.arrays import counter_noise, seed_words
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
)
from chainrule.layers.base import Context

LAYERS = [
    GaussianNoise(0.5), GaussianDropout(0.3), AlphaDropout(0.3), Dropout(0.3, noise_shape=(None, 1, 3)),
    SpatialDropout1D(0.5), AlphaDropout(0.3, noise_shape=(None, 1, None)),
]  # fmt: skip


def told(x, seed=1):
    """What a layer is told while learning."""
    xp = x.__array_namespace__()
    return Context(True, counter_noise(xp.asarray(seed_words(seed)), xp.asarray(0), 2))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_with_the_noise_held_fixed_the_derivatives_are_those_measured(layer, rng) -> None:
    """And without noise the layer changes nothing."""
    x = rng.normal(size=(2, 4, 3))
    check_layer(layer, {}, x, seed=3)
    assert layer.forward({}, x)[0] is x


@pytest.mark.parametrize(
    ("layer", "spread"), [(GaussianNoise(0.5), 0.5), (GaussianDropout(0.2), 0.5), (Dropout(0.2), 0.5)]
)
def test_noise_has_the_mean_and_spread_that_were_asked_for(layer, spread, xp) -> None:
    """Of ones: mean 1, and the standard deviation of the setting."""
    x = xp.ones((300, 100), dtype=xp.float32)
    y = np.asarray(layer.forward({}, x, told(x))[0])
    assert y.dtype == np.float32
    assert y.mean() == pytest.approx(1, abs=0.01)
    assert y.std() == pytest.approx(spread, abs=0.01)


def test_alpha_dropout_keeps_mean_and_variance(rng) -> None:
    """Of normal numbers: mean 0 and variance 1 stay, and what is left out has one value."""
    x = rng.normal(size=(400, 100))
    y = AlphaDropout(0.2).forward({}, x, told(x))[0]
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.var() == pytest.approx(1, abs=0.02)


def test_spatial_dropout_leaves_out_whole_channels() -> None:
    """All places of a channel fall out together."""
    x = np.ones((50, 4, 5, 8))
    y = SpatialDropout2D(0.5).forward({}, x, told(x))[0]
    assert ((y == 0).all(axis=(1, 2)) | (y == 2).all(axis=(1, 2))).all()
    assert 0.4 < (y == 0).mean() < 0.6


def test_what_makes_no_sense_is_refused() -> None:
    """A rate of 1, a negative deviation, another rank."""
    for make in (lambda: GaussianDropout(1.0), lambda: GaussianNoise(-1), lambda: AlphaDropout("x"),
                 lambda: Dropout(0.5, noise_shape=("a",)), lambda: SpatialDropout2D(0.5, "channels_first")):  # fmt: skip
        with pytest.raises(SettingError):
            make()
    with pytest.raises(ShapeError, match="SpatialDropout1D takes examples of shape"):
        SpatialDropout1D(0.5).output_shape_for((4,))


def test_a_penalty_on_outputs_is_shared_out_over_the_batch() -> None:
    """Each number hears (l1 · sign(x) + 2 · l2 · x) / n beside what comes from above, n the batch's size."""
    from chainrule.layers import ActivityRegularization

    layer = ActivityRegularization(l1=0.5, l2=0.25)
    x, dy = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[0.0, 1.0], [2.0, 0.0]])
    _, cache = layer.forward({}, x)
    expected = [[0.5, 1 - 0.75], [2 + 1.0, 0.375]]
    np.testing.assert_allclose(layer.backward({}, cache, dy), expected)
    assert layer.added_loss(cache) == (0.5 * 6.5 + 0.25 * 14.25) / 2
