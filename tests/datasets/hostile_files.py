"""Data files as people and attackers make them, and what has to happen: read, or refused in one sentence.

`cases(folder)` writes them all: tables, arrays, folders of pictures. `says` is part of the refusal; None where it is to be read.
"""

import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

N = 48
DRAWN = np.random.default_rng(3)
VALUES = DRAWN.normal(size=(N, 2)).round(3)
X = DRAWN.normal(size=(N, 4)).astype("f4")
Y = np.arange(N) % 3
PIXELS = DRAWN.integers(0, 256, (N, 6, 6)).astype("u1")


@dataclass(frozen=True)
class Case:
    """A file, what it is, and what has to be said of it; None where it is to be read."""

    name: str
    path: Path
    says: str | None


def table(write: Callable[[float], str] = str, *, sep: str = ",", end: str = "\n", head: str = "a,b,y",
          label: Callable[[float], str] = lambda v: "yes" if v > 0 else "no") -> str:  # fmt: skip
    """A table of two columns and a target; write: how a number is spelled."""
    rows = [head.replace(",", sep), *(sep.join([write(v), write(w), label(v)]) for v, w in VALUES.tolist())]
    return end.join(rows) + end


def comma(value: float) -> str:
    return str(value).replace(".", ",")


SOUND = table()
TABLES: dict[str, tuple[str | bytes, str | None]] = {
    # how text is written
    "utf-16": (SOUND.encode("utf-16"), None), "utf-32": (SOUND.encode("utf-32"), None), "mark": (SOUND.encode("utf-8-sig"), None),
    "utf-16 without mark": (SOUND.encode("utf-16-le"), "looks like UTF-16"), "latin-1": (table(head="größe,b,y").encode("latin-1"), None),
    "returns only": (table(end="\r"), None), "mixed line ends": (SOUND.replace("\n", "\r\n", 9), None), "end of file mark": (SOUND + "\x1a", "cell where"),
    "zero byte": (SOUND + "1,\0,yes\n", "zero byte"), "quote that never ends": (SOUND + '1,"2,yes\n', "is not CSV"),
    "cell over lines": (SOUND + '1,2,"ye\ns"\n', None), "line ends in names": (table(head='"a\nb",b,y'), None),
    "codes in names": (table(head="a\x1b]0;x\x07,b,y"), None), "bidi in classes": (table(label=lambda v: "\u202ey" if v > 0 else "n"), None),
    # shape
    "empty": ("", "should be a line with the names"), "blank lines": ("\n\n\n", "should be a line with the names"), "head only": ("a,b,y\n", "no row of data"),
    "names twice": (table(head="a,a,y"), "two columns called 'a'"), "one column": ("y\nyes\nno\n" * 9, "one column only"), "spaces between": (table(sep=" "), "one column only"),
    "a name of 100,000": (table(head="a" * 100_000 + ",b,y"), "letters; up to 1,000"), "head again": (SOUND + SOUND, "not a number"),
    "units below": (SOUND.replace("\n", "\nm,kg,-\n", 1), "not a number"), "comment above": ("# made by x\n" + SOUND, "cells where the header has 1"),
    "a total without an answer": (SOUND + "12,14,\n", None), "a million cells": ("a,b\n" + "1," * 10**6 + "\n", "not a line of a table"),
    # numbers
    "decimal comma": (table(comma, sep=";"), None), "comma, tabs": (table(comma, sep="\t"), None), "comma, exponent": (table(lambda v: comma(v) + "E+02", sep=";"), None),
    "Fortran": (table(lambda v: f"{v}D+02"), None), "minus behind": (table(lambda v: f"{-v}-" if v < 0 else str(v)), None), "brackets": (table(lambda v: f"({-v})" if v < 0 else str(v)), None),
    "raised point": (table(lambda v: str(v).replace(".", "·")), None), "Arabic comma": (table(lambda v: str(v).replace(".", "٫"), sep=";"), None),
    "both points": (table(lambda v: comma(v) if v > 0 else str(v), sep=";"), "cannot be used"), "two currencies": (table(lambda v: f"${v}" if v > 0 else f"€{-v}"), "one unit"),
    "percent, or none": (table(lambda v: f"{v}%" if v > 0 else str(v)), "one unit"), "1e300": (table(lambda v: f"{v}e300"), "beyond 1e+30"), "infinite": (table(lambda v: "Infinity" if v > 1 else str(v)), "beyond 1e+30"),
    "900 figures": (table(lambda _: "9" * 900), "beyond 1e+30"), "spreadsheet errors": (table(lambda v: "#DIV/0!" if v > 1 else str(v)), "not a number"), "missing": (table(lambda v: "#N/A" if v > 1 else str(v)), None),
    # targets
    "one class": (table(label=lambda _: "yes"), "is to be learned?"), "no target": (table(label=lambda v: "" if v < 9 else "yes"), "is to be learned?"), "1 and 1.0": (table(label=lambda v: "1" if v > 0 else "1.0"), None),
    # other things
    "gzip": (gzip.compress(SOUND.encode()), "zero byte"), "parquet": (b"PAR1" + bytes(90), "zero byte"), "pdf": (b"%PDF-1.4\n%\xe2\xe3\n", "not UTF-8"),
    "json": ("".join(json.dumps({"a": k, "y": k % 2}) + "\n" for k in range(30)), "no column besides"), "page": ("<html><table><tr><td>1</td></tr></table></html>\n" * 9, "one column only"),
}  # fmt: skip

ARRAYS: dict[str, tuple[dict[str, Any], str | None]] = {
    "sound": ({"x": X, "y": Y}, None), "big-endian": ({"x": X.astype(">f8"), "y": Y.astype(">i2")}, None), "columns first": ({"x": np.asfortranarray(X), "y": Y}, None),
    "half": ({"x": X.astype("f2"), "y": Y}, None), "long double": ({"x": X.astype("g"), "y": Y}, None), "bits": ({"x": PIXELS > 127, "y": Y}, None),
    "complex": ({"x": X.astype("c8"), "y": Y}, "plain numbers"), "dates": ({"x": np.arange(N).astype("M8[D]"), "y": Y}, "plain numbers"), "objects": ({"x": np.array([{}] * N), "y": Y}, "plain numbers"),
    "records": ({"x": np.zeros(N, [("a", "f4")]), "y": Y}, "plain numbers"), "text as inputs": ({"x": X.astype("U9"), "y": Y}, "numbers are expected"),
    "words as labels": ({"x": X, "y": np.array(["a", "b", "c"])[Y]}, None), "labels from 1": ({"x": X, "y": Y + 1}, None), "labels from -1": ({"x": X, "y": Y - 1}, None), "gaps": ({"x": X, "y": Y * 400}, None),
    "labels of 2^63": ({"x": X, "y": Y.astype("u8") + 2**63}, None), "labels with NaN": ({"x": X, "y": np.where(Y == 2, np.nan, Y)}, "NaN or infinity"), "one class": ({"x": X, "y": Y * 0}, "nothing to tell apart"),
    "one row": ({"x": X[:1], "y": Y[:1]}, "nothing to tell apart"), "no rows": ({"x": X[:0], "y": Y[:0]}, "nothing to learn from"), "no width": ({"x": X[:, :0], "y": Y}, "nothing to learn from"),
    "numbers only": ({"x": np.float32(1), "y": np.int64(1)}, "one answer for each"), "a label short": ({"x": X, "y": Y[1:]}, "one answer for each"), "nothing": ({}, "no array called"), "other names": ({"images": X, "labels": Y}, None), "three other names": ({"images": X, "labels": Y, "more": X}, "no array called"),
    "NaN": ({"x": np.where(X > 1, np.nan, X), "y": Y}, "NaN or infinity"), "1e300": ({"x": X.astype("f8") * 1e300, "y": Y}, "beyond 1e+30"), "amounts of 1e300": ({"x": X, "y": X[:, 0].astype("f8") * 1e300}, "beyond 1e+30"),
    "soft labels": ({"x": X, "y": np.eye(3)[Y] * 0.7 + 0.1}, "single 1"), "several labels": ({"x": X, "y": np.ones((N, 3))}, "single 1"), "one-hot": ({"x": X, "y": np.eye(3)[Y]}, None),
    "other width": ({"x_train": X, "y_train": Y, "x_test": X[:, :3], "y_test": Y}, "must be the same"), "new label": ({"x_train": X, "y_train": Y, "x_test": X + 1, "y_test": Y + 1}, "train part has not"),
    "another scale": ({"x_train": PIXELS, "y_train": Y, "x_test": PIXELS / 127.5 - 1, "y_test": Y}, "one scale"), "fractions of bytes": ({"x_train": PIXELS, "y_train": Y, "x_test": PIXELS[::-1] / 255, "y_test": Y}, None),
}  # fmt: skip

HEADERS = {
    "huge": "(99999999999999999999, 4)", "below 0": "(-48, -4)", "nothing times all": "(0, 4611686018427387904)", "true": "(True, 4)",
    "words": "('a',)", "no tuple": "4", "200 axes": "(" + "1," * 200 + ")", "6,000 figures": "(" + "9" * 6000 + ",)",
}  # fmt: skip


def saved(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def headed(shape: str) -> bytes:
    """An array whose header says another shape."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x02\0" + struct.pack("<I", len(text)) + text + X.tobytes()


def archives(folder: Path) -> Iterator[Case]:
    """Archives whose members are not what they should be."""
    members: dict[str, tuple[list[tuple[str, bytes]], str | None]] = {
        "twice": ([("x.npy", saved(X)), ("x", saved(X * 2)), ("y.npy", saved(Y))], "two arrays called"),
        "a folder": ([("d/", b""), ("x.npy", saved(X)), ("y.npy", saved(Y))], "not an array"),
        "junk beside": (
            [("x.npy", saved(X)), ("y.npy", saved(Y)), ("__MACOSX/._x.npy", b"junk")],
            "not an array",
        ),
        "an archive within": ([("a.npz", b"PK\3\4")], "not an array"),
        "a bomb": ([("x.npy", saved(np.zeros((N, 1 << 20), "f4"))), ("y.npy", saved(Y))], "not trusted"),
        **{
            f"header {name}": ([("x.npy", headed(shape)), ("y.npy", saved(Y))], "")
            for name, shape in HEADERS.items()
        },
    }
    for name, (content, says) in members.items():
        path = folder / f"{name}.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in content:
                archive.writestr(member, data)
        yield Case(f"npz, {name}", path, says)
    large = folder / "large archive.npz"
    with zipfile.ZipFile(large, "w") as archive:
        for name, data in (("x.npy", saved(X)), ("y.npy", saved(Y))):
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(data)
    yield Case("npz, of the large kind", large, None)
    whole = large.read_bytes()
    for name, data, says in (("cut", whole[:900], "damaged"), ("behind a script", b"#!/bin/sh\n" + whole, None), ("a pickle", b"\x80\x04cos\nsystem\n", "damaged"), ("an .npy", saved(X), "damaged")):  # fmt: skip
        (folder / f"{name}.npz").write_bytes(data)
        yield Case(f"npz, {name}", folder / f"{name}.npz", says)


def pictures(folder: Path) -> Iterator[Case]:
    """Folders of pictures with something odd in them."""
    from PIL import Image

    def made(
        name: str, says: str | None, odd: Callable[[Path], Any], classes: tuple[str, ...] = ("a", "b")
    ) -> Case:
        root = folder / name
        for label in classes:
            (root / label).mkdir(parents=True)
            for k in range(8):
                Image.fromarray(DRAWN.integers(0, 256, (6, 6)).astype("u1")).save(root / label / f"{k}.png")
        odd(root)
        return Case(f"folder, {name}", root, says)

    yield made("sound", None, lambda _: None)
    yield made("a pipe", "not an ordinary file", lambda root: os.mkfifo(root / "b" / "z.png"))
    yield made(
        "a device", "not an ordinary file", lambda root: (root / "b" / "z.png").symlink_to("/dev/zero")
    )
    yield made("a circle", None, lambda root: (root / "b" / "up").symlink_to(root))
    yield made(
        "a huge picture",
        "can be read",
        lambda root: Image.new("1", (13000, 13000)).save(root / "b" / "z.png"),
    )
    yield made("a drawing", "not a picture", lambda root: (root / "b" / "z.png").write_text("<svg/>"))
    yield made("an empty class", "class without a picture", lambda root: (root / "c").mkdir())
    yield made("one class", "only the class", lambda _: None, ("a",))
    yield made("line ends", None, lambda _: None, ("a\nrun-1 finished", "b"))
    yield made("no text", None, lambda _: None, (os.fsdecode(b"b\xff"), "a"))
    yield made("twins", None, lambda _: None, ("Cat", "cat"))
    yield made("hidden files", None, lambda root: (root / "a" / "Thumbs.db").write_bytes(b"x"))


def special(folder: Path) -> Iterator[Case]:
    """What looks like a file and is none, and files that are mostly holes."""
    for ending in ("csv", "npz"):
        pipe, device, circle = (folder / f"{kind}.{ending}" for kind in ("pipe", "device", "circle"))
        os.mkfifo(pipe)
        device.symlink_to("/dev/zero")
        circle.symlink_to(circle)
        yield from (Case(f"{ending}, a pipe", pipe, "not an ordinary file"), Case(f"{ending}, a device", device, "not an ordinary file"), Case(f"{ending}, a circle", circle, "cannot be read"))  # fmt: skip
        holes = folder / f"holes.{ending}"
        holes.write_text(SOUND)
        os.truncate(holes, 1 << 30)
        yield Case(f"{ending}, a gigabyte of holes", holes, "zero byte" if ending == "csv" else "damaged")


def cases(folder: Path) -> Iterator[Case]:
    """Writes every file into the folder."""
    for name, (text, says) in TABLES.items():
        path = folder / f"{name}.csv"
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        yield Case(f"csv, {name}", path, says)
    for name, (arrays, says) in ARRAYS.items():
        np.savez(folder / f"{name} arrays.npz", **arrays)
        yield Case(f"npz, {name}", folder / f"{name} arrays.npz", says)
    for part in (archives, pictures, special):
        inside = folder / part.__name__
        inside.mkdir()
        yield from part(inside)
