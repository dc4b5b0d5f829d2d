"""A run's size is in proportion to its data, and a large one is announced before it is written."""

import numpy as np
import pytest

from chainrule import Sequential, layers
from chainrule.recording import recorder
from chainrule.recording.recorder import RunRecorder, planned_size
from chainrule.runs import Run


def learned(folder, epochs: int = 30) -> Run:
    """A run of 20 examples, two steps an epoch."""
    model = Sequential([layers.Dense(50, activation="relu", input_shape=(40,)), layers.Dense(1)])
    model.compile("adam", "mse", backend="numpy")
    record = RunRecorder(folder)
    model.fit(np.ones((20, 40)), np.ones(20), batch_size=10, epochs=epochs, verbose=0, callbacks=[record])
    return Run(record.folder)


def test_few_examples_of_a_large_network_leave_two_snapshots(tmp_path, monkeypatch) -> None:
    """What the data do not deserve is not kept between the first and the last state; what they do, is."""
    monkeypatch.setattr(recorder, "LEAST_SPACING", 4)
    assert len(learned(tmp_path).snapshots()) > 5
    monkeypatch.setattr(recorder, "LEAST_ROOM", 10_000)  # bytes: a state of this network has 25,000
    monkeypatch.setattr(recorder, "ROOM_FOR_DATA", 1)
    assert learned(tmp_path).snapshots() == [0, 60]


def test_a_large_run_is_announced_before_it_is_written(tmp_path, monkeypatch) -> None:
    """The warning says how large, and what takes less."""
    monkeypatch.setattr(recorder, "LARGE", 40_000)
    with pytest.warns(UserWarning, match=r"The run will take about .* MB on the disk"):
        learned(tmp_path)


@pytest.mark.parametrize("state", [1_000, 8_339_412, 500_000_000])
@pytest.mark.parametrize("examples", [1_000, 47_000_000, 3_000_000_000])
def test_what_lies_between_stays_within_its_room(state, examples) -> None:
    """For every size of network and data: at most 100 MB or twenty times the data beside the first and the last state."""
    _, size = planned_size(state, 100, 5_000, examples)
    assert size <= 2 * state + max(100_000_000, 20 * examples)
