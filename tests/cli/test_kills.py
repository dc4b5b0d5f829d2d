"""`chainrule train` killed at any moment: the run is always readable, and resumed it ends with the same bits."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from chainrule.models import load_model
from chainrule.runs import Run

PROGRAM = [sys.executable, "-m", "chainrule"]
# About 0.3 s of learning in 1,600 steps, with a snapshot every 256.
LEARN = ("--layers", "6", "--epochs", "80", "--batch-size", "12", "--backend", "numpy", "--seed", "7")

# The same program where no file may grow beyond 60 kB.
SMALL_FILES = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
from chainrule.cli import main
sys.exit(main(sys.argv[1:]))
"""

# The same program, killed when it is about to write the first snapshot.
KILLED_EARLY = """
import os, signal, sys
from chainrule.runs import RunWriter
RunWriter._begin = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from chainrule.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def data(tmp_path):
    """240 examples to learn from."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 5)).astype(np.float32)
    np.savez(tmp_path / "some.npz", x=x, y=(x[:, 0] + x[:, 1] > 0) + (x[:, 2] > 0))
    return tmp_path


def begin(folder, *words) -> subprocess.Popen:
    """A training, in a process of its own. Its pipes are small: it cannot run far ahead of who reads its progress."""
    return subprocess.Popen([*PROGRAM, "train", *words, "--verbose", "--runs-dir", "runs"], cwd=folder, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, pipesize=4096)  # fmt: skip


@contextmanager
def going(process):
    """Ends the process, whatever happens."""
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def weights(name) -> bytes:
    return b"".join(w.tobytes() for w in load_model(name).get_weights())


def interrupted(folder) -> str | None:
    """The newest run of the folder, if there is one and its model was not written yet."""
    runs = sorted(
        (path for path in (folder / "runs").glob("*") if (path / "run.json").exists()),
        key=lambda path: path.stat().st_ctime,
    )
    return runs[-1].name if runs else None


def kill_often(folder, kills: int, rng, backend: str) -> tuple[int, list[bytes], int]:
    """Kills trainings at random moments, each going on where the last was killed. Returns how many were killed, the
    weights of all that came to their end, and how many steps the killed ones had recorded.
    """
    killed, ends, steps, run, number = 0, [], 0, None, 0
    while killed < kills or run is not None:
        number += 1
        out = f"out-{number}.keras"
        words = ("some.npz", *LEARN, "--backend", backend) if run is None else ("--resume", run)
        process, said = begin(folder, *words, "--out", out), ""
        if killed < kills:
            if rng.random() < 0.8:  # else also while it starts
                for line in process.stderr:
                    said += line
                    if line.startswith("Epoch "):
                        break
            try:
                process.wait(
                    timeout=float(rng.uniform(0, 0.35 if backend == "numpy" else 3.0))
                )  # JAX compiles first
            except subprocess.TimeoutExpired:
                process.kill()
        _, err = process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed += 1
            run = interrupted(folder) if run is None else run
            if run is not None:
                found = Run(folder / "runs" / run)
                assert not [problem for problem in found.verify() if "is whole up to byte" not in problem]
                steps += len(found.steps)
        else:
            assert process.returncode == 0, (process.returncode, words, said + err)
            ends.append(weights(folder / out))
            for path in (folder / "runs").iterdir():  # the next training is a new run
                path.rename(folder / f"done-{number}-{path.name}")
            run = None
    return killed, ends, steps


def all_end_alike(folder, kills: int, rng, backend: str = "numpy") -> None:
    """After so many kills every training that came to its end has the weights of one that was never killed."""
    process = begin(folder, "some.npz", *LEARN, "--backend", backend, "--out", "whole.keras", "--no-record")
    process.communicate()
    assert process.returncode == 0
    killed, ends, steps = kill_often(folder, kills, rng, backend)
    assert killed == kills
    assert ends
    assert steps > 0
    assert set(ends) == {weights(folder / "whole.keras")}
    for path in folder.glob("done-*"):
        assert not (path / "run.json").exists() or Run(path).status == "finished"


def test_a_training_killed_before_its_first_step_begins_anew(data) -> None:
    """Killed where run.json is there and nothing else: --resume says that it begins anew, and learns what it would have."""
    words = ("some.npz", *LEARN)
    killed = subprocess.run([sys.executable, "-c", KILLED_EARLY, "train", *words, "--runs-dir", "runs"], cwd=data, check=False)  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    run = interrupted(data)
    resume = [*PROGRAM, "train", "--resume", run, "--epochs", "9", "--runs-dir", "runs"]
    other = subprocess.run(resume, cwd=data, capture_output=True, text=True, check=False)
    assert other.returncode == 2
    assert "--epochs was 80, and is 9 now" in other.stderr
    for more, name in ((("--resume", run), "a.keras"), ((*words, "--no-record"), "b.keras")):
        process = begin(data, *more, "--out", name)
        _, err = process.communicate()
        assert process.returncode == 0
        assert ("had ended before its first step: it begins anew" in err) == (name == "a.keras")
    assert Run(data / "runs" / run).verify() == []
    assert weights(data / "a.keras") == weights(data / "b.keras")


@pytest.mark.timeout(900)  # on a busy machine
def test_killed_thirty_times_it_ends_with_the_same_bits(data) -> None:
    """SIGKILL at 30 random moments of real trainings, resumed each time: the weights of the training that was left alone."""
    all_end_alike(data, 30, np.random.default_rng(2026))


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_killed_five_hundred_times_it_ends_with_the_same_bits(data, backend) -> None:
    """The same with 500 kills, on both engines; KILLS says how many others."""
    all_end_alike(data, int(os.environ.get("KILLS", "500")), np.random.default_rng(300), backend)


def test_a_second_process_on_the_same_run_is_refused(data) -> None:
    """While a training goes on, --resume of its run is refused with the number of its process; afterwards it works."""
    with going(begin(data, "some.npz", *LEARN, "--epochs", "1000000")) as process:
        for line in process.stderr:
            if line.startswith("Epoch 2/"):
                break
        run = interrupted(data)
        other = subprocess.run(
            [*PROGRAM, "train", "--resume", run, "--runs-dir", "runs"],
            cwd=data,
            capture_output=True,
            text=True,
            check=False,
        )
        assert other.returncode == 1
        assert f"another process (number {process.pid})" in " ".join(other.stderr.split())
        listed = subprocess.run(
            [*PROGRAM, "runs", "--runs-dir", "runs"], cwd=data, capture_output=True, text=True, check=True
        )
        assert "running" in listed.stdout
    listed = subprocess.run(
        [*PROGRAM, "runs", "--runs-dir", "runs"], cwd=data, capture_output=True, text=True, check=True
    )
    assert "interrupted" in listed.stdout


def test_a_disk_that_is_full_is_said_and_the_training_ends_well(data) -> None:
    """No file may grow beyond 60 kB: the recording ends with a sentence, the learning does not, the run stays readable."""
    done = subprocess.run([sys.executable, "-c", SMALL_FILES, "train", "some.npz", *LEARN, "--epochs", "300", "--verbose", "--runs-dir", "runs", "--out", "small.keras"],
                          cwd=data, capture_output=True, text=True, check=False)  # fmt: skip
    assert "What was recorded before is untouched. Learning goes on, without being recorded." in " ".join(
        done.stderr.split()
    )
    assert done.stderr.count("Learning goes on") == 1
    assert done.returncode == 0, done.stderr
    assert "Epoch 300/300" in done.stderr
    run = Run(data / "runs" / interrupted(data))
    assert run.status == "interrupted"
    assert len(run.steps) > 100
    resumed = subprocess.run([*PROGRAM, "train", "--resume", run.name, "--runs-dir", "runs", "--out", "again.keras"], cwd=data,
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert resumed.returncode == 0
    assert weights(data / "again.keras") == weights(data / "small.keras")


def test_a_folder_that_can_not_be_written_is_said(data) -> None:
    """Runs cannot be kept there, not even by root: a sentence, and the training goes on."""
    (data / "runs").write_text("a file where a folder should be")
    done = subprocess.run(
        [*PROGRAM, "train", "some.npz", *LEARN, "--runs-dir", "runs"],
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Learning goes on, without being recorded." in done.stderr


def test_ctrl_c_says_how_to_go_on(data) -> None:
    """Stopped by Ctrl-C in the middle, the command that goes on is printed, and ends with the same bits."""
    process = begin(data, "some.npz", *LEARN, "--epochs", "250")
    for line in process.stderr:
        if line.startswith("Epoch 5/"):
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert process.returncode == 130
    run = interrupted(data)
    assert f"chainrule train --resume runs/{run}" in out
    assert Run(data / "runs" / run).status == "interrupted"
    for words, name in (
        (("--resume", f"runs/{run}"), "a.keras"),
        (("some.npz", *LEARN, "--epochs", "250"), "b.keras"),
    ):
        process = begin(data, *words, "--out", name)
        process.communicate()
        assert process.returncode == 0
    assert weights(data / "a.keras") == weights(data / "b.keras")
