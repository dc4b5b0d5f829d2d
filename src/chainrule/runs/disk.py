"""Every change that recording makes on a disk: one small call for each, so that a test can count, refuse or forget any.

Two promises are made of those calls: a whole file is the old one or the new one (`save`), and a file that only grows
ends with whole pieces (`Log`). OSError passes through; who writes says what it means.
"""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

Piece = bytes | memoryview

BINARY = getattr(os, "O_BINARY", 0)
OWN = BINARY | getattr(
    os, "O_NOFOLLOW", 0
)  # a link in a run's folder would lead to a file that is not the run's
AT_ONCE = getattr(os, "O_NONBLOCK", 0)  # a pipe is not waited for
LARGEST = {"run.json": 64 << 20, "epochs.jsonl": 256 << 20}  # bytes


def content(path: Path) -> bytes:
    """All bytes of a file of a run; OSError where it is none, or far larger than any that is written."""
    handle = os.open(path, os.O_RDONLY | AT_ONCE | BINARY)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "it is not an ordinary file")
        if about.st_size > LARGEST.get(path.name, 4 << 30):
            raise OSError(errno.EFBIG, f"it has {about.st_size:,} bytes, which no run writes")
        return file.read()


class Disk:
    """The calls themselves; `handle` is the system's number of an open file."""

    def make_folder(self, path: Path) -> None:
        """A new folder; FileExistsError when something has that name."""
        path.mkdir()

    def create(self, path: Path) -> int:
        """Opens a file for writing, empty."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | OWN | AT_ONCE, 0o666)

    def extend(self, path: Path) -> int:
        """Opens a file for writing at its end."""
        return os.open(path, os.O_WRONLY | os.O_APPEND | OWN | AT_ONCE)

    def write(self, handle: int, piece: Piece) -> int:
        """Writes the beginning of a piece; returns how many bytes that was."""
        return os.write(handle, piece)

    def cut(self, handle: int, size: int) -> None:
        """Shortens a file to `size` bytes."""
        os.ftruncate(handle, size)

    def sync(self, handle: int) -> None:
        """Returns when what was written would survive a power cut."""
        os.fsync(handle)

    def rename(self, path: Path, target: Path) -> None:
        """Gives a file another name, in one step; a file that had it is gone."""
        path.replace(target)

    def remove(self, path: Path) -> None:
        """Removes a file."""
        path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Removes an empty folder."""
        path.rmdir()

    def sync_folder(self, path: Path) -> None:
        """Returns when the names in a folder would survive a power cut, where the system can promise that."""
        if os.name == "nt":
            return
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    # ── what is made of them ─────────────────────────────────────────────────────────────────────────────────────
    def write_all(self, handle: int, pieces: Iterable[Piece]) -> int:
        """Writes all pieces; returns how many bytes they were."""
        size = 0
        for piece in pieces:
            rest = memoryview(piece)
            size += len(rest)
            while rest:
                rest = rest[self.write(handle, rest) :]
        return size

    def save(self, path: Path, pieces: Iterable[Piece]) -> int:
        """Writes a file as a whole: beside, to the disk, then into place. Returns its size."""
        beside = beside_of(path)
        try:
            handle = self.create(beside)
            try:
                size = self.write_all(handle, pieces)
                self.sync(handle)
            finally:
                os.close(handle)
            self.rename(beside, path)
        except BaseException:
            with suppress(OSError):
                self.remove(beside)
            raise
        self.sync_folder(path.parent)
        return size


DISK = Disk()


def beside_of(path: Path) -> Path:
    """The name under which a file is written until it is whole."""
    return path.with_name(f".{path.name}.part")


class DeletedError(FileNotFoundError):
    """A file that is being written has lost its name: what is written goes nowhere, and no system says so."""


def must_be_there(handle: int, name: str) -> None:
    """DeletedError where an open file was deleted or replaced by another."""
    if os.fstat(handle).st_nlink == 0:
        raise DeletedError(errno.ENOENT, f"{name} was deleted or replaced while it was being written")


class Log:
    """A file that only grows. A piece that could not be written as a whole is taken off again."""

    def __init__(self, disk: Disk, path: Path, size: int) -> None:
        """Opens a file that is there, and shortens it to `size` bytes if it is longer."""
        self.disk, self.size, self.name = disk, size, path.name
        self.handle = disk.extend(path)
        try:
            if os.fstat(self.handle).st_size != size:
                disk.cut(self.handle, size)
                disk.sync(self.handle)
        except BaseException:
            self.close()
            raise
        self.synced = size

    def append(self, piece: bytes) -> None:
        """Writes one piece at the end."""
        must_be_there(self.handle, self.name)
        try:
            self.disk.write_all(self.handle, [piece])
        except BaseException:
            with suppress(OSError):
                self.disk.cut(self.handle, self.size)
            raise
        self.size += len(piece)

    def sync(self) -> None:
        """Returns when all that was appended would survive a power cut."""
        must_be_there(self.handle, self.name)
        if self.synced != self.size:
            self.disk.sync(self.handle)
            self.synced = self.size

    def close(self) -> None:
        """Lets go of the file."""
        with suppress(OSError):
            os.close(self.handle)
