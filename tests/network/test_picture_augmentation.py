"""Pictures that change at every step: within 0 to 1, the same for the same noise, mirrored only where classes allow it."""

import numpy as np
import pytest

from chainrule.arrays import counter_noise, seed_words
from chainrule.datasets.data_checks.near_copies import flips_allowed
from chainrule.datasets.dataset import Dataset
from chainrule.layers.base import Context
from chainrule.training.picture_augmentation import PictureAugmentation, sampled


def changed(layer: PictureAugmentation, x: np.ndarray, seed: int = 1) -> np.ndarray:
    """What the layer makes of pictures while a network learns."""
    return layer.forward(
        {}, x, Context(training=True, noise=counter_noise(seed_words(seed), np.int32(0), 0))
    )[0]


@pytest.mark.parametrize("shape", [(6, 20, 20), (6, 20, 24, 1), (6, 24, 20, 3)])
def test_pictures_keep_shape_and_range_and_follow_the_noise(shape) -> None:
    """Gray and coloured, of any proportions: the same noise the same pictures, other noise others; predicting changes nothing."""
    x = np.random.default_rng(3).random(shape).astype(np.float32)
    layer = PictureAugmentation(flip=True)
    once, again, other = changed(layer, x), changed(layer, x), changed(layer, x, 2)
    assert once.shape == shape
    assert 0 <= once.min() <= once.max() <= 1
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).max() > 0.1
    np.testing.assert_array_equal(layer.forward({}, x)[0], x)


def test_a_half_turn_of_places_is_a_half_turn_of_the_picture() -> None:
    """Sampling at whole places is exact, between them it is the mean, and beyond the edge it is the edge."""
    x = np.random.default_rng(4).random((2, 5, 7, 3))
    row, column = np.indices((5, 7)).astype(float)
    places = (np.stack([4 - row] * 2), np.stack([6 - column] * 2))
    np.testing.assert_allclose(sampled(x, *places), x[:, ::-1, ::-1])
    half = sampled(x, np.full((2, 1, 1), 0.0), np.full((2, 1, 1), 2.5))
    np.testing.assert_allclose(half[:, 0, 0], (x[:, 0, 2] + x[:, 0, 3]) / 2)
    np.testing.assert_allclose(
        sampled(x, np.full((2, 1, 1), -3.0), np.full((2, 1, 1), 99.0))[:, 0, 0], x[:, 0, 6]
    )


@pytest.mark.parametrize(
    ("names", "mirrored_twins", "allowed"),
    [
        (("cat", "dog"), False, True),
        (("b", "d"), False, False),
        (("turn left", "turn right"), False, False),
        (("east", "west"), True, False),
    ],
)
def test_pictures_are_mirrored_only_where_classes_allow_it(names, mirrored_twins, allowed) -> None:
    """Not letters, not left and right, not classes of which one is the mirror image of the other."""
    rng = np.random.default_rng(5)
    x = rng.integers(0, 60, (40, 12, 12, 3)).astype(np.uint8)
    y = np.arange(40) // 20
    if mirrored_twins:
        x[:20, :, :4] += 150
        x[20:, :, 8:] += 150
    else:
        x[:20, 2:5] += 150
        x[20:, 8:] += 150
    assert flips_allowed(Dataset("some", x, y, x, y, task="two classes", class_names=names)) is allowed


def test_pictures_stay_within_the_numbers_that_they_have() -> None:
    """Of 0 to 16 or of -1 to 1 as of 0 to 1: the same picture on another scale is changed to the same."""
    from chainrule.layers.base import Context

    x = np.random.default_rng(0).random((6, 9, 9, 3)).astype(np.float32)
    noise = np.random.default_rng(1).random((6, 12)).astype(np.float32)
    context = Context(noise=lambda shape: noise)
    usual = PictureAugmentation(brightness=0.9).forward({}, x, context)[0]
    for low, high in ((0, 16), (-1, 1)):
        layer = PictureAugmentation(brightness=0.9, limits=(low, high))
        other = layer.forward({}, low + (high - low) * x, context)[0]
        assert other.min() >= low
        assert other.max() <= high
        np.testing.assert_allclose((other - low) / (high - low), usual, atol=2e-5)
        assert PictureAugmentation.from_config(layer.get_config()).limits == (low, high)
