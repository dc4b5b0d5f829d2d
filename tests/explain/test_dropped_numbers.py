"""Numbers that a dropout dropped are called dropped, wherever they stand in a line; others never are."""

import re

import numpy as np
import pytest
from printed import recompute

from chainrule import Sequential, explain
from chainrule.layers import (
    LSTM,
    ActivityRegularization,
    AlphaDropout,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianDropout,
    Identity,
    Reshape,
    SpatialDropout2D,
)
from chainrule.utils import set_random_seed

# name: (shape of an example, layers, the layer that is asked about, by which name its dropout goes)
NETWORKS = {
    "inputs": ((6,), [Dropout(0.4), Dense(4, "relu"), Dense(2)], "dense", "dropout"),
    "units": ((5,), [Dense(6, "relu"), Dropout(0.5), Dense(3)], "dense_1", "dropout"),
    "channels": ((5, 5, 3), [SpatialDropout2D(0.5), Conv2D(2, 2), Flatten(), Dense(2)], "conv2d", "spatial_dropout2d"),
    "laid out otherwise": ((4, 3), [Dropout(0.5), Reshape((2, 6)), Identity(), Flatten(), Dense(2)], "dense", "dropout"),
    "over time": ((4, 3), [Dropout(0.5), LSTM(3), Dense(2)], "lstm", "dropout"),
    "set to selu's floor": ((6,), [AlphaDropout(0.5), Dense(3), Dense(2)], "dense", "alpha_dropout"),
}  # fmt: skip
NOTE = re.compile(r"\(([^()]*?) dropped by (\w+)\)")


def opened(name: str):
    """A step of one of the networks, with the layer that is asked about."""
    shape, layers, asked, dropout = NETWORKS[name]
    set_random_seed(3)
    model = Sequential(
        [
            type(layer).from_config({k: v for k, v in layer.get_config().items() if k != "name"})
            for layer in layers
        ]
    )
    model.compile("sgd", "mse", backend="numpy")
    rng = np.random.default_rng(5)
    step = explain.step(
        model, rng.normal(size=(8, *shape)), rng.normal(size=(8, 2 if name != "units" else 3))
    )
    return step, step.link(asked), step.link(dropout)


def unfolded(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_dropped_input_is_called_so_and_no_other(name) -> None:
    """For every example: the inputs that a line names are said to be dropped where the dropout's own numbers say it."""
    step, link, dropout = opened(name)
    before, after = (np.asarray(a, np.float64).reshape(step.n, -1) for a in (dropout.x, dropout.y))
    mask = np.broadcast_to(np.asarray(dropout.cache), dropout.x.shape).reshape(step.n, -1)
    if "floor" not in name:  # what came in and went out shows it, wherever it was not 0 before
        np.testing.assert_array_equal((mask == 0)[before != 0], (after == 0)[before != 0])
    gone = mask == 0
    inner = link.xs[0].shape[1:]
    said = 0
    index = tuple(side - 1 for side in link.params["kernel"].shape)
    for k in range(step.n):
        text = str(step.weight_of(link.name, "kernel", *index, example=k))
        recompute(text)
        forward = unfolded(text[text.index("Forward") : text.index("2. All")])
        forward = re.split(r"loss of #", forward)[0]
        note = NOTE.search(forward)
        told = [] if note is None else re.findall(r"h+₀\[[\d, ]+\]|h+₁\[[\d, ]+\]", note[1])
        letters = forward[forward.index("=") :].split(" = ")[0]
        named = set(re.findall(r"h+[₀₁]\[[\d, ]+\](?= · W)", letters))
        where = {
            n: int(np.ravel_multi_index(tuple(map(int, n[n.index("[") + 1 : -1].split(","))), inner))
            for n in named
        }
        assert set(told) == {n for n, place in where.items() if gone[k, place]}, (k, text)
        said += len(told)
        if note is not None:
            assert note[2] == dropout.name
    assert said


@pytest.mark.parametrize("layer", [GaussianDropout(0.4), ActivityRegularization(0.1)])
def test_nothing_is_called_dropped_where_nothing_is(layer) -> None:
    """Noise that is multiplied drops no number."""
    set_random_seed(3)
    model = Sequential([layer, Dense(3), Dense(2)])
    model.compile("sgd", "mse", backend="numpy")
    rng = np.random.default_rng(5)
    step = explain.step(model, rng.normal(size=(8, 4)), rng.normal(size=(8, 2)))
    assert "dropped" not in str(step.weight("dense", 0, 0)) + str(step.neuron("dense", 1))


def test_shares_of_zero_and_silent_units_say_how_many_were_dropped() -> None:
    """Beside the examples without a share, and of a unit: how often its input, or the unit itself, was dropped."""
    step, _, dropout = opened("units")
    gone = (np.asarray(dropout.y) == 0) & (np.asarray(dropout.x) != 0)
    mask = np.asarray(dropout.cache) == 0
    assert (gone <= mask).all()
    for unit in range(6):
        said = str(step.neuron("dense", unit))
        assert f"dropout drops it in {mask[:, unit].sum()}" in said
        words = unfolded(str(step.weight("dense_1", unit, 0)))
        silent = np.asarray(dropout.y)[:, unit] == 0
        count = int((mask[:, unit] & silent).sum())
        assert (f"the input was dropped by dropout in {count}" in words) == (count > 0)
