"""IDX, the format MNIST came in: two zero bytes, a type, a number of axes, the sizes, then the numbers.

      00 00 08 03   00 00 EA 60   00 00 00 1C   00 00 00 1C   pixel pixel pixel ...
            │  │    └ 60000       └ 28          └ 28
            │  └ three axes
            └ unsigned bytes

Many files with the same four names go round, some of them cut short. So the sizes in the header must account
for every byte of the file, no more and no less, and this is known before memory is taken for the numbers.
"""

import math
import os
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LARGEST = 4 << 30  # bytes of content that are read at most
SUSPICIOUS = 200  # a file that grows more than this many times when unpacked, to more than 64 MiB, is a bomb


def read(path: str | os.PathLike[str]) -> NDArray[np.generic]:
    """Reads an IDX file, packed with gzip or not, into an array of the machine's byte order.

    Raises FileError when the file is missing, is not IDX, or holds more or fewer bytes than its header says.

    >>> import tempfile; folder = tempfile.TemporaryDirectory()
    >>> write(folder.name + "/labels.gz", np.array([5, 0, 4], "u1"))
    >>> read(folder.name + "/labels.gz")
    array([5, 0, 4], dtype=uint8)
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise FileError(f"{path} is {size:,} bytes long; IDX files are read up to {LARGEST:,}.")
        return parse(unpack(path.read_bytes(), str(path)), str(path))
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror or problem}.") from None


def write(path: str | os.PathLike[str], array: NDArray[np.generic]) -> None:
    """Writes an array as IDX, packed with gzip when the name ends in .gz; beside first, then renamed."""
    path, content = Path(path), encode(array)
    if path.suffix == ".gz":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)  # 31: with a gzip header, without a date in it
        content = packer.compress(content) + packer.flush()
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def encode(array: NDArray[np.generic]) -> bytes:
    """The bytes of an array as IDX.

    >>> encode(np.array([[1, 2, 3]], "u1")).hex()
    '000008020000000100000003010203'
    """
    kind = next(
        (kind for kind, dtype in TYPES.items() if array.dtype == np.dtype(dtype).newbyteorder("=")), None
    )
    if kind is None:
        raise FileError(
            f"IDX cannot hold {array.dtype}; it knows uint8, int8, int16, int32, float32 and float64."
        )
    if not 1 <= array.ndim <= 255 or any(n >= 1 << 32 for n in array.shape):
        raise FileError(f"IDX cannot hold an array of shape {array.shape}.")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return header + array.astype(TYPES[kind]).tobytes()


def parse(content: bytes, name: str = "the file") -> NDArray[np.generic]:
    """The array in unpacked IDX bytes; a view on them (not writable) when the numbers are single bytes.

    >>> parse(bytes.fromhex("00000802 00000001 00000003 010203"))
    array([[1, 2, 3]], dtype=uint8)
    """
    dtype, shape, start = _header(content, name)
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise FileError(
            f"{name} has {len(content):,} bytes, but its header {shape} of {dtype.name} makes {expected:,}: "
            f"it is {'cut short' if len(content) < expected else 'followed by something else'}."
        )
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return array if dtype.itemsize == 1 else array.astype(dtype.newbyteorder("="))


def unpack(data: bytes, name: str = "the file") -> bytes:
    """The content of gzip data that holds IDX (data that is not gzip is returned as it is).

    Takes no more memory than the IDX header inside asks for, and refuses headers that ask for too much.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    first = zlib.decompressobj(31)
    try:
        header = first.decompress(data, 4 + 4 * 255)
        dtype, shape, start = _header(header, name)
        expected = start + math.prod(shape) * dtype.itemsize
        if expected > 64 << 20 and expected > SUSPICIOUS * len(data):
            raise FileError(
                f"{name}: {len(data):,} bytes that claim to unpack to {expected:,} are not trusted."
            )
        pieces: list[bytes] = []
        size = 0
        while (
            data
        ):  # a gzip file may be several, one after the other; thousands of empty ones would be an attack
            if len(pieces) == 64:
                raise FileError(f"{name} is packed in more than 64 pieces; pack it again in one.")
            part = zlib.decompressobj(31)
            piece = part.decompress(data, expected + 1 - size)
            size += len(piece)
            pieces.append(piece)
            if size > expected or (not part.eof and part.unconsumed_tail):
                raise FileError(
                    f"{name} unpacks to more than the {expected:,} bytes its header {shape} makes."
                )
            if not part.eof:
                raise FileError(f"{name} is cut short: its packed data ends too early.")
            data = part.unused_data
        return b"".join(pieces)
    except zlib.error as problem:
        raise FileError(f"{name} is damaged: it cannot be unpacked ({problem}).") from None


def _header(content: bytes, name: str) -> tuple[np.dtype[np.generic], tuple[int, ...], int]:
    """What the first bytes say: type of number, shape, and where the numbers begin."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or content[3] == 0:
        raise FileError(f"{name} is not an IDX file: it begins with {content[:4].hex(' ') or 'nothing'}.")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise FileError(f"{name} is cut short: its header of {start} bytes is not complete.")
    dtype, shape = np.dtype(TYPES[content[2]]), struct.unpack(f">{content[3]}I", content[4:start])
    if len(shape) > 32 or math.prod(max(n, 1) for n in shape) * dtype.itemsize > LARGEST:
        raise FileError(
            f"{name} says its shape is {shape}; files are read up to {LARGEST:,} bytes and 32 axes."
        )
    return dtype, shape, start
