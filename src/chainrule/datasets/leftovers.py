"""Folders of examples in TMPDIR, each with a lock that ends with its process: what a killed process left is cleared away.

Cleared is only what this library made and this user owns: a folder of its name with a lock that nobody holds, and in it
the files of its own kinds. Whatever else lies in such a folder stays, and the folder with it.
"""

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: nothing is cleared there
    fcntl = None  # type: ignore[assignment]

PREFIX = "chainrule-examples-"
LOCK = "lock"
OURS = re.compile(r"\d+\.npy|cells|lock(\.new)?")


def made() -> tuple[Path, Any]:
    """A new folder, and the open file whose lock says that it is used."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = (path / f"{LOCK}.new").open("wb")
    if fcntl is not None:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (path / f"{LOCK}.new").rename(path / LOCK)  # locked from the first moment on at which it can be found
    return path, lock


def remove(path: Path, lock: Any = None) -> None:
    """Takes a folder and its files away; files that are not of its kinds stay, and the folder with them."""
    with contextlib.suppress(OSError):
        for file in sorted(path.iterdir(), key=lambda file: file.name == LOCK):  # the lock last
            if OURS.fullmatch(file.name):
                file.unlink()
        path.rmdir()
    if lock is not None:
        lock.close()


def clear() -> None:
    """Takes away the folders of processes that were killed; those in use, and those of others, stay."""
    if fcntl is None:
        return
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            about = path.lstat()
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
                continue
            handle = os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(path)
            finally:
                os.close(handle)
