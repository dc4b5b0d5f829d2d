"""The batches of CIFAR: a .tar.gz of pickles of plain numbers, read out of the archive without unpacking it."""

import tarfile
from pathlib import Path

import numpy as np

from chainrule.datasets.keras_files import found, unpickled
from chainrule.datasets.web_files import has_digest, place
from chainrule.errors import FileError

ADDRESS = "https://www.cs.toronto.edu/~kriz/"


def batches(name: str, digest: str, parts: tuple[str, ...], key: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pictures (n, 32, 32, 3) uint8 and labels (n, 1) uint8 of some parts. name: the archive's, without .tar.gz."""
    inner = "cifar-10-batches-py" if name == "cifar-10-python" else name
    with tarfile.open(archive(name, inner, digest)) as tar:
        result = []
        for part in parts:
            member = tar.extractfile(f"{inner}/{part}")
            if member is None:
                raise FileError(f"{name}.tar.gz has no {part}.")
            stored = unpickled(member.read(), f"{name}.tar.gz:{part}")
            pictures = np.asarray(stored[b"data"], np.uint8).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            result.append(
                (np.ascontiguousarray(pictures), np.asarray(stored[key.encode()], np.uint8)[:, None])
            )
        return result


def archive(name: str, inner: str, digest: str) -> Path:
    """The archive, under each name that Keras has kept it by."""
    for known in (f"{inner}-target", f"{inner}-target.tar.gz", f"{inner}.tar.gz", f"{name}.tar.gz"):
        path = place(known)
        if path.is_file() and has_digest(path, digest):
            return path
    return found(f"{inner}-target", digest, f"{ADDRESS}{name}.tar.gz")
