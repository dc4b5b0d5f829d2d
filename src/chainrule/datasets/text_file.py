"""A table's file as text: looked through once in blocks, so that nothing large is kept, then read line by line.

UTF-8, UTF-16 or UTF-32 that say so in their first bytes, and Windows-1252, in which spreadsheets in western Europe save. Refused,
with the line: bytes that are no text, zero bytes, lines that are longer than any table needs.
"""

import codecs
import io
import os
import re
import stat
from contextlib import ExitStack
from typing import BinaryIO, TextIO

from chainrule.errors import DataError

LARGEST = 1 << 40  # bytes of a file
LARGEST_WIDE = 256 << 20  # bytes of a file in UTF-16 or UTF-32, which is written anew in memory
LONGEST_LINE = 32 << 20  # bytes
BLANK = 1_000_000  # lines, half of those that follow each other being counted
BLOCK = 1 << 20
WINDOWS = "cp1252"
OF_WINDOWS = bytes(
    {9, 10, 13, *range(32, 127), *range(128, 256)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}
)  # that it uses
BEYOND_ASCII = bytes(range(128, 256))
ACCENTED = 0.1  # of the bytes at most are beyond ASCII: more is another script, or no text
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def open_text(name: str, most_cells: int) -> tuple[TextIO, int, bool]:
    """The file, to be read from its beginning, its size in bytes, and whether it holds a quotation mark.

    Its `encoding` is `WINDOWS` where it is not UTF-8 and may be that.
    most_cells: a line with more commas, semicolons, tabs or bars than this is refused. Raises DataError.
    """
    with ExitStack() as closing:
        try:
            file = closing.enter_context(open(name, "rb", opener=_without_waiting))
            size = _size(name, os.fstat(file.fileno()))
            start = file.read(4)
            wide = next((coding for mark, coding in MARKS if start.startswith(mark)), None)
            file.seek(0)
            content: BinaryIO = io.BytesIO(_as_utf8(name, file, wide, size)) if wide else file
            coding = WINDOWS if not wide and _is_windows(file) else "utf-8-sig"
            quotes = _look_through(name, content, most_cells, coding)
            content.seek(0)
        except IsADirectoryError:
            raise DataError(f"{name} is a folder; a table is a .csv file.") from None
        except OSError as problem:
            raise DataError(f"{name} cannot be read: {problem.strerror}.") from None
        if content is file:
            closing.pop_all()
    return io.TextIOWrapper(content, encoding=coding, newline=""), size, quotes


def _size(name: str, about: os.stat_result) -> int:
    if not stat.S_ISREG(about.st_mode):
        raise DataError(f"{name} is not an ordinary file; a table is a .csv file.")
    if about.st_size > LARGEST:
        raise DataError(f"{name} is {about.st_size:,} bytes long; tables are read up to {LARGEST:,}.")
    return about.st_size


def _without_waiting(name: str, flags: int) -> int:
    """Opens a file; a pipe that nobody writes to is opened, too, instead of being waited for."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _as_utf8(name: str, file: BinaryIO, coding: str, size: int) -> bytes:
    if size > LARGEST_WIDE:
        raise DataError(
            f"{name} is {coding.upper()} and {size:,} bytes long; save it as UTF-8 (up to {LARGEST_WIDE:,} are read as it is)."
        )
    try:
        return file.read().decode(coding).encode()
    except UnicodeError:
        raise DataError(
            f"{name} says that it is {coding.upper()} and is not; save the table as UTF-8."
        ) from None


def _is_windows(file: BinaryIO) -> bool:
    """Whether a file holds letters and signs of Windows-1252, most of them ASCII, and none beyond ASCII that UTF-8 would write so."""
    size = beyond = 0
    fits = True
    while fits and (block := file.read(BLOCK)):
        size += len(block)
        fits = b"\0" not in block  # else it is no text, however long it goes on
        if fits and not block.isascii():
            beyond += len(block) - len(block.translate(None, BEYOND_ASCII))
            fits = not block.translate(None, OF_WINDOWS) and block.decode("utf-8", "ignore").isascii()
    file.seek(0)
    return fits and 0 < beyond <= ACCENTED * size


def _look_through(name: str, file: BinaryIO, most_cells: int, coding: str) -> bool:
    """Whether there is a quotation mark; DataError for what no table holds."""
    decode = codecs.getincrementaldecoder(coding)().decode
    quotes, lines, length, cells, blank = False, 1, 0, 0, 0
    block = file.read(BLOCK)
    while block:
        if (at := block.find(0)) >= 0:
            raise DataError(f"{name}:{lines + block.count(10, 0, at)} {_why_zero(block, at)}")
        following = file.read(BLOCK)
        try:
            decode(block, not following)
        except UnicodeDecodeError as problem:
            at = problem.start - (
                len(problem.object) - len(block)
            )  # bytes left of the last block stand before it
            line = lines + block.count(10, 0, max(0, at))
            raise DataError(
                f"{name}:{line} holds bytes that are not UTF-8; save the table as UTF-8."
            ) from None
        quotes = quotes or b'"' in block
        blank += block.count(b"\n\n") + block.count(b"\r\r") + block.count(b"\n\r\n")
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        if end >= 0:
            length = cells = 0
        length += len(block) - end - 1
        cells += max(block.count(mark, end + 1) for mark in (b",", b";", b"\t", b"|"))
        lines += block.count(10)
        if cells > most_cells or length > LONGEST_LINE:
            raise DataError(
                f"{name}:{lines} goes on for more than {length:,} bytes and {cells:,} cells: it is not a line of a table."
            )
        if blank > BLANK:
            raise DataError(f"{name} has more than {BLANK:,} blank lines: it is not a table.")
        block = following
    return quotes


def _why_zero(start: bytes, at: int) -> str:
    every_other = len(re.findall(rb"[\t\n\r -~]\0|\0[\t\n\r -~]", start[:200]))
    if at < 2 and every_other >= 0.4 * len(start[:200]):
        return "looks like UTF-16 without the bytes that say so; save the table as UTF-8."
    return "holds a zero byte: it is not a CSV file."
