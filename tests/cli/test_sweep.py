"""chainrule sweep: many trainings, a table, and going on after a kill."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from chainrule.errors import SettingError
from chainrule.plots.sweeps import sweep_scores
from chainrule.training.sweeps import SweepFolder, Trial, grid, parsed, random_trials
from left_processes import all_end, descendants

VARY = ["--vary", "learning-rate=0.001 0.03", "--vary", "layers=2 4"]


@pytest.fixture
def here(tmp_path):
    """A folder with a few examples."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    np.savez(tmp_path / "d.npz", x_train=rng.random((60, 3)) + y[:60, None], y_train=y[:60],
             x_test=rng.random((20, 3)) + y[60:, None], y_test=y[60:])  # fmt: skip
    return tmp_path


def command(here, *words):
    """The command as a process."""
    line = [sys.executable, "-m", "chainrule", "sweep", *words]
    return subprocess.Popen(
        line, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_a_sweep_that_was_killed_goes_on_where_it_was(here) -> None:
    """Every combination once, with the scores that each training has alone; the table has the best first."""
    words = [
        "d.npz",
        *VARY,
        "--epochs",
        "1",
        "--backend",
        "numpy",
        "--seed",
        "3",
        "--jobs",
        "1",
        "--into",
        "s",
    ]
    killed = command(here, *words)
    folder, until = SweepFolder(here / "s"), time.monotonic() + 100
    while not folder.trials():
        assert killed.poll() is None, killed.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    started = descendants(killed.pid)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert all_end(started, 5)  # what it started ends by itself
    before = folder.trials()
    resumed = command(here, "--resume", "s", "--jobs", "1", "--json")
    said, errors = resumed.communicate(timeout=200)
    assert resumed.returncode == 0, errors
    trials = json.loads(said)["trials"]
    assert sorted(trial["number"] for trial in trials) == [0, 1, 2, 3]
    assert [trial["score"] for trial in trials] == sorted((trial["score"] for trial in trials), reverse=True)
    assert all((here / trial["model"]).exists() and (here / trial["run"]).exists() for trial in trials)
    assert folder.trials()[: len(before)] == before
    assert {tuple(trial["settings"].items()) for trial in trials} == {
        tuple(one.items()) for one in grid([parsed(text) for text in VARY[1::2]])
    }


def test_draws_are_decided_by_the_seed_and_stay_in_range() -> None:
    """A range that spans a factor of ten is drawn by its logarithm; whole numbers stay whole."""
    space = [parsed("learning-rate=0.0001..1"), parsed("epochs=2..4"), parsed("layers=8 16")]
    trials = random_trials(space, 200, seed=1)
    assert trials == random_trials(space, 200, seed=1) != random_trials(space, 200, seed=2)
    rates = np.array([float(trial["learning-rate"]) for trial in trials])
    assert rates.min() >= 0.0001
    assert rates.max() <= 1
    assert 0.003 < np.median(rates) < 0.03
    assert {trial["epochs"] for trial in trials} == {"2", "3", "4"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rate=1 2", "learning-rate"),
        ("epochs", "NAME=VALUE"),
        ("epochs=3..1", "LOW..HIGH"),
        ("epochs=a..b", "LOW..HIGH"),
    ],
)
def test_what_cannot_be_tried_is_said(text, words) -> None:
    """One sentence, with the nearest name."""
    with pytest.raises(SettingError, match=words):
        parsed(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["d.npz"], "What shall differ?"),
        (["d.npz", "--vary", "epochs=1 2", "--epochs", "3"], "said twice"),
        (["d.npz", "--vary", "learning-rate=0.1..0.2"], "needs values"),
        (["d.npz", "--vary", "epochs=1", "--studio"], "no --studio"),
        (["--resume", "nothing"], "is not a sweep"),
    ],
)
def test_what_makes_no_sweep_is_refused(type_, here, monkeypatch, words, said) -> None:
    """Before anything learns, and without a folder left behind."""
    monkeypatch.chdir(here)
    found = type_("sweep", *words)
    assert said in found.err
    assert not (here / "sweeps").exists()


def test_the_picture_has_a_panel_for_each_setting_that_differs() -> None:
    """A dot for each trial that came to a score."""
    pytest.importorskip("matplotlib")
    trials = [
        Trial(k, {"learning-rate": rate, "epochs": "2", "layers": "8,4"}, score, "accuracy")
        for k, (rate, score) in enumerate([("0.001", 0.5), ("0.1", 0.9), ("0.3", None)])
    ]
    (panel,) = sweep_scores(trials).axes
    assert (panel.get_xlabel(), panel.get_ylabel(), panel.get_xscale()) == (
        "learning-rate",
        "accuracy",
        "log",
    )
    assert len(panel.lines[0].get_xdata()) == 2
    with pytest.raises(SettingError, match="nothing to draw"):
        sweep_scores(trials[2:])
