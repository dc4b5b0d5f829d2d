"""Examples that are too many for memory: kept in files of their own as long as they are used, and mapped.

A mapped array is an array to whoever looks at it; `fit` reads it window by window, with the same bits. What is done with
all of its rows is done with some of them at a time, here.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets import leftovers
from chainrule.errors import DataError

BLOCK = 64 << 20  # bytes of a mapped array that are looked at together
MOST = 1 << 30  # bytes of examples that are held in memory
SAID = 5.0  # seconds between two words on how far writing is


class Folder:
    """A folder in TMPDIR for files of examples, which goes when it is no longer used.

    size: bytes that there will be.  what: they are, in words.  DataError where the disk has no room for them.
    """

    def __init__(self, size: int, what: str) -> None:
        import shutil
        import weakref

        leftovers.clear()
        self.path, self.lock = leftovers.made()
        self.finish = weakref.finalize(self, leftovers.remove, self.path, self.lock)
        self.count = 0
        free = shutil.disk_usage(self.path).free
        if free < size + (256 << 20):
            self.finish()
            raise DataError(
                f"{what} take {size / 1e9:.3g} GB, and {self.path.parent} has {free / 1e9:.3g} GB left: "
                "set TMPDIR to a folder on a larger disk."
            )
        print(
            f"{what} take {size / 1e9:.3g} GB; they are kept in {self.path} while this runs.",
            file=sys.stderr,
            flush=True,
        )

    def array(self, shape: Sequence[int], dtype: Any, blocks: Iterable[np.ndarray]) -> Any:
        """A mapped array of this shape from blocks of rows, or rows, as they come. It holds the folder, and can only be read."""
        file, self.count = self.path / f"{self.count}.npy", self.count + 1
        dtype = np.dtype(dtype)
        with self.worded(file), file.open("wb") as out:
            np.lib.format.write_array_header_1_0(
                out,
                {
                    "shape": tuple(map(int, shape)),
                    "fortran_order": False,
                    "descr": np.lib.format.dtype_to_descr(dtype),
                },
            )
            for block in blocks:
                out.write(np.ascontiguousarray(block, dtype).data)
        found = np.load(file, mmap_mode="r") if np.prod(shape) else np.empty(shape, dtype)
        if isinstance(found, np.memmap):
            found.folder = self  # type: ignore[attr-defined]
        return found

    @contextlib.contextmanager
    def worded(self, file: Path) -> Iterator[None]:
        """DataError where the disk becomes full."""
        try:
            yield
        except OSError as problem:
            raise DataError(
                f"{file} cannot be written: {problem.strerror or problem}; set TMPDIR to a folder on a larger disk."
            ) from None

    def drop(self, array: Any) -> None:
        """Takes the file of a mapped array away, once nobody needs it."""
        if getattr(array, "folder", None) is self:
            Path(array.filename).unlink(missing_ok=True)


def blocks_of(array: Any) -> Iterator[slice]:
    """The places of an array's rows: all at once, or where it is mapped some at a time."""
    size = (
        max(1, BLOCK // max(1, array.nbytes // max(1, len(array))))
        if isinstance(array, np.memmap)
        else max(1, len(array))
    )
    for start in range(0, len(array), size):
        yield slice(start, min(start + size, len(array)))


def in_blocks(array: Any) -> Iterator[Any]:
    """An array, or where it is mapped some of its rows at a time."""
    for places in blocks_of(array):
        yield array[places]
        forget(array)


def forget(array: Any) -> None:
    """Gives back the memory of what was read of a mapped array; it is read again when it is needed."""
    import mmap

    whole = getattr(array, "_mmap", None)
    if whole is not None and hasattr(mmap, "MADV_DONTNEED"):
        whole.madvise(mmap.MADV_DONTNEED)


def column(array: Any, place: int) -> Any:
    """One column of a table of numbers, in memory."""
    return np.concatenate([np.array(some[:, place]) for some in in_blocks(array)])


def ends(array: Any) -> tuple[Any, Any]:
    """The smallest and the largest number.

    >>> ends(np.array([[3, 1], [2, 5]]))
    (np.int64(1), np.int64(5))
    """
    each = [(some.min(), some.max()) for some in in_blocks(array)]
    return min(low for low, _ in each), max(high for _, high in each)


def picked(array: Any, places: Any) -> Any:
    """The rows at these places, in memory."""
    if not isinstance(array, np.memmap):
        return array[places]
    size = max(1, BLOCK // max(1, array.nbytes // max(1, len(array))))
    found = np.empty((len(places), *array.shape[1:]), array.dtype)
    for start in range(0, len(places), size):
        found[start : start + size] = array[places[start : start + size]]
        forget(array)
    return found


def taken(array: Any, places: Any) -> Any:
    """The rows at these places in ascending order; of a mapped array mapped again, some at a time being written."""
    if not isinstance(array, np.memmap):
        return array[places]
    shape = (len(places), *array.shape[1:])

    def blocks() -> Iterator[Any]:
        for block in blocks_of(array):
            first, last = np.searchsorted(places, (block.start, block.stop))
            yield array[places[first:last]]
            forget(array)

    size = len(places) * (array.nbytes // max(1, len(array)))
    return _folder(array, shape, array.dtype).array(
        shape, array.dtype, told(blocks(), size, "Writing a part of the examples")
    )


def changed(array: Any, change: Callable[[Any], Any], dtype: Any) -> Any:
    """What becomes of an array by a change that looks at each number alone; of a mapped array mapped again."""
    if not isinstance(array, np.memmap):
        return change(array)
    home = _folder(array, array.shape, dtype)
    size = array.size * np.dtype(dtype).itemsize
    blocks = (change(some) for some in in_blocks(array))
    found = home.array(
        array.shape, dtype, told(blocks, size, "Writing the examples as the network takes them")
    )
    home.drop(array)
    return found


def told(blocks: Iterable[np.ndarray], size: int, what: str) -> Iterator[np.ndarray]:
    """The same blocks, of so many bytes together; where they take long, stderr says how long."""
    began = said = time.monotonic()
    done = 0
    for block in blocks:
        yield block
        done += block.nbytes
        if (now := time.monotonic()) > said + SAID:
            said, share = now, done / size
            left = (now - began) * (1 / share - 1)
            print(
                f"{what}: {100 * share:.0f} % is done, about {left:.0f} s more.", file=sys.stderr, flush=True
            )


def _folder(array: Any, shape: Sequence[int], dtype: Any) -> Folder:
    """Where the rows of a mapped array lie, or a new folder for what becomes of them."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    return getattr(array, "folder", None) or Folder(size, "The examples")
