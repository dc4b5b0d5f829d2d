"""A process that is lost: the others end soon, with one sentence, and the run goes on with another number of them."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from start_processes import free_port

from chainrule.runs import Run
from left_processes import all_end, descendants

NUMBERS = ["--layers", "16", "--epochs", "120", "--seed", "5", "--batch-size", "64"]


def command(folder, *words):
    """A training in a folder, as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "chainrule", "train", *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, JAX_PLATFORMS="cpu"),
    )  # fmt: skip


def two(folder):
    """Two processes that learn from the same file, until they have learned for some epochs."""
    where = f"127.0.0.1:{free_port()}"
    words = ["blobs.npz", *NUMBERS, "--processes", "2", "--coordinator", where, "--process-id"]
    started = [command(folder, *words, str(i)) for i in range(2)]
    until = time.monotonic() + 600
    while not any(len(path.read_bytes().splitlines()) > 2 for path in folder.glob("runs/*/epochs.jsonl")):
        assert all(process.poll() is None for process in started), started[0].communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    return started


@pytest.fixture
def folder(tmp_path):
    """A folder with data."""
    rng = np.random.default_rng(0)
    y, x = rng.integers(0, 3, 1200), rng.random((1200, 10), np.float32)
    x[np.arange(1200), y] += 1
    np.savez(tmp_path / "blobs.npz", x_train=x[:1000], y_train=y[:1000], x_test=x[1000:], y_test=y[1000:])
    return tmp_path


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("victim", [0, 1])
def test_the_others_end_within_15_seconds_and_one_process_goes_on(folder, victim) -> None:
    """Killed by the system: the survivor says one sentence; resumed by one process the run ends with the bits of one."""
    started = two(folder)
    other = started[1 - victim]
    started[victim].send_signal(signal.SIGKILL)
    began = time.monotonic()
    _, errors = other.communicate(timeout=100)
    assert time.monotonic() - began < 15
    started[victim].communicate()
    last = [line for line in errors.splitlines() if line.strip()][-1]
    # JAX's runtime may notice first and aborts; the sentence is the same
    assert other.returncode in (1, -signal.SIGABRT)
    assert "cannot be reached any more" in last or "no sign of life" in last
    assert "--resume last" in last
    assert "Traceback" not in errors
    if victim == 0:
        return
    resumed = command(folder, "--resume", "last")
    assert resumed.wait(timeout=600) == 0, resumed.communicate()
    alone = command(folder, "blobs.npz", *NUMBERS, "--pieces", "8", "--runs-dir", "alone")
    assert alone.wait(timeout=600) == 0, alone.communicate()
    (one,), (other_run,) = folder.glob("runs/2*"), folder.glob("alone/2*")
    found, wanted = Run(one), Run(other_run)
    assert found.steps.stop == wanted.steps.stop
    ends = [run.load_snapshot(run.snapshots()[-1]).state["learning"] for run in (found, wanted)]
    for a, b in zip(*(end["params"] for end in ends), strict=True):
        assert {name: w.tobytes() for name, w in a.items()} == {name: w.tobytes() for name, w in b.items()}


@pytest.mark.timeout(400)
def test_the_processes_of_a_killed_launcher_end_by_themselves(folder) -> None:
    """`--processes 2` on this machine, killed while they learn: within seconds nobody is left."""
    launcher = command(folder, "blobs.npz", *NUMBERS, "--processes", "2")
    until = time.monotonic() + 300
    while not any(folder.glob("runs/*/epochs.jsonl")):
        assert launcher.poll() is None, launcher.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    started = descendants(launcher.pid)
    assert len(started) >= 2
    launcher.kill()
    launcher.communicate()
    assert all_end(started, 5)


def test_other_data_are_noticed_before_the_first_step(tmp_path) -> None:
    """A number that differs in one process: a sentence that names the process."""
    from start_processes import start

    started = start("other data", tmp_path, 2)
    errors = [process.communicate(timeout=200)[1] for process in started]
    assert [process.returncode for process in started] == [1, 1]
    assert "Process 1 has other data than process 0" in errors[0]
