"""What a model is given: files told by their first bytes (pictures, .npy, .npz, IDX, tables), stdin, arrays and their shape."""

import io
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chainrule.errors import DataError, FileError, ShapeError
from chainrule.internal.table_endings import TABLES

STDIN = "-"
LARGEST = 256 << 20  # bytes from stdin


def kind(head: bytes, name: str) -> str:
    """What a file is: "npy", "npz", "idx", "table" or "picture".

    >>> kind(b"\\x93NUMPY", "digits"), kind(b"\\0\\0\\x08\\x03", "t10k-images"), kind(b"\\xff\\xd8", "photo.jpg")
    ('npy', 'idx', 'picture')
    """
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head.startswith(b"PK\3\4"):
        return "npz"
    if head.startswith(b"\x1f\x8b") or (
        head[:2] == b"\0\0" and head[2:3] in b"\x08\x09\x0b\x0c\x0d\x0e" and head[3:4] > b"\0"
    ):
        return "idx"
    return "table" if name.lower().endswith(TABLES) else "picture"


def head_of(name: str) -> bytes:
    """The first bytes of a regular file."""
    path = Path(name)
    try:
        if not path.is_file():
            raise DataError(
                f"{name} is {'a folder without files' if path.is_dir() else 'not a regular file'}; name files."
            )
        with path.open("rb") as file:
            return file.read(8)
    except OSError as problem:
        raise FileError(f"{name} cannot be read: {problem.strerror or problem}.") from None


@contextmanager
def from_stdin() -> Iterator[tuple[bytes, str]]:
    """All of stdin, and the name of a file that holds it while this lasts."""
    import tempfile

    stream: Any = getattr(sys.stdin, "buffer", sys.stdin)
    content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise DataError(f"stdin: at most {LARGEST >> 20} MB are read.")
    if not content:
        raise DataError("stdin is empty.")
    with tempfile.NamedTemporaryFile(prefix="chainrule-", suffix=".csv") as file:
        file.write(content)
        file.flush()
        try:
            yield content, file.name
        except (DataError, FileError) as problem:
            raise type(problem)(str(problem).replace(file.name, "stdin")) from None


def arrays(name: str, what: str) -> Any:
    """The array in a .npy, .npz or IDX file. Nothing in it is ever run; sizes are checked before memory is taken."""
    if what == "idx":
        from chainrule.datasets import idx

        return idx.read(name)
    if what == "npy":
        return _npy(name)
    from chainrule.datasets import npz

    found = npz.read(name)
    chosen = next((key for key in ("x", "x_test") if key in found), None)
    if chosen is None and len(found) != 1:
        raise DataError(
            f"{name} holds {', '.join(found) or 'nothing'}; the array to predict must be called x."
        )
    return found[chosen] if chosen else next(iter(found.values()))


def _npy(name: str) -> Any:
    import numpy as np
    from numpy.lib import format as npy

    with Path(name).open("rb") as file:
        head = io.BytesIO(file.read(1 << 16))
        try:
            reader = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[
                npy.read_magic(head)
            ]
            shape, fortran, dtype = reader(head)
        except Exception:  # noqa: BLE001 - NumPy parses the header as Python's literals: damage raises anything
            raise FileError(f"{name} is damaged: it begins like an array of NumPy's, but is none.") from None
        if dtype.hasobject or dtype.kind not in "buif":
            raise FileError(f"{name} holds {dtype}; only arrays of plain numbers are read.")
        needed, there = math.prod(shape) * dtype.itemsize, os.fstat(file.fileno()).st_size - head.tell()
        if needed != there:
            raise FileError(
                f"{name} is damaged: its header {shape} of {dtype} makes {needed:,} bytes, it has {there:,}."
            )
        file.seek(head.tell())
        array = np.frombuffer(file.read(needed), dtype)
    try:
        return array.reshape(shape, order="F" if fortran else "C")
    except ValueError:  # no numbers in more places than there can be
        raise FileError(f"{name} is damaged: no array has the shape {shape}.") from None


def fit_shape(x: Any, shape: tuple[int, ...] | None) -> Any:
    """Examples (n, ...) in the shape that a model takes, where they have as many numbers; ShapeError otherwise.

    >>> import numpy as np
    >>> fit_shape(np.zeros((2, 784)), (28, 28)).shape
    (2, 28, 28)
    """
    if shape is None or x.shape[1:] == shape:
        return x
    known = all(type(n) is int for n in shape)
    if not known and len(shape) == x.ndim and shape[-1] == 1:  # grey pictures of any size
        return x[..., None]
    if known and math.prod(x.shape[1:]) == math.prod(shape):
        return x.reshape(len(x), *shape)
    raise ShapeError(f"The model takes examples of shape {shape}; these have the shape {tuple(x.shape[1:])}.")
