"""Optuna proposes the trials of a sweep, also for two programs that share its storage."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from chainrule.errors import SettingError
from chainrule.training.sweep_optuna import PRUNERS, SAMPLERS, Optuna
from chainrule.training.sweeps import SweepFolder, Trial, parsed

SPACE = [parsed("learning-rate=0.001..1"), parsed("layers=4 8"), parsed("epochs=1..3")]


def test_it_learns_from_the_scores_and_goes_on_after_a_kill(tmp_path) -> None:
    """A made-up score has its best at a rate of 0.1; what was asked and never told is asked anew."""
    first = Optuna(tmp_path, SPACE, 25, seed=1)
    asked = iter(first)
    for _ in range(10):
        number, settings = next(asked)
        first.tell(made_up(number, settings))
    next(asked)  # and killed
    second, found = Optuna(tmp_path, SPACE, 25, seed=1), []
    for number, settings in second:
        found.append(made_up(number, settings))
        second.tell(found[-1])
    assert len(found) == 15
    assert {trial.settings["layers"] for trial in found} <= {"4", "8"}
    assert {trial.settings["epochs"] for trial in found} <= {"1", "2", "3"}
    assert 0.03 < float(min(found, key=lambda trial: trial.order).settings["learning-rate"]) < 0.3


def made_up(number, settings):
    """A trial whose score is known."""
    return Trial(number, settings, 1 - abs(np.log10(float(settings["learning-rate"])) + 1), "accuracy")


def test_two_programs_share_a_sweep(tmp_path) -> None:
    """Together they come to the number of trials that was asked for, each trial by one of them."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    np.savez(tmp_path / "d.npz", x_train=rng.random((60, 3)) + y[:60, None], y_train=y[:60],
             x_test=rng.random((20, 3)) + y[60:, None], y_test=y[60:])  # fmt: skip
    words = ["d.npz", "--vary", "learning-rate=0.001..0.1", "--vary", "epochs=1", "--layers", "4", "--backend", "numpy",
             "--seed", "3", "--method", "optuna", "--trials", "4", "--jobs", "1", "--into", "shared"]  # fmt: skip
    command = [sys.executable, "-m", "chainrule", "sweep"]
    first = subprocess.Popen(
        [*command, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    while not (tmp_path / "shared" / "trials.jsonl").exists():
        assert first.poll() is None, first.communicate()[1]
    second = subprocess.run(
        [*command, "--resume", "shared", "--jobs", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (first.wait(timeout=200), second.returncode) == (0, 0), second.stderr
    trials = SweepFolder(tmp_path / "shared").trials()
    assert 4 <= len(trials) <= 5  # the last ones may be asked for at the same time
    assert len({trial.run for trial in trials}) == len(trials)
    assert all(trial.score is not None for trial in trials)


@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_every_sampler_proposes_within_the_space(tmp_path, sampler) -> None:
    """Decided by the seed; another sampler or pruner than there is, is refused with the nearest name."""
    found = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        source = Optuna(tmp_path / place, SPACE, 6, seed=4, sampler=sampler)
        trials = []
        for number, settings in source:
            trials.append(settings)
            source.tell(made_up(number, settings))
        found.append(trials)
    assert found[0] == found[1]
    assert all(0.001 <= float(settings["learning-rate"]) <= 1 for settings in found[0])
    with pytest.raises(SettingError, match="random"):
        Optuna(tmp_path, SPACE, 6, seed=4, sampler="randm")
    with pytest.raises(SettingError, match="median"):
        Optuna(tmp_path, SPACE, 6, seed=4, pruner="medan")


@pytest.mark.parametrize("pruner", ["median", "halving"])
def test_a_trial_that_goes_badly_is_stopped(tmp_path, pruner) -> None:
    """Beside good ones; it counts as one of the trials and is told to Optuna as pruned. None stops nothing."""
    for name, wanted in ((pruner, True), ("none", False)):
        (tmp_path / name).mkdir()
        source, stopped = Optuna(tmp_path / name, SPACE, 9, seed=4, pruner=name), []
        for number, settings in source:
            figures = [{"val_accuracy": (0.1 if number == 8 else 0.9) + epoch / 100} for epoch in range(20)]
            ends = next((k for k, one in enumerate(figures, 1) if source.goes_badly(number, k, one)), None)
            stopped.append(ends)
            source.tell(Trial(number, settings, None if ends else 0.9, "accuracy", stopped=ends))
        assert (stopped[8] is not None) == wanted
        states = [trial.state.name for trial in source.study.trials]
        assert (states[8] == "PRUNED") == wanted
    assert set(PRUNERS) >= {"none", "median", "halving", "hyperband"}


def test_the_command_stops_a_training_early_and_keeps_its_run(tmp_path) -> None:
    """A rate at which nothing is learned, beside good ones: its process ends before its epochs do, the table says so."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000)
    x = rng.random((1000, 30)) + y[:, None]
    np.savez(tmp_path / "d.npz", x_train=x[:800], y_train=y[:800], x_test=x[800:], y_test=y[800:])
    words = ["d.npz", "--vary", "learning-rate=0.01 0.000000001", "--epochs", "200", "--layers", "32", "--backend", "numpy", "--schedule", "constant",
             "--seed", "6", "--method", "optuna", "--sampler", "random", "--pruner", "halving", "--trials", "3", "--jobs", "1", "--into", "s",
             "--json"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "sweep", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    trials = json.loads(done.stdout)["trials"]
    assert len(trials) == 3
    early = [trial for trial in trials if trial["stopped"]]
    assert early
    for trial in early:
        assert trial["stopped"] < 200
        assert "others did better" in trial["error"]
        assert (tmp_path / trial["run"]).is_dir()
    assert trials[0]["score"] > 0.9
