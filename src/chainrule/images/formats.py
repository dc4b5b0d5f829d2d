"""What kind of file this really is, told from its first bytes and never from its name; and what is wrong with it.

Nothing is decoded here. A file that would cost too much, is cut off, or is of a kind that is not read, is
refused before a decoder sees it.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.errors import DataError

READ = ("PNG", "JPEG", "WebP", "BMP", "GIF", "TIFF", "HEIC")
SUFFIXES = {
    "PNG": {"png", "apng"},
    "JPEG": {"jpg", "jpeg", "jpe", "jfif"},
    "WebP": {"webp"},
    "BMP": {"bmp", "dib"},
    "GIF": {"gif"},
    "TIFF": {"tif", "tiff"},
    "HEIC": {"heic", "heif", "hif"},
}
# Files that people take for pictures, or that hide behind a picture's name.
FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript (EPS) drawing"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"8BPS", "a Photoshop (PSD) file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array file"),
    (b"gimp xcf", "a GIMP (XCF) file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"DDS ", "a DDS texture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL file"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"),
    (b"ftypavif", "an AVIF file"),
    (b"P1", "a PBM file"),
    (b"P4", "a PBM file"),
    (b"P5", "a PGM file"),
    (b"P6", "a PPM file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"RIFF", "a sound or film file"),
    (b"OggS", "a sound or film file"),
    (b"ID3", "a sound file"),
    (b"\x1aE\xdf\xa3", "a film"),
)
MOST_SCANS = 100  # an honest progressive JPEG has about ten; each one costs a pass over the whole picture


@dataclass(frozen=True)
class Header:
    """What the first bytes say: the format, the size in pixels, and how costly a pixel is (bytes while decoding)."""

    format: str
    width: int
    height: int
    cost: float


def kind(data: bytes) -> str:
    """The format's name, one of `READ`; a DataError that names what the file is when it is something else.

    >>> kind(b"GIF89a" + bytes(20))
    'GIF'
    """
    if not data:
        raise DataError("is empty: 0 bytes")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "TIFF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if (
        data.startswith(b"BM")
        and len(data) > 18
        and data[14:18]
        in (b"\x0c\0\0\0", b"\x28\0\0\0", b"\x34\0\0\0", b"\x38\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    ):
        return "BMP"
    if (
        data[4:8] == b"ftyp"
        and data[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
        and b"avif" not in data[8:40]
    ):
        return "HEIC"
    raise DataError(f"is {foreign(data)}; read are {', '.join(READ[:-1])} and {READ[-1]}")


def foreign(data: bytes) -> str:
    """In words, what a file is that is none of `READ`."""
    for start, name in FOREIGN:
        if data.startswith(start) or (start.startswith(b"ftyp") and data[4:12] == start):
            return name
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "a web page (HTML)"
    if head.startswith(b"<"):
        return "an XML or HTML text"
    text = sum(b in b"\t\n\r" or 32 <= b < 127 for b in data[:512])
    if not any(data[:4096]):
        return "nothing but zero bytes"
    return "a text file" if text == len(data[:512]) else "not a picture that this program knows"


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Walks a PNG: (name, start of its content, length) of each chunk; a DataError where the file is cut or damaged."""
    at = 8
    while True:
        if at + 12 > len(data):
            raise DataError("is a PNG that was cut off before its end")
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if at + 12 + length > len(data):
            raise DataError("is a PNG that was cut off before its end")
        yield name, at + 8, length
        if name == b"IEND":
            return
        at += 12 + length


def bare_png(data: bytes) -> bytes:
    """The same PNG with only what its pixels need: no texts, profiles, later frames, or bytes after its end.

    Compressed texts and profiles are how a small PNG swells in memory, and none of them changes a pixel here.
    """
    wanted = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"}
    parts, seen = [data[:8]], set()
    for name, at, length in png_chunks(data):
        if name in wanted:
            if zlib.crc32(data[at - 4 : at + length]) != int.from_bytes(
                data[at + length : at + length + 4], "big"
            ):
                raise DataError(f"is a damaged PNG: the checksum of its part {name.decode()} is wrong")
            whole = data[at - 8 : at + length + 4]
            grey = name == b"tRNS" and length == 2 and data[25:26] == b"\0"
            parts.append(clear_level(whole, data[24]) if grey else whole)
            seen.add(name)
    if b"IDAT" not in seen:
        raise DataError("is a PNG without pixels")
    return b"".join(parts)


def clear_level(part: bytes, bits: int) -> bytes:
    """The part of a grey PNG that says which level is transparent, in levels of 8 bits: as Pillow compares it.

    >>> clear_level(struct.pack(">I4sH", 2, b"tRNS", 7), 4)[8:10].hex()
    '0077'
    """
    if bits not in (2, 4):
        return part
    body = b"tRNS" + struct.pack(">H", min(255, int.from_bytes(part[8:10], "big") * 255 // (2**bits - 1)))
    return part[:4] + body + struct.pack(">I", zlib.crc32(body))


def jpeg_header(data: bytes) -> Header:
    """Size and cost of a JPEG from its frame header; a DataError when it has none, or hundreds of scans."""
    at, header, scans = 2, None, 0
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            at = data.find(b"\xff", at)  # compressed data: on to the next marker
            if at < 0:
                break
            continue
        marker = data[at + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xD9:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if (
            marker in (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
            and not header
        ):
            height, width, parts = struct.unpack(">HHB", data[at + 5 : at + 10].ljust(5, b"\0"))
            # A baseline JPEG streams through at reduced scale; a progressive one keeps its values in memory, mostly at half size.
            header = Header("JPEG", width, height, 0.6 if marker in (0xC0, 0xC1) else 1.3 * parts)
        if marker == 0xDA:
            scans += 1
            if scans > MOST_SCANS:
                raise DataError(
                    f"is a JPEG of more than {MOST_SCANS} scans, which honest pictures do not have"
                )
        at += 2 + max(length, 2)
    if header is None:
        raise DataError("is a JPEG that was cut off before its pixels, or damaged")
    return header


def mismatch(name: str, kind: str) -> str | None:
    """A remark when a file's name promises another format than its content is; None when they agree."""
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    promised = next((f for f, known in SUFFIXES.items() if suffix in known), None)
    if promised in (None, kind):
        return None
    return f"named .{suffix} but is a {kind} picture"
