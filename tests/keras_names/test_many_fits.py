"""A script that fits again and again does not fill the disk: the first runs are kept whole, of the others the metrics."""

import pytest

from chainrule.cli import main
from chainrule.keras_names import record
from chainrule.keras_names.notes import Notes
from chainrule.runs import Run
from chainrule.runs.removal import leave_metrics

SCRIPT = """
import numpy as np
from keras import Input, Sequential, layers
x, y = np.random.rand(20, 3), np.arange(20) % 2
for _ in range(22):
    model = Sequential([Input((3,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
"""


@pytest.fixture
def runs(run_script, tmp_path):
    """The runs of a script with 22 fits, the oldest first."""
    done = run_script(SCRIPT, before=())
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("keep their metrics only") == 1
    found = sorted(tmp_path.glob("runs/2*"), key=lambda path: (path / "run.json").stat().st_mtime_ns)
    assert f"explain {found[19].name}@0" in done.stderr + done.stdout
    return found


def test_twenty_runs_are_whole_and_the_others_have_their_metrics(runs, tmp_path, monkeypatch, capsys) -> None:
    """It is said once; what the last run has can be seen, and what it has not is one sentence."""
    assert [len(Run(path).snapshots()) > 0 for path in runs] == [True] * 20 + [False] * 2
    assert all(Run(path).epochs[-1].metrics["loss"] > 0 for path in runs)
    monkeypatch.chdir(tmp_path)
    assert main(["runs", "doctor", "last"]) == 0
    assert "only the metrics were kept" in " ".join(capsys.readouterr().out.split())
    assert main(["explain", "last@0"]) == 1
    assert "only its metrics were kept" in " ".join(capsys.readouterr().err.split())
    main(["runs", "show", "last", "--verify"])
    assert "keeps its metrics only" in " ".join("".join(capsys.readouterr()).split())


def test_a_large_first_run_is_kept_all_the_same(recorded_runs, monkeypatch) -> None:
    """The limit in bytes is for the runs after the first."""
    monkeypatch.setattr(record, "BYTES", 10)
    recorder = record.Recorder("runs", "x", Notes(quiet=True))
    for path in recorded_runs:
        recorder.add(path)
    assert [len(Run(path).snapshots()) > 0 for path in recorded_runs] == [True, False]


@pytest.fixture
def recorded_runs(tmp_path):
    """Two runs of a small network."""
    import numpy as np

    from chainrule import Sequential, layers
    from chainrule.recording.recorder import RunRecorder

    found = []
    for _ in range(2):
        model, recorder = Sequential([layers.Dense(1, input_shape=(2,))]), RunRecorder(tmp_path)
        model.compile("sgd", "mse")
        model.fit(np.ones((8, 2)), np.ones(8), verbose=0, callbacks=[recorder])
        found.append(recorder.folder)
    assert leave_metrics(Run(tmp_path / "none")) == 0
    return found
