"""RNN goes along a sequence with a cell as the layer of that name does; several cells are one layer after the other."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers
from chainrule.errors import SettingError
from chainrule.models import load_model

X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
PAIRS = [
    (layers.SimpleRNNCell, layers.SimpleRNN), (layers.GRUCell, layers.GRU), (layers.LSTMCell, layers.LSTM),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "layer"), PAIRS)
def test_a_cell_is_one_step_of_its_layer(cell, layer) -> None:
    """RNN(cell) is the layer, with its settings; the cell alone, step by step, says what the layer says."""
    made = layers.RNN(cell(4, use_bias=False), return_sequences=True, return_state=True)
    assert type(made) is layer
    assert (made.units, made.use_bias, made.return_sequences) == (4, False, True)
    along = layer(4, return_sequences=True)
    answers = along(X)
    step = cell(4)
    states = step.get_initial_state(batch_size=4)
    step(X[:, 0], states)
    step.alone.set_weights(along.get_weights())
    for time in range(5):
        y, states = step(X[:, time], states)
        assert np.allclose(y, answers[:, time], atol=1e-6)
    assert np.ravel(step.state_size).tolist() == [s.shape[1] for s in states]


def test_several_cells_are_layers_one_after_the_other(tmp_path) -> None:
    """RNN of a list, or of StackedRNNCells: the answers of the layers themselves; such a network learns and is saved."""
    for cells in (
        [layers.LSTMCell(4), layers.GRUCell(2)],
        layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(2)]),
    ):
        model = Sequential([Input((5, 3)), layers.RNN(cells, name="stack"), layers.Dense(1)])
        plain = Sequential(
            [Input((5, 3)), layers.LSTM(4, return_sequences=True), layers.GRU(2), layers.Dense(1)]
        )
        plain.set_weights(model.get_weights())
        assert np.allclose(model.predict(X, verbose=0), plain.predict(X, verbose=0), atol=1e-6)
        model.compile("adam", "mse")
        model.fit(X, X[:, 0, :1], epochs=1, verbose=0)
        model.save(tmp_path / "m.keras")
        again = load_model(tmp_path / "m.keras").predict(X, verbose=0)
        assert np.allclose(again, model.predict(X, verbose=0), atol=1e-6)


def test_what_a_cell_cannot_be_is_said() -> None:
    """A cell of one's own, ways of going along in a cell, and states of a stack are refused in a sentence."""

    class Own:
        state_size = 3

    for wrong, words in (
        (lambda: layers.RNN(Own()), "Own is a cell of your own"),
        (lambda: layers.LSTMCell(3, return_sequences=True), "belongs to RNN"),
        (lambda: layers.RNN([layers.GRUCell(2)] * 2, return_state=True), "return_state is not supported"),
        (lambda: layers.StackedRNNCells([]), "takes a list of cells"),
        (lambda: layers.GRUCell(0), "whole number of units"),
    ):
        with pytest.raises(SettingError, match=words):
            wrong()
