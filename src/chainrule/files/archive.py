"""ZIP archives, read strictly and written plainly.

Strictly: every byte of the file belongs to one member or to the directory, the two descriptions of each member agree,
and nothing is unpacked that claims to be much larger than it is stored. So the file cannot be two things at once.

Source: PKWARE APPNOTE 6.3.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from chainrule.errors import FileError
from chainrule.files.disk import Source

MEMBERS, NAME, DIRECTORY = 1000, 512, 1 << 20
RATIO, NUMBERS_RATIO = 100, 20  # what a text, and what numbers, may unpack to
BLOCK = 1 << 20
IN_MEMORY = 8 << 20  # what is larger is unpacked into a file
STORED, DEFLATED = 0, 8
OTHER_METHODS = {12: "bzip2", 14: "lzma", 93: "zstd"}
END, CENTRAL, LOCAL = b"PK\5\6", b"PK\1\2", b"PK\3\4"
UTF8, DESCRIPTOR = 1 << 11, 1 << 3
ALLOWED_FLAGS = UTF8 | DESCRIPTOR | 1 << 1 | 1 << 2  # the last two only say how hard deflate tried
DATE = 0x21  # 1 January 1980, so that the same model gives the same bytes


class Member(NamedTuple):
    """One file in the archive: where its bytes lie, how they are packed, and what they should add up to."""

    name: str
    data: Source
    method: int
    size: int
    crc: int

    def read(self, most: int) -> bytes:
        """The unpacked bytes, at most `most` of them, checked."""
        if self.size > most:
            raise FileError(f"has a member {self.name} of {self.size:,} bytes; at most {most:,} are read.")
        raw = self.data.read(0, self.data.size)
        if self.method == DEFLATED:
            unpacker = zlib.decompressobj(-15)
            try:
                raw = unpacker.decompress(raw, self.size + 1)
            except zlib.error as problem:
                raise FileError(f"has a member {self.name} that cannot be unpacked: {problem}.") from None
        if len(raw) != self.size:
            raise FileError(f"has a member {self.name} whose size is not the one it declares.")
        self._checked(zlib.crc32(raw))
        return raw

    def opened(self, most: int, begins: bytes = b"") -> Source:
        """The unpacked bytes as a Source; a stored member is checked in passing and left where it is.

        A packed one is unpacked into a file without a name, so that it takes no memory beside its arrays; one that does
        not begin with `begins` is refused before.
        """
        if self.method == DEFLATED:
            if self.size > NUMBERS_RATIO * self.data.size:
                raise FileError(
                    f"has a member {self.name} that would unpack to {self.size:,} bytes. It is not read."
                )
            return self._unpacked(most, begins)
        crc = 0
        for start in range(0, self.size, BLOCK):
            crc = zlib.crc32(self.data.read(start, min(BLOCK, self.size - start)), crc)
        self._checked(crc)
        return self.data

    def _unpacked(self, most: int, begins: bytes) -> Source:
        if self.size > most:
            raise FileError(f"has a member {self.name} of {self.size:,} bytes; at most {most:,} are read.")
        room: BinaryIO = io.BytesIO()
        unpacker, crc, size = zlib.decompressobj(-15), 0, 0
        for start in range(0, self.data.size, BLOCK):
            packed = self.data.read(start, min(BLOCK, self.data.size - start))
            while packed and not unpacker.eof:
                try:
                    piece = unpacker.decompress(packed, BLOCK)
                except zlib.error as problem:
                    raise FileError(f"has a member {self.name} that cannot be unpacked: {problem}.") from None
                packed = unpacker.unconsumed_tail
                if not size and not piece.startswith(begins[: len(piece)]):
                    raise FileError(
                        f"has a member {self.name} that is not what its name says. It is not unpacked."
                    )
                if not size and self.size > IN_MEMORY:
                    import tempfile  # rarely needed, and it costs a start a millisecond

                    room = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the Source
                size, crc = size + len(piece), zlib.crc32(piece, crc)
                if size > self.size:
                    break
                room.write(piece)
            if unpacker.eof or size > self.size:
                break
        if size != self.size or not unpacker.eof:
            raise FileError(f"has a member {self.name} whose size is not the one it declares.")
        self._checked(crc)
        return Source(room, 0, self.size, self.data.size)

    def _checked(self, crc: int) -> None:
        if crc != self.crc:
            raise FileError(
                f"is damaged: the checksum (CRC-32) of its member {self.name} does not fit. Copy or download it again."
            )


def read(source: Source) -> dict[str, Member]:
    """The members of an archive by name."""
    count, start, end_of_directory = _end(source)
    directory = source.read(start, end_of_directory - start)
    entries: list[tuple[int, int, Member]] = []
    at = 0
    for _ in range(count):
        if directory[at : at + 4] != CENTRAL or at + 46 > len(directory):
            raise FileError("has a damaged archive directory. Copy or download it again.")
        (
            _,
            _,
            flags,
            method,
            _,
            _,
            crc,
            packed,
            size,
            name_size,
            extra_size,
            comment_size,
            disk,
            _,
            outside,
            offset,
        ) = struct.unpack_from("<HHHHHHIIIHHHHHII", directory, at + 4)
        raw = directory[at + 46 : at + 46 + name_size]
        at += 46 + name_size + extra_size + comment_size
        name = _name(raw)
        if outside >> 28 == 0xA:
            raise FileError(f"has a member {name!r} that is a link. It is not opened.")
        if method in OTHER_METHODS:
            raise FileError(
                f"has a member {name!r} that is packed by {OTHER_METHODS[method]}, which Keras does not do. This saves it "
                "again: keras.models.load_model('FILE').save('NEW.keras')"
            )
        if flags & ~ALLOWED_FLAGS or method not in (STORED, DEFLATED):
            raise FileError(
                f"has a member {name!r} that is encrypted or packed by an unusual method ({method})."
            )
        if 0xFFFFFFFF in (packed, size, offset) or disk:
            raise FileError("is an archive of over 4 GB or of several parts; that is not read.")
        if size > RATIO * packed or packed > 2 * size + 64 or (method == STORED and size != packed):
            raise FileError(
                f"has a member {name!r} that would unpack from {packed:,} to {size:,} bytes. It is not read."
            )
        end, data = _local(source, offset, raw, flags, method, crc, packed, size)
        entries.append((offset, end, Member(name, data, method, size, crc)))
    if at != len(directory):
        raise FileError("has an archive directory with something between its entries.")
    _without_holes(entries, start)
    members = {member.name: member for _, _, member in entries}
    if len(members) != count:
        raise FileError("has two members of the same name; nobody can say which one counts.")
    return members


def _end(source: Source) -> tuple[int, int, int]:
    """The number of members, and where the directory begins and ends."""
    tail_size = min(source.size, 22 + 0xFFFF)
    tail = source.read(source.size - tail_size, tail_size)
    found = tail.rfind(END)
    if found < 0 or found > tail_size - 22:
        raise FileError(
            "is truncated: the directory at the end of the archive is missing. Copy or download it again."
        )
    disk, disk2, here, count, size, start, comment = struct.unpack_from("<HHHHIIH", tail, found + 4)
    if found + 22 + comment != tail_size:
        raise FileError(
            f"has {tail_size - 22 - found:,} bytes after the end of the archive, and {comment:,} are announced (the "
            "comment). It is not opened."
        )
    if disk or disk2 or here != count or start + size + 22 + comment != source.size:
        raise FileError("has a damaged archive directory, or something before the archive. It is not opened.")
    if count > MEMBERS:
        raise FileError(f"has {count:,} members; at most {MEMBERS:,} are read.")
    if size > DIRECTORY:
        raise FileError(f"has an archive directory of {size:,} bytes; at most {DIRECTORY:,} are read.")
    return count, start, source.size - 22 - comment


def _name(raw: bytes) -> str:
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise FileError("has a member whose name is not text in UTF-8.") from None
    parts = name.split("/")
    if (
        not name
        or len(raw) > NAME
        or ".." in parts
        or "." in parts
        or parts[0] == ""
        or "\\" in name
        or ":" in name
    ):
        raise FileError(
            f"has a member called {name[:80]!r}, which leads outside of the archive. It is not opened."
        )
    if not name.isprintable():
        raise FileError(
            f"has a member with invisible characters in its name, {name[:80]!r}. It is not opened."
        )
    return name


def _local(
    source: Source, offset: int, name: bytes, flags: int, method: int, crc: int, packed: int, size: int
) -> tuple[int, Source]:
    """Where a member ends, and its bytes, once its own header says the same as the directory."""
    head = source.read(offset, 30)
    _, flags2, method2, _, _, crc2, packed2, size2, name_size, extra_size = struct.unpack_from(
        "<HHHHHIIIHH", head, 4
    )
    after = source.read(offset + 30, name_size + extra_size)
    data = source.part(offset + 30 + name_size + extra_size, packed)
    sizes = (crc2, packed2, size2)
    later = flags & DESCRIPTOR and sizes == (0, 0, 0)  # then they follow the data
    large = sizes == (crc, 0xFFFFFFFF, 0xFFFFFFFF) and after[name_size:][:20] == struct.pack(
        "<HHQQ", 1, 16, size, packed
    )
    if head[:4] != LOCAL or (flags2, method2, after[:name_size]) != (flags, method, name) or not (
        later or large or sizes == (crc, packed, size)
    ):  # fmt: skip
        raise FileError(f"describes its member {name.decode()!r} in two ways that differ. It is not opened.")
    end = offset + 30 + name_size + extra_size + packed
    if flags & DESCRIPTOR:
        end += _descriptor(source, end, struct.pack("<III", crc, packed, size))
    return end, data


def _descriptor(source: Source, at: int, expected: bytes) -> int:
    piece = source.read(at, min(16, source.size - at))
    if piece[:4] == b"PK\7\x08" and piece[4:] == expected:
        return 16
    if piece[:12] == expected:
        return 12
    raise FileError("has a member whose size after its data is not the one in the directory.")


def _without_holes(entries: Sequence[tuple[int, int, Member]], start: int) -> None:
    at = 0
    for offset, end, member in sorted(entries, key=lambda entry: entry[:2]):
        if offset != at:
            kind = "something before or between its members" if offset > at else "members that overlap"
            raise FileError(f"has {kind} (at {member.name!r}). It is not opened.")
        at = end
    if at != start:
        raise FileError("has something between its last member and its directory. It is not opened.")


def encode(members: Sequence[tuple[str, Sequence[bytes | memoryview]]]) -> list[bytes | memoryview]:
    """The bytes of an archive of (name, pieces), stored without packing as Keras does, in pieces."""
    pieces: list[bytes | memoryview] = []
    directory, position = b"", 0
    for name, content in members:
        crc, size = 0, 0
        for piece in content:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
        if position + size > 0x7FFFFFFF:
            raise FileError("cannot be written: a .keras file of over 2 GB. Save it as .h5.")
        facts = struct.pack("<HHHHHIIIHH", 20, UTF8, STORED, 0, DATE, crc, size, size, len(name.encode()), 0)
        pieces += [LOCAL + facts + name.encode(), *content]
        directory += (
            CENTRAL + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0o600 << 16, position)
        )
        directory += name.encode()
        position += 30 + len(name.encode()) + size
    count = len(members)
    end = END + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), position, 0)
    return [*pieces, directory, end]
