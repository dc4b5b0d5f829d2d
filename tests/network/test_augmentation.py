"""Handwriting bent anew at every step: by known amounts, alike on both libraries, and only while learning."""

import numpy as np
import pytest

from chainrule.arrays import counter_noise, seed_words
from chainrule.errors import ShapeError
from chainrule.layers.base import Context
from chainrule.training.augmentation import SIDE, Handwriting, sampled, with_pen

STILL = dict.fromkeys(
    [
        "rotation",
        "scale",
        "aspect",
        "shear",
        "shift",
        "elastic",
        "thickness",
        "blur",
        "contrast",
        "grain",
        "clean",
    ],
    0.0,
)


def pictures(n: int = 64) -> np.ndarray:
    """Bars of ink, not in the middle."""
    x = np.zeros((n, SIDE, SIDE), np.float32)
    x[:, 6:20, 10:13] = 1
    x[:, 18:21, 10:20] = 0.8
    return x


def noise(xp=np, step: int = 3):
    return Context(
        training=True, noise=counter_noise(xp.asarray(seed_words(5)), xp.asarray(np.int32(step)), 0)
    )


def test_nothing_is_bent_when_predicting() -> None:
    """Without noise the pictures go through untouched, in any shape."""
    x = np.ones((2, 5))
    assert Handwriting().forward({}, x)[0] is x


def test_with_every_setting_at_nothing_the_pictures_stay(xp) -> None:
    """All amounts 0: the same pictures, to rounding, as rows or as squares."""
    for shape in ((64, SIDE, SIDE), (64, SIDE * SIDE)):
        x = xp.asarray(pictures().reshape(shape))
        y, _ = Handwriting(**STILL).forward({}, x, noise(xp))
        assert y.shape == shape
        np.testing.assert_allclose(y, x, atol=2e-5)


@pytest.mark.parametrize("setting", sorted(set(STILL) - {"clean"}))
def test_every_setting_bends_in_its_way(setting) -> None:
    """Each amount alone changes the pictures, keeps them within 0..1, and differs from picture to picture."""
    amount = getattr(Handwriting(), "settings")[setting]
    x = pictures()
    y, _ = Handwriting(**STILL | {setting: amount}).forward({}, x, noise())
    assert y.dtype == np.float32
    assert (y >= 0).all()
    assert (y <= 1).all()
    moved = np.abs(y - x).reshape(len(x), -1).max(axis=1)
    assert (moved > 1e-3).mean() > 0.8
    assert np.unique(moved.round(5)).size > 16
    ink = y.reshape(len(y), -1).sum(axis=1).mean() / x[0].sum()
    assert 0.6 < ink < 1.5


def test_a_share_is_left_as_it_is() -> None:
    """clean=0.25 leaves about a quarter of the pictures untouched."""
    x = pictures(2000)
    y, _ = Handwriting(clean=0.25).forward({}, x, noise())
    assert (y == x).all(axis=(1, 2)).mean() == pytest.approx(0.25, abs=0.03)


def test_luck_is_the_step_s(xp) -> None:
    """The same step bends alike, another step otherwise."""
    x = xp.asarray(pictures(4))
    once, again, other = (np.asarray(Handwriting().forward({}, x, noise(xp, step))[0]) for step in (3, 3, 4))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


def test_both_libraries_bend_alike() -> None:
    """NumPy and JAX give the same pictures, to rounding."""
    jnp = pytest.importorskip("jax.numpy", reason="JAX IS NOT INSTALLED")
    here, _ = Handwriting().forward({}, pictures(16), noise())
    there, _ = Handwriting().forward({}, jnp.asarray(pictures(16)), noise(jnp))
    np.testing.assert_allclose(there, here, atol=2e-4)


def test_between_pixels_brightness_is_mixed() -> None:
    """A place between four pixels has their mean by distance; outside the picture there is nothing."""
    x = np.arange(SIDE * SIDE, dtype=np.float32).reshape(1, SIDE, SIDE)
    row, column = (np.full((1, SIDE, SIDE), value) for value in (2.25, 4.5))
    assert sampled(x, row, column)[0, 0, 0] == pytest.approx(2.25 * SIDE + 4.5)
    assert sampled(x, row - 100, column)[0, 0, 0] == 0
    rows, columns = (grid[None].astype(float) for grid in np.indices((SIDE, SIDE)))
    np.testing.assert_allclose(sampled(x, rows, columns), x)
    np.testing.assert_allclose(sampled(x, rows + 1, columns)[0, :-1], x[0, 1:])


def test_a_pen_is_thicker_or_thinner() -> None:
    """A thicker pen adds ink beside the edges, a thinner one takes some off; none changes nothing."""
    x = pictures(1)
    still, more, less = (with_pen(x, np.full((1, 1, 1), t), np.zeros((1, 1, 1))) for t in (0.0, 0.5, -0.5))
    np.testing.assert_array_equal(still, x)
    assert more[0, 10, 9] == 0.5
    assert less[0, 10, 10] == pytest.approx(0.6)
    assert (more >= x).all()
    assert (less <= x).all()


def test_other_pictures_are_refused() -> None:
    """Only 28 x 28 can be bent."""
    with pytest.raises(ShapeError, match="28 x 28"):
        Handwriting().forward({}, np.zeros((2, 27, 28), np.float32), noise())
