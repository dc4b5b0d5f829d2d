"""An HDF5 file as groups and datasets. The whole tree is walked and checked at once; numbers are read when asked for."""

import math
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError
from chainrule.files.disk import Source
from chainrule.files.hdf5 import messages
from chainrule.files.hdf5.chunks import Chunks
from chainrule.files.hdf5.messages import UNDEFINED, Attribute, Layout, TextType

SIGNATURE = b"\x89HDF\r\n\x1a\n"
OBJECTS, MESSAGES, DEPTH = 100_000, 500_000, 32
NAME, NAMES, TEXTS = 512, 100_000, 64 << 20
RATIO = 100  # how much larger than the file all arrays together may be, unpacked
NEWER = (
    "is written in HDF5's newer layout (libver='latest' or track_order), which Keras does not use. "
    "Open it with Keras and save it again."
)


@dataclass
class Dataset:
    """An array in the file: shape and type are known, the numbers are read by `read()`."""

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    stored: Chunks | Layout
    source: Source

    @property
    def nbytes(self) -> int:
        """How many bytes the numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def read(self) -> NDArray[np.generic]:
        """The numbers, in this machine's byte order."""
        if isinstance(self.stored, Chunks):
            array = self.stored.read()
        elif self.stored.kind == "compact":
            array = np.frombuffer(self.stored.data, self.dtype).reshape(self.shape).copy()
        else:
            array = np.empty(self.shape, self.dtype)
            if array.nbytes:
                self.source.fill(self.stored.address, array.reshape(-1).view(np.uint8).data)
        return array.astype(self.dtype.newbyteorder("="), copy=False)


@dataclass
class Group:
    """A folder in the file: children by name, attributes beside them."""

    path: str
    file: "File"
    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: dict[str, "Group | Dataset"] = field(default_factory=dict)

    def group(self, path: str) -> "Group | None":
        """The group at a path like "layers/dense", or None."""
        found = self._find(path)
        return found if isinstance(found, Group) else None

    def dataset(self, path: str) -> Dataset | None:
        """The dataset at a path like "dense/kernel:0", or None."""
        found = self._find(path)
        return found if isinstance(found, Dataset) else None

    def _find(self, path: str) -> "Group | Dataset | None":
        here: Group | Dataset | None = self
        for name in path.split("/"):
            here = here.children.get(name) if isinstance(here, Group) else None
        return here

    def text(self, name: str) -> str | None:
        """The attribute `name`, if it is there and is one text."""
        found = self.attributes.get(name)
        if found is None:
            return None
        texts = self.file.texts(found)
        if found.shape or len(texts) != 1:
            raise FileError(f"has an attribute {name!r} that should be one text.")
        return texts[0]

    def texts(self, name: str) -> list[str] | None:
        """The attribute `name`, if it is there and is a list of texts."""
        found = self.attributes.get(name)
        return None if found is None else self.file.texts(found)


def read(source: Source) -> Group:
    """The root group of an HDF5 file, with the whole tree below it checked."""
    return File(source).root


class File:
    """One HDF5 file while it is read."""

    def __init__(self, source: Source) -> None:
        """Checks the superblock and walks the tree."""
        self.source = source
        self.seen: set[int] = set()
        self.stored = self.declared = self.walked = self.messages = self.told = self.kept = 0
        self.heaps: dict[int, dict[int, tuple[int, int]]] = {}
        if source.size < 96:
            raise FileError("is truncated: an HDF5 file has at least 96 bytes. Copy or download it again.")
        head = source.read(0, 96)
        if head[:8] != SIGNATURE:
            raise FileError("does not begin as an HDF5 file does.")
        if head[8] in (2, 3):
            raise FileError(NEWER)
        if head[8] != 0 or head[13:15] != b"\x08\x08":
            raise FileError("has a damaged beginning, or is of a kind of HDF5 that Keras does not write.")
        base, _, end, _ = struct.unpack_from("<QQQQ", head, 24)
        if base:
            raise FileError("has something else before the HDF5 data (a user block). It is not opened.")
        if end > source.size:
            raise FileError(
                f"is truncated: it has {source.size:,} of its {end:,} bytes. Copy or download it again."
            )
        if end < source.size:
            raise FileError(f"has {source.size - end:,} bytes after its end. It is not opened.")
        (address,) = struct.unpack_from("<Q", head, 64)
        root = self._object(address, "", 0)
        if not isinstance(root, Group):
            raise FileError("has no group at its root.")
        self.root = root

    def _take(self, offset: int, count: int) -> bytes:
        """A part of the file's structure. Each is read once, so together they cannot be more than the file."""
        self.walked += count
        if self.walked > self.source.size:
            raise FileError("has headers or tables that lie over each other. It is not opened.")
        return self.source.read(offset, count)

    def _object(self, address: int, path: str, depth: int) -> Group | Dataset:
        if address in self.seen:
            raise FileError(
                f"reaches the same object twice (at {path!r}): a hard link or a cycle. It is not opened."
            )
        if len(self.seen) >= OBJECTS or depth > DEPTH:
            raise FileError(f"has more than {OBJECTS:,} objects, or groups more than {DEPTH} deep.")
        self.seen.add(address)
        found: dict[int, bytes] = {}
        attributes: dict[str, Attribute] = {}
        for kind, body in self._messages(address):
            if kind == 0x0C:
                name, value = messages.attribute(body)
                if name in attributes:
                    raise FileError(f"gives the attribute {name!r} twice.")
                attributes[name] = value
            elif kind:
                found[kind] = body
        if 0x06 in found:
            raise FileError(_link(found[0x06], path))
        if found.keys() & {0x02, 0x0A, 0x15}:
            raise FileError(NEWER)
        if 0x07 in found:
            raise FileError(
                f"keeps the numbers of {path!r} in another file (external storage). It is not opened."
            )
        if 0x11 in found:
            return self._group(Group(path, self, attributes), found[0x11], depth)
        if {0x01, 0x03, 0x08} <= found.keys():
            return self._dataset(path, found)
        raise FileError(f"has an object at {path!r} that is neither a group nor an array.")

    def _messages(self, address: int) -> list[tuple[int, bytes]]:
        head = self._take(address, 16)
        if head[:4] == b"OHDR":
            raise FileError(NEWER)
        if head[0] != 1:
            raise FileError("has a damaged object header.")
        count, _, size = struct.unpack_from("<HII", head, 2)
        blocks, used = [(address + 16, size)], {address}
        found: list[tuple[int, bytes]] = []
        while blocks and len(found) < count:
            start, size = blocks.pop(0)
            block, at = self._take(start, size), 0
            while at + 8 <= size and len(found) < count:
                kind, length, flags = struct.unpack_from("<HHB", block, at)
                body = block[at + 8 : at + 8 + length]
                if len(body) != length:
                    raise FileError("has a damaged object header.")
                if flags & 2:
                    raise FileError(
                        "shares one type between its arrays (a committed datatype); Keras does not."
                    )
                if kind == 0x10:
                    further, extent = struct.unpack_from("<QQ", body)
                    if further in used:
                        raise FileError("has an object header that continues in itself.")
                    used.add(further)
                    blocks.append((further, extent))
                found.append((kind, body))
                at += 8 + length
        self.messages += len(found)
        if self.messages > MESSAGES:
            raise FileError(f"has more than {MESSAGES:,} messages in its headers.")
        return found

    def _group(self, group: Group, body: bytes, depth: int) -> Group:
        tree, heap = struct.unpack_from("<QQ", body)
        head = self._take(heap, 32)
        if head[:4] != b"HEAP":
            raise FileError("has a damaged table of names.")
        size, _, address = struct.unpack_from("<QQQ", head, 8)
        names = self._take(address, size)
        entries: list[tuple[int, int]] = []
        self._symbols(tree, None, entries)
        for offset, header in entries:
            end = names.find(b"\0", offset)
            if offset >= size or not 0 < end - offset <= NAME:
                raise FileError(
                    f"has a name in {group.path or '/'!r} that is empty, damaged or over {NAME} bytes long."
                )
            name = names[offset:end].decode()
            if name in group.children or name in (".", "..") or "/" in name:
                raise FileError(
                    f"has the name {name[:80]!r} twice, or a name that is none, in {group.path or '/'!r}."
                )
            child = self._object(header, f"{group.path}/{name}", depth + 1)
            group.children[name] = child
        return group

    def _symbols(self, address: int, level: int | None, entries: list[tuple[int, int]]) -> None:
        """Collects (place of the name, place of the object) of everything in a group."""
        if address in self.seen:
            raise FileError("has a table of names that leads back to itself.")
        self.seen.add(address)
        head = self._take(address, 8)
        if head[:5] == b"TREE\0" and (level is None or head[5] == level - 1):
            used = int.from_bytes(head[6:8], "little")
            body = self._take(address + 24, used * 16 + 8)
            for index in range(used):
                (child,) = struct.unpack_from("<Q", body, 8 + 16 * index)
                self._symbols(child, head[5], entries)
        elif head[:5] == b"SNOD\1" and level == 0:
            used = int.from_bytes(head[6:8], "little")
            body = self._take(address + 8, used * 40)
            for at in range(0, used * 40, 40):
                name, header, cached = struct.unpack_from("<QQI", body, at)
                if cached == 2:
                    raise FileError(
                        "has a soft link. It is not opened: Keras stores every weight in its own place."
                    )
                entries.append((name, header))
            if len(entries) + len(self.seen) > 2 * OBJECTS:
                raise FileError(f"has more than {OBJECTS:,} objects.")
        else:
            raise FileError("has a damaged table of names.")

    def _dataset(self, path: str, found: dict[int, bytes]) -> Dataset:
        kind, shape = messages.datatype(found[0x03]), messages.dataspace(found[0x01])
        if isinstance(kind, TextType) or shape is None:
            raise FileError(f"holds text or nothing at {path!r}, where weights should be.")
        place = messages.layout(found[0x08])
        filters = messages.filters(found[0x0B]) if 0x0B in found else []
        declared = math.prod(shape) * kind.itemsize
        stored: Chunks | Layout = place
        if place.kind == "chunked":
            stored = Chunks(self.source, place.address, place.chunk, shape, kind, filters)
            self.stored += stored.stored
            declared = max(declared, stored.unpacked)
        else:
            size = 0 if place.kind == "contiguous" and place.address == UNDEFINED else place.size
            if size != declared or (place.kind == "compact" and len(place.data) != size):
                raise FileError(
                    f"declares an array of {declared:,} bytes at {path!r} and stores {size:,}. It is not read."
                )
            if size and place.kind == "contiguous" and place.address + size > self.source.size:
                raise FileError(f"is truncated or damaged: the array {path!r} would end after the file.")
            self.stored += size
        if self.stored > self.source.size:
            raise FileError("has arrays that lie over each other. It is not opened.")
        self.declared += declared
        if self.declared > RATIO * self.source.size:
            raise FileError(f"would unpack to over {RATIO} times its size. It is not read.")
        return Dataset(path, shape, kind, stored, self.source)

    def texts(self, attribute: Attribute) -> list[str]:
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
        if (
            attribute.shape
            and kind.size is None
            and any(int.from_bytes(item[:4], "little") > NAME for item in raw)
        ):
            raise FileError(f"has a name of over {NAME} bytes in a list.")
        if kind.size is None:
            raw = [self._from_heap(*struct.unpack("<IQI", item)) for item in raw]
        return [item.split(b"\0", 1)[0].rstrip(b" " if kind.padding == 2 else b"").decode() for item in raw]

    def _from_heap(self, length: int, address: int, index: int) -> bytes:
        if not length:
            return b""
        self.told += length
        if self.told > TEXTS:
            raise FileError(f"has more than {TEXTS >> 20} MB of text in it.")
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


def _link(body: bytes, path: str) -> str:
    kind = body[2] if len(body) > 2 and body[1] & 8 else 0
    if kind == 64:
        return f"has an external link in {path or '/'!r}, which leads to another file. It is not opened."
    if kind == 1:
        return f"has a soft link in {path or '/'!r}. It is not opened: Keras stores every weight in its own place."
    return NEWER
