"""Which processes a program started, and whether they are gone."""

import os
import signal
import time
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """A process's children and theirs."""
    children = [
        int(path.name) for path in Path("/proc").glob("[0-9]*") if stat_of(path.name)[1:2] == [str(pid)]
    ]
    return [one for child in children for one in (child, *descendants(child))]


def stat_of(pid: object) -> list[str]:
    """A process's state, its parent and more; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def goes_on(pid: int) -> bool:
    """Whether there is such a process; one that has ended and is not yet fetched by its parent is none."""
    return stat_of(pid)[:1] not in ([], ["Z"])


def all_end(pids: list[int], seconds: float) -> bool:
    """Whether they are gone within so many seconds; what is left is killed."""
    until = time.monotonic() + seconds
    while any(map(goes_on, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    left = [pid for pid in pids if goes_on(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return not left
