"""Convolutions: their derivatives in every setting, values worked by hand, shapes, and what they refuse."""

import numpy as np
import pytest
from checker import check_layer
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from chainrule.layers.patches import patches, patches_transposed
from chainrule.layers.window import Window

SETTINGS = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "padding": "same"},
    {"kernel_size": 2, "strides": 2},
    {"kernel_size": (2, 3), "strides": (1, 2), "padding": "same"},
    {"kernel_size": 1, "strides": 3},
    {"kernel_size": 2, "dilation_rate": 2},
    {"kernel_size": (2, 3), "dilation_rate": (2, 1), "padding": "same"},
    {"kernel_size": 3, "strides": 3},
]


def prepared(layer, shape, seed=0):
    """A layer's weights and a batch of two, drawn."""
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(size=size) for name, size in layer.weight_shapes(shape).items()}
    return params, rng.normal(size=(2, *shape))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_conv2d_has_the_derivatives_measured(settings, bias) -> None:
    """By its input, its kernel and its bias, for every kind of stride, padding and dilation: every entry agrees."""
    layer = Conv2D(2, use_bias=bias, **settings)
    check_layer(layer, *prepared(layer, (5, 6, 2)))


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize("more", [{}, {"strides": 2}, {"dilation_rate": 2}], ids=str)
def test_conv1d_has_the_derivatives_measured(padding, more) -> None:
    """The same along a sequence, causal padding included."""
    layer = Conv1D(2, 2, padding=padding, **more)
    check_layer(layer, *prepared(layer, (6, 2)))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_convolutions_have_the_derivatives_measured(settings, multiplier) -> None:
    """DepthwiseConv2D and SeparableConv2D, by input and by each weight."""
    for layer in (
        DepthwiseConv2D(depth_multiplier=multiplier, **settings),
        SeparableConv2D(3, depth_multiplier=multiplier, use_bias=multiplier > 1, **settings),
    ):
        check_layer(layer, *prepared(layer, (5, 6, 2)))


PADDED = [
    {"kernel_size": size, "strides": 2, "padding": padding, "output_padding": more}
    for size in (1, 2, 3)
    for padding in ("valid", "same")
    for more in (0, 1)
]


@pytest.mark.parametrize("settings", [*SETTINGS, *PADDED], ids=str)
def test_transposed_convolutions_have_the_derivatives_measured(settings) -> None:
    """Conv2DTranspose, by input and by each weight; its output has the size foretold."""
    layer = Conv2DTranspose(2, **settings)
    params, x = prepared(layer, (3, 2, 2))
    check_layer(layer, params, x)
    assert layer.forward(params, x)[0].shape == (2, *layer.output_shape_for((3, 2, 2)))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_same_along_sequences(padding) -> None:
    """DepthwiseConv1D, SeparableConv1D and Conv1DTranspose."""
    for layer in (
        DepthwiseConv1D(2, 2, padding, depth_multiplier=2), SeparableConv1D(3, 2, padding=padding),
        Conv1DTranspose(2, 3, 2, padding), Conv1DTranspose(2, 1, 2, padding),
    ):  # fmt: skip
        check_layer(layer, *prepared(layer, (5, 2)))


@given(
    sizes=st.tuples(st.integers(4, 7), st.integers(4, 7)), size=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 3), dilation=st.integers(1, 2), padding=st.sampled_from(["valid", "same"]),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_the_transpose_of_patches_is_the_transpose(sizes, size, stride, dilation, padding, seed) -> None:
    """For any window, the sum of patches(x) times d is the sum of x times patches_transposed(d)."""
    window = Window(size, (stride, stride), (dilation, dilation), padding)
    if padding == "valid" and any(e > n for e, n in zip(window.extent, sizes, strict=True)):
        return
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *sizes, 3))
    seen = patches(x, window)
    d = rng.normal(size=seen.shape)
    np.testing.assert_allclose((seen * d).sum(), (x * patches_transposed(d, window, sizes)).sum(), rtol=1e-10)


def test_a_convolution_worked_by_hand(xp) -> None:
    """A kernel (1, 2 / 3, 4) over a picture of 2 by 3: two sums, and where each derivative goes."""
    layer = Conv2D(1, 2)
    params = {"kernel": xp.asarray([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1), "bias": xp.asarray([10.0])}
    x = xp.asarray([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]).reshape(1, 2, 3, 1)
    z, cache = layer.forward(params, x)
    np.testing.assert_array_equal(z[0, :, :, 0], [[15, 21]])  # 1 + 4 + 10, and 4 + 3 + 4 + 10
    dz = xp.asarray([1.0, -1.0]).reshape(1, 1, 2, 1)
    np.testing.assert_array_equal(layer.backward(params, cache, dz)[0, :, :, 0], [[1, 1, -2], [3, 1, -4]])
    grads = layer.gradients(params, cache, dz)
    np.testing.assert_array_equal(grads["kernel"][:, :, 0, 0], [[1, -2], [-1, 0]])
    np.testing.assert_array_equal(grads["bias"], [0])


def test_both_libraries_agree(rng) -> None:
    """NumPy and JAX give the same float32 numbers, forward and backward."""
    jnp = pytest.importorskip("jax.numpy", reason="JAX IS NOT INSTALLED")
    layer = Conv2D(4, 3, strides=2, padding="same")
    params = {
        name: rng.normal(size=size).astype("f") for name, size in layer.weight_shapes((9, 8, 3)).items()
    }
    x = rng.normal(size=(2, 9, 8, 3)).astype("f")
    z, cache = layer.forward(params, x)
    there = {name: jnp.asarray(w) for name, w in params.items()}
    z_there, cache_there = layer.forward(there, jnp.asarray(x))
    np.testing.assert_allclose(z_there, z, rtol=1e-4, atol=1e-4)
    dz = rng.normal(size=z.shape).astype("f")
    np.testing.assert_allclose(
        layer.backward(there, cache_there, jnp.asarray(dz)),
        layer.backward(params, cache, dz),
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_shapes_are_foretold(settings) -> None:
    """The shape of the output is known before anything is computed, and it stays float32."""
    layer = Conv2D(3, **settings)
    params = layer.init(np.random.default_rng(0), (7, 6, 2))
    assert {name: w.shape for name, w in params.items()} == layer.weight_shapes((7, 6, 2))
    y, _ = layer.forward(params, np.ones((2, 7, 6, 2), np.float32))
    assert y.shape == (2, *layer.output_shape_for((7, 6, 2)))
    assert y.dtype == np.float32


def test_multiplications_are_counted() -> None:
    """3 x 3 x 2 products for each of 5 x 5 x 4 numbers."""
    assert Conv2D(4, 3).multiplications((7, 7, 2)) == 9 * 2 * 25 * 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv2D(0, 3), "Conv2D: filters takes whole numbers of 1 or more"),
        (lambda: Conv2D(4, (3, 3, 3)), "kernel_size takes whole numbers of 1 or more, such as 2 or \\(2, 2\\)"),
        (lambda: Conv2D(4, 2.5), "kernel_size"),
        (lambda: Conv2D(4, 3, padding="full"), "There is no padding called 'full'"),
        (lambda: Conv2D(4, 3, padding="causal"), "There is no padding called 'causal'"),
        (lambda: Conv2D(4, 3, strides=2, dilation_rate=2), "cannot both be above 1"),
        (lambda: Conv2D(4, 3, groups=2), "groups=2 is not supported. Use groups=1, or DepthwiseConv2D"),
        (lambda: Conv2D(4, 3, data_format="channels_first"), "Move the channels to the last axis"),
        (lambda: Conv2D(4, 3, colour=1), "no setting called 'colour'"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(make, words) -> None:
    """What is not supported, or is no setting, is refused by name, with the way out."""
    with pytest.raises(SettingError, match=words):
        make()


def test_inputs_that_do_not_fit_are_refused() -> None:
    """A picture without channels, and a kernel larger than its picture, in one sentence that names the layer."""
    with pytest.raises(
        ShapeError, match=r"Conv2D 'c' takes examples of shape \(height, width, channels\); it got"
    ):
        Conv2D(4, 3, name="c").output_shape_for((28, 28))
    with pytest.raises(ShapeError, match=r"Put Reshape\(\(28, 28, 1\)\) before it"):
        Conv2D(4, 3).weight_shapes((28, 28))
    with pytest.raises(ShapeError, match=r"window of \(5, 5\), larger than its input of \(4, 9\)"):
        Conv2D(4, 5).output_shape_for((4, 9, 1))
