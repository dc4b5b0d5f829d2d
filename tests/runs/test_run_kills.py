"""Processes that are killed, and processes that meet in one folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from recorded import begin, go_on, is_prefix, keep, same, settings, state

from chainrule.errors import FileError
from chainrule.runs import Run, RunWriter
from chainrule.runs.lock import held

HERE = Path(__file__).parent

# For each line that it is told, a child takes the run up from its newest snapshot, says so, and records as fast as it
# can until it is killed. Forked from one process, so that Python starts only once.
BUSY = """
import os, sys
sys.path.insert(0, sys.argv[1])
from recorded import *
for line in sys.stdin:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        print("gone", flush=True)
        continue
    print(os.getpid(), flush=True)
    writer = RunWriter.reopen(sys.argv[2], settings())
    print(writer.restored.step, flush=True)
    while True:
        go_on(writer, 2)
        go_on(writer, 3)
        keep(writer)
        go_on(writer, 1)
        end_epoch(writer)
"""

HOLDING = """
import sys
sys.path.insert(0, sys.argv[1])
from recorded import *
writer = RunWriter.reopen(sys.argv[2], settings())
print("here", flush=True)
sys.stdin.read()
"""


def start(script, folder):
    """A process with a script, which knows the tests' folder and that of the run."""
    command = [sys.executable, "-c", script, str(HERE), str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kills", [30, pytest.param(300, marks=pytest.mark.long)])
def test_a_run_killed_again_and_again_loses_no_step_and_doubles_none(tmp_path, kills) -> None:
    """SIGKILL at 30 random moments of one run, each time taken up again: always readable, never a step back."""
    rng = np.random.default_rng(2026)
    with begin(tmp_path) as writer:
        folder = writer.folder
    newest = 0
    forks = start(BUSY, folder)
    for kill in range(kills):
        print(file=forks.stdin, flush=True)
        child, restored = int(forks.stdout.readline()), newest
        if kill % 3:  # a third of the kills fall on the moments in which the run is taken up
            restored = int(forks.stdout.readline())
            assert restored >= newest
        time.sleep(float(rng.uniform(0, 0.06 if kill % 3 else 0.015)))  # the moment of the kill
        os.kill(child, signal.SIGKILL)
        while forks.stdout.readline() != "gone\n":
            pass
        run = Run(folder)
        assert run.status == "interrupted"
        steps, epochs = len(run.steps), len(run.epochs)
        assert is_prefix(run, steps, epochs)
        newest = run.snapshots()[-1]
        assert steps >= newest >= restored
        assert same(run.load_snapshot(newest).state, state(newest))
    forks.communicate()
    assert newest > 100  # something was written between the kills
    with RunWriter.reopen(folder, settings()) as writer:
        assert writer.restored.step == newest
        assert len(writer.info.resumed) > kills * 2 // 3
        go_on(writer, 1)
        keep(writer)
        writer.finish()
    run.reload()
    assert run.verify() == []
    assert is_prefix(run, newest + 1, writer.restored.epochs)
    assert [path.name for path in folder.rglob("*") if path.suffix in (".part", ".unused")] == []


def test_a_second_process_is_refused_and_told_who_is_there(tmp_path) -> None:
    """While one process writes, another can neither go on nor remove; it can read, and sees that the run is running."""
    from chainrule.runs import remove

    with begin(tmp_path) as writer:
        folder = writer.folder
        go_on(writer, 3)
    process = start(HOLDING, folder)
    try:
        assert process.stdout.readline() == "here\n"
        assert held(folder)
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        with pytest.raises(FileError, match=rf"another process \(number {process.pid}\)"):
            RunWriter.reopen(folder, settings())
        with pytest.raises(FileError, match="another process"):
            remove(Run(folder))
        assert Run(folder).status == "running"
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    finally:
        process.kill()
        process.wait()
    assert not held(folder)
    RunWriter.reopen(folder, settings()).close()  # the lock of a dead process is no lock


def test_a_second_writer_in_the_same_process_is_refused(tmp_path) -> None:
    """Also one program cannot record into one folder twice at a time."""
    with begin(tmp_path) as writer:
        with pytest.raises(FileError, match=str(os.getpid())):
            RunWriter.reopen(writer.folder, settings())
        go_on(writer, 1)
    RunWriter.reopen(writer.folder, settings()).close()


def test_a_lock_file_of_a_process_that_is_gone_does_not_block(tmp_path) -> None:
    """What stands in the lock file is for people; only a living process holds the lock."""
    with begin(tmp_path) as writer:
        pass
    (writer.folder / "lock").write_text("1\n")
    assert not held(writer.folder)
    RunWriter.reopen(writer.folder, settings()).close()


def test_a_killed_writer_leaves_the_name_of_its_run_taken(tmp_path) -> None:
    """Runs that begin in the same second get folders of their own, also from several processes at once."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); from recorded import *\nprint(begin(sys.argv[2]).folder, flush=True)"
    command = [sys.executable, "-c", script, str(HERE), str(tmp_path / "deep" / "runs")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    folders = [process.communicate()[0].strip() for process in processes]
    assert len(set(folders)) == 4
    assert all(not Run(folder).verify() for folder in folders)


def test_a_process_killed_in_the_middle_of_a_snapshot_leaves_the_one_before(tmp_path) -> None:
    """Killed between the bytes of a snapshot and its name: the part is there, does not count, and is tidied later."""
    script = (
        "import sys, os, signal; sys.path.insert(0, sys.argv[1]); from recorded import *\n"
        "from chainrule.runs.disk import Disk\n"
        "class Killed(Disk):\n"
        "    def rename(self, path, target): os.kill(os.getpid(), signal.SIGKILL)\n"
        "writer = RunWriter.reopen(sys.argv[2], settings()); go_on(writer, 4); writer.disk = Killed(); keep(writer)"
    )
    with begin(tmp_path) as writer:
        folder = writer.folder
    done = subprocess.run([sys.executable, "-c", script, str(HERE), str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    parts = list((folder / "snapshots").glob(".*.part"))
    assert len(parts) == 1
    assert Run(folder).snapshots() == [0]
    with RunWriter.reopen(folder, settings()) as writer:
        assert writer.restored.step == 0
    assert not parts[0].exists()
