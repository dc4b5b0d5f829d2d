"""Bytes on a disk: read piece by piece within their bounds, and written so that a file is either the old or the new.

Knows nothing of what the bytes mean.
"""

import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from chainrule.errors import FileError, missing_file

Where = str | os.PathLike[str]


class Source:
    """A row of bytes with a size; a piece outside of it is an error, never a short answer.

    >>> Source(io.BytesIO(b"abcdef"), 2, 3).read(1, 2)
    b'de'
    """

    def __init__(self, handle: BinaryIO, start: int, size: int, on_disk: int | None = None) -> None:
        """A window of `size` bytes, beginning at byte `start` of an open file.

        on_disk: how many bytes it takes on the disk, where it was unpacked from fewer.
        """
        self.handle, self.start, self.size = handle, start, size
        self.on_disk = size if on_disk is None else on_disk

    def read(self, offset: int, count: int) -> bytes:
        """The `count` bytes at `offset`."""
        self._inside(offset, count)
        self.handle.seek(self.start + offset)
        piece = self.handle.read(count)
        if len(piece) != count:
            raise FileError("is truncated: it became shorter while it was read. Copy it again.")
        return piece

    def fill(self, offset: int, room: memoryview) -> None:
        """Reads into memory that is already there (the bytes of an array), without a copy between."""
        self._inside(offset, room.nbytes)
        self.handle.seek(self.start + offset)
        done = 0
        while done < room.nbytes:
            count = self.handle.readinto(room[done:])  # type: ignore[attr-defined]  # every handle here has it
            if not count:
                raise FileError("is truncated: it became shorter while it was read. Copy it again.")
            done += count

    def part(self, offset: int, size: int) -> "Source":
        """A smaller window inside this one."""
        self._inside(offset, size)
        return Source(self.handle, self.start + offset, size, min(size, self.on_disk))

    def _inside(self, offset: int, count: int) -> None:
        if offset < 0 or count < 0 or offset + count > self.size:
            raise FileError(
                f"is truncated or damaged: it has {self.size:,} bytes, and a part of it should lie at byte "
                f"{offset:,} to {offset + count:,}. Copy or download it again."
            )


@contextmanager
def opened(where: Where | bytes) -> Iterator[Source]:
    """A regular file (or bytes that are already here) as a Source; anything else is refused before it is opened."""
    if isinstance(where, bytes):
        yield Source(io.BytesIO(where), 0, len(where))
        return
    _regular(_status(where))
    with open(where, "rb", opener=_open_without_waiting) as handle:
        before = os.fstat(handle.fileno())
        _regular(before)
        yield Source(handle, 0, before.st_size)
        after = os.fstat(handle.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise FileError("was changed by another program while it was read. Try again.")


def _status(where: Where) -> os.stat_result:
    try:
        return Path(where).stat()
    except FileNotFoundError:
        raise missing_file(where) from None
    except (OSError, ValueError) as problem:  # a loop of links, no permission, a NUL in the name
        raise FileError(f"cannot be opened: {getattr(problem, 'strerror', None) or problem}.") from None


def _regular(status: os.stat_result) -> None:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
             stat.S_IFSOCK: "a socket"}  # fmt: skip
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise FileError(f"is {kinds.get(kind, 'something else')}, not a model file. Name the file itself.")


def _open_without_waiting(where: str, flags: int) -> int:
    return os.open(where, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe put in its place must not hang us


def write(where: Where, pieces: Iterable[bytes | memoryview]) -> int:
    """Writes a file as a whole: beside, to the disk, then into place. Returns its size in bytes.

    Whatever happens on the way, under `where` lies the old file or the new one. FileError says why it was not possible.
    """
    target = Path(where).resolve()  # through a link to the file itself
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}-{os.urandom(4).hex()}.part")
    size = 0
    try:
        with beside.open("xb") as handle:
            for piece in pieces:
                size += handle.write(piece)
            handle.flush()
            os.fsync(handle.fileno())
        with suppress(FileNotFoundError):
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
        _sync_folder(target.parent)
    except OSError as problem:
        raise FileError(
            f"{os.fspath(where)} could not be saved: {problem.strerror or problem}. "
            "What was there before is untouched."
        ) from problem
    finally:
        with suppress(OSError):
            beside.unlink()  # gone already if all went well
    return size


def _sync_folder(folder: Path) -> None:
    """Makes the renaming itself last through a power cut, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
