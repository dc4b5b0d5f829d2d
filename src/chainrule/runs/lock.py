"""One writer for a run: a lock that the system gives up when its process ends, however that happens.

So a lock of a dead process never blocks. The number in the file only tells people who holds it.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from chainrule.errors import FileError
from chainrule.runs.disk import AT_ONCE, OWN, must_be_there
from chainrule.runs.format import LOCK

try:
    import fcntl
except ImportError:  # a system without such locks: nobody is refused there
    fcntl = None  # type: ignore[assignment]

TRIES, PAUSE = 10, 0.02  # a reader that asks whether somebody writes holds the lock for a moment


class Lock:
    """Held from the moment it is made until `release`; FileError when another process holds it."""

    def __init__(self, folder: Path) -> None:
        self.handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | OWN | AT_ONCE, 0o666)
        try:
            for _ in range(TRIES):
                if taken(self.handle, exclusive=True):
                    break
                time.sleep(PAUSE)
            else:
                raise taken_by(folder, self.handle)
        except BaseException:
            os.close(self.handle)
            raise
        with suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(self.handle, 0)
            os.write(self.handle, f"{os.getpid()}\n".encode())

    def must_be_there(self) -> None:
        """DeletedError where the lock's file is gone: another process could begin to write."""
        must_be_there(self.handle, LOCK)

    def release(self) -> None:
        """Lets the next one write. Releasing twice does nothing."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


def taken_by(folder: Path, handle: int) -> FileError:
    """What is said to the second one who wants to write."""
    who = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
    return FileError(
        f"{folder} is being written by another process (number {who or 'unknown'}). "
        "Wait until it has ended, or stop it; nothing was changed."
    )


def must_be_free(folder: Path) -> None:
    """FileError when a process is writing in this run folder right now; changes nothing."""
    if held(folder):
        handle = os.open(folder / LOCK, os.O_RDONLY | OWN | AT_ONCE)
        try:
            raise taken_by(folder, handle)
        finally:
            os.close(handle)


def taken(handle: int, exclusive: bool) -> bool:
    """Tries to take the lock of an open file; False when another one holds it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def held(folder: Path) -> bool:
    """Whether a process is writing in this run folder right now."""
    if fcntl is None:
        return False
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | OWN | AT_ONCE)
    except OSError:
        return False
    try:
        return not taken(handle, exclusive=False)
    finally:
        os.close(handle)
