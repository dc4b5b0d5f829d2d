"""Archives that are two things at once, or far more than they seem (rows z)."""

import json
import struct
import zipfile
import zlib

import filemodels as small
from spoiling import Corpus, archive, legacy, spell, weights

GB = 1 << 30


def deflated(block: bytes, times: int) -> bytes:
    """The deflated form of block * times, without ever having it whole."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return once * times + packer.flush()


def patched_zip(members: list[tuple[bytes, bytes, int, int, int]], count: int | None = None) -> bytes:
    """An archive from (name, raw bytes, method, size, flags), with nothing checked."""
    raw, directory = bytearray(), bytearray()
    for name, data, method, size, flags in members:
        crc = 0 if method else zlib.crc32(data)
        facts = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 33, crc, len(data), size, len(name), 0)
        directory += (
            b"PK\1\2" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, len(raw)) + name
        )
        raw += b"PK\3\4" + facts + name + data
    count = len(members) if count is None else count
    return (
        bytes(raw + directory)
        + b"PK\5\6"
        + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(raw), 0)
    )


def archives(to: Corpus) -> None:
    good = archive()
    spaces = deflated(b" " * (1 << 20), 1024)
    h5 = (b"model.weights.h5", weights(), 0, len(weights()), 0)
    to.add("z01-spaces", patched_zip([(b"config.json", spaces, 8, GB, 0), h5]), "would unpack")
    text = json.dumps(spell(small.config())).encode()
    zeros = deflated(bytes(1 << 20), 900)
    to.add(
        "z02-weights-bomb",
        patched_zip([(b"config.json", text, 0, len(text), 0), (b"model.weights.h5", zeros, 8, 900 << 20, 0)]),
        "would unpack",
    )
    lie = deflated(bytes(1 << 20), 1)
    to.add("z02-size-lie", patched_zip([(b"config.json", lie, 8, 1000, 0), h5]), "size is not the one")
    to.add("z03-nested", archive(members=lambda z: z.writestr("inner.keras", good)), "another archive")
    overlapping = bytearray(
        patched_zip([(b"config.json", text, 0, len(text), 0), h5, (b"again.json", text, 0, len(text), 0)])
    )
    last = overlapping.rfind(b"PK\1\2")
    overlapping[last + 42 : last + 46] = bytes(4)
    to.add("z03-overlapping", bytes(overlapping), "two ways")
    twin = patched_zip([(b"config.json", text, 0, len(text), 0), h5])
    entry = twin[twin.find(b"PK\1\2") : twin.find(b"PK\1\2") + 46 + 11]
    start, size = twin.find(b"PK\1\2"), len(twin) - twin.find(b"PK\1\2") - 22 + len(entry)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 3, 3, size, start, 0)
    to.add("z03-twice-listed", twin[:-22] + entry + end, "overlap")
    for index, name in enumerate(("../up.txt", "/abs.txt", "a\\b.txt", "C:/x.txt", "a/../../b", "x" * 600)):
        to.add(
            f"z04-name-{index}",
            archive(members=lambda z, n=name: z.writestr(n, "x")),
            "outside of the archive",
        )

    def link(z: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        z.writestr(info, "/etc/passwd")

    to.add("z04-link", archive(members=link), "is a link")
    to.add(
        "z05-twice",
        patched_zip([(b"config.json", text, 0, len(text), 0), (b"config.json", text, 0, len(text), 0), h5]),
        "same name",
    )
    differing = bytearray(good)
    at = good.find(b"config.json")
    differing[at : at + 11] = b"konfig.json"
    to.add("z06-names-differ", bytes(differing), "two ways")
    differing = bytearray(good)
    differing[good.find(b"PK\3\4", 10) + 22] ^= 1
    to.add("z06-sizes-differ", bytes(differing), "two ways")
    damaged = bytearray(good)
    damaged[good.find(b"\x89HDF") + 3000] ^= 1
    to.add("z07-crc", bytes(damaged), "checksum")
    to.add("z08-encrypted", patched_zip([(b"config.json", text, 0, len(text), 1), h5]), "encrypted")
    to.add("z08-method", patched_zip([(b"config.json", text, 99, len(text), 0), h5]), "method (99)")
    for share in (10, 50, 90, 99):
        to.add(f"z09-cut-{share}", good[: len(good) * share // 100], "truncated")
        old = legacy()
        to.add(f"z09-cut-{share}-h5", old[: len(old) * share // 100], "truncated", ".h5")
    to.add("z10-jpeg", b"\xff\xd8\xff\xe0" + bytes(200) + good, "picture")
    to.add("z10-pdf", b"%PDF-1.7\n" + good, "PDF")
    to.add("z10-prefix", b"PK\3\4" + bytes(60) + good, "before the archive")
    to.add(
        "z08-bzip2", archive(packing=zipfile.ZIP_BZIP2), "bzip2, which Keras does not do. This saves it again"
    )
    to.add(
        "z08-lzma", archive(packing=zipfile.ZIP_LZMA), "lzma, which Keras does not do. This saves it again"
    )
    to.add("z11-comment", good[:-2] + struct.pack("<H", 7) + b"my best", None)
    to.add("z11-comment-cut", good[:-2] + struct.pack("<H", 9) + b"my best", "after the end")
    to.add("z11-trailing", good + b"<html>", "after the end")
    to.add("z11-trailing-h5", legacy() + b"<html>", "after its end", ".h5")
    to.add("z12-members", patched_zip([(b"config.json", text, 0, len(text), 0), h5] + [(b"%06d" % i, b"", 0, 0, 0) for i in range(99_998)],
                                      count=0xFFFF), "members")  # fmt: skip
    fat = patched_zip([(b"config.json", text, 0, len(text), 0), h5])
    start = fat.find(b"PK\1\2")
    entry = bytearray(fat[start:-22])
    entry[32:34] = struct.pack("<H", 60_000)  # a comment on the first entry
    entry[46 + 11 : 46 + 11] = bytes(60_000)
    comments = b"".join(bytes(entry[: 46 + 11 + 60_000]) for _ in range(20))
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 22, 22, len(comments) + len(entry), start, 0)
    to.add("z12-directory", fat[:start] + comments + bytes(entry) + end, "directory of 1,")
    to.add("z13-no-weights", patched_zip([(b"config.json", text, 0, len(text), 0)]), "no model.weights.h5")
    to.add("z13-no-config", patched_zip([h5]), "no config.json")
    to.add("z14-empty", b"", "empty")
    to.add("z14-empty-h5", b"", "empty", ".h5")
