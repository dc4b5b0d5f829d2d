"""Pooling: its derivatives in every setting, ties, values worked by hand, and what it refuses."""

import numpy as np
import pytest
from checker import check_layer

from chainrule import layers
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)

WINDOWS = [
    {"pool_size": 2},
    {"pool_size": (2, 3), "padding": "same"},
    {"pool_size": 2, "strides": 1},
    {"pool_size": 3, "strides": 2, "padding": "same"},
    {"pool_size": 2, "strides": 3},
    {"pool_size": (1, 2), "strides": (2, 1)},
]


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize("settings", WINDOWS, ids=str)
def test_pooling_has_the_derivatives_measured(kind, settings, rng) -> None:
    """For windows side by side, overlapping and with gaps: every entry agrees."""
    check_layer(kind(**settings), {}, rng.permutation(2 * 5 * 7 * 2).reshape(2, 5, 7, 2) / 10.0)


@pytest.mark.parametrize("kind", [MaxPooling1D, AveragePooling1D])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [None, 1])
def test_pooling_of_sequences_has_the_derivatives_measured(kind, padding, strides, rng) -> None:
    """The same along a sequence."""
    check_layer(kind(2, strides, padding), {}, rng.permutation(2 * 5 * 2).reshape(2, 5, 2) / 10.0)


@pytest.mark.parametrize("name", ["GlobalAveragePooling", "GlobalMaxPooling"])
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling_has_the_derivatives_measured(name, rank, keepdims, rng) -> None:
    """One number per channel, with and without its axes."""
    layer = getattr(layers, f"{name}{rank}D")(keepdims=keepdims)
    shape = (2, *[3] * rank, 2)
    x = rng.permutation(int(np.prod(shape))).reshape(shape) / 10.0
    check_layer(layer, {}, x)
    assert layer.forward({}, x)[0].shape == (2, *layer.output_shape_for(shape[1:]))


def test_of_equal_numbers_the_first_gets_all(xp) -> None:
    """As in Keras: the derivative of a window's maximum is not shared, also where windows overlap."""
    x, dy = xp.ones((1, 2, 4, 1)), xp.asarray([[[[1.0], [2.0]]]])
    pool = MaxPooling2D(2)
    np.testing.assert_array_equal(
        pool.backward({}, pool.forward({}, x)[1], dy)[0, :, :, 0], [[1, 0, 2, 0], [0, 0, 0, 0]]
    )
    pool = MaxPooling1D(2, strides=1)
    dx = pool.backward({}, pool.forward({}, xp.ones((1, 3, 1)))[1], xp.asarray([[[1.0], [2.0]]]))
    np.testing.assert_array_equal(dx[0, :, 0], [1, 2, 0])


def test_equal_numbers_share_a_global_maximum() -> None:
    """As in Keras, whose reduction of a whole axis divides the derivative among equals."""
    pool, x = GlobalMaxPooling2D(), np.array([1.0, 3.0, 3.0, 0.0]).reshape(1, 2, 2, 1)
    dx = pool.backward({}, pool.forward({}, x)[1], np.ones((1, 1)))
    np.testing.assert_array_equal(dx.ravel(), [0, 0.5, 0.5, 0])


def test_pooling_worked_by_hand(xp) -> None:
    """Margins count for nothing: neither in a maximum of negative numbers nor in a mean."""
    x = -xp.asarray([[[1.0], [2.0], [3.0]]])
    np.testing.assert_array_equal(MaxPooling1D(2, padding="same").forward({}, x)[0][0, :, 0], [-1, -3])
    np.testing.assert_array_equal(AveragePooling1D(2, padding="same").forward({}, x)[0][0, :, 0], [-1.5, -3])


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize("settings", WINDOWS, ids=str)
def test_shapes_are_foretold(kind, settings, xp) -> None:
    """What comes out has the shape that was said, in float32, forward and backward."""
    layer, x = kind(**settings), xp.ones((2, 5, 7, 2), dtype=xp.float32)
    y, cache = layer.forward({}, x)
    assert y.shape == (2, *layer.output_shape_for((5, 7, 2)))
    dx = layer.backward({}, cache, y)
    assert (dx.shape, y.dtype, dx.dtype) == (x.shape, np.float32, np.float32)


def test_what_does_not_fit_is_refused() -> None:
    """Rank, size and settings, in sentences that name the layer."""
    with pytest.raises(ShapeError, match="MaxPooling2D 'm' has a window of .*fewer pooling layers before it"):
        MaxPooling2D(3, name="m").output_shape_for((2, 2, 8))
    with pytest.raises(ShapeError, match=r"takes examples of shape \(steps, channels\)"):
        MaxPooling1D(2).output_shape_for((28, 28, 1))
    with pytest.raises(SettingError, match="pool_size takes whole numbers"):
        MaxPooling2D(0)
    with pytest.raises(SettingError, match="channels_first"):
        GlobalMaxPooling2D(data_format="channels_first")


def test_keras_s_short_names_are_the_same_classes() -> None:
    """MaxPool2D is MaxPooling2D, and so on."""
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.GlobalAvgPool2D is layers.GlobalAveragePooling2D
    assert layers.Convolution2D is layers.Conv2D
