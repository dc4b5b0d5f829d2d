"""EMNIST: handwritten digits and letters made from NIST's forms in MNIST's manner; far more of them."""

import zipfile

import numpy as np

from chainrule.datasets import idx
from chainrule.datasets.downloads import fetch
from chainrule.datasets.mnist import Pairs, Pixels
from chainrule.datasets.registry import EMNIST
from chainrule.errors import FileError, unknown

KINDS = ("balanced", "digits", "letters")


def load_data(kind: str = "letters") -> Pairs:
    """The characters as `(x_train, y_train), (x_test, y_test)`; x (n, 28, 28) uint8, y (n,) uint8 from 0.

    letters: 124,800 + 20,800, A..Z with small and capital letters together. digits: 240,000 + 40,000.
    balanced: 112,800 + 18,800 of 47 classes, digits, capitals, and the small letters a b d e f g h n q r t.
    The pictures stand upright and letters count from 0; in the published files they lie on their side and
    letters count from 1. Fetched once (562 MB, all kinds in one archive), checked, kept; raises DownloadError
    when that is not possible. Source: https://www.nist.gov/itl/products-and-services/emnist-dataset
    """
    if kind not in KINDS:
        raise unknown("kind of EMNIST", kind, KINDS)
    with zipfile.ZipFile(fetch(EMNIST)) as archive:
        x_train, y_train = _part(archive, kind, "train")
        x_test, y_test = _part(archive, kind, "test")
    return (x_train, y_train), (x_test, y_test)


def _part(archive: zipfile.ZipFile, kind: str, part: str) -> tuple[Pixels, Pixels]:
    arrays = []
    for what in ("images-idx3", "labels-idx1"):
        name = f"gzip/emnist-{kind}-{part}-{what}-ubyte.gz"
        try:
            arrays.append(idx.parse(idx.unpack(archive.read(name), name), name).astype("u1"))
        except KeyError:
            raise FileError(f"{archive.filename} has no {name} in it.") from None
    x, y = arrays
    return np.ascontiguousarray(x.swapaxes(1, 2)), y - int(kind == "letters")
