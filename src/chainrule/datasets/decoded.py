"""Decoded pictures that are too many for memory: kept in files of their own as long as they are used, and mapped.

A mapped array is an array to whoever looks at it; `fit` reads it window by window, with the same bits.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import DataError

BLOCK = 64 << 20  # bytes of a mapped array that are looked at together
MOST = 1 << 30  # bytes of pictures that are held in memory


class Folder:
    """A folder for files of decoded pictures, which goes when it is no longer used.

    bytes: how many there will be. DataError where the disk has no room for them.
    """

    def __init__(self, size: int) -> None:
        import shutil
        import tempfile
        import weakref

        self.path = Path(tempfile.mkdtemp(prefix="chainrule-pictures-"))
        self.finish = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        free = shutil.disk_usage(self.path).free
        if free < size + (256 << 20):
            self.finish()
            raise DataError(
                f"The pictures take {size / 1e9:.3g} GB once they are decoded, and {self.path.parent} has {free / 1e9:.3g} GB "
                "left: ask for a smaller size (--size), or set TMPDIR to a folder on a larger disk."
            )
        print(
            f"The pictures take {size / 1e9:.3g} GB once they are decoded; they are kept in {self.path} while this runs.",
            file=sys.stderr,
            flush=True,
        )

    def array(self, name: str, shape: Sequence[int], rows: Iterable[np.ndarray]) -> Any:
        """A mapped array of so many rows, as they come. It holds the folder, and can only be read."""
        file = self.path / f"{name}.npy"
        with file.open("wb") as out:
            np.lib.format.write_array_header_1_0(
                out, {"shape": tuple(shape), "fortran_order": False, "descr": "|u1"}
            )
            for row in rows:
                out.write(np.ascontiguousarray(row).data)
        found = np.load(file, mmap_mode="r")
        found.folder = self
        return found


def in_blocks(array: Any) -> Iterator[Any]:
    """An array, or where it is mapped some of its rows at a time."""
    size = (
        max(1, BLOCK // max(1, array.nbytes // max(1, len(array))))
        if isinstance(array, np.memmap)
        else max(1, len(array))
    )
    for start in range(0, len(array), size):
        yield array[start : start + size]
        forget(array)


def forget(array: Any) -> None:
    """Gives back the memory of what was read of a mapped array; it is read again when it is needed."""
    import mmap

    whole = getattr(array, "_mmap", None)
    if whole is not None and hasattr(mmap, "MADV_DONTNEED"):
        whole.madvise(mmap.MADV_DONTNEED)
