"""What the report calls a network in its titles."""

from types import SimpleNamespace

import pytest

from chainrule import layers
from chainrule.models import Sequential
from chainrule.report.material import Material


def named(*inner, shape=(8, 8, 1)) -> str:
    """What a network of these layers is called."""
    model = Sequential([layers.Input(shape), *inner])
    run = SimpleNamespace(built=model, settings=SimpleNamespace(model=model.get_config()))
    return Material.network(run)


@pytest.mark.parametrize(
    ("inner", "shape", "name"),
    [
        ([layers.Flatten(), layers.Dense(5), layers.Dense(2)], (4, 4), "16-5-2"),
        ([layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)], (8, 8, 1), "convolutional"),
        ([layers.DepthwiseConv2D(3), layers.GlobalAveragePooling2D()], (8, 8, 3), "convolutional"),
        ([layers.LSTM(4), layers.Dense(2)], (5, 3), "recurrent"),
        ([layers.Bidirectional(layers.GRU(4)), layers.Dense(1)], (5, 3), "recurrent"),
    ],
)
def test_a_network_is_called_by_its_sizes_or_by_what_it_is(inner, shape, name) -> None:
    """Sizes tell a dense network; of one with convolutions or a memory they do not."""
    assert named(*inner, shape=shape) == name
