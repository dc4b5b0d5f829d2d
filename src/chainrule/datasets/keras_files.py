"""Keras's own data set files: found in its folder, fetched and checked, and read without running anything in them.

Some hold pickles (lists of numbers, arrays of NumPy). They are read by an unpickler that makes these and nothing else, after
the file's digest was found to be the published one.
"""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets.web_files import checked, place
from chainrule.errors import FileError, SettingError

ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
Pairs = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class Numbers(pickle.Unpickler):
    """Makes plain lists, dicts, texts and numbers, and arrays of NumPy; refuses every other class."""

    def find_class(self, module: str, name: str) -> Any:
        """The few makers of arrays."""
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np._core.multiarray._reconstruct  # type: ignore[attr-defined]  # noqa: SLF001
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        if module == "_codecs" and name == "encode":
            return lambda text, encoding: text.encode(encoding)
        raise FileError(f"A data set file names {module}.{name}; such files hold numbers only.")


def unpickled(content: bytes, what: str) -> Any:
    """What a pickle of numbers holds.

    >>> unpickled(pickle.dumps({"a": [1, 2]}), "a file")
    {'a': [1, 2]}
    """
    try:
        return Numbers(io.BytesIO(content), encoding="bytes").load()
    except FileError:
        raise
    except Exception as problem:  # noqa: BLE001 - a damaged pickle may raise anything
        raise FileError(f"{what} is damaged: {problem}.") from None


def found(name: str, digest: str, address: str = "") -> Path:
    """The file, wherever Keras keeps it, with the content that was published; fetched if it is not there."""
    return checked(address or ADDRESS + name, place(name), digest)


def object_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, those of Python's lists among them."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            file = io.BytesIO(content)
            version = np.lib.format.read_magic(file)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read(file)
            key = name.removesuffix(".npy")
            if dtype.hasobject:
                arrays[key] = np.asarray(
                    unpickled(content[file.tell() :], f"{path}:{key}"), dtype=object
                ).reshape(shape)
            else:
                arrays[key] = np.load(io.BytesIO(content), allow_pickle=False)
    return arrays


def shuffled_split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> Pairs:
    """Keras's order by a seed, and its parts.

    >>> shuffled_split(np.arange(5), np.arange(5), 0.2, 113)[1][0].tolist()
    [4]
    """
    if not 0 <= test_split < 1:
        raise SettingError(f"test_split is a share from 0 to 1; it got {test_split!r}.")
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    x, y = x[order], y[order]
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])
