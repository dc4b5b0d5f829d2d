"""NumPy's .npz archives, read as what they are: arrays of plain numbers or short texts. Nothing is unpickled, ever.

For each array the header's shape x size of a number must be the size the archive gives for it, exactly, and
this is known before memory is taken.
"""

import io
import math
import os
import stat
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from chainrule.errors import FileError

LARGEST = 4 << 30  # bytes of all arrays together
SUSPICIOUS = 50  # times the packed size, from 64 MiB on: a bomb
KINDS = "buifUS"  # bool, whole numbers, fractions, and text of fixed length for labels
BLOCK = 1 << 20


def read(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name. Raises FileError when it is damaged or holds anything but numbers.

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
            if total > LARGEST or (total > 64 << 20 and total > SUSPICIOUS * packed) or len(members) > 1000:
                raise FileError(
                    f"{name} would unpack to {total:,} bytes in {len(members):,} arrays; that is not trusted."
                )
            names = [member.filename.removesuffix(".npy") for member in members]
            if twice := [key for key, times in Counter(names).items() if times > 1]:
                raise FileError(
                    f"{name} has two arrays called {twice[0]!r}; it cannot be told which one is meant."
                )
            return {
                key: _array(archive, m, f"{name}:{m.filename}") for key, m in zip(names, members, strict=True)
            }
    except FileError:
        raise
    except zipfile.BadZipFile as problem:
        raise FileError(f"{name} is not an .npz file, or is damaged ({problem}).") from None
    except OSError as problem:
        raise FileError(f"{name} cannot be read: {problem.strerror or problem}.") from None
    except Exception as problem:  # noqa: BLE001 - zlib, struct, unicode, not implemented, ...: a damaged archive raises anything
        raise FileError(f"{name} is damaged ({type(problem).__name__}: {problem}).") from None


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> NDArray[Any]:
    with archive.open(member) as file:
        head = io.BytesIO(file.read(min(member.file_size, 1 << 16)))
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
        if start + size != member.file_size or any(n < 0 for n in shape):
            raise FileError(
                f"{where} has {member.file_size:,} bytes; its header {shape} of {dtype} makes "
                f"{start + size:,}."
            )
        content = bytearray(size)
        have = head.readinto(content)
        while have < size and (some := file.read(min(BLOCK, size - have))):
            content[have : have + len(some)] = some
            have += len(some)
        if have != size or file.read(1):  # read to the end, where the archive's checksum is compared
            raise FileError(f"{where} is cut short: {have:,} of {size:,} bytes.")
    array = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)
