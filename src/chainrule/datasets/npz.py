"""NumPy's .npz archives, read as what they are: arrays of plain numbers or short texts. Nothing is unpickled, ever.

For each array the header's shape x size of a number must be the size the archive gives for it, exactly, and
this is known before memory is taken. Arrays that memory has no room for are unpacked into files and mapped.
"""

import io
import math
import os
import stat
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from chainrule.datasets import on_disk
from chainrule.errors import DataError, FileError

LARGEST = 4 << 30  # bytes of all arrays together, where they are held in memory
LARGE = 16 << 20  # bytes: smaller arrays are held in memory in any case
SUSPICIOUS = 50  # times the packed size, from 64 MiB on: a bomb
KINDS = "buifUS"  # bool, whole numbers, fractions, and text of fixed length for labels
BLOCK = 1 << 20


def read(path: str | os.PathLike[str], most: int | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name. Raises FileError when it is damaged or holds anything but numbers.

    most: bytes; where the arrays take more together, the large ones are unpacked into files, and mapped.

    >>> import tempfile; folder = tempfile.TemporaryDirectory()
    >>> np.savez(folder.name + "/a.npz", x=np.arange(3))
    >>> read(folder.name + "/a.npz")
    {'x': array([0, 1, 2])}
    """
    name = os.fspath(path)
    try:
        if not stat.S_ISREG(Path(name).stat().st_mode):
            raise FileError(f"{name} is not an ordinary file; arrays are an .npz file.")
        with zipfile.ZipFile(name) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            packed = max(1, Path(name).stat().st_size)
            into_files = most is not None and total > most
            if (
                (total > LARGEST and not into_files)
                or (total > 64 << 20 and total > SUSPICIOUS * packed)
                or len(members) > 1000
            ):
                raise FileError(
                    f"{name} would unpack to {total:,} bytes in {len(members):,} arrays; that is not trusted."
                )
            names = [member.filename.removesuffix(".npy") for member in members]
            if twice := [key for key, times in Counter(names).items() if times > 1]:
                raise FileError(
                    f"{name} has two arrays called {twice[0]!r}; it cannot be told which one is meant."
                )
            large = [m for m in members if into_files and m.file_size > min(LARGE, most or 0)]
            home = (
                on_disk.Folder(sum(m.file_size for m in large), f"The arrays of {name}, unpacked,")
                if large
                else None
            )
            return {
                key: _array(archive, m, f"{name}:{m.filename}", home if m in large else None)
                for key, m in zip(names, members, strict=True)
            }
    except (FileError, DataError):
        raise
    except zipfile.BadZipFile as problem:
        raise FileError(f"{name} is not an .npz file, or is damaged ({problem}).") from None
    except OSError as problem:
        raise FileError(f"{name} cannot be read: {problem.strerror or problem}.") from None
    except Exception as problem:  # noqa: BLE001 - zlib, struct, unicode, not implemented, ...: a damaged archive raises anything
        raise FileError(f"{name} is damaged ({type(problem).__name__}: {problem}).") from None


def read_files(files: Mapping[str, Path]) -> dict[str, NDArray[Any]]:
    """Arrays in .npy files of their own, by name; mapped where they take more than memory should hold.

    FileError where a file is damaged, holds anything but numbers, or is mapped and not stored row by row.
    """
    headers = {key: _header(path) for key, path in files.items()}
    large = sum(math.prod(shape) * dtype.itemsize for shape, _, dtype in headers.values()) > on_disk.MOST
    found: dict[str, NDArray[Any]] = {}
    for key, path in files.items():
        shape, fortran, dtype = headers[key]
        mapped = large and math.prod(shape) * dtype.itemsize > min(LARGE, on_disk.MOST)
        if mapped and (fortran or not dtype.isnative):
            raise FileError(
                f"{path} is not stored row by row as this machine's numbers; write it again with np.save(path, np.ascontiguousarray(x))."
            )
        found[key] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    return found


def _header(path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and type; FileError where the file is not as long as they say."""
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileError(f"{path} is not an ordinary file.")
            head = io.BytesIO(file.read(1 << 16))
            size = os.fstat(file.fileno()).st_size
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    return _checked(head, size, str(path))


def _array(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, home: "on_disk.Folder | None"
) -> NDArray[Any]:
    with archive.open(member) as file:
        head = io.BytesIO(file.read(min(member.file_size, 1 << 16)))
        shape, fortran, dtype = _checked(head, member.file_size, where)
        size = math.prod(shape) * dtype.itemsize
        if home is not None and not fortran and shape and dtype.kind in "buif":
            parts = _parts(head, file, size, where, max(1, dtype.itemsize))
            blocks: Iterable[Any] = (np.frombuffer(part, dtype) for part in parts)
            blocks = on_disk.told(blocks, size, f"Unpacking {where}")
            return home.array(shape, dtype.newbyteorder("="), blocks)  # type: ignore[no-any-return]
        content = bytearray(size)
        have = 0
        for part in _parts(head, file, size, where, 1):
            content[have : have + len(part)] = part
            have += len(part)
    array = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _checked(head: io.BytesIO, there: int, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """What an array's header says, read from its beginning; FileError where the bytes that are there are not what it says."""
    try:
        version = npy.read_magic(head)
        reader = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        with warnings.catch_warnings():  # headers of Python 2 are fine, mnist.npz has them
            warnings.simplefilter("ignore")
            shape, fortran, dtype = reader(head)
    except (ValueError, KeyError, SyntaxError, RecursionError, MemoryError):
        raise FileError(f"{where} is not an array of NumPy's.") from None
    if dtype.kind not in KINDS:
        raise FileError(f"{where} holds {dtype}; only arrays of plain numbers are read.")
    size, start = math.prod(shape) * dtype.itemsize, head.tell()
    if start + size != there or any(n < 0 for n in shape):
        raise FileError(f"{where} has {there:,} bytes; its header {shape} of {dtype} makes {start + size:,}.")
    return shape, fortran, dtype


def _parts(head: io.BytesIO, file: IO[bytes], size: int, where: str, whole: int) -> Iterator[bytes]:
    """What follows an array's header, in parts of whole numbers of so many bytes; FileError where it is cut short."""
    have, left = 0, head.read(size)
    while True:
        if end := len(left) // whole * whole:
            yield left[:end]
            have, left = have + end, left[end:]
        some = file.read(min(BLOCK, size - have - len(left))) if have < size else b""
        if not some:
            break
        left += some
    if have != size or file.read(1):  # read to the end, where the archive's checksum is compared
        raise FileError(f"{where} is cut short: {have:,} of {size:,} bytes.")
