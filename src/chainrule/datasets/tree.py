"""The tree of a picture folder: its parts, their classes and the files in them, found without opening any."""

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chainrule.datasets import pictures
from chainrule.errors import DataError

PARTS = {
    "train": "train|training|trn",
    "val": "val|valid|validation|validate|dev",
    "test": "test|testing|tst|eval|evaluation|holdout",
}
PART = re.compile(
    r"(?P<before>.*[_\-. ])?(?:"
    + "|".join(f"(?P<{part}>{words})" for part, words in PARTS.items())
    + r")(?:[_\-. ]?(?:set|data|dataset|images|imgs|pictures|pics|part|split|examples|samples|folder|dir))*",
    re.IGNORECASE,
)  # training_set, Testing, seg_train, "validation images"
SYSTEM = ("thumbs.db", "desktop.ini", "__macosx", "icon\r", "lost+found", "@eadir")


@dataclass
class Tree:
    """What the walk through the folder brought."""

    files: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # part -> [(class, path)]
    bad: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    notes: list[str] = field(default_factory=list)


def walk(root: Path) -> Tree:
    """Finds the parts, the classes and the files, opening none."""
    found = Tree()
    folders = _folders(root, found)
    while len(folders) == 1 and _has_folders(folders[0]) and not part_of(folders[0].name)[0]:
        root = folders[0]  # archive/animals/cat: what was unpacked into a folder of its own
        found.notes.append(f"the classes lie in {root}")
        folders = _folders(root, found)
    parts = _parts(folders, found)
    if "train" in parts:
        for d in folders:
            if d not in parts.values() and d not in [folder.parent for folder in parts.values()]:
                found.notes.append(f"the folder {d.name} lies beside train and is not used")
        if "test" not in parts and "val" in parts:
            parts["test"] = parts.pop("val")
            found.notes.append(f"there is no test folder: {parts['test'].name} is used as the test part")
    else:
        parts = {"train": root}
    real: dict[str, str] = {}
    for part, folder in parts.items():
        found.files[part] = []
        for d in _folders(folder, found) if folder != root else folders:
            where = os.path.realpath(d)
            if root.resolve().is_relative_to(where) or where in real:
                found.notes.append(f"{d} leads back to {real.get(where, root)}: left out")
                continue
            real[where] = str(d)
            files = list_pictures(d, found)
            if not files:
                found.bad.append((str(d), "is a class without a picture"))
            found.files[part] += [(d.name, file) for file in files]
    return found


def part_of(name: str) -> tuple[str | None, str]:
    """Which part a folder of this name holds, in any of the usual spellings, and what stands before that word.

    >>> part_of("training_set"), part_of("seg_Test"), part_of("cat")
    (('train', ''), ('test', 'seg_'), (None, ''))
    """
    match = PART.fullmatch(name.strip())
    if match is None:
        return None, ""
    return next(part for part in PARTS if match[part]), (match["before"] or "").lower()


def _parts(folders: list[Path], found: Tree) -> dict[str, Path]:
    """The folders that are parts: the words must be there with the same letters before them, and hold folders.

    Raises DataError where parts are named but the pictures in them have no classes.
    """
    named: dict[str, dict[str, Path]] = {}
    for folder in folders:
        part, before = part_of(folder.name)
        if part is not None:
            named.setdefault(before, {}).setdefault(part, folder)
    for parts in named.values():
        if "train" not in parts:
            continue
        inside = {part: folder for part, folder in parts.items() if _has_folders(folder)}
        if not inside and len(parts) > 1 and len(parts) == len(folders):
            names = " and ".join(folder.name for folder in parts.values())
            raise DataError(
                f"{folders[0].parent}: {names} are parts of the data, but hold no folders; each needs a subfolder with "
                "pictures for each class."
            )
        if "train" in inside:
            return {part: _inner(folder) for part, folder in inside.items()}
    return _parts_by_what_they_hold(folders, found)


def _parts_by_what_they_hold(folders: list[Path], found: Tree) -> dict[str, Path]:
    """The parts where all folders hold the same folders, as parts do and classes seldom, and their names have a part's word
    among others: train-cats-dogs. Where only some have one the answer is asked for; where none has, it is noted.
    """
    held = [frozenset(folder.name for folder in _quiet_folders(folder)) for folder in folders]
    if len(folders) < 2 or len(set(held)) > 1 or len(held[0]) < 2:
        return {}
    words = [
        {part for word in re.findall(r"[^\W\d_]+", folder.name) if (part := part_of(word)[0])}
        for folder in folders
    ]
    known = {
        next(iter(parts)): folder for parts, folder in zip(words, folders, strict=True) if len(parts) == 1
    }
    if "train" in known and len(known) == len(folders):
        return known
    names, inner = (" and ".join(sorted(some)[:3]) for some in ([folder.name for folder in folders], held[0]))
    if known:
        raise DataError(
            f"{folders[0].parent}: {names} hold the same folders ({inner}), so they look like parts of the data, and which is "
            "learned from is not said. Call that one train, and the other test or val."
        )
    found.notes.append(
        f"{names} are taken as the classes; each holds {inner}. Are those the classes, and {names} parts? Then call these train and test"
    )
    return {}


def _quiet_folders(folder: Path) -> list[Path]:
    """The folders in a folder that holds no pictures itself."""
    try:
        entries = [entry for entry in folder.iterdir() if not is_system_file(entry.name)]
    except OSError:  # `list_pictures` will say so
        return []
    return (
        []
        if any(entry.suffix.lower() in pictures.SUFFIXES for entry in entries)
        else [e for e in entries if e.is_dir()]
    )


def _inner(folder: Path) -> Path:
    """seg_train/seg_train/cat: the folder within, where it is the only one and holds the classes."""
    inner = [entry for entry in folder.iterdir() if entry.is_dir() and not is_system_file(entry.name)]
    return inner[0] if len(inner) == 1 and part_of(inner[0].name)[0] and _has_folders(inner[0]) else folder


def _has_folders(folder: Path) -> bool:
    """Whether it can be a part; a class may well be called train, and has pictures in it."""
    try:
        return any(entry.is_dir() and not is_system_file(entry.name) for entry in folder.iterdir())
    except OSError:  # `list_pictures` will say so
        return False


def _folders(folder: Path, found: Tree) -> list[Path]:
    """The subfolders that are not hidden, sorted; loose pictures beside them are noted."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)  # as Keras, capitals first
    except OSError as problem:
        raise DataError(f"{folder} cannot be read: {problem.strerror}.") from None
    loose = sum(
        not is_system_file(e.name) and e.suffix.lower() in pictures.SUFFIXES and not e.is_dir()
        for e in entries
    )
    if loose:
        found.notes.append(f"{loose:,} pictures lie in {folder} itself and belong to no class: left out")
    if hidden := [e.name for e in entries if is_system_file(e.name)]:
        found.notes.append(f"hidden and system files in {folder} were left out: {', '.join(hidden[:10])}")
    return [e for e in entries if e.is_dir() and not is_system_file(e.name)]


def list_pictures(folder: Path, found: Tree, labels: Path | None = None) -> list[str]:
    """All pictures under a folder, sorted; what is left out is noted, except a CSV with their labels."""
    files: list[str] = []
    others: Counter[str] = Counter()

    def closed(problem: OSError) -> None:
        found.bad.append((str(problem.filename), f"cannot be read: {problem.strerror}"))

    for place, subfolders, names in os.walk(folder, onerror=closed):
        links = [Path(place, d) for d in subfolders if Path(place, d).is_symlink()]
        found.notes += [f"{link} is a link to a folder: not followed" for link in links]
        subfolders[:] = sorted(d for d in subfolders if not is_system_file(d))
        for name in sorted(names):
            suffix = Path(name).suffix.lower()
            if is_system_file(name):
                others["hidden"] += 1
            elif suffix in pictures.SUFFIXES or suffix in pictures.UNREAD:
                files.append(str(Path(place, name)))
            elif labels is None or Path(place, name) != labels:
                others[suffix or "no ending"] += 1
    if others:
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(others.items()))
        found.notes.append(f"files in {folder} that are not pictures were left out: {kinds}")
    return files


def is_system_file(name: str) -> bool:
    """Whether a file or folder is hidden, or one that a system leaves behind."""
    return name.startswith(".") or name.lower() in SYSTEM
