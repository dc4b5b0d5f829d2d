"""The texts of an HDF5 file: attributes of names, kept in place or in the global heap, counted before they are read."""

import math
import struct

from chainrule.errors import FileError
from chainrule.files.disk import Source
from chainrule.files.hdf5 import messages
from chainrule.files.hdf5.messages import Attribute, TextType

NAME, NAMES = 512, 100_000
LONGEST, TOTAL = 8 << 20, 24 << 20  # bytes of one text, and of all


class Texts:
    """Decodes the texts of one file."""

    def __init__(self, source: Source) -> None:
        """Nothing is read yet."""
        self.source = source
        self.told = self.kept = 0
        self.heaps: dict[int, dict[int, tuple[int, int]]] = {}

    def of(self, attribute: Attribute) -> list[str]:
        """The texts of an attribute; an empty array of any type is no texts."""
        count = math.prod(attribute.shape or ()) if attribute.shape is not None else 0
        if not count:
            return []
        kind = messages.datatype(attribute.type)
        if not isinstance(kind, TextType) or count > NAMES:
            raise FileError("has an attribute that should be a list of names.")
        size = 16 if kind.size is None else kind.size
        if len(attribute.data) < count * size or not size:
            raise FileError("has a damaged attribute.")
        raw = [attribute.data[at : at + size] for at in range(0, count * size, size)]
        longest = NAME if attribute.shape else LONGEST
        if kind.size is None:
            if any(int.from_bytes(item[:4], "little") > longest for item in raw):
                what = (
                    f"a name of over {NAME} bytes in a list"
                    if attribute.shape
                    else f"a text of over {LONGEST:,} bytes"
                )
                raise FileError(f"has {what}.")
            raw = [self._from_heap(*struct.unpack("<IQI", item)) for item in raw]
        return [item.split(b"\0", 1)[0].rstrip(b" " if kind.padding == 2 else b"").decode() for item in raw]

    def _from_heap(self, length: int, address: int, index: int) -> bytes:
        if not length:
            return b""
        self.told += length
        if self.told > TOTAL:
            raise FileError(f"has more than {TOTAL >> 20} MB of text in it.")
        if address not in self.heaps:
            self.heaps[address] = self._heap(address)
        start, size = self.heaps[address].get(index, (0, -1))
        if length > size:
            raise FileError("has a text that is not where it should be.")
        return self.source.read(start, length)

    def _heap(self, address: int) -> dict[int, tuple[int, int]]:
        head = self.source.read(address, 16)
        (size,) = struct.unpack_from("<Q", head, 8)
        if head[:5] != b"GCOL\1" or address + size > self.source.size:
            raise FileError("has a damaged store of texts.")
        places: dict[int, tuple[int, int]] = {}
        at = address + 16
        while at + 16 <= address + size:
            index, _, _, length = struct.unpack("<HHIQ", self.source.read(at, 16))
            if not index:
                break
            self.kept += 1
            if self.kept > NAMES:
                raise FileError(f"has more than {NAMES:,} texts in it.")
            if index in places or at + 16 + length > address + size:
                raise FileError("has a damaged store of texts.")
            places[index] = (at + 16, length)
            at += 16 + (length + 7) // 8 * 8
        return places
