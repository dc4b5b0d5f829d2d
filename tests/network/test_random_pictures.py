"""Layers that change pictures: where pixels go, the way back, and nothing while predicting."""

import numpy as np
import pytest

import chainrule as keras
from chainrule.arrays import counter_noise, seed_words
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    CenterCrop,
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Resizing,
)  # fmt: skip
from chainrule.layers.base import Context

X = np.random.default_rng(0).random((2, 6, 5, 3)).astype("float32")
LINEAR = [
    RandomFlip(), RandomFlip("horizontal"), Resizing(3, 9), Resizing(9, 4, interpolation="nearest"), CenterCrop(3, 4),
    *[RandomRotation(0.2, fill_mode=fill) for fill in ("reflect", "wrap", "constant", "nearest")],
    RandomRotation(0.2, interpolation="nearest"), RandomZoom(0.4), RandomZoom((-0.5, 0), (0, 0.4)), RandomTranslation(0.3, 0.4),
]  # fmt: skip


def learning(seed: int = 1, xp=np) -> Context:
    """The context of a step of learning."""
    words = xp.asarray(seed_words(seed))
    return Context(True, counter_noise(words, xp.int32(0), 0))


@pytest.mark.parametrize("layer", LINEAR, ids=lambda layer: type(layer).__name__)
def test_the_way_back_is_the_transpose_of_the_way_there(layer, xp) -> None:
    """Each of these is linear in the picture: y · d = x · backward(d), on both array libraries."""
    y, cache = layer.forward({}, xp.asarray(X), learning(xp=xp))
    d = np.random.default_rng(1).random(y.shape).astype("float32")
    back = np.asarray(layer.backward({}, cache, xp.asarray(d)))
    assert float((np.asarray(y) * d).sum()) == pytest.approx(float((back * X).sum()), rel=1e-4)
    assert tuple(y.shape[1:]) == layer.output_shape_for(X.shape[1:])


@pytest.mark.parametrize(
    "layer", [RandomContrast(0.3, value_range=(0, 1)), RandomBrightness(0.3, value_range=(0, 1))]
)
def test_contrast_and_brightness_have_the_slope_of_two_small_steps(layer) -> None:
    """Numbers that were cut at the value range pass nothing back."""
    v = np.random.default_rng(2).normal(size=X.shape)
    ends = [layer.forward({}, X.astype("float64") + step * v, learning())[0].sum() for step in (1e-5, -1e-5)]
    _, cache = layer.forward({}, X, learning())
    found = layer.backward({}, cache, np.ones_like(X))
    assert float((found * v).sum()) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=2e-2)


def test_predicting_changes_nothing_and_a_step_draws_the_same_again() -> None:
    """Each picture gets its own numbers, the same for the same step."""
    for layer in (RandomRotation(0.3), RandomBrightness(0.4), RandomFlip()):
        np.testing.assert_array_equal(layer(X), X)
        once, again = layer.forward({}, X, learning(4))[0], layer.forward({}, X, learning(4))[0]
        np.testing.assert_array_equal(once, again)
        assert not np.array_equal(once, layer.forward({}, X, learning(5))[0])


def test_a_quarter_turn_and_a_whole_shift_are_exact() -> None:
    """RandomRotation((0.25, 0.25)) is a quarter turn; a shift by half the picture moves every row by half the rows."""
    square = X[:, :5]
    turned = RandomRotation((0.25, 0.25)).forward({}, square, learning())[0]
    np.testing.assert_allclose(turned, np.rot90(square, 1, (1, 2)), atol=1e-5)
    moved = RandomTranslation((0.5, 0.5), 0.0, fill_mode="constant").forward({}, X, learning())[0]
    np.testing.assert_allclose(moved[:, 3:], X[:, :3], atol=1e-6)
    assert not moved[:, :3].any()


def test_they_agree_with_keras() -> None:
    """With a factor that leaves no choice the pictures are those of Keras."""
    theirs = pytest.importorskip("keras").layers
    for name, settings in (
        ("RandomRotation", {"factor": (0.1, 0.1)}), ("RandomZoom", {"height_factor": (0.3, 0.3), "fill_mode": "wrap"}),
        ("RandomTranslation", {"height_factor": (0.2, 0.2), "width_factor": (-0.3, -0.3), "fill_mode": "constant"}),
        ("RandomBrightness", {"factor": (0.2, 0.2), "value_range": (0, 1)}),
    ):  # fmt: skip
        own = getattr(keras.layers, name)(**settings).forward({}, X, learning())[0]
        np.testing.assert_allclose(
            own, np.asarray(getattr(theirs, name)(**settings)(X, training=True)), atol=1e-5
        )


def test_a_network_with_them_learns_and_is_stored(tmp_path, backend) -> None:
    """At the beginning of a network they belong to the model, in files, too."""
    model = keras.Sequential(
        [
            keras.Input((6, 5, 3)), RandomFlip("horizontal"), RandomRotation(0.1), RandomZoom(0.1), Resizing(4, 4),
            keras.layers.Flatten(), keras.layers.Dense(1),
        ]
    )  # fmt: skip
    model.compile("sgd", "mse", backend=backend)
    model.fit(X, np.zeros(2), epochs=1, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_settings_and_shapes_that_cannot_be_are_refused() -> None:
    """In a sentence that says what came and what was expected."""
    for wrong in (
        lambda: RandomRotation((0.3, 0.1)), lambda: RandomZoom("much"), lambda: RandomFlip("sideways"),
        lambda: Resizing(0, 3), lambda: Resizing(3, 3, crop_to_aspect_ratio=True), lambda: RandomFlip(data_format="channels_first"),
    ):  # fmt: skip
        with pytest.raises((SettingError, ValueError)):
            wrong()
    with pytest.raises(ShapeError):
        RandomFlip()(keras.Input((5,)))
    with pytest.raises(ShapeError):
        CenterCrop(9, 9)(keras.Input((6, 5, 3)))
