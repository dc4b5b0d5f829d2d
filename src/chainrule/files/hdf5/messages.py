"""What the messages in an HDF5 object header say: shapes, number types, where data lies, attributes.

Bytes in, plain values out; reads no file.
"""

import struct
from typing import NamedTuple

import numpy as np

from chainrule.errors import FileError

UNDEFINED = 2**64 - 1
RANK = 16
CLASSES = ["integer", "float", "time", "text", "bit field", "opaque", "compound", "reference", "enumeration",
           "variable length", "array"]  # fmt: skip
# precision, place and size of exponent and mantissa, bias  ->  what NumPy calls it
FLOATS = {
    (16, 10, 5, 0, 10, 15): "f2",
    (32, 23, 8, 0, 23, 127): "f4",
    (64, 52, 11, 0, 52, 1023): "f8",
}
OTHER_FILTERS = {4: "szip", 32000: "lzf", 32001: "blosc", 32015: "zstd"}
FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32"}


class TextType(NamedTuple):
    """Texts of `size` bytes each, or of any length (size None) kept in the global heap."""

    size: int | None
    padding: int


class Attribute(NamedTuple):
    """A named value beside a group: its type and data are decoded only when asked for."""

    type: bytes
    shape: tuple[int, ...] | None
    data: bytes


class Layout(NamedTuple):
    """Where the numbers lie: `kind` is compact (in `data`), contiguous (`address`, `size`) or chunked (`chunk`)."""

    kind: str
    address: int = UNDEFINED
    size: int = 0
    data: bytes = b""
    chunk: tuple[int, ...] = ()


def dataspace(body: bytes) -> tuple[int, ...] | None:
    """The shape: () for a single number, None for no number at all."""
    version, rank, _, kind = body[:4]
    if version not in (1, 2) or rank > RANK:
        raise FileError(f"is damaged, or has an array of {rank} dimensions; at most {RANK} are read.")
    if version == 2 and kind == 2:
        return None
    return struct.unpack_from(f"<{rank}Q", body, 8 if version == 1 else 4)


def datatype(body: bytes) -> np.dtype[np.generic] | TextType:
    """The type of an array's or attribute's elements; only numbers and texts are known."""
    kind, bits = body[0] & 15, int.from_bytes(body[1:4], "little")
    size = int.from_bytes(body[4:8], "little")
    order = ">" if bits & 1 else "<"
    if kind == 0:
        place, precision = struct.unpack_from("<HH", body, 8)
        if size in (1, 2, 4, 8) and (place, precision) == (0, 8 * size):
            return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
    elif kind == 1 and not bits & 64:
        place, *facts = struct.unpack_from("<HHBBBBI", body, 8)
        name = FLOATS.get((facts[0], facts[1], facts[2], facts[3], facts[4], facts[5]))
        if name and place == 0 and size * 8 == facts[0]:
            return np.dtype(order + name)
    elif kind == 3:
        return TextType(size, bits & 15)
    elif kind == 9 and bits & 15 == 1:
        return TextType(None, 0)
    name = CLASSES[kind] if kind < len(CLASSES) else f"number {kind}"
    raise FileError(f"holds data of a type that weights never have ({name}, {size} bytes each).")


def datatype_or_reason(body: bytes) -> np.dtype[np.generic] | TextType | str:
    """The type of an array's elements, or why they cannot be weights."""
    try:
        return datatype(body)
    except FileError as problem:
        return str(problem)


def few_links(info: bytes) -> bool:
    """Whether a group keeps its links in its own header, by what its message about links says."""
    if not info:
        return True
    at = 2 + (8 if info[1] & 1 else 0)
    return int.from_bytes(info[at : at + 8], "little") == UNDEFINED


def link(body: bytes) -> tuple[str, str, int]:
    """One link in a group's header: its kind, the name, and the address of the object where it has one."""
    version, flags = body[0], body[1]
    if version != 1 or flags & 0xE0:
        raise FileError("has a damaged link.")
    at, kind = 2, 0
    if flags & 8:
        kind, at = body[at], at + 1
    at += 8 if flags & 4 else 0  # the order of creation
    at += 1 if flags & 16 else 0  # the letters' encoding
    width = 1 << (flags & 3)
    length = int.from_bytes(body[at : at + width], "little")
    at += width
    if not 0 < length <= 512 or at + length > len(body):
        raise FileError("has a link with a name that is empty, damaged or over 512 bytes long.")
    name = body[at : at + length].decode()
    if kind == 0:
        return "hard link", name, struct.unpack_from("<Q", body, at + length)[0]
    if kind in (1, 64):
        return ("soft link" if kind == 1 else "external link"), name, UNDEFINED
    raise FileError(f"has a link of an unknown kind ({kind}). It is not opened.")


def attribute(body: bytes) -> tuple[str, Attribute]:
    """An attribute's name, and its still undecoded value."""
    version, flags = body[0], body[1]
    if version not in (1, 2, 3) or (version > 1 and flags):
        raise FileError("has an attribute in a form that Keras does not write.")
    name_size, type_size, space_size = struct.unpack_from("<HHH", body, 2)
    at = 9 if version == 3 else 8
    parts = []
    for size in (name_size, type_size, space_size):
        parts.append(body[at : at + size])
        at += size if version > 1 else (size + 7) // 8 * 8
    if at > len(body) or len(parts[2]) < 4:
        raise FileError("has a damaged attribute.")
    return parts[0].rstrip(b"\0").decode(), Attribute(parts[1], dataspace(parts[2]), body[at:])


def layout(body: bytes) -> Layout:
    """Where an array's numbers lie."""
    version, kind = body[0], body[1]
    if version in (3, 4) and kind == 3:
        raise FileError("has a virtual dataset, which points into other files. It is not opened.")
    if version != 3 or kind > 2:
        raise FileError(
            "uses an HDF5 data layout that Keras does not write (libver='latest'?). Save it again with Keras."
        )
    if kind == 0:
        size = int.from_bytes(body[2:4], "little")
        return Layout("compact", size=size, data=body[4 : 4 + size])
    if kind == 1:
        address, size = struct.unpack_from("<QQ", body, 2)
        return Layout("contiguous", address, size)
    rank = body[2] - 1
    if not 1 <= rank <= RANK:
        raise FileError("has a damaged chunk table.")
    address, *chunk = struct.unpack_from(f"<Q{rank}I", body, 3)
    return Layout("chunked", address, chunk=tuple(chunk))


def filters(body: bytes) -> list[str]:
    """The names of the filters that chunks went through, in the order of writing."""
    version, count = body[0], body[1]
    at, found = 8 if version == 1 else 2, []
    for _ in range(count):
        (number,) = struct.unpack_from("<H", body, at)
        if number not in FILTERS:
            raise FileError(
                f"has data compressed by filter number {number}{f' ({OTHER_FILTERS[number]})' if number in OTHER_FILTERS else ''}; only "
                f"{', '.join(FILTERS.values())} are read. This saves it again: keras.models.load_model('FILE').save('NEW.keras')"
            )
        named = version == 1 or number >= 256
        name_size = int.from_bytes(body[at + 2 : at + 4], "little") if named else 0
        at += 4 if named else 2
        values = int.from_bytes(body[at + 2 : at + 4], "little")
        at += 4 + (name_size + 7) // 8 * 8 + 4 * values
        if version == 1 and values % 2:
            at += 4
        found.append(FILTERS[number])
    return found
