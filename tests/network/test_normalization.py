"""Normalization: derivatives while learning and predicting, statistics that are counted along, what is refused."""

import numpy as np
import pytest
from checker import check_layer, check_rule

from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    Normalization,
    RMSNormalization,
    UnitNormalization,
)
from chainrule.layers.base import Context


def drawn(layer, shape, rng):
    """Weights of a layer, all different, variances above 0."""
    return {name: rng.uniform(0.5, 2, size) for name, size in layer.weight_shapes(shape).items()}


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 3, 2)], ids=str)
@pytest.mark.parametrize(
    "settings", [{}, {"center": False}, {"scale": False}, {"axis": 1, "epsilon": 0.1}], ids=str
)
@pytest.mark.parametrize("seed", [None, 1], ids=["predicting", "learning"])
def test_batch_normalization_has_the_derivatives_measured(shape, settings, seed, rng) -> None:
    """By its input, γ and β, with the batch's own statistics while learning and the moving ones when predicting."""
    layer = BatchNormalization(**settings)
    check_layer(layer, drawn(layer, shape, rng), rng.normal(size=(3, *shape)), seed)


def test_batch_normalization_with_a_mask_has_the_derivatives_measured(rng) -> None:
    """Steps that a mask leaves out are normalized by the others' statistics, and are no part of them."""
    layer, x = BatchNormalization(), rng.normal(size=(2, 3, 2))
    params = drawn(layer, (3, 2), rng)
    context = Context(True, None, np.array([[True, True, False], [True, False, False]]))
    _, cache = layer.forward(params, x, context)
    check_rule(
        lambda x: layer.forward(params, x, context)[0],
        lambda dy: layer.backward(params, cache, dy),
        x,
        "masked",
    )
    counted = x[np.asarray(context.mask)]
    np.testing.assert_allclose(cache.x.mean.ravel(), counted.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(cache.x.variance.ravel(), counted.var(axis=0), rtol=1e-6)


def test_batch_normalization_keeps_moving_statistics(xp) -> None:
    """m is 0.9 m + 0.1 of the batch's, with the biased variance; frozen or predicting, nothing moves."""
    layer = BatchNormalization(momentum=0.9)
    params = {
        "gamma": xp.ones(1),
        "beta": xp.zeros(1),
        "moving_mean": xp.zeros(1),
        "moving_variance": xp.ones(1),
    }
    x = xp.asarray([[1.0], [3.0]])
    _, cache = layer.forward(params, x, Context(training=True))
    new = layer.update_statistics(params, cache)
    assert float(new["moving_mean"][0]) == pytest.approx(0.2)
    assert float(new["moving_variance"][0]) == pytest.approx(1.0)  # 0.9 · 1 + 0.1 · 1
    assert layer.update_statistics(params, layer.forward(params, x)[1]) == {}
    frozen = BatchNormalization(trainable=False)
    y, cache = frozen.forward(params, x, Context(training=True))
    assert frozen.update_statistics(params, cache) == {}
    np.testing.assert_allclose(y, x / np.sqrt(1.001), rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        LayerNormalization(), LayerNormalization(axis=[1, 2]), LayerNormalization(axis=1, center=False),
        LayerNormalization(scale=False, epsilon=0.1), RMSNormalization(), RMSNormalization(axis=[2, 1], epsilon=0.1),
        GroupNormalization(3), GroupNormalization(1, scale=False), GroupNormalization(-1, center=False, epsilon=0.1),
        GroupNormalization(2, axis=1), UnitNormalization(), UnitNormalization(axis=[1, 2]), Normalization(), Normalization(axis=None),
        Normalization(axis=(1, 2)), Normalization(invert=True), Normalization(mean=2.0, variance=3.0),
        Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0], invert=True),
    ],
    ids=lambda layer: f"{type(layer).__name__} {layer.axis}",
)  # fmt: skip
def test_the_others_have_the_derivatives_measured(layer, rng) -> None:
    """LayerNormalization, RMSNormalization, UnitNormalization and Normalization, with each of their settings."""
    check_layer(layer, drawn(layer, (2, 3), rng), rng.normal(size=(3, 2, 3)))


def test_adapt_measures_the_data() -> None:
    """After adapt the data have mean 0 and variance 1, given as one array or in batches; a constant column stays."""
    x = np.array([[1.0, 5.0], [3.0, 5.0], [8.0, 5.0]], np.float32)
    layer = Normalization()
    layer.adapt(x)
    np.testing.assert_allclose(layer(x)[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(layer(x)[:, 0].var(), 1, rtol=1e-5)
    np.testing.assert_array_equal(layer(x)[:, 1], 0)
    other = Normalization()
    other.adapt([x[:2], x[2:]])
    np.testing.assert_allclose(other(x), layer(x), rtol=1e-6)
    whole = Normalization(axis=None)
    whole.adapt(x)
    assert float(whole.params["mean"]) == pytest.approx(4.5)


def test_what_does_not_fit_is_refused() -> None:
    """Settings and data that make no sense, in one sentence."""
    with pytest.raises(SettingError, match="renorm is not supported"):
        BatchNormalization(renorm=True)
    with pytest.raises(SettingError, match="synchronized=True"):
        BatchNormalization(synchronized=True)
    with pytest.raises(ShapeError, match="works along axis 3, which a batch with 2 axes"):
        BatchNormalization(axis=3).output_shape_for((4,))
    with pytest.raises(SettingError, match="use RMSNormalization"):
        LayerNormalization(rms_scaling=True)
    with pytest.raises(SettingError, match="mean and variance together"):
        Normalization(mean=1.0)
    with pytest.raises(SettingError, match="adapt would change nothing"):
        Normalization(mean=1.0, variance=1.0).adapt(np.ones((2, 2)))
    with pytest.raises(DataError, match="adapt needs numbers"):
        Normalization().adapt([])
