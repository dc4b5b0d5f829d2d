"""A folder of pictures: one subfolder for each class, its name the name of the class.

    animals/cat/*.png  animals/dog/*.jpg                 a share is set aside, by seed, the same share of each class
    animals/train/cat/*.png  ...  animals/test/cat/...   the parts are as they lie there; val/ too, if it is there

Class names are in the order in which Keras puts them. Hidden files and what is not a picture are left out, and said.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from chainrule.datasets import pictures
from chainrule.datasets.dataset import Array, Dataset
from chainrule.datasets.notes import look_over
from chainrule.datasets.splits import split
from chainrule.errors import DataError, SettingError, unknown

T = TypeVar("T")

PARTS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
SYSTEM = ("thumbs.db", "desktop.ini", "__macosx", "icon\r", "lost+found", "@eadir")
KEPT_SIZE = 64  # pictures that all have one size, this or smaller, keep it
SIZE = 32  # others are brought to this


@dataclass
class _Found:
    """What the walk through the folder brought."""

    files: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # part -> [(class, path)]
    bad: list[tuple[str, str]] = field(default_factory=list)  # (path, reason)
    notes: list[str] = field(default_factory=list)


def load(
    path: str | os.PathLike[str], *, size: int | tuple[int, int] | None = None, colour: bool | None = None,
    fit: str = "stretch", test: float = 0.2, validation: float = 0.0, seed: int = 0, skip_bad: bool = False,
) -> Dataset:  # fmt: skip
    """The pictures of a folder as a Dataset: x (n, height, width) or (n, height, width, 3) uint8, y int32.

    size: pixels, one number or (height, width); None keeps a size that all share if it is at most 64, otherwise 32.
    colour: True, False (grey), None: grey when all are grey. fit: "stretch", "crop" or "pad" to the new proportions.
    test: the share set aside to measure on, where there is no test/ folder. validation: the share of the rest for x_val.
    Raises DataError naming each empty class and each file that can not be read; skip_bad goes on without them.
    """
    root = Path(path)
    if fit not in pictures.FITS:
        raise unknown("fit", fit, pictures.FITS)
    found = _walk(root)
    measured = _each(
        pictures.measure, [file for files in found.files.values() for _, file in files], found.bad
    )
    _drop_bad(found, set(measured))
    if found.bad and not skip_bad:
        raise _too_bad(root, found.bad)
    names = _class_names(root, found)
    preparation = _preparation(list(measured.values()), size, colour, fit, found)
    _check_memory(root, len(measured), preparation)
    arrays = _each(lambda file: pictures.read(file, preparation), list(measured), found.bad)
    _drop_bad(found, set(arrays))
    if found.bad and not skip_bad:
        raise _too_bad(root, found.bad)
    if preparation["colour"] and colour is None and all((a == a[..., :1]).all() for a in arrays.values()):
        preparation["colour"] = False
        arrays = {file: array[..., 0] for file, array in arrays.items()}
    names = _class_names(root, found)
    parts = _parts(found, arrays, names, test, seed)
    data = Dataset(
        name=root.resolve().name, **parts, task="two classes" if len(names) == 2 else "classes", class_names=names,
        scale=1 / 255, preparation=preparation, source=str(path), skipped=tuple(found.bad), notes=tuple(found.notes),
    )  # fmt: skip
    return look_over(data.with_validation(validation, seed))


def _walk(root: Path) -> _Found:
    """Finds the parts, the classes and the files, opening none."""
    if not root.is_dir():
        raise DataError(f"{root} {'is not a folder' if root.exists() else 'does not exist'}.")
    found = _Found()
    folders = _folders(root, found)
    parts = {
        part: d
        for d in folders
        for part, known in PARTS.items()
        if d.name.lower() in known and _has_folders(d)
    }
    if "train" in parts:
        for d in folders:
            if d not in parts.values():
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
            files = _files(d, found)
            if not files:
                found.bad.append((str(d), "is a class without a picture"))
            found.files[part] += [(d.name, file) for file in files]
    return found


def _has_folders(folder: Path) -> bool:
    """Whether it can be a part; a class may well be called train, and has pictures in it."""
    return any(entry.is_dir() and not _hidden(entry.name) for entry in folder.iterdir())


def _folders(folder: Path, found: _Found) -> list[Path]:
    """The subfolders that are not hidden, sorted; loose pictures beside them are noted."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as problem:
        raise DataError(f"{folder} can not be read: {problem.strerror}.") from None
    loose = sum(
        not _hidden(e.name) and e.suffix.lower() in pictures.SUFFIXES and not e.is_dir() for e in entries
    )
    if loose:
        found.notes.append(f"{loose:,} pictures lie in {folder} itself and belong to no class: left out")
    return [e for e in entries if e.is_dir() and not _hidden(e.name)]


def _files(folder: Path, found: _Found) -> list[str]:
    """All pictures under a class's folder, sorted; what is left out is noted."""
    files: list[str] = []
    others: Counter[str] = Counter()
    for place, subfolders, names in os.walk(folder):
        links = [d for d in subfolders if os.path.islink(os.path.join(place, d))]
        found.notes += [f"{os.path.join(place, d)} is a link to a folder: not followed" for d in links]
        subfolders[:] = sorted(d for d in subfolders if not _hidden(d))
        for name in sorted(names):
            suffix = os.path.splitext(name)[1].lower()
            if _hidden(name):
                others["hidden"] += 1
            elif suffix in pictures.SUFFIXES or suffix in pictures.UNREAD:
                files.append(os.path.join(place, name))
            else:
                others[suffix or "no ending"] += 1
    if others:
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(others.items()))
        found.notes.append(f"files in {folder} that are not pictures were left out: {kinds}")
    return files


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM


def _each(task: Callable[[str], T], files: Iterable[str], bad: list[tuple[str, str]]) -> dict[str, T]:
    """Does the same to every file, several at a time (decoders leave Python's lock); what fails is added to `bad`."""

    def attempt(file: str) -> T | DataError:
        try:
            return task(file)
        except DataError as problem:
            return problem

    files = list(files)
    done: dict[str, T] = {}
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for file, result in zip(files, pool.map(attempt, files), strict=True):
            if isinstance(result, DataError):
                bad.append((file, str(result).removeprefix(file).strip().removesuffix(".")))
            else:
                done[file] = result
    return done


def _drop_bad(found: _Found, good: set[str]) -> None:
    """Leaves only good files; a class that loses its last one is bad itself."""
    for part, files in found.files.items():
        kept = [(name, file) for name, file in files if file in good]
        lost = sorted({name for name, _ in files} - {name for name, _ in kept})
        found.bad += [(f"{part} class {name}", "has no picture that can be read") for name in lost]
        found.files[part] = kept


def _too_bad(root: Path, bad: list[tuple[str, str]]) -> DataError:
    shown = [f"  {where}: {why}" for where, why in bad[:10]]
    more = [f"  and {len(bad) - 10:,} more"] if len(bad) > 10 else []
    first = f"{root} has {len(bad):,} things in it that can not be learned from:"
    return DataError("\n".join([first, *shown, *more, "skip_bad=True (--skip-bad) goes on without them."]))


def _class_names(root: Path, found: _Found) -> tuple[str, ...]:
    names = tuple(sorted({name for name, _ in found.files["train"]}))
    if len(names) < 2:
        have = f"only the class {names[0]!r}" if names else "no class"
        raise DataError(
            f"{root} has {have}; it needs at least two subfolders with pictures, one for each class."
        )
    for part, files in found.files.items():
        if strange := sorted({name for name, _ in files} - set(names)):
            raise DataError(
                f"{root}: the {part} part has the class {strange[0]!r}, which the train part has not."
            )
        if part != "train" and files and (missing := sorted(set(names) - {name for name, _ in files})):
            note = f"the {part} part has no picture of {', '.join(map(repr, missing))}"
            if note not in found.notes:
                found.notes.append(note)
    return names


def _preparation(
    measured: list[tuple[int, int, bool]],
    size: int | tuple[int, int] | None,
    colour: bool | None,
    fit: str,
    found: _Found,
) -> dict[str, Any]:
    """How every picture is to be made, settled from the wishes and from what was found."""
    shapes = Counter((height, width) for height, width, _ in measured)
    if size is None:
        ((shape, n),) = shapes.most_common(1) or [((SIZE, SIZE), 0)]
        size = shape if n == len(measured) and max(shape) <= KEPT_SIZE else (SIZE, SIZE)
    height, width = (size, size) if isinstance(size, int) else size
    if not (1 <= height <= 4096 and 1 <= width <= 4096):
        raise SettingError(f"size is {size!r}; it must be one number or (height, width), 1 to 4096 pixels.")
    if len(shapes) > 1:
        low, high = min(shapes), max(shapes)
        found.notes.append(
            f"the pictures have {len(shapes):,} different sizes, {low[0]} x {low[1]} to {high[0]} x {high[1]}: "
            f"all are brought to {height} x {width}"
        )
    return {
        "kind": "picture", "height": int(height), "width": int(width), "fit": fit, "scale": 1 / 255,
        "colour": any(coloured for *_, coloured in measured) if colour is None else bool(colour),
    }  # fmt: skip


def _check_memory(root: Path, n: int, preparation: dict[str, Any]) -> None:
    size = n * preparation["height"] * preparation["width"] * (3 if preparation["colour"] else 1)
    if size > 8 << 30:
        raise DataError(
            f"{root}: {n:,} pictures of this size need {size / 2**30:.0f} GiB of memory; ask for a smaller size."
        )


def _parts(
    found: _Found, arrays: dict[str, Array], names: tuple[str, ...], test: float, seed: int
) -> dict[str, Any]:
    index = {name: k for k, name in enumerate(names)}
    parts: dict[str, Any] = {}
    for part, files in found.files.items():
        if files:
            parts[f"x_{part}"] = np.stack([arrays[file] for _, file in files])
            parts[f"y_{part}"] = np.array([index[name] for name, _ in files], np.int32)
    if "x_test" not in parts:
        x, y = parts["x_train"], parts["y_train"]
        kept, aside = split(y, test, seed)
        parts |= {"x_train": x[kept], "y_train": y[kept], "x_test": x[aside], "y_test": y[aside]}
    return parts
