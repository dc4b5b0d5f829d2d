"""A child ends with its parent, however the parent ends."""

import signal
import subprocess
import sys

import pytest

from left_processes import all_end

CHILD = """
import os, pathlib, signal, sys, time
{before}
from chainrule.internal.child_processes import end_with_parent
end_with_parent(politely={politely})
print("there", flush=True)
{work}
"""
PARENT = """
import sys, time
from chainrule.internal.child_processes import start
children = [start([sys.executable, "-c", sys.argv[1]]) for _ in range(2)]
print(*(child.pid for child in children), flush=True)
time.sleep(60)
"""


def children_of_a_killed_parent(child: str, number: int = signal.SIGKILL) -> list[int]:
    """Starts a parent with two children, ends it when they are there; their process ids."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, child], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    lines = [parent.stdout.readline() for _ in range(3)]
    pids = next(line for line in lines if "there" not in line).split()
    parent.send_signal(number)
    parent.wait(10)
    return [int(pid) for pid in pids]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("politely", [False, True])
def test_children_end_when_their_parent_was_ended(number, politely) -> None:
    """Also when it was killed and could not tell them."""
    child = CHILD.format(before="", politely=politely, work="time.sleep(60)")
    assert all_end(children_of_a_killed_parent(child, number), 4)


def test_a_polite_end_has_time_and_no_more(tmp_path) -> None:
    """What hears SIGTERM does its last work; who ignores it is ended all the same."""
    before = f"signal.signal(15, lambda *_: pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch())"
    work = "while True: time.sleep(0.1)"
    pids = children_of_a_killed_parent(CHILD.format(before=before, politely=True, work=work))
    assert all_end(pids, 8)
    assert {int(path.name) for path in tmp_path.iterdir()} == set(pids)


@pytest.mark.skipif(sys.platform != "linux", reason="the signal at a parent's death is Linux's")
def test_a_child_that_is_stuck_in_a_library_ends_too() -> None:
    """The interpreter's lock is held in C, so no thread of Python runs: Linux ends it."""
    work = "import ctypes; ctypes.PyDLL(None).sleep(60)"
    assert all_end(children_of_a_killed_parent(CHILD.format(before="", politely=False, work=work)), 4)


def test_who_was_not_started_so_is_left_alone() -> None:
    """A program of the user's, whose stdin ends, goes on."""
    code = "from chainrule.internal.child_processes import end_with_parent; end_with_parent(); import time; time.sleep(0.3); print('on')"
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "on"
