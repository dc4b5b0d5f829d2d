"""What single settings, masks and limits do, worked by hand: one small case for each line that decides something."""

import numpy as np
import pytest

from chainrule import layers
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    Add,
    BatchNormalization,
    Concatenate,
    Dot,
    GlobalAveragePooling1D,
    Maximum,
    Minimum,
    Normalization,
    SeparableConv2D,
    Subtract,
    UnitNormalization,
)
from chainrule.layers.base import Context
from chainrule.layers.window import Window

MASK = np.array([[True, True, False], [True, False, False]])
ALL = np.ones((2, 3), bool)


def test_where_a_window_stands() -> None:
    """Missing cells are shared, an odd one goes to the end; side by side means no overlap, no gap, no dilation."""
    for size, missing in ((2, (0, 1)), (3, (1, 1)), (4, (1, 2)), (5, (2, 2))):
        assert Window((size,), (1,), (1,), "same").margins((9,)) == [missing]
    assert Window((3,), (1,), (2,), "causal").margins((9,)) == [(4, 0)]
    assert Window((3, 2), (1, 1), (1, 1), "valid").margins((9, 9)) == [(0, 0), (0, 0)]
    assert Window((2, 2), (2, 2), (1, 1), "valid").tiles
    assert not Window((2, 2), (2, 1), (1, 1), "valid").tiles
    assert not Window((2,), (2,), (2,), "valid").tiles
    assert Window((3,), (2,), (1,), "valid").places((9,)) == (4,)
    assert Window((3,), (2,), (1,), "same").places((9,)) == (5,)


@pytest.mark.parametrize(
    "kind", ["MaxPooling1D", "AveragePooling1D", "DepthwiseConv1D", "SeparableConv1D", "Conv1DTranspose"]
)
def test_only_conv1d_looks_back_alone(kind) -> None:
    """padding="causal" is Conv1D's."""
    layers.Conv1D(2, 2, padding="causal")
    layers.Conv1D(2, 2, padding="SAME")
    with pytest.raises(SettingError, match="no padding called 'causal'"):
        getattr(layers, kind)(*((2, 2) if "Sep" in kind or "Tr" in kind else (2,)), padding="causal")


def test_windows_larger_than_the_input_are_refused_by_both_convolutions_of_a_separable_one() -> None:
    """As by Conv2D."""
    with pytest.raises(ShapeError, match="larger than its input"):
        SeparableConv2D(2, 9).output_shape_for((8, 8, 3))


def test_a_mean_over_marked_steps() -> None:
    """Σ m x / Σ m, and back: each marked step gets its share."""
    x = np.arange(12.0).reshape(2, 3, 2)
    for keepdims in (False, True):
        pool = GlobalAveragePooling1D(keepdims=keepdims)
        y, cache = pool.forward({}, x, Context(mask=MASK))
        np.testing.assert_allclose(y.reshape(2, 2), [[1, 2], [6, 7]])
        assert y.shape == ((2, 1, 2) if keepdims else (2, 2))
        dx = pool.backward({}, cache, np.ones_like(y))
        np.testing.assert_allclose(dx[..., 0], [[0.5, 0.5, 0], [1, 0, 0]])


def test_moving_statistics_follow_slowly_from_where_they_are() -> None:
    """m ← 0.9 m + 0.1 · the batch's; a momentum of 0 or 1 and an epsilon of 0 are settings, too."""
    layer = BatchNormalization(momentum=0.9)
    params = {
        "gamma": np.ones(1),
        "beta": np.zeros(1),
        "moving_mean": np.array([5.0]),
        "moving_variance": np.array([3.0]),
    }
    x = np.array([[1.0], [3.0]])
    _, cache = layer.forward(params, x, Context(True, None, None))
    new = layer.update_statistics(params, cache)
    assert float(new["moving_mean"][0]) == pytest.approx(0.9 * 5 + 0.1 * 2)
    assert float(new["moving_variance"][0]) == pytest.approx(0.9 * 3 + 0.1 * 1)
    for settings in ({"momentum": 0}, {"momentum": 1}, {"epsilon": 0}):
        BatchNormalization(**settings)
    for settings in ({"momentum": -0.1}, {"momentum": 1.1}, {"epsilon": -1e-3}, {"renorm": True}, {"renorm_momentum": 0.9},
                     {"synchronized": True}):  # fmt: skip
        with pytest.raises(SettingError):
            BatchNormalization(**settings)


def test_axes_that_are_not_there_are_refused() -> None:
    """By each normalization."""
    for layer in (
        UnitNormalization(axis=3),
        layers.LayerNormalization(axis=3),
        BatchNormalization(3),
        Normalization(3),
    ):
        with pytest.raises(ShapeError, match="axis"):
            layer.output_shape_for((5,))
        assert layer.output_shape_for((5, 5, 5)) == (5, 5, 5)


def test_data_that_was_not_measured_passes_as_it_is() -> None:
    """Mean 0 and variance 1 until adapt; one number for all axes fits any width; others must fit."""
    layer = Normalization()
    layer.build((3,))
    np.testing.assert_array_equal(layer(np.array([[1.0, 2.0, 3.0]])), [[1, 2, 3]])
    assert Normalization(None, mean=1.0, variance=4.0)(np.array([[5.0, 1.0]])).tolist() == [[2, 0]]
    two = Normalization(mean=[1.0, 2.0], variance=[1.0, 4.0])
    assert two(np.array([[2.0, 6.0]])).tolist() == [[1, 2]]
    assert two.output_shape_for((7, 2)) == (7, 2)
    with pytest.raises(ShapeError, match="mean and variance of shape .2,"):
        two.output_shape_for((3,))


def test_masks_where_inputs_meet() -> None:
    """Merging: where any counts, none if one has none. Side by side: an input without a mask counts always."""
    other = np.array([[False, True, True], [False, False, False]])
    x = (np.ones((2, 3, 2)),) * 2
    np.testing.assert_array_equal(Add().next_mask(x, (MASK, other)), MASK | other)
    assert Add().next_mask(x, (MASK, None)) is None
    assert Add().next_mask(x, (None, None)) is None
    np.testing.assert_array_equal(
        Concatenate(1).next_mask(x, (MASK, other)), np.concatenate([MASK, other], axis=1)
    )
    np.testing.assert_array_equal(
        Concatenate(1).next_mask(x, (None, other)), np.concatenate([ALL, other], axis=1)
    )
    np.testing.assert_array_equal(Concatenate(-1).next_mask(x, (MASK, other)), MASK | other)
    np.testing.assert_array_equal(Concatenate(-1).next_mask(x, (MASK, None)), ALL)
    assert Concatenate().next_mask(x, (None, None)) is None
    assert Concatenate().next_mask(x, None) is None
    assert Dot(1).next_mask(x, (MASK, other)) is None


def test_equal_numbers_share_a_maximum_and_a_minimum() -> None:
    """Half to each of two; of three, the last comparison's half first, as in Keras."""
    a = np.array([[1.0]])
    for kind in (Maximum, Minimum):
        layer = kind()
        _, cache = layer.forward({}, (a, a))
        assert [float(d[0, 0]) for d in layer.backward({}, cache, np.ones((1, 1)))] == [0.5, 0.5]
        _, cache = layer.forward({}, (a, a, a))
        assert [float(d[0, 0]) for d in layer.backward({}, cache, np.ones((1, 1)))] == [0.25, 0.25, 0.5]


def test_how_many_inputs_a_layer_takes_is_said() -> None:
    """Two, or two or more."""
    with pytest.raises(ShapeError, match="takes two inputs, as in"):
        Subtract().output_shape_for(((4,), (4,), (4,)))
    with pytest.raises(ShapeError, match="takes two inputs or more, as in"):
        Add().output_shape_for((4,))
    assert Add().output_shape_for(((4,), (4,), (4,))) == (4,)


def test_dot_products_of_directions() -> None:
    """Normalized they are cosines; each number costs as many products as the vectors are long."""
    a, b = np.array([[3.0, 4.0]]), np.array([[4.0, 3.0]])
    assert float(Dot(1).forward({}, (a, b))[0][0, 0]) == 24
    assert float(Dot(1, normalize=True).forward({}, (a, b))[0][0, 0]) == pytest.approx(24 / 25)
    assert Dot(1).multiplications(((7,), (7,))) == 7
    assert Dot((2, 1)).multiplications(((3, 7), (7, 5))) == 15 * 7
    for wrong in (1.5, (1,), True, (1, 2, 3)):
        with pytest.raises(SettingError, match="Dot needs axes"):
            Dot(wrong)
