"""Our ZIP archives against Python's zipfile: what one writes, the other reads."""

import io
import zipfile
from typing import Any

import pytest

from chainrule.errors import FileError
from chainrule.files import archive
from chainrule.files.disk import opened

TEXT = b"hello, hello, hello, hello"


class Stream(io.BytesIO):
    """Something to write into that cannot go back, so that sizes follow the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError

    def seek(self, *_: Any) -> int:
        raise OSError


def read(raw: bytes) -> dict[str, bytes]:
    with opened(raw) as source:
        found = archive.read(source)
        for member in found.values():
            again = member.opened(1000)
            assert again.read(0, again.size) == member.read(1000)
        return {name: member.read(1000) for name, member in found.items()}


def test_zipfile_reads_what_we_write() -> None:
    """Our archive passes Python's own check, names and contents included."""
    raw = b"".join(
        archive.encode([("a.json", [b"{}"]), ("umlaut ä", [b"abc", memoryview(b"def")]), ("empty", [])])
    )
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist()} == {
            "a.json": b"{}",
            "umlaut ä": b"abcdef",
            "empty": b"",
        }
    assert read(raw) == {"a.json": b"{}", "umlaut ä": b"abcdef", "empty": b""}


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(("stream", "large"), [(io.BytesIO, False), (io.BytesIO, True), (Stream, False)])
def test_we_read_what_zipfile_writes(packing: int, stream: type[io.BytesIO], large: bool) -> None:
    """Stored and deflated, written in one go or as a stream, with the short and the long form of sizes."""
    raw = stream()
    with zipfile.ZipFile(raw, "w", packing) as file:
        with file.open("x", "w", force_zip64=large) as member:
            member.write(TEXT)
        file.writestr("folder/y", b"")
    assert read(raw.getvalue()) == {"x": TEXT, "folder/y": b""}


def test_a_member_is_not_read_beyond_what_is_wanted() -> None:
    """The caller says how much it expects; a larger member is refused before it is unpacked."""
    raw = b"".join(archive.encode([("a", [TEXT])]))
    with opened(raw) as source, pytest.raises(FileError, match="at most 5"):
        archive.read(source)["a"].read(5)
