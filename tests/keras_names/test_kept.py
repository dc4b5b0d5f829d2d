"""After `chainrule run` the commands about runs work on what the script learned, without the script."""

import subprocess
import sys

import numpy as np
import pytest

from chainrule import open_run
from chainrule.datasets import npz
from chainrule.engine.examples import Examples
from chainrule.errors import FileError
from chainrule.recording import kept_examples

SCRIPT = """
import keras
keras.utils.set_random_seed(1)
(x, y), (xt, yt) = keras.datasets.mnist.load_data()
x, xt = x[:600].reshape(-1, 784) / 255.0, xt[:200].reshape(-1, 784) / 255.0
y = keras.utils.to_categorical(y[:600], 10)
yt = keras.utils.to_categorical(yt[:200], 10)
model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(10, "softmax")])
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
for _ in range(2):
    model.fit(x, y, epochs=2, batch_size=32, validation_data=(xt, yt), verbose=0)
"""


@pytest.fixture
def ran(run_script, tmp_path):
    """The folder in which a script has run and left two runs."""
    done = run_script(SCRIPT, before=())
    assert done.returncode == 0, done.stderr
    return tmp_path


def command(folder, *words: str):
    return subprocess.run(
        [sys.executable, "-m", "chainrule", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_steps_are_opened_and_runs_are_diagnosed(ran) -> None:
    """explain opens a step, the doctor asks the network, report writes its page, runs shows an accuracy."""
    step = command(ran, "explain", "last@45")
    assert step.returncode == 0, step.stderr
    assert "Step 45" in step.stdout
    assert "32 examples" in step.stdout
    weight = command(ran, "explain", "last@45", "--check")
    assert weight.returncode == 0, weight.stderr
    doctor = command(ran, "runs", "doctor", "last")
    assert doctor.returncode == 0, doctor.stderr
    assert "the classes it answers" in " ".join(doctor.stdout.split())
    report = command(ran, "report", "last")
    assert report.returncode == 0, report.stderr
    assert "Left out" not in report.stderr
    assert "%" in command(ran, "runs").stdout


def test_any_step_comes_back_with_its_bits(ran) -> None:
    """Replaying a whole run from its kept examples gives the losses that were recorded."""
    run = open_run("last", ran / "runs")
    replay = run.replay
    replay.at(replay.last)
    assert replay.drift == 0.0
    assert replay.data.class_names == tuple("0123456789")
    assert len(replay.data.x_test) == 200


def test_the_same_examples_are_kept_once_and_as_bytes(ran) -> None:
    """Two runs on the same data share one file, and pixels are bytes in it."""
    (file,) = (ran / "runs" / ".examples").iterdir()
    assert file.stat().st_size < 600 * 784 + 200 * 784 + 100_000
    file.unlink()
    with pytest.raises(FileError, match="not there any more"):
        open_run("last", ran / "runs").at(3)


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(0).normal(size=(5, 3)).astype("float32"), np.arange(12, dtype="uint8").reshape(4, 3),
        np.random.default_rng(0).random((5, 3)).astype("float32"), np.array([[0.0, 1.0]], "float32"), np.ones((2, 0), "float32"),
    ],
    ids=["normal", "bytes", "shares", "ends", "empty"],
)  # fmt: skip
def test_what_is_kept_is_what_was_learned_from(x, tmp_path) -> None:
    """Inputs of any kind come back as the same numbers."""
    examples = Examples(x, np.arange(len(x)), np.ones(len(x), "float32"))
    name = kept_examples.keep(tmp_path, examples, None)["kept"]
    again = kept_examples.from_arrays(npz.read(tmp_path / ".examples" / name))
    assert np.array_equal(again.inputs(slice(None)), examples.inputs(slice(None)))
    assert np.array_equal(again.y, examples.y)
    assert np.array_equal(again.weight, examples.weight)
