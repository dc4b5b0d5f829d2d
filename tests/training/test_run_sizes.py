"""A run's size is in proportion to its data, and a large one is announced before it is written."""

import time

import numpy as np
import pytest

from chainrule import Sequential, layers
from chainrule.recording import recorder, snapshot_times
from chainrule.recording.recorder import RunRecorder
from chainrule.recording.snapshot_times import SnapshotTimes, planned_size
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
    monkeypatch.setattr(snapshot_times, "LEAST_SPACING", 4)
    assert len(learned(tmp_path).snapshots()) > 5
    monkeypatch.setattr(snapshot_times, "LEAST_ROOM", 10_000)  # bytes: a state of this network has 25,000
    monkeypatch.setattr(snapshot_times, "ROOM_FOR_DATA", 1)
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


def test_slow_steps_bring_snapshots_closer_until_the_room_is_full() -> None:
    """Replay repeats less than a second of steps where there is room; a cheap step, or a full run, waits for the plan."""
    times = SnapshotTimes(8_339_412, 1875, 18_750, 47_000_000)
    assert not times.due(1000)  # the pace is not known yet
    times.pace = 0.0005
    assert not times.due(1800)
    assert times.due(1801)
    times.cost = 1.0  # seconds: such a snapshot would cost more than recording may
    assert not times.due(1801)
    times.cost = 0.0
    times.pace = 0.01
    kept = []
    for step in range(100, 2400, 100):
        if times.due(step):
            times.kept(step, began=time.perf_counter())
            kept.append(step)
    assert kept == [100 * k for k in range(1, 15)]  # 14 of 8.3 MB, beside 75 MB of planned ones: 200 MB
    assert times.due(2406)


def test_snapshots_by_the_pace_stay(tmp_path, monkeypatch) -> None:
    """A run whose steps were slow keeps what was taken for its readers, within the room."""
    monkeypatch.setattr(snapshot_times, "SECONDS_APART", 0.0)
    monkeypatch.setattr(snapshot_times, "SECONDS_FOR_ONE", 0.0)
    assert learned(tmp_path).snapshots() == [0, *range(2, 61)]  # the first steps tell no pace
