"""Arrays stored in chunks, compressed or not: found by their tree, unpacked one by one into the array."""

import itertools
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError
from chainrule.files.disk import Source
from chainrule.files.hdf5.budget import Budget
from chainrule.files.hdf5.messages import UNDEFINED

RATIO = 1100  # how much larger than its stored bytes an array may be: zeros deflate to a thousandth


class Chunks:
    """The chunks of one array: where each lies and how it was packed."""

    def __init__(
        self,
        path: str,
        budget: Budget,
        address: int,
        chunk: tuple[int, ...],
        shape: tuple[int, ...],
        dtype: np.dtype[np.generic],
        filters: list[str],
    ) -> None:
        """Reads the tree of chunks, and checks that every chunk is there once and that sizes are believable."""
        source: Source = budget.source
        self.source, self.chunk, self.shape, self.dtype, self.filters = source, chunk, shape, dtype, filters
        if len(chunk) != len(shape) or 0 in chunk:
            raise FileError("has a damaged chunk table.")
        declared = math.prod(shape) * dtype.itemsize
        expected = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=True))
        self.unpacked = expected * math.prod(chunk) * dtype.itemsize
        if self.unpacked > RATIO * source.size:
            raise FileError(
                f"declares an array of {declared:,} bytes, but the whole file has {source.size:,}. It is not read."
            )
        if self.unpacked > 16 * declared + (1 << 20):
            raise FileError(
                f"would unpack to {self.unpacked:,} bytes for an array of {declared:,}. It is not read."
            )
        budget.unpack(path, max(declared, self.unpacked), expected)
        self.places: dict[tuple[int, ...], tuple[int, int, int]] = {}
        if declared and address != UNDEFINED:
            self._walk(budget, address, None)
        self.stored = sum(size for _, size, _ in self.places.values())
        if len(self.places) != expected or declared > RATIO * self.stored:
            raise FileError(
                f"declares an array of {declared:,} bytes and stores {self.stored:,} of them. It is not read."
            )

    def _walk(self, budget: Budget, address: int, level: int | None) -> None:
        rank = len(self.shape)
        budget.table(address)
        head = budget.take(address, 24)
        here, used = head[5], int.from_bytes(head[6:8], "little")
        if head[:5] != b"TREE\x01" or (level is not None and here != level - 1):
            raise FileError("has a damaged or looping chunk table.")
        step = 8 + 8 * (rank + 1) + 8
        body = budget.take(address + 24, used * step)
        for at in range(0, used * step, step):
            size, mask, *offset, _ = struct.unpack_from(f"<II{rank + 1}Q", body, at)
            (child,) = struct.unpack_from("<Q", body, at + step - 8)
            if here:
                self._walk(budget, child, here)
                continue
            key = tuple(offset)
            wrong = any(o % c or o >= s for o, c, s in zip(key, self.chunk, self.shape, strict=True))
            if wrong or key in self.places or child + size > self.source.size:
                raise FileError(
                    "has a damaged chunk table: a chunk twice, or outside of the array or the file."
                )
            self.places[key] = (child, size, mask)
            budget.store(child, size)

    def read(self) -> NDArray[np.generic]:
        """The whole array, in the byte order of the file."""
        array = np.empty(self.shape, self.dtype)
        full = math.prod(self.chunk) * self.dtype.itemsize
        for offset, (address, size, mask) in self.places.items():
            packed = self.source.read(address, size)
            for position, name in reversed(list(enumerate(self.filters))):
                if not mask >> position & 1:
                    packed = _unpack(name, packed, full, self.dtype.itemsize)
            if len(packed) != full:
                raise FileError(f"has a chunk of {len(packed):,} bytes that should have {full:,}.")
            piece = np.frombuffer(packed, self.dtype).reshape(self.chunk)
            into = tuple(
                slice(o, min(o + c, s)) for o, c, s in zip(offset, self.chunk, self.shape, strict=True)
            )
            array[into] = piece[tuple(slice(0, s.stop - s.start) for s in into)]
        return array


def _unpack(name: str, packed: bytes, full: int, itemsize: int) -> bytes:
    if name == "deflate":
        try:
            # four bytes of room for a checksum that may lie inside
            return zlib.decompressobj().decompress(packed, full + 5)
        except zlib.error as problem:
            raise FileError(f"has a chunk that cannot be unpacked: {problem}.") from None
    if name == "shuffle":
        count = len(packed) // itemsize
        planes = np.frombuffer(packed[: count * itemsize], np.uint8).reshape(itemsize, count)
        return planes.T.tobytes() + packed[count * itemsize :]
    data, (stored,) = packed[:-4], struct.unpack("<I", packed[-4:])
    if _fletcher32(data) != stored:
        raise FileError("has a chunk whose checksum does not fit. Copy or download it again.")
    return data


def _fletcher32(data: bytes) -> int:
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2").astype(np.uint64)
    first = second = 0
    for start in itertools.takewhile(lambda at: at < len(words), itertools.count(0, 1 << 16)):
        block = words[start : start + (1 << 16)]
        count = len(block)
        weights = np.arange(count, 0, -1, dtype=np.uint64)
        second = (second + first * count + int((block * weights).sum())) % 65535
        first = (first + int(block.sum())) % 65535
    # HDF5 folds with carries, where a multiple of 65535 stays 65535 instead of 0
    first = first or (65535 if words.any() else 0)
    second = second or (65535 if words.any() else 0)
    return second << 16 | first
