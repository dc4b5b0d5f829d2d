"""Kinds of rows that are read when they are needed.

npy_rows(path)                  a .npy file
picture_rows(folder, size)      pictures in folders, one for each class, decoded by some threads; with their classes
csv_rows(path, target)          a table of numbers; with the target's column
dataset_rows(dataset)           anything with len and [i]: a torch Dataset, datasets with_format("numpy"), a grain source; with its targets
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets.rows import Rows
from chainrule.errors import DataError, FileError, SettingError, nearest

CACHE = 256 << 20  # bytes of decoded rows that are kept
THREADS = 4  # that decode pictures


class NpyRows(Rows):
    """The rows of a .npy file, read from the file (not mapped: mapped pages would count as this process's memory)."""

    def __init__(self, path: Any) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                version = np.lib.format.read_magic(file)
                shape, fortran, stored = (
                    np.lib.format.read_array_header_1_0(file)
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0(file)
                )
                self.start = file.tell()
        except OSError as problem:
            raise FileError(f"{self.path} cannot be read: {problem.strerror or problem}.") from None
        except ValueError as problem:
            raise FileError(f"{self.path} is not a .npy file: {problem}") from None
        if fortran or stored.hasobject or len(shape) < 1:
            raise FileError(
                f"{self.path} is not stored row by row as plain numbers; write it again with "
                "np.save(path, np.ascontiguousarray(x))."
            )
        super().__init__(shape, stored)
        self.stored = stored
        self.row = math.prod(shape[1:]) * stored.itemsize
        if self.path.stat().st_size < self.start + self.row * len(self):
            raise FileError(
                f"{self.path} is cut off: it says that it has {len(self):,} rows, and is too short for them."
            )

    def read(self, index: np.ndarray) -> np.ndarray:
        """The rows, read in the order of the file; neighbours at once."""
        found = np.empty((len(index), *self.shape[1:]), self.stored)
        order = np.argsort(index, kind="stable")
        ordered = index[order]
        last = np.r_[np.diff(ordered) != 1, True] if len(ordered) else np.zeros(0, bool)  # of neighbours
        with self.path.open("rb", buffering=0) as file:
            first = 0
            for end in (np.flatnonzero(last) + 1).tolist():
                file.seek(self.start + int(ordered[first]) * self.row)
                part = np.empty((end - first, *self.shape[1:]), self.stored)
                view, done = memoryview(part.reshape(-1).view(np.uint8).data), 0
                while done < part.nbytes and (more := file.readinto(view[done:])):
                    done += more
                if done < part.nbytes:
                    raise FileError(f"{self.path} became shorter while it was read.")
                found[order[first:end]] = part
                first = end
        return found


class CachedRows(Rows):
    """Rows that are dear to make: made by `one(i)` in some threads, and kept while there is room."""

    def __init__(
        self, shape: Sequence[int], dtype: Any, one: Callable[[int], np.ndarray], threads: int = THREADS
    ) -> None:
        super().__init__(shape, dtype)
        self.one, self.kept = one, OrderedDict[int, np.ndarray]()
        self.room = max(1, CACHE // max(1, self.nbytes // max(1, len(self))))
        self.pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def read(self, index: np.ndarray) -> np.ndarray:
        """The rows; those that are not kept are made."""
        missing = [int(i) for i in dict.fromkeys(index.tolist()) if i not in self.kept]
        made = dict(zip(missing, (self.pool.map if self.pool else map)(self.one, missing), strict=True))
        found = np.stack([made[i] if i in made else self.kept[i] for i in index.tolist()]) if len(index) else (
            np.empty((0, *self.shape[1:]), self.dtype)
        )  # fmt: skip
        if (
            len(self.kept) + len(made) <= self.room
        ):  # a random order has no rows that come again sooner than others
            self.kept.update(made)
        return found


def npy_rows(path: Any) -> NpyRows:
    """A .npy file's rows. FileError where it is none, or not stored row by row."""
    return NpyRows(path)


def picture_rows(
    folder: Any, size: tuple[int, int] = (28, 28), color: bool = False
) -> tuple[Rows, np.ndarray, tuple[str, ...]]:
    """Pictures in a folder with a subfolder for each class: rows of bytes, class numbers, and the classes' names.

    size: (height, width) to which each is scaled.  color: (height, width, 3) instead of (height, width).
    """
    from PIL import Image

    Image.init()
    place = Path(folder)
    if not place.is_dir():
        raise FileError(f"{place} is not a folder.")
    names = tuple(
        sorted(path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))
    )
    files = [
        (path, label)
        for label, name in enumerate(names)
        for path in sorted((place / name).rglob("*"))
        if path.suffix.lower() in Image.EXTENSION
    ]
    if not files:
        raise DataError(f"There are no pictures in {place}: it needs a subfolder for each class.")

    def one(i: int) -> np.ndarray:
        try:
            with Image.open(BytesIO(files[i][0].read_bytes())) as picture:
                picture.draft("RGB" if color else "L", (size[1], size[0]))
                scaled = picture.convert("RGB" if color else "L").resize(
                    (size[1], size[0]), Image.Resampling.BILINEAR
                )
                return np.asarray(scaled)
        except (OSError, ValueError, Image.DecompressionBombError) as problem:
            raise DataError(f"{files[i][0]} cannot be read as a picture: {problem}") from None

    shape = (len(files), *size, *((3,) if color else ()))
    return CachedRows(shape, np.uint8, one), np.array([label for _, label in files]), names


def csv_rows(path: Any, target: str) -> tuple[Rows, np.ndarray]:
    """A table of numbers with names in its first line: rows of all columns but the target, and the target's column.

    Gone through once, for where its lines begin and for the target. DataError where a cell is not a number.
    """
    place = Path(path)
    try:
        with place.open("rb") as file:
            head = file.readline()
            names = [name.strip().strip('"') for name in head.decode("utf-8-sig").rstrip("\r\n").split(",")]
            if target not in names:
                guess = nearest(target, names)
                raise SettingError(
                    f"{place} has no column {target!r}; it has {', '.join(names[:10])}."
                    + (f" Did you mean {guess!r}?" if guess else "")
                )
            column, starts, amounts, begin = names.index(target), [], [], len(head)
            for number, line in enumerate(file, 2):
                if line.strip():
                    starts.append(begin)
                    amounts.append(numbers(line, len(names), place, number)[column])
                begin += len(line)
    except OSError as problem:
        raise FileError(f"{place} cannot be read: {problem.strerror or problem}.") from None
    if not starts:
        raise DataError(f"{place} has no rows.")
    places = np.array(starts, np.int64)

    def one(i: int) -> np.ndarray:
        with place.open("rb") as file:
            file.seek(int(places[i]))
            return np.delete(numbers(file.readline(), len(names), place, i + 2), column)

    return CachedRows((len(places), len(names) - 1), np.float32, one, threads=1), np.array(
        amounts, np.float32
    )


def numbers(line: bytes, count: int, path: Path, number: int) -> np.ndarray:
    """The numbers of a line of a table."""
    try:
        found = np.array(
            [float(cell) for cell in line.decode().strip().replace('"', "").split(",")], np.float32
        )
    except ValueError:
        found = np.empty(0, np.float32)
    if len(found) != count:
        raise DataError(
            f"Line {number} of {path} is not {count} numbers: {line[:60].decode(errors='replace').strip()!r}."
        )
    return found


def dataset_rows(dataset: Any, keys: tuple[Any, Any] = (0, 1)) -> tuple[Rows, np.ndarray]:
    """Anything with len and [i], each entry (input, target) or a dict: rows of the inputs, and all targets.

    keys: what an entry's input and target are called. The targets are read once, which reads every entry.
    """
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise SettingError(
            f"dataset_rows takes something with len and [i]; {type(dataset).__name__} is gone through in turn only."
        )
    if not len(dataset):
        raise DataError("There are no examples: the data set is empty.")

    def part(i: int, which: int) -> np.ndarray:
        value = dataset[i][keys[which]]
        value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
        return np.asarray(value)

    first = part(0, 0)
    rows = CachedRows((len(dataset), *first.shape), first.dtype, lambda i: part(i, 0), threads=1)
    return rows, np.stack([part(i, 1) for i in range(len(dataset))])


def as_rows(x: Any) -> Any:
    """A whole .npy file that was mapped (`np.load(path, mmap_mode="r")`) as rows; anything else as it is."""
    if not isinstance(x, np.memmap):
        return x
    import mmap

    if (
        not isinstance(x, np.memmap)
        or not isinstance(x.base, mmap.mmap)
        or not x.filename
        or not str(x.filename).endswith(".npy")
    ):
        return x
    rows = NpyRows(x.filename)
    return rows if rows.shape == x.shape and rows.stored == x.dtype and x.mode in ("r", "c") else x
