"""Processes that end with the one that started them, however that one ends: also killed, when it can say nothing more.

started = start([sys.executable, "-m", ...])    in the parent: as subprocess.Popen, its stdin is taken
end_with_parent()                               in the child, first of all; does nothing in a process that `start` did not start

The child's stdin is a pipe that nothing is written to. The system closes its other end with the parent, and the child reads an end.
Linux also sends a signal: it reaches a child that is stuck in a library's code.
"""

import os
import subprocess
import sys
from typing import Any

MARK = "CHAINRULE_ENDS_WITH_PARENT"  # in the environment of such a child
GRACE = 5.0  # seconds that a child has for a polite end
_pipe: list[
    int
] = []  # of this process: the end that children read, the end that is open as long as this process is there


def start(
    command: list[str], *, env: dict[str, str] | None = None, **settings: Any
) -> "subprocess.Popen[Any]":
    """Starts a program that calls `end_with_parent`; env and settings are those of subprocess.Popen."""
    if not _pipe:
        _pipe.extend(os.pipe())
    environment = dict(os.environ if env is None else env) | {MARK: "1"}
    return subprocess.Popen(command, env=environment, stdin=_pipe[0], **settings)  # noqa: S603 - our own programs


def end_with_parent(*, politely: bool = False) -> None:
    """This process ends when the one that started it has. politely: SIGTERM first, and `GRACE` seconds for what it does then."""
    if os.environ.pop(MARK, None) is None:
        return
    import threading

    if not politely:
        signal_at_death()
    threading.Thread(target=_listen, args=(politely,), name="end with parent", daemon=True).start()


def signal_at_death() -> None:
    """Linux sends SIGKILL to this process when its parent has ended; other systems are not asked."""
    if sys.platform == "linux":
        import ctypes
        import signal

        libc: Any = ctypes.CDLL(None)
        libc.prctl(1, int(signal.SIGKILL))  # PR_SET_PDEATHSIG


def _listen(politely: bool) -> None:
    """Reads stdin to its end, which is the parent's."""
    while os.read(0, 4096):
        pass
    if politely:
        import signal
        import time

        signal.raise_signal(signal.SIGTERM) if os.name == "nt" else os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
    os._exit(1)
