"""Pictures moved at every step, and the recipe that does so."""

import numpy as np
import pytest

from chainrule.arrays import counter_noise, jax_installed, seed_words
from chainrule.datasets.dataset import Dataset
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import Context
from chainrule.training import recipes
from chainrule.training.shifts import Shifts


def moved(pixels: int, pictures: np.ndarray, step: int = 3) -> np.ndarray:
    noise = counter_noise(seed_words(1), np.asarray(step), 0)
    return Shifts(pixels).forward({}, pictures, Context(True, noise))[0]


@pytest.mark.parametrize("pixels", [1, 2])
def test_every_place_within_reach_is_taken_and_no_other(pixels) -> None:
    """A single dot in the middle comes to each of the (2 · pixels + 1)² places about equally often, channels together."""
    pictures = np.zeros((4000, 9, 9, 2), np.float32)
    pictures[:, 4, 4] = 1, 2
    y = moved(pixels, pictures)
    seen = (y[..., 0] > 0).sum(axis=0)
    wide = 2 * pixels + 1
    expected = 4000 / wide**2
    inside = seen[4 - pixels : 5 + pixels, 4 - pixels : 5 + pixels]
    assert seen.sum() == inside.sum() == 4000
    assert (abs(inside - expected) < 5 * np.sqrt(expected)).all()
    np.testing.assert_array_equal(y[..., 1], 2 * y[..., 0])


def test_steps_differ_and_the_same_step_is_the_same() -> None:
    """The shift is decided by seed, step and place alone; when predicting nothing moves."""
    pictures = np.random.default_rng(0).random((30, 6, 6)).astype(np.float32)
    assert (moved(1, pictures) == moved(1, pictures)).all()
    assert (moved(1, pictures) != moved(1, pictures, step=4)).any()
    assert Shifts(1).forward({}, pictures)[0] is pictures


@pytest.mark.skipif(not jax_installed(), reason="JAX IS NOT INSTALLED")
def test_both_libraries_move_alike() -> None:
    """The same bits on JAX."""
    import jax.numpy as jnp

    pictures = np.random.default_rng(0).random((30, 6, 7)).astype(np.float32)
    noise = counter_noise(jnp.asarray(seed_words(1)), jnp.asarray(3), 0)
    there = Shifts(1).forward({}, jnp.asarray(pictures), Context(True, noise))[0]
    np.testing.assert_array_equal(np.asarray(there), moved(1, pictures))


def test_only_pictures_are_moved() -> None:
    """Rows of a table, and half a pixel, are refused in one sentence."""
    with pytest.raises(ShapeError, match="Shifts moves pictures"):
        moved(1, np.zeros((3, 4), np.float32))
    with pytest.raises(SettingError, match="whole number of pixels"):
        Shifts(0.5)
    x, y = np.zeros((40, 3), np.float32), np.arange(40) % 2
    table = Dataset("rows", x, y, x, y, class_names=("a", "b"))
    with pytest.raises(SettingError):
        recipes.prepare(recipes.recipe("conv", 40), table, "numpy")


def test_the_recipe_conv_learns_where_a_thing_stands() -> None:
    """Two kinds of bars are told apart, with the layers of its notation; other hidden layers replace its network."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 40, (200, 14, 14)).astype(np.uint8)
    y = np.arange(200) % 2
    x[y == 1, 5:9] += 200
    x[y == 0, :, 5:9] += 200
    data = Dataset("bars", x[:160], y[:160], x[160:], y[160:], class_names=("up", "flat"), scale=1 / 255)
    recipe = recipes.recipe("conv", 160, epochs=3)
    model = recipes.prepare(recipe, data, "numpy")
    assert [type(layer).__name__ for layer in model.layers[:3]] == ["Reshape", "Conv2D", "MaxPooling2D"]
    recipes.learn(recipe, data, model, verbose=0)
    assert recipes.judge(data, model)["accuracy"] > 0.95
    other = recipes.network(recipes.recipe("conv", 160, hidden=(5,)), data)
    assert [type(layer).__name__ for layer in other.layers] == ["Flatten", "Dense", "Dense"]
