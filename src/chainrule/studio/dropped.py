"""Data that were dropped into the page: kept in a folder of this studio until it ends, and read as `datasets.load` reads them.

A page sends files as one message: 4 bytes with the length of a JSON header, little-endian; the header
{"files": [[path, size], ...], "target": a column or null}; then the files' contents, one after the other.
"""

import io
import json
import os
import re
import secrets
import shutil
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from chainrule import datasets
from chainrule.datasets.catalogue import options_of
from chainrule.datasets.dataset import Dataset
from chainrule.errors import ChainruleError, DataError, SettingError
from chainrule.internal.table_endings import TABLES

PREFIX = "dropped/"  # of the name that such data have in a lesson: dropped/KEY/NAME
ARRAYS, PACKED = (".npz",), (".zip",)
MOST_FILES, MOST_UNPACKED, MOST_KEPT = 20_000, 300_000_000, 8
BLOCK = 1 << 20
Files = list[tuple[PurePosixPath, bytes]]


def keep(content: bytes, home: str) -> dict[str, Any]:
    """Stores what was dropped and reads it once: its name in a lesson, and what it is. DataError says why it is refused.

    home: the folder of this studio for such data.
    """
    files, target = unpacked(content)
    if len(files) == 1 and files[0][0].suffix.lower() in PACKED:
        files = unzipped(*files[0])
    key = secrets.token_urlsafe(6).replace("-", "_")
    folder = Path(home) / key
    try:
        name = stored(files, folder / "data")
        (folder / "options.json").write_text(json.dumps({"target": target} if target else {}))
        label = f"{PREFIX}{key}/{name}"
        data = load(label, home)
    except (ChainruleError, OSError) as problem:
        shutil.rmtree(folder, ignore_errors=True)
        raise DataError(sentence(problem, folder)) from None
    forget_old(Path(home))
    return {"data": label, "name": name, "about": about(data)}


def about(data: Dataset) -> dict[str, Any]:
    """A data set in a few words."""
    return {
        "sizes": data.sizes, "task": data.task, "shape": list(data.input_shape), "classes": list(data.class_names or ()),
        "target": data.preparation.get("target", {}).get("name"), "notes": [for_the_page(note) for note in data.notes], "skipped": len(data.skipped),
    }  # fmt: skip


def load(label: str, home: str, seed: int = 0) -> Dataset:
    """The data that a lesson names; SettingError where they are no more."""
    found = re.fullmatch(re.escape(PREFIX) + r"(\w+)/([^/\\]+)", label)
    path = Path(home, found[1], "data", found[2]) if home and found and found[2] not in (".", "..") else None
    if path is None or not path.exists():
        raise SettingError(
            f"{label.rsplit('/', 1)[-1]} was dropped into a studio that has ended, or has made room since; drop it in once more."
        )
    options = json.loads((path.parent.parent / "options.json").read_text())
    if path.suffix.lower() not in TABLES:
        options.pop("target", None)
    known = options_of(path)
    data = datasets.load(path, **options, **({"seed": seed} if "seed" in known else {}))
    if not len(data.x_train):
        raise DataError(f"{path.name} has no example to learn from.")
    return data


def sentence(problem: Exception, folder: Path) -> str:
    """What went wrong, in words that name the file and not where it is kept here."""
    text = str(problem) if isinstance(problem, ChainruleError) else f"It cannot be stored: {problem}."
    for place in (folder / "data", folder):
        text = text.replace(str(place) + os.sep, "").replace(str(place), "what was dropped")
    return for_the_page(text)


def for_the_page(text: str) -> str:
    """A sentence of the library's for somebody who has a field and no command line."""
    text = text.replace("Name it with target= (--target).", "Name it in the field “Column to learn”.")
    return text.replace("target= (--target) names", "the field “Column to learn” names")


# ── what a page sends ────────────────────────────────────────────────────────────────────────────────────────────────


def unpacked(content: bytes) -> tuple[Files, str | None]:
    """The files of a message, and the column to learn; DataError where it is no such message."""
    begin = 4 + int.from_bytes(content[:4], "little")
    try:
        header = json.loads(content[4:begin])
        entries = [(str(path), int(size)) for path, size in header["files"]]
        target = header.get("target")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError("This message holds no files; the page sends a header and then the files.") from None
    if not entries or len(entries) > MOST_FILES:
        raise DataError(f"Drop from 1 to {MOST_FILES:,} files at once; {len(entries):,} came.")
    if any(size < 0 for _, size in entries) or begin + sum(size for _, size in entries) != len(content):
        raise DataError("The files did not arrive whole; drop them in once more.")
    if target is not None and not isinstance(target, str):
        raise DataError(f"The column to learn is named by a text; it got {target!r}.")
    files: Files = []
    for path, size in entries:
        files.append((inner(path), content[begin : begin + size]))
        begin += size
    return files, target


def inner(name: str) -> PurePosixPath:
    """A file's path inside what was dropped; DataError where it would lead elsewhere."""
    path = PurePosixPath(name)
    wrong = (
        path.is_absolute() or ".." in path.parts or not path.parts or re.search(r'[\\:\x00-\x1f"<>|?*]', name)
    )
    if wrong or len(name) > 400 or len(path.parts) > 12 or any(len(part) > 120 for part in path.parts):
        raise DataError(
            f"{name[:60]!r} is no name for a file inside a folder; rename it and drop it in once more."
        )
    return path


def unzipped(path: PurePosixPath, content: bytes) -> Files:
    """The files of an archive; DataError where it is damaged, locked or would grow too large."""
    files: Files = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not is_hidden(m.filename)]
            total = sum(member.file_size for member in members)
            if len(members) > MOST_FILES or total > MOST_UNPACKED:
                raise DataError(
                    f"{path.name} holds {len(members):,} files of {total / 1e6:,.0f} MB; "
                    f"at most {MOST_FILES:,} files of {MOST_UNPACKED / 1e6:.0f} MB are taken."
                )
            for member in members:
                name = inner(member.filename)
                with archive.open(member) as file:
                    files.append((name, file.read(member.file_size + 1)))
    except DataError:
        raise
    except Exception as problem:  # noqa: BLE001 - a damaged archive raises whatever zipfile, zlib, bz2 and lzma raise
        raise DataError(
            f"{path.name} cannot be unpacked ({problem}). Unpack it yourself and drop the folder in."
        ) from None
    if not files:
        raise DataError(f"{path.name} is empty.")
    tables = [name for name, _ in files if name.suffix.lower() in (*TABLES, *ARRAYS)]
    if len(files) == 1 and tables:
        return [(PurePosixPath(tables[0].name), files[0][1])]
    whole = len({name.parts[0] for name, _ in files}) == 1 and all(len(name.parts) > 2 for name, _ in files)
    return files if whole else [(PurePosixPath(path.stem) / name, content) for name, content in files]


def is_hidden(name: str) -> bool:
    """Whether a member is what a system puts beside the files."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
    )


def stored(files: Files, folder: Path) -> str:
    """Writes them below a folder; returns the name of the file or folder that is to be read."""
    first = {path.parts[0] for path, _ in files}
    single = len(files) == 1 and len(files[0][0].parts) == 1
    if single and files[0][0].suffix.lower() not in (*TABLES, *ARRAYS):
        raise DataError(
            f"{files[0][0].name} is not data to learn from: drop a .csv, an .npz, or a folder or .zip with a folder of pictures for each class."
        )
    top = next(iter(first)) if len(first) == 1 else "dropped"
    root = folder if len(first) == 1 else folder / "dropped"
    made: set[Path] = set()
    for path, content in files:
        place = root.joinpath(*path.parts)
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        if place.exists():
            raise DataError(f"{path} came twice; drop it in once.")
        place.write_bytes(content)
    return top


def forget_old(home: Path) -> None:
    """Leaves the newest only."""
    kept = sorted((p for p in home.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for folder in kept[:-MOST_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
