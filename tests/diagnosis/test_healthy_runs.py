"""Runs that are healthy: no alarm, whatever their kind."""

import numpy as np
import pytest
from trained import SMALL, digits, houses, learned, mnist, pets

from chainrule import RunRecorder, Sequential, diagnosis
from chainrule.layers import Dense, Input, SimpleRNN
from chainrule.recording.replay import Replay
from chainrule.runs import Run
from chainrule.utils import set_random_seed

KINDS = {
    "classic": lambda folder: learned(folder, digits(2500)[0], hidden=SMALL, epochs=6),
    "fast": lambda folder: learned(folder, digits(1500)[0], "fast", hidden=SMALL),
    "large": lambda folder: learned(folder, digits(1200)[0], hidden=(256, 64), epochs=5),
    "gradient descent": lambda folder: learned(
        folder, digits(2500)[0], hidden=SMALL, optimizer="sgd", epochs=8
    ),
    "gradient descent, faster": lambda folder: learned(
        folder, digits(2500)[0], hidden=SMALL, optimizer="sgd", learning_rate=0.05, epochs=6
    ),
    "rmsprop": lambda folder: learned(folder, digits(1500)[0], hidden=SMALL, optimizer="rmsprop", epochs=5),
    "sigmoid": lambda folder: learned(folder, digits(1500)[0], hidden=(48,), activation="sigmoid", epochs=6),
    "tanh": lambda folder: learned(folder, digits(1500)[0], hidden=SMALL, activation="tanh", epochs=6),
    "few examples": lambda folder: learned(folder, digits(300)[0], hidden=(32,), epochs=10),
    "no hidden layer": lambda folder: learned(folder, digits(1500)[0], hidden=(), epochs=5),
    "one epoch": lambda folder: learned(folder, digits(2500)[0], hidden=SMALL, epochs=1),
    "regression": lambda folder: learned(folder, houses(), hidden=(24,), learning_rate=0.01, epochs=30),
    "regression, fast": lambda folder: learned(folder, houses(), "fast", hidden=(24,)),
    "two classes": lambda folder: learned(folder, pets(), hidden=(12,), learning_rate=0.005, epochs=15),
    "two classes, fast": lambda folder: learned(folder, pets(), "fast", hidden=(12,)),
    "handwriting": lambda folder: learned(
        folder, digits(600)[0], "handwriting", hidden=SMALL, epochs=8, batch_size=32
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_healthy_run_gives_no_alarm(kind, tmp_path) -> None:
    """No finding, and a sentence that says what was looked at."""
    replay = KINDS[kind](tmp_path)
    found = diagnosis.diagnose(replay.run, replay)
    assert found.healthy, str(found)
    assert "looks healthy" in str(found)
    assert "the loss of every step" in found.looked_at
    assert ("the classes it answers" in found.looked_at) == (not kind.startswith("regression"))
    assert found.left_out == ()


@pytest.mark.long
@pytest.mark.parametrize("name", ["classic", "fast"])
def test_the_whole_jobs_on_mnist_give_no_alarm(name, tmp_path) -> None:
    """All 60,000 digits, by both recipes."""
    replay = learned(tmp_path, mnist(), name)
    assert diagnosis.diagnose(replay.run, replay).healthy


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_network_that_has_not_learned_yet_accuses_no_labels(tmp_path, seed) -> None:
    """A recurrent network that is right about three in four of right labels: its own mistakes are no mistakes of theirs."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(750, 9, 2)).astype(np.float32)
    x[..., 1] = rng.random((750, 9)) < 0.4
    y = (x[..., 0] * x[..., 1]).sum(axis=1) > 0
    set_random_seed(seed)
    model = Sequential([Input((9, 2)), SimpleRNN(12), Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", ["accuracy"], backend="numpy")
    record = RunRecorder(tmp_path)
    model.fit(x, y.astype(int), epochs=8, verbose=0, callbacks=[record])
    examples = model.problem(x, y.astype(int)).examples(x, y.astype(int))
    run = Run(record.folder)
    found = diagnosis.diagnose(run, Replay(run, model, examples))
    assert "suspicious labels" not in [finding.name for finding in found], str(found)
