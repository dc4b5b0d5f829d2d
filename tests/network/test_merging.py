"""Layers that take several inputs, and layers that move numbers: derivatives, shapes, what does not fit."""

import pytest
from checker import away_from, check_layer
from several import check_every_derivative

from chainrule import layers
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import (
    Add,
    Average,
    Concatenate,
    Cropping1D,
    Cropping2D,
    Dot,
    Identity,
    Maximum,
    Minimum,
    Multiply,
    Permute,
    RepeatVector,
    Subtract,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from chainrule.layers.base import Context

MERGES = [Add, Average, Maximum, Minimum, Multiply, Subtract]


@pytest.mark.parametrize("kind", MERGES)
@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (2, 3))], ids=str)
def test_merges_have_the_derivatives_measured(kind, shapes, rng) -> None:
    """By each input, also where an axis of length 1 is stretched."""
    x = tuple(rng.normal(size=(2, *shape)) for shape in shapes)
    layer = kind()
    check_layer(layer, {}, x)
    assert layer.forward({}, x)[0].shape == (2, *layer.output_shape_for(shapes))


@pytest.mark.parametrize("kind", [kind for kind in MERGES if kind is not Subtract])
def test_merges_take_three(kind, rng) -> None:
    """More than two inputs."""
    check_layer(kind(), {}, tuple(rng.normal(size=(2, 3)) for _ in range(3)))


MASKS = {
    "all masked": (1, 1, 1), "the first": (1, 0, 0), "the last": (0, 0, 1), "not the second": (1, 0, 1), "one without": (1, 1, 0),
}  # fmt: skip


@pytest.mark.parametrize("kind", MERGES)
@pytest.mark.parametrize("which", MASKS)
def test_merges_with_masks_have_the_derivatives_measured(kind, which, rng) -> None:
    """Three inputs, two for a difference, some of which a mask leaves out here and there."""
    count = 2 if kind is Subtract else 3
    x = tuple(rng.normal(size=(2, 4, 3)) for _ in range(count))
    mask = tuple(rng.random((2, 4)) < 0.6 if masked else None for masked in MASKS[which][:count])
    check_every_derivative(kind(), {}, x, Context(mask=mask))


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_concatenation_has_the_derivatives_measured(axis, rng) -> None:
    """Along any axis but the examples'."""
    sizes = {-1: [(2, 3), (2, 1)], 1: [(2, 3), (4, 3)], 2: [(2, 3), (2, 2)]}[axis]
    x, layer = tuple(rng.normal(size=(2, *size)) for size in sizes), Concatenate(axis)
    check_layer(layer, {}, x)
    assert layer.forward({}, x)[0].shape == (2, *layer.output_shape_for(tuple(sizes)))


@pytest.mark.parametrize(
    ("axes", "shapes"),
    [(1, [(3,), (3,)]), (-1, [(3,), (3,)]), ((1, 2), [(3, 2), (4, 3)]), ((2, 1), [(2, 3), (3,)]), (2, [(2, 3), (4, 3)])],
)  # fmt: skip
@pytest.mark.parametrize("normalize", [False, True])
def test_dot_has_the_derivatives_measured(axes, shapes, normalize, rng) -> None:
    """Along one axis of each input, with lengths and without."""
    x, layer = tuple(rng.normal(size=(2, *shape)) for shape in shapes), Dot(axes, normalize)
    check_layer(layer, {}, x)
    assert layer.forward({}, x)[0].shape == (2, *layer.output_shape_for(tuple(shapes)))


MOVES = [
    (Permute((2, 1)), (2, 3)), (Permute((3, 1, 2)), (2, 3, 4)), (RepeatVector(3), (2,)), (Identity(), (2, 3)),
    (UpSampling1D(2), (3, 2)), (UpSampling2D((2, 3)), (2, 2, 2)), (UpSampling2D(2, interpolation="bilinear"), (3, 2, 2)),
    (ZeroPadding1D((1, 2)), (2, 2)), (ZeroPadding2D(((1, 0), (0, 2))), (2, 2, 1)), (ZeroPadding2D((1, 2)), (2, 2, 1)),
    (Cropping1D(1), (4, 2)), (Cropping2D(((1, 0), (0, 2))), (3, 4, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape"), MOVES, ids=lambda value: type(value).__name__)
def test_moves_have_the_derivatives_measured(layer, shape, rng) -> None:
    """Each number's derivative goes where the number came from."""
    x = rng.normal(size=(2, *shape))
    check_layer(layer, {}, x)
    assert layer.forward({}, x)[0].shape == (2, *layer.output_shape_for(shape))


@pytest.mark.parametrize("layer", [layers.ELU(0.7), layers.PReLU(), layers.PReLU(shared_axes=[1])], ids=str)
def test_slopes_have_the_derivatives_measured(layer, rng) -> None:
    """ELU, and PReLU with a slope for each number or for each channel."""
    params = {name: rng.normal(size=size) for name, size in layer.weight_shapes((3, 2)).items()}
    check_layer(layer, params, away_from(rng.normal(size=(2, 3, 2)), 0.0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Add(name="a").output_shape_for(((2,), (3,))), "Add 'a' takes inputs of one shape; it got .* Concatenate"),
        (lambda: Add().output_shape_for((4,)), r"Add takes two inputs or more, as in Add\(\)\(\[a, b\]\); it got one"),
        (lambda: Subtract().output_shape_for(((2,), (2,), (2,))), "Subtract takes two inputs.*it got 3"),
        (lambda: Concatenate().output_shape_for(((2, 3), (3, 3))), "differ in axis -1 alone"),
        (lambda: Dot(1).output_shape_for(((2,), (3,))), "equally many numbers along its axes 1"),
        (lambda: Permute((2, 1)).output_shape_for((2,)), "orders 2 axes"),
        (lambda: RepeatVector(2).output_shape_for((2, 2)), "Put Flatten"),
        (lambda: Cropping2D(2).output_shape_for((4, 4, 1)), "nothing is left"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_merge_are_refused(make, words) -> None:
    """One sentence: the layer, what came, what it takes."""
    with pytest.raises(ShapeError, match=words):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dot("x"), lambda: Permute((1, 3)), lambda: RepeatVector(0), lambda: UpSampling2D(interpolation="cubic"),
        lambda: ZeroPadding2D((1, 2, 3)), lambda: Cropping1D(-1), lambda: layers.PReLU(shared_axes=[0]),
        lambda: layers.ELU(-1),
    ],
)  # fmt: skip
def test_settings_without_sense_are_refused(make) -> None:
    """Each names the layer's setting."""
    with pytest.raises(SettingError):
        make()
