"""A folder of pictures: one subfolder for each class, its name the name of the class.

    animals/cat/*.png  animals/dog/*.jpg                a share is set aside, by seed, the same of each class
    animals/train/cat/*.png  ...  animals/test/cat/...  the parts are as they lie there; val/ too
    heap/*.png  heap/labels.csv                         a CSV says what each shows (`labels`)

Class names are in the order in which Keras puts them. Hidden files and what is not a picture are left out,
and said.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from chainrule.datasets import labels, on_disk, pictures
from chainrule.datasets.data_checks import look_over
from chainrule.datasets.dataset import Array, Dataset
from chainrule.datasets.splits import split
from chainrule.datasets.tree import Tree, walk
from chainrule.errors import DataError, SettingError, printable, unknown

T = TypeVar("T")

KEPT_SIZE = 64  # pictures that all have one size, this or smaller, keep it
SIZE = 32  # others are brought to this
AT_ONCE = 256  # pictures that are decoded together, where not all are held
SAID = 5.0  # seconds between two words on how far decoding is


def load(
    path: str | os.PathLike[str], *, size: int | tuple[int, int] | None = None, colour: bool | None = None,
    fit: str = "stretch", test: float = 0.2, validation: float = 0.0, seed: int = 0, skip_bad: bool = False,
) -> Dataset:  # fmt: skip
    """The pictures of a folder as a Dataset: x (n, height, width) or (n, height, width, 3) uint8, y int32.

    size: pixels, one number or (height, width); None keeps a size that all share if it is at most 64,
    otherwise 32.
    colour: True, False (grey), None: grey when all are grey. fit: "stretch", "crop" or "pad" to the new
    proportions.
    test: the share set aside to measure on, where there is no test/ folder. validation: the share of the rest
    for x_val. Raises DataError naming each empty class and each file that cannot be read; skip_bad goes on
    without them.
    """
    root = Path(path)
    if fit not in pictures.FITS:
        raise unknown("fit", fit, pictures.FITS)
    if not root.is_dir():
        raise DataError(f"{root} {'is not a folder' if root.exists() else 'does not exist'}.")
    table = labels.find(root)
    found = labels.walk(root, table) if table else walk(root)
    files = [file for part in found.files.values() for _, file in part]
    measured = _each(pictures.measure, files, found.bad)
    preparation = _preparation(list(measured.values()), size, colour, fit, found)
    plan = Plan(root, found, preparation, colour, test, validation, seed, skip_bad)
    large = size_of(len(measured), preparation) > on_disk.MOST
    parts, names = (mapped if large else in_memory)(plan, list(measured))
    data = Dataset(
        name=root.resolve().name, **parts, class_names=names, scale=1 / 255, preparation=preparation,
        task="two classes" if len(names) == 2 else "classes", source=str(path),
        skipped=tuple(found.bad), notes=tuple(found.notes),
    )  # fmt: skip
    return look_over(data)


class Plan(NamedTuple):
    """What is to be made of the files: how they are prepared, and which shares are set aside."""

    root: Path
    found: Tree
    preparation: dict[str, Any]
    colour: bool | None
    test: float
    validation: float
    seed: int
    skip_bad: bool


def in_memory(plan: Plan, measured: list[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The parts as arrays, and the names of the classes."""
    found, preparation = plan.found, plan.preparation
    arrays = _each(lambda file: pictures.read(file, preparation), measured, found.bad)
    names = _sound(plan, set(arrays))
    if preparation["colour"] and plan.colour is None and all(map(is_grey, arrays.values())):
        preparation["colour"] = False
        arrays = {file: array[..., 0] for file, array in arrays.items()}
    parts: dict[str, Any] = {}
    for part, (files, y) in _shared_out(plan, names).items():
        parts[f"x_{part}"] = np.stack([arrays[file] for file in files]) if files else np.empty(
            (0, *next(iter(arrays.values())).shape), np.uint8
        )  # fmt: skip
        parts[f"y_{part}"] = y
    return parts, names


def mapped(plan: Plan, measured: list[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The same, decoded into files: once, and again without those that turned out to be no pictures, or in grey."""
    found, preparation, good = plan.found, plan.preparation, set(measured)
    home = on_disk.Folder(size_of(len(measured), preparation), "The pictures, decoded,")
    while True:
        names, bad = _sound(plan, good), len(found.bad)
        parts: dict[str, Any] = {}
        coloured = False
        for part, (files, y) in _shared_out(plan, names).items():
            side = (preparation["height"], preparation["width"], *((3,) if preparation["colour"] else ()))
            rows = Rows(files, plan, side)
            parts[f"x_{part}"] = home.array((len(files), *side), np.uint8, told(rows, len(files)))
            parts[f"y_{part}"] = y
            coloured = coloured or rows.coloured
        good -= {file for file, _ in found.bad[bad:]}
        if preparation["colour"] and plan.colour is None and not coloured:
            preparation["colour"] = False
        elif len(found.bad) == bad:
            return parts, names
        for array in parts.values():
            home.drop(array)


class Rows:
    """The pictures of some files, decoded some at a time; one that cannot be read is black, and noted in the plan.

    coloured: whether one of them had colours.
    """

    def __init__(self, files: list[str], plan: Plan, side: tuple[int, ...]) -> None:
        self.files, self.plan, self.side, self.coloured = files, plan, side, False

    def read(self, file: str) -> Array:
        """One picture."""
        return pictures.read(file, self.plan.preparation)

    def __iter__(self) -> Iterator[Array]:
        for start in range(0, len(self.files), AT_ONCE):
            some = self.files[start : start + AT_ONCE]
            found = _each(self.read, some, self.plan.found.bad)
            self.coloured = self.coloured or not all(map(is_grey, found.values()))
            yield from (found.get(file, np.zeros(self.side, np.uint8)) for file in some)


def told(rows: Iterable[Array], count: int) -> Iterator[Array]:
    """The same rows; where they take long, stderr says how long."""
    began, said = time.monotonic(), 0.0
    for k, row in enumerate(rows):
        spent = time.monotonic() - began
        if spent > said + SAID:
            said = spent
            left = spent * (count / max(1, k) - 1)
            print(
                f"{k:,} of {count:,} pictures are decoded: about {left:.0f} s more.",
                file=sys.stderr,
                flush=True,
            )
        yield row


def is_grey(pixels: Array) -> bool:
    """Whether a picture in colours has none."""
    return bool((pixels == pixels[..., :1]).all())


def _sound(plan: Plan, good: set[str]) -> tuple[str, ...]:
    """The names of the classes, when only good files are left; DataError where there are others that may not be left out."""
    _drop_bad(plan.found, good)
    if plan.found.bad and not plan.skip_bad:
        raise _too_bad(plan.root, plan.found.bad)
    return _class_names(plan.root, plan.found)


def _each(task: Callable[[str], T], files: Iterable[str], bad: list[tuple[str, str]]) -> dict[str, T]:
    """The task done for every file, some at a time as decoders leave Python's lock; failures go to `bad`."""

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


def _drop_bad(found: Tree, good: set[str]) -> None:
    """Leaves only good files; a class that loses its last one is bad itself."""
    for part, files in found.files.items():
        kept = [(name, file) for name, file in files if file in good]
        lost = sorted({name for name, _ in files} - {name for name, _ in kept})
        found.bad += [(f"{part} class {name}", "has no picture that can be read") for name in lost]
        found.files[part] = kept


def _too_bad(root: Path, bad: list[tuple[str, str]]) -> DataError:
    shown = [f"  {printable(where)}: {printable(why)}" for where, why in bad[:10]]
    more = [f"  and {len(bad) - 10:,} more"] if len(bad) > 10 else []
    first = f"{printable(str(root))} has {len(bad):,} thing{'s' * (len(bad) != 1)} in it that cannot be learned from:"
    return DataError("\n".join([first, *shown, *more, "skip_bad=True (--skip-bad) continues without them."]))


def _class_names(root: Path, found: Tree) -> tuple[str, ...]:
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
    found: Tree,
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
            f"the pictures have {len(shapes):,} different sizes, {low[0]} x {low[1]} to {high[0]} x {high[1]}"
            f": all are brought to {height} x {width}"
        )
    return {
        "kind": "picture", "height": int(height), "width": int(width), "fit": fit, "scale": 1 / 255,
        "colour": any(coloured for *_, coloured in measured) if colour is None else bool(colour),
    }  # fmt: skip


def size_of(n: int, preparation: dict[str, Any]) -> int:
    """The bytes of so many pictures."""
    return n * int(preparation["height"] * preparation["width"]) * (3 if preparation["colour"] else 1)


def _shared_out(plan: Plan, names: tuple[str, ...]) -> dict[str, tuple[list[str], Array]]:
    """The files of each part with their classes."""
    index, parts = {name: k for k, name in enumerate(names)}, dict[str, tuple[list[str], Array]]()
    for part, files in plan.found.files.items():
        if files:
            y = np.array([index[name] for name, _ in files], np.int32)
            parts[part] = [file for _, file in files], y
    if "test" not in parts:
        parts |= _set_aside(parts["train"], "test", plan.test, plan.seed)
    if plan.validation and "val" in parts:
        raise DataError(f"{plan.root.resolve().name} already has a validation part; leave validation at 0.")
    if plan.validation:
        parts |= _set_aside(parts["train"], "val", plan.validation, plan.seed)
    return parts


def _set_aside(
    whole: tuple[list[str], Array], part: str, share: float, seed: int
) -> dict[str, tuple[list[str], Array]]:
    """What is left of the training part, and the part that a share of it becomes."""
    files, y = whole
    return {
        name: ([files[k] for k in places], y[places])
        for name, places in zip(("train", part), split(y, share, seed), strict=True)
    }
