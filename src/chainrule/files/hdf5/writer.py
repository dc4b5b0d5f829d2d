"""A tree of groups and arrays as the bytes of an HDF5 file, in the oldest layout, which every HDF5 program reads.

The order in the file: superblock, all texts (one global heap), then every object after its children, the root last.
Arrays are handed on as they are, never copied.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError
from chainrule.files.hdf5.messages import UNDEFINED

LEAF, INNER = (
    8,
    32,
)  # names in a leaf, children of an inner node: what the superblock announces, twice 4 and 16
ATTRIBUTE = 64_512  # an attribute has to fit in an object header
Value = str | list[str]


@dataclass
class Folder:
    """A group to be written: attributes (a text or a list of texts) and children (groups or arrays) by name."""

    attributes: dict[str, Value] = field(default_factory=dict)
    children: dict[str, "Folder | NDArray[np.generic]"] = field(default_factory=dict)

    def folder(self, path: str) -> "Folder":
        """The group at a path like "layers/dense/vars", made where it is missing.

        >>> root = Folder()
        >>> root.folder("layers/dense") is root.folder("layers").children["dense"]
        True
        """
        here = self
        for name in path.split("/"):
            there = here.children.setdefault(name, Folder())
            if not isinstance(there, Folder):
                raise FileError(f"cannot be written: {name!r} would be both an array and a group.")
            here = there
        return here

    def place(self, path: str, array: NDArray[np.generic]) -> None:
        """Puts an array at a path like "dense/kernel", where nothing may lie yet."""
        folder, _, name = path.rpartition("/")
        children = (self.folder(folder) if folder else self).children
        if name in children:
            raise FileError(f"cannot be written: there would be two arrays called {path!r}.")
        children[name] = array


def encode(root: Folder) -> list[bytes | memoryview]:
    """The bytes of the file, in pieces."""
    return _Writer(root).pieces


class _Writer:
    def __init__(self, root: Folder) -> None:
        self.pieces: list[bytes | memoryview] = [b""]  # the superblock, when the root's address is known
        self.position = 96
        self.heap: dict[str, tuple[int, int]] = {}
        self._texts(sorted(set(_texts(root))))
        address = self._folder(root)
        self.pieces[0] = b"\x89HDF\r\n\x1a\n" + struct.pack(
            "<8BHHIQQQQQQIIQQ", 0, 0, 0, 0, 0, 8, 8, 0, LEAF // 2, INNER // 2, 0,
            0, UNDEFINED, self.position, UNDEFINED, 0, address, 0, 0, 0, 0,
        )  # fmt: skip

    def _put(self, piece: bytes | memoryview) -> int:
        """Appends a piece, padded to eight bytes, and says where it lies."""
        address, size = self.position, len(piece) if isinstance(piece, bytes) else piece.nbytes
        self.pieces.append(piece)
        if size % 8:
            self.pieces.append(bytes(-size % 8))
        self.position += (size + 7) // 8 * 8
        return address

    def _texts(self, texts: list[str]) -> None:
        for start in range(0, len(texts), 30_000):  # an index has 16 bits
            objects = b""
            places = []
            for index, text in enumerate(texts[start : start + 30_000], 1):
                raw = text.encode()
                objects += struct.pack("<HHIQ", index, 1, 0, len(raw)) + _padded(raw)
                places.append((text, index))
            room = max(4096, len(objects) + 32) - len(objects) - 16
            objects += struct.pack("<HHIQ", 0, 0, 0, room) + bytes(room - 16)
            address = self._put(b"GCOL\1\0\0\0" + struct.pack("<Q", len(objects) + 16) + objects)
            self.heap.update({text: (address, index) for text, index in places})

    def _folder(self, folder: Folder) -> int:
        places = {
            name.encode(): self._folder(child) if isinstance(child, Folder) else self._array(child)
            for name, child in folder.children.items()
        }
        names, offsets = bytearray(8), {}
        for name in sorted(places):
            offsets[name] = len(names)
            names += _padded(name + b"\0")
        data = self._put(bytes(names))
        heap = self._put(b"HEAP\0\0\0\0" + struct.pack("<QQQ", len(names), 1, data))
        tree = self._tree([(offsets[name], places[name]) for name in sorted(places)])
        messages = [_message(0x11, struct.pack("<QQ", tree, heap))]
        for key, value in folder.attributes.items():
            messages += [_message(0x0C, body) for body in self._attribute(key, value)]
        return self._header(messages)

    def _tree(self, entries: list[tuple[int, int]]) -> int:
        """The search tree over a group's names, which are in order: leaves of 8, nodes of 32."""
        level: list[tuple[int, int]] = []  # (place of the largest name below, address)
        for start in range(0, len(entries), LEAF):
            leaf = entries[start : start + LEAF]
            body = b"".join(struct.pack("<QQ24x", name, header) for name, header in leaf)
            node = b"SNOD\1\0" + struct.pack("<H", len(leaf)) + body.ljust(LEAF * 40, b"\0")
            level.append((leaf[-1][0], self._put(node)))
        depth, size = 0, 24 + 8 * INNER + 8 * (INNER + 1)
        while depth == 0 or len(level) > 1:
            groups = [level[start : start + INNER] for start in range(0, len(level), INNER)] or [[]]
            first, above = self.position, []
            for index, group in enumerate(groups):
                left = first + size * (index - 1) if index else UNDEFINED
                right = first + size * (index + 1) if index + 1 < len(groups) else UNDEFINED
                before = groups[index - 1][-1][0] if index else 0
                body = struct.pack("<Q", before) + b"".join(
                    struct.pack("<QQ", place, name) for name, place in group
                )
                head = b"TREE\0" + struct.pack("<BHQQ", depth, len(group), left, right)
                above.append((group[-1][0] if group else 0, self._put((head + body).ljust(size, b"\0"))))
            level, depth = above, depth + 1
        return level[0][1]

    def _array(self, array: NDArray[np.generic]) -> int:
        array = np.asarray(array, order="C")
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        kind = _number(array.dtype)
        address = self._put(array.reshape(-1).view(np.uint8).data) if array.nbytes else UNDEFINED
        return self._header([
            _message(0x01, _space(array.shape)),
            _message(0x03, kind),
            _message(0x05, bytes([2, 2, 2, 0])),  # no fill value
            _message(0x08, struct.pack("<BBQQ", 3, 1, address, array.nbytes)),
        ])  # fmt: skip

    def _attribute(self, name: str, value: Value) -> list[bytes]:
        if isinstance(value, str):
            character_set = 0 if value.isascii() else 1
            kind = struct.pack("<BBBBI", 0x19, 1, character_set, 0, 16) + _number(np.dtype("u1"))
            address, index = self.heap[value]
            data = struct.pack("<IQI", len(value.encode()), address, index)
            return [_described(name, kind, _space(()), data)]
        raw = [text.encode() for text in value]
        size = max(map(len, raw), default=0)
        if not size:
            return [
                _described(name, _number(np.dtype("<f8")), _space((0,)), b"")
            ]  # as NumPy sees an empty list
        per_part = ATTRIBUTE // size
        parts = [raw[start : start + per_part] for start in range(0, len(raw), per_part)]
        names = [name] if len(parts) == 1 else [f"{name}{index}" for index in range(len(parts))]
        kind = struct.pack("<BBBBI", 0x13, 1, 0, 0, size)  # fixed length, padded with zeros
        return [
            _described(name, kind, _space((len(part),)), b"".join(text.ljust(size, b"\0") for text in part))
            for name, part in zip(names, parts, strict=True)
        ]

    def _header(self, messages: list[bytes]) -> int:
        body = b"".join(messages)
        return self._put(struct.pack("<BBHIIxxxx", 1, 0, len(messages), 1, len(body)) + body)


def _texts(folder: Folder) -> Iterator[str]:
    yield from (value for value in folder.attributes.values() if isinstance(value, str))
    for child in folder.children.values():
        if isinstance(child, Folder):
            yield from _texts(child)


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 8)


def _message(kind: int, body: bytes) -> bytes:
    body = _padded(body)
    return struct.pack("<HHBxxx", kind, len(body), 1 if kind == 0x03 else 0) + body


def _described(name: str, kind: bytes, space: bytes, data: bytes) -> bytes:
    label = name.encode() + b"\0"
    head = struct.pack("<BxHHH", 1, len(label), len(kind), len(space))
    return head + _padded(label) + _padded(kind) + _padded(space) + data


def _space(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<BBBx4x{len(shape)}Q", 1, len(shape), 0, *shape)


def _number(dtype: np.dtype[np.generic]) -> bytes:
    size, bits = dtype.itemsize, 8 * dtype.itemsize
    if dtype.kind in "iu":
        return struct.pack("<BBBBIHH", 0x10, 8 if dtype.kind == "i" else 0, 0, 0, size, 0, bits)
    floats = {2: (10, 5, 10, 15), 4: (23, 8, 23, 127), 8: (52, 11, 52, 1023)}
    if dtype.kind != "f" or size not in floats:
        raise FileError(f"cannot be written: weights are integers or floats of up to 64 bits, not {dtype}.")
    place, exponent, mantissa, bias = floats[size]
    return struct.pack(
        "<BBBBIHHBBBBI", 0x11, 0x20, bits - 1, 0, size, 0, bits, place, exponent, 0, mantissa, bias
    )
