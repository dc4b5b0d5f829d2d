"""load_weights takes over what a file and a model share: layers by their names, and those whose shapes fit."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers
from chainrule.errors import ChainruleError

FILES = ("some.weights.h5", "some.h5", "old.h5", "some.keras")


def network(*dense: tuple[str, int]) -> Sequential:
    """A recurrent layer with a cell, a convolution's statistics, and Dense layers of these names and sizes."""
    first = [Input((4, 3)), layers.LSTM(3, name="memory"), layers.BatchNormalization(name="even")]
    return Sequential([*first, *(layers.Dense(size, name=name) for name, size in dense)])


@pytest.fixture(params=FILES)
def stored(request, tmp_path):
    """A model and a file of its weights."""
    model = network(("hidden", 5), ("out", 2))
    path = tmp_path / request.param
    (model.save if request.param in ("some.h5", "some.keras") else model.save_weights)(path)
    return model, path


def same(one, other) -> bool:
    """Whether two layers have the same weights."""
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_layers_get_their_weights_by_their_names(stored) -> None:
    """Those that the file names are filled, whatever stands between them; the others keep what they drew."""
    model, path = stored
    other = network(("new", 7), ("hidden2", 3))
    drawn = other.layers[2].get_weights()
    other.load_weights(path, by_name=True)
    assert same(other.layers[0], model.layers[0])
    assert same(other.layers[1], model.layers[1])
    assert np.array_equal(other.layers[2].get_weights()[0], drawn[0])
    with pytest.raises(ChainruleError, match="none of the layers"):
        Sequential([Input((3,)), layers.Dense(1, name="else")]).load_weights(path, by_name=True)


@pytest.mark.parametrize("by_name", [True, False])
def test_layers_that_do_not_fit_are_skipped_where_it_is_asked_for(stored, by_name) -> None:
    """skip_mismatch leaves them as they are and says so; without it nothing is changed and the shapes are named."""
    model, path = stored
    other = network(("hidden", 5), ("out", 9))
    drawn = [w.copy() for w in other.get_weights()]
    if by_name:
        with pytest.raises(ChainruleError, match=r"out.*\(5, 9\).*\(5, 2\)"):
            other.load_weights(path, by_name=True)
        assert all(np.array_equal(a, b) for a, b in zip(other.get_weights(), drawn, strict=True))
    with pytest.warns(UserWarning, match="'out' is left as it is"):
        other.load_weights(path, by_name=by_name, skip_mismatch=True)
    assert all(same(other.layers[k], model.layers[k]) for k in (0, 1, 2))
    assert np.array_equal(other.layers[3].get_weights()[0], drawn[-2])
