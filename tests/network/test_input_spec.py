"""InputSpec: what a layer of one's own says of its inputs is asked when it is called."""

import pytest

from chainrule.errors import SettingError, ShapeError
from chainrule.layers import Input, InputSpec, Layer


class Capsule(Layer):
    """A layer as scripts write them: it says what it takes, the size of the last axis once it is built."""

    def __init__(self, **settings) -> None:
        super().__init__(**settings)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape) -> None:
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        self.input_spec = [InputSpec(min_ndim=2, axes={-1: input_shape[-1]})]

    def call(self, x):
        return x * self.scale


def test_a_layer_that_says_what_it_takes_takes_it() -> None:
    """Before and after it is built, on symbolic tensors of one rank and another."""
    layer = Capsule()
    assert layer(Input((4,))).shape == (None, 4)
    assert layer(Input((3, 4))).shape == (None, 3, 4)


def test_another_input_is_refused_when_the_layer_is_called() -> None:
    """One sentence: whose input, what it takes, what came."""
    layer = Capsule(name="caps")
    layer(Input((4,)))
    with pytest.raises(
        ShapeError,
        match=r"Capsule 'caps' takes inputs of InputSpec\(min_ndim=2, axes=\{-1: 4\}\).*\(None, 5\)",
    ):
        layer(Input((5,)))
    with pytest.raises(ShapeError, match="takes 1 input"):
        layer([Input((4,)), Input((4,))])


@pytest.mark.parametrize(
    ("spec", "shape", "fits"),
    [
        (InputSpec(ndim=2), (None, 3), True), (InputSpec(ndim=2), (None, 3, 4), False),
        (InputSpec(max_ndim=2), (None, 3, 4), False), (InputSpec(min_ndim=3), (None, 3), False),
        (InputSpec(shape=(None, 3)), (None, 3), True), (InputSpec(shape=(None, 3)), (None, 4), False),
        (InputSpec(shape=(None, 3)), (None, None), True), (InputSpec(axes={1: 3}), (None, 3), True),
        (InputSpec(axes={2: 3}), (None, 3), False),
        (InputSpec(shape=(None, 3, 1), allow_last_axis_squeeze=True), (None, 3), True),
        (InputSpec(shape=(None, 3, 1)), (None, 3), False),
    ],
)  # fmt: skip
def test_ranks_and_sizes_are_compared_as_in_keras(spec, shape, fits) -> None:
    """Rank, least and greatest rank, sizes of all or of some axes; None fits anything."""
    if fits:
        spec.check("A layer", shape)
    else:
        with pytest.raises(ShapeError, match="A layer takes inputs of InputSpec"):
            spec.check("A layer", shape)


@pytest.mark.parametrize("settings", [{"ndim": "2"}, {"shape": 3}, {"axes": [1]}])
def test_a_spec_without_sense_is_refused(settings) -> None:
    """At once, where it is written."""
    with pytest.raises(SettingError, match="InputSpec"):
        InputSpec(**settings)
