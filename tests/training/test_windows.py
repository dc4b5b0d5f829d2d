"""Learning from rows that are read when needed: bit by bit what is learned from the array."""

import numpy as np
import pytest

from chainrule import RunRecorder, Scaled, Sequential, layers, open_run, utils
from chainrule.datasets import npy_rows
from chainrule.engine import windows


def learned(x, y, backend, **settings):
    """A small network after two epochs."""
    utils.set_random_seed(3)
    model = Sequential(
        [layers.Input((4, 4)), layers.Flatten(), layers.Dense(5, activation="relu"), layers.Dense(3)]
    )
    model.compile("adam", "mse", backend=backend)
    model.fit(x, y, batch_size=8, epochs=2, verbose=0, **settings)
    return model


def bits(model):
    """Of all weights."""
    return [w.tobytes() for w in model.get_weights()]


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Pixels as an array and as rows of a file, and targets; windows of three steps."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (77, 4, 4), dtype=np.uint8), rng.random((77, 3), np.float32)
    np.save(tmp_path / "x.npy", x)
    monkeypatch.setattr(windows, "WINDOW", 3 * 8 * 16)
    return Scaled(x), Scaled(npy_rows(tmp_path / "x.npy")), y


def test_the_bits_are_those_of_arrays(data, backend) -> None:
    """On both engines, shuffled, with a last batch that is smaller, and weighted."""
    x, rows, y = data
    assert bits(learned(x, y, backend)) == bits(learned(rows, y, backend))
    weighted = [learned(one, y, backend, sample_weight=y[:, 0]) for one in (x, rows)]
    assert bits(weighted[0]) == bits(weighted[1])


def test_a_session_may_stop_within_a_window(data, backend) -> None:
    """Steps one by one, and two by two, end with the same bits."""
    _, rows, y = data
    found = []
    for size in (1, 2, 100):
        utils.set_random_seed(3)
        model = Sequential([layers.Input((4, 4)), layers.Flatten(), layers.Dense(3)])
        model.compile("adam", "mse", backend=backend)
        session = model.session(rows, y, batch_size=8, epochs=1)
        while session.advance(size) is not None:
            pass
        found.append(bits(model))
    assert found[0] == found[1] == found[2]


def test_recorded_evaluated_and_predicted(data, backend, tmp_path) -> None:
    """The run has the digest of the array, and replays from either; evaluate and predict take rows, too."""
    x, rows, y = data
    model = learned(rows, y, backend, callbacks=[RunRecorder(tmp_path / "runs")], validation_data=(rows, y))
    for given in (x, rows):
        run = open_run("last", tmp_path / "runs", model=learned(x, y, backend), x=given, y=y)
        assert run.replay.compare(0, 20) == 0.0
    assert model.evaluate(rows, y, verbose=0) == model.evaluate(x, y, verbose=0)
    np.testing.assert_array_equal(model.predict(rows, verbose=0), model.predict(x, verbose=0))
