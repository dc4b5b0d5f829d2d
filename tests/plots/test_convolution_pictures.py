"""Filters, feature maps and colour pictures are drawn as what they are."""

import numpy as np
import pytest

from chainrule import Sequential, plots
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D

RNG = np.random.default_rng(0)


def network() -> Sequential:
    model = Sequential(
        [
            Input((12, 12, 1)),
            Conv2D(6, 3, activation="relu"),
            MaxPooling2D(),
            Conv2D(4, 2),
            Flatten(),
            Dense(3),
        ]
    )
    model.build()
    return model


def test_every_filter_is_there_with_its_numbers() -> None:
    """The picture holds each filter's weights where it stands, on a scale that goes as far down as up."""
    kernel = RNG.normal(size=(3, 3, 1, 6))
    ax = plots.filters(kernel)
    image = ax.images[0]
    assert image.get_clim() == pytest.approx((-np.abs(kernel).max(), np.abs(kernel).max()))
    shown = np.asarray(image.get_array())
    assert np.nanmax(shown[:12, :12]) == pytest.approx(kernel[..., 0, 0].max())
    assert shown[0, 0] == pytest.approx(kernel[0, 0, 0, 0])
    assert shown[11, 11] == pytest.approx(kernel[2, 2, 0, 0])
    assert np.isnan(shown).any()  # gaps between them


def test_filters_of_colour_pictures_are_in_colour() -> None:
    """Three channels are red, green and blue, and a weight of 0 is grey."""
    kernel = np.zeros((5, 5, 3, 2))
    kernel[..., 0, 0] = 1
    shown = np.asarray(plots.filters(kernel).images[0].get_array())
    np.testing.assert_allclose(shown[0, 0], [1, 0.5, 0.5, 1])


def test_filters_of_many_channels_are_rows() -> None:
    """A picture for each channel of each filter, and the title says how many are left out."""
    ax = plots.filters(RNG.normal(size=(3, 3, 20, 4)))
    assert ax.get_title() == "kernel: 4 filters, 3 × 3, 16 of 20 channels"


def test_a_networks_first_filters_are_its_weights() -> None:
    """plots.weights of a network that begins with a convolution draws the filters, not some later Dense."""
    model = network()
    assert plots.weights(model).get_title() == "conv2d: 6 filters, 3 × 3"
    assert plots.filters(model, "conv2d_1").get_title() == "conv2d_1: 4 filters, 2 × 2, 6 channels each"


def test_feature_maps_are_the_layers_outputs() -> None:
    """Each map is a channel of what the layer gives for the example, its activation included."""
    model, x = network(), RNG.normal(size=(12, 12, 1)).astype(np.float32)
    ax = plots.feature_maps(model, x)
    layer = model.layers[0]
    expected = layer(x[None])[0]
    shown = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(shown[:10, :10], expected[..., 0], atol=1e-6)
    assert ax.get_title() == "conv2d: 6 feature maps, 10 × 10"
    assert plots.feature_maps(model, x[None], "conv2d_1").get_title() == "conv2d_1: 4 feature maps, 4 × 4"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda m: plots.filters(m, "conv2d_9"), "Did you mean"),
        (lambda m: plots.filters(Sequential([Dense(2, input_shape=(3,))])), "plots.weights"),
        (lambda m: plots.feature_maps(m, np.ones((3, 3))), r"shape \(12, 12, 1\)"),
        (lambda m: plots.feature_maps(m, np.ones((12, 12, 1)), "dense"), "whose output is pictures"),
        (
            lambda m: plots.feature_maps(Sequential([Dense(2, input_shape=(3,))]), np.ones(3)),
            "gives pictures",
        ),
        (lambda m: plots.filters(np.ones((3, 3))), "height, width, channels, filters"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(ask, words) -> None:
    """The errors name what came and what there is."""
    with pytest.raises((SettingError, ShapeError), match=words):
        ask(network())


@pytest.mark.parametrize("shape", [(8, 8, 3), (192,)])
def test_colour_pictures_are_drawn_in_colour(shape) -> None:
    """As (h, w, 3) and as rows of numbers, examples and the weights that look at them."""
    x = RNG.uniform(size=(4, *shape))
    shown = np.asarray(plots.digits(x, columns=2).images[0].get_array())
    np.testing.assert_allclose(shown[0, 0, :3], x[0].reshape(8, 8, 3)[0, 0], atol=1e-6)
    layers = [Input(shape), *([Flatten()] if len(shape) == 3 else []), Dense(5)]
    assert np.asarray(plots.weights(Sequential(layers)).images[0].get_array()).shape[-1] == 4
