"""An HDF5 file as groups and datasets. The whole tree is walked and checked at once; numbers are read when asked for."""

import math
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError
from chainrule.files.disk import Source
from chainrule.files.hdf5 import messages
from chainrule.files.hdf5.budget import Budget
from chainrule.files.hdf5.chunks import Chunks
from chainrule.files.hdf5.messages import UNDEFINED, Attribute, Layout, TextType
from chainrule.files.hdf5.texts import Texts

SIGNATURE = b"\x89HDF\r\n\x1a\n"
OBJECTS, MESSAGES, DEPTH = 100_000, 500_000, 32
NAME = 512
USER_BLOCK = 1 << 20  # bytes before the HDF5 data that are passed over
NEWER = (
    "is written in HDF5's newer layout (libver='latest' or track_order), which Keras does not use. "
    "This saves it again: keras.models.load_model('FILE').save('NEW.keras')"
)

LINKS = {
    "soft link": "has a soft link where an array should be. It is not opened: Keras stores every weight in its own place.",
    "external link": "has an external link where an array should be, which leads to another file. It is not opened.",
}


@dataclass
class Dataset:
    """An array in the file: shape and type are known, the numbers are read by `read()`."""

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    stored: Chunks | Layout
    source: Source

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
class Unread:
    """Something that is no array of numbers (text, a link): it may lie beside the weights, but cannot be one of them."""

    path: str
    why: str


@dataclass
class Group:
    """A folder in the file: children by name, attributes beside them."""

    path: str
    file: "File"
    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: dict[str, "Group | Dataset | Unread"] = field(default_factory=dict)

    def group(self, path: str) -> "Group | None":
        """The group at a path like "layers/dense", or None; FileError where something else stands there."""
        found = self._find(path)
        if isinstance(found, Unread):
            raise FileError(found.why)
        return found if isinstance(found, Group) else None

    def dataset(self, path: str) -> Dataset | None:
        """The dataset at a path like "dense/kernel:0", or None; FileError where something else stands there."""
        found = self._find(path)
        if isinstance(found, Unread):
            raise FileError(found.why)
        return found if isinstance(found, Dataset) else None

    def _find(self, path: str) -> "Group | Dataset | Unread | None":
        here: Group | Dataset | Unread | None = self
        for name in path.split("/"):
            here = here.children.get(name) if isinstance(here, Group) else None
        return here

    def text(self, name: str) -> str | None:
        """The attribute `name`, if it is there and is one text."""
        found = self.attributes.get(name)
        if found is None:
            return None
        texts = self.file.texts.of(found)
        if found.shape or len(texts) != 1:
            raise FileError(f"has an attribute {name!r} that should be one text.")
        return texts[0]

    def texts(self, name: str) -> list[str] | None:
        """The attribute `name`, if it is there and is a list of texts."""
        found = self.attributes.get(name)
        return None if found is None else self.file.texts.of(found)


def read(source: Source) -> Group:
    """The root group of an HDF5 file, with the whole tree below it checked."""
    return File(source).root


class File:
    """One HDF5 file while it is read."""

    def __init__(self, source: Source) -> None:
        """Checks the superblock and walks the tree."""
        block = user_block(source)
        source = source.part(block, source.size - block) if block else source
        self.source, self.budget, self.texts = source, Budget(source), Texts(source)
        self.seen: set[int] = set()
        self.messages = 0
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
        if base not in (0, block):
            raise FileError("has a damaged beginning: its addresses count from elsewhere.")
        size = source.size + base
        if end > size:
            raise FileError(f"is truncated: it has {size:,} of its {end:,} bytes. Copy or download it again.")
        if end < size:
            raise FileError(f"has {size - end:,} bytes after its end. It is not opened.")
        (address,) = struct.unpack_from("<Q", head, 64)
        root = self._object(address, "", 0)
        if not isinstance(root, Group):
            raise FileError("has no group at its root.")
        self.root = root
        self.budget.settle()

    def _object(self, address: int, path: str, depth: int) -> Group | Dataset | Unread:
        if address in self.seen:
            raise FileError(
                f"reaches the same object twice (at {path!r}): a hard link or a cycle. It is not opened."
            )
        if len(self.seen) >= OBJECTS or depth > DEPTH:
            raise FileError(f"has more than {OBJECTS:,} objects, or groups more than {DEPTH} deep.")
        self.seen.add(address)
        found: dict[int, bytes] = {}
        links: list[bytes] = []
        attributes: dict[str, Attribute] = {}
        for kind, body in self._messages(address):
            if kind == 0x0C:
                name, value = messages.attribute(body)
                if name in attributes:
                    raise FileError(f"gives the attribute {name!r} twice.")
                attributes[name] = value
            elif kind == 0x06:
                links.append(body)
            elif kind:
                found[kind] = body
        if 0x02 in found or links:
            return self._linked(Group(path, self, attributes), links, found.get(0x02, b""), depth)
        if found.keys() & {0x0A, 0x15}:
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
        head = self.budget.take(address, 16)
        if head[:4] == b"OHDR":
            raise FileError(NEWER)
        if head[0] != 1:
            raise FileError("has a damaged object header.")
        count, _, size = struct.unpack_from("<HII", head, 2)
        blocks, used = [(address + 16, size)], {address}
        found: list[tuple[int, bytes]] = []
        while blocks and len(found) < count:
            start, size = blocks.pop(0)
            block, at = self.budget.take(start, size), 0
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

    def _linked(self, group: Group, links: list[bytes], info: bytes, depth: int) -> Group:
        """A group in the newer form, which HDF5 takes where a link to elsewhere is put into it; only short ones."""
        if not messages.few_links(info):
            raise FileError(NEWER)
        for body in links:
            kind, name, address = messages.link(body)
            self._check_name(group, name)
            path = f"{group.path}/{name}"
            if kind == "hard link":
                group.children[name] = self._object(address, path, depth + 1)
            else:
                group.children[name] = Unread(path, LINKS[kind])
        return group

    def _check_name(self, group: Group, name: str) -> None:
        if name in group.children or name in (".", "..") or "/" in name:
            raise FileError(
                f"has the name {name[:80]!r} twice, or a name that is none, in {group.path or '/'!r}."
            )

    def _group(self, group: Group, body: bytes, depth: int) -> Group:
        tree, heap = struct.unpack_from("<QQ", body)
        head = self.budget.take(heap, 32)
        if head[:4] != b"HEAP":
            raise FileError("has a damaged table of names.")
        size, _, address = struct.unpack_from("<QQQ", head, 8)
        names = self.budget.take(address, size)
        entries: list[tuple[int, int | None]] = []
        self._symbols(tree, None, entries)
        for offset, header in entries:
            end = names.find(b"\0", offset)
            if offset >= size or not 0 < end - offset <= NAME:
                raise FileError(
                    f"has a name in {group.path or '/'!r} that is empty, damaged or over {NAME} bytes long."
                )
            name = names[offset:end].decode()
            self._check_name(group, name)
            if header is None:
                group.children[name] = Unread(f"{group.path}/{name}", LINKS["soft link"])
                continue
            child = self._object(header, f"{group.path}/{name}", depth + 1)
            group.children[name] = child
        return group

    def _symbols(self, address: int, level: int | None, entries: list[tuple[int, int | None]]) -> None:
        """Collects (place of the name, place of the object) of everything in a group."""
        if address in self.seen:
            raise FileError("has a table of names that leads back to itself.")
        self.seen.add(address)
        head = self.budget.take(address, 8)
        if head[:5] == b"TREE\0" and (level is None or head[5] == level - 1):
            used = int.from_bytes(head[6:8], "little")
            body = self.budget.take(address + 24, used * 16 + 8)
            for index in range(used):
                (child,) = struct.unpack_from("<Q", body, 8 + 16 * index)
                self._symbols(child, head[5], entries)
        elif head[:5] == b"SNOD\1" and level == 0:
            used = int.from_bytes(head[6:8], "little")
            body = self.budget.take(address + 8, used * 40)
            for at in range(0, used * 40, 40):
                name, header, cached = struct.unpack_from("<QQI", body, at)
                entries.append((name, None if cached == 2 else header))
            if len(entries) + len(self.seen) > 2 * OBJECTS:
                raise FileError(f"has more than {OBJECTS:,} objects.")
        else:
            raise FileError("has a damaged table of names.")

    def _dataset(self, path: str, found: dict[int, bytes]) -> Dataset | Unread:
        kind, shape = messages.datatype_or_reason(found[0x03]), messages.dataspace(found[0x01])
        if isinstance(kind, str):
            return Unread(path, kind)
        if isinstance(kind, TextType) or shape is None:
            return Unread(path, f"holds text or nothing at {path!r}, where weights should be.")
        place = messages.layout(found[0x08])
        filters = messages.filters(found[0x0B]) if 0x0B in found else []
        declared = math.prod(shape) * kind.itemsize
        if place.kind == "chunked":
            chunks = Chunks(path, self.budget, place.address, place.chunk, shape, kind, filters)
            return Dataset(path, shape, kind, chunks, self.source)
        size = 0 if place.kind == "contiguous" and place.address == UNDEFINED else place.size
        if size != declared or (place.kind == "compact" and len(place.data) != size):
            raise FileError(
                f"declares an array of {declared:,} bytes at {path!r} and stores {size:,}. It is not read."
            )
        if place.kind == "contiguous" and size:
            if place.address + size > self.source.size:
                raise FileError(f"is truncated or damaged: the array {path!r} would end after the file.")
            self.budget.store(place.address, size)
        self.budget.unpack(path, declared, 0)
        return Dataset(path, shape, kind, place, self.source)


def user_block(source: Source) -> int:
    """How many bytes lie before the HDF5 data: none, or 512, 1024, 2048, ..., which belong to somebody else."""
    place = 0
    while place + 96 <= source.size and place <= USER_BLOCK:
        if source.read(place, 8) == SIGNATURE:
            return place
        place = place * 2 or 512
    return 0
