"""IDX files: what is written is read, and a header that does not account for every byte is refused."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.datasets import idx
from chainrule.errors import FileError

DTYPES = ["u1", "i1", "i2", "i4", "f4", "f8"]
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
)


@settings(max_examples=200, deadline=None)
@given(arrays)
def test_what_is_encoded_is_parsed(array: np.ndarray) -> None:
    """Every array that IDX can hold comes back with its type, shape and bits."""
    back = idx.parse(idx.encode(array))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("name", ["a.idx", "a.gz"])
def test_files_round_trip(tmp_path: Path, name: str) -> None:
    """A file written plain or packed is read as it was, and nothing is left beside it."""
    array = np.arange(-30, 30, dtype=np.int16).reshape(3, 4, 5)
    idx.write(tmp_path / name, array)
    np.testing.assert_array_equal(idx.read(tmp_path / name), array)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_write_that_fails_keeps_the_older_file(tmp_path: Path) -> None:
    """An array that IDX cannot hold is refused before the file that is there is touched."""
    idx.write(tmp_path / "a", np.zeros(3, "u1"))
    with pytest.raises(FileError, match="IDX cannot hold complex128"):
        idx.write(tmp_path / "a", np.zeros(3, "c16"))
    assert len(idx.read(tmp_path / "a")) == 3


def test_the_known_bytes_of_a_small_file() -> None:
    """The layout is the published one: type and axes, sizes and numbers with the highest byte first."""
    content = bytes.fromhex("00000B02 00000001 00000003 0001 0002 FFFF")
    np.testing.assert_array_equal(idx.parse(content), np.array([[1, 2, -1]], np.int16))


@pytest.mark.parametrize("packed", [False, True])
def test_ten_thousand_damaged_headers_are_refused_or_read_whole(packed: bool) -> None:
    """Whatever happens to a header, all bytes are accounted for or the file is refused by a FileError."""
    rng = np.random.default_rng(7)
    good = np.frombuffer(idx.encode(np.arange(60, dtype="u1").reshape(3, 4, 5)), "u1")
    refused = 0
    for k in range(10_000):
        bad = good.copy()
        for at in rng.integers(0, 16, rng.integers(1, 4)):
            bad[at] = rng.integers(0, 256) if k % 2 else bad[at] ^ (1 << rng.integers(0, 8))
        content = bad.tobytes()[: rng.integers(0, 77) if k % 5 == 0 else None]
        try:
            array = idx.parse(idx.unpack(zlib.compress(content, 1, 31) if packed else content))
        except FileError:
            refused += 1
        else:
            assert 4 + 4 * array.ndim + array.nbytes == len(content)
    assert 9_000 < refused < 10_000  # most mutations matter, and some do not


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_refused_or_read_whole(content: bytes, begin_right: bool) -> None:
    """Bytes from nowhere never crash the reader and never come back short."""
    if begin_right:
        content = b"\0\0\x08\x01" + content
    try:
        array = idx.parse(idx.unpack(content))
    except FileError:
        return
    assert 4 + 4 * array.ndim + array.nbytes == len(content)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_gzip_is_refused_or_gives_the_same_numbers(data: st.DataObject) -> None:
    """A changed, missing or added byte in a packed file is found by its checksum; only dates and names may change."""
    array = np.arange(200, dtype="u1")
    packed = bytearray(gzip.compress(idx.encode(array), mtime=0))
    at = data.draw(st.integers(0, len(packed) - 1))
    match data.draw(st.sampled_from(["change", "cut", "add"])):
        case "change":
            packed[at] = data.draw(st.integers(0, 255))
        case "cut":
            del packed[at:]
        case "add":
            packed += data.draw(st.binary(min_size=1, max_size=9))
    try:
        back = idx.parse(idx.unpack(bytes(packed)))
    except FileError:
        return
    np.testing.assert_array_equal(back, array)


def test_a_packed_file_without_its_end_is_refused() -> None:
    """A packed file that lacks the last byte of its checksum is cut short, though all its numbers are there."""
    packed = gzip.compress(idx.encode(np.arange(20, dtype="u1")))
    with pytest.raises(FileError, match="packed data ends too early"):
        idx.unpack(packed[:-1])


def header(*shape: int, kind: int = 8) -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)


@pytest.mark.parametrize("shape", [(2**31, 2**31, 2**31), (0, 2**32 - 1, 2**32 - 1), (2**32 - 1,) * 200])
def test_a_header_that_asks_for_too_much_is_refused_before_memory_is_taken(shape: tuple[int, ...]) -> None:
    """Sizes that no machine holds are refused by what the header says, packed or not."""
    with pytest.raises(FileError, match="read up to"):
        idx.parse(header(*shape))
    with pytest.raises(FileError, match="read up to"):
        idx.unpack(gzip.compress(header(*shape)))


def test_a_gzip_bomb_is_refused_unopened() -> None:
    """A few bytes that claim to unpack to gigabytes are not unpacked."""
    packed = zlib.compress(header(1 << 31) + bytes(1 << 22), 9, 31)
    with pytest.raises(FileError, match="not trusted"):
        idx.unpack(packed)


def test_more_content_than_the_header_says_is_not_unpacked() -> None:
    """A packed file stops being read one byte after its header's last."""
    with pytest.raises(FileError, match="more than the 18 bytes"):
        idx.unpack(zlib.compress(header(10) + bytes(1 << 24), 9, 31))


def test_thousands_of_empty_gzip_pieces_are_refused() -> None:
    """A gzip file of many empty pieces is refused instead of keeping the reader busy."""
    packed = gzip.compress(header(1) + b"x") + gzip.compress(b"") * 1000
    with pytest.raises(FileError, match="64 pieces"):
        idx.unpack(packed)


def test_a_gzip_file_in_several_pieces_is_one() -> None:
    """Packed files that were joined are read as one, as gzip itself does."""
    content = idx.encode(np.arange(100, dtype="u1"))
    pieces = [gzip.compress(content[k : k + 30]) for k in range(0, len(content), 30)]
    assert idx.unpack(b"".join(pieces)) == content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n", "not an IDX file: it begins with 89 50 4e 47"),
        (header(3)[:6], "header of 8 bytes is not complete"),
        (header(3) + b"ab", "is cut short"),
        (header(3) + b"abcd", "followed by something else"),
    ],
)
def test_a_refusal_says_what_is_wrong(tmp_path: Path, content: bytes, words: str) -> None:
    """The message names the file and what its bytes are."""
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(FileError, match=words) as problem:
        idx.read(tmp_path / "odd")
    assert str(tmp_path / "odd") in str(problem.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No file gives one sentence, not a traceback of the system's."""
    with pytest.raises(FileError, match="nowhere cannot be read: No such file"):
        idx.read(tmp_path / "nowhere")
