"""Optuna proposes the trials of a sweep, also for two programs that share its storage."""

import os
import subprocess
import sys

import numpy as np

from chainrule.training.sweeps import Optuna, SweepFolder, Trial, parsed

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
