"""MNIST: 60,000 handwritten digits to learn from and 10,000 to be measured on. They come with the package.

The four files are those that were published, byte for byte (`mnist_files/`, its LICENCE.txt names source and
licence); what is inside is checked against the SHA-256 sums below each time.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets import idx
from chainrule.errors import FileError, SettingError

Pixels = NDArray[np.uint8]
Pairs = tuple[tuple[Pixels, Pixels], tuple[Pixels, Pixels]]

FILES = {  # name: SHA-256 of the content, unpacked
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def load_data(path: str = "mnist.npz") -> Pairs:
    """The digits as Keras returns them: `(x_train, y_train), (x_test, y_test)`.

    x: (60000, 28, 28) and (10000, 28, 28) uint8, white ink (255) on black (0). y: (60000,) and (10000,)
    uint8, 0..9. Needs no network. `path` is where Keras would keep
    its file; a file there of another name than mnist.npz is refused. Source:
    http://yann.lecun.com/exdb/mnist

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, y_train[:5]
    ((60000, 28, 28), array([5, 0, 4, 1, 9], dtype=uint8))
    """
    if Path(path).name != "mnist.npz" and Path(path).exists():
        raise SettingError(
            f"MNIST comes with Chainrule; to read {path!r} instead use chainrule.datasets.load({path!r})."
        )
    x_train, y_train, x_test, y_test = (array.copy() for array in read())
    return (x_train, y_train), (x_test, y_test)


def read() -> tuple[Pixels, ...]:
    """The four arrays, not writable, in the order of FILES. Raises FileError when the files are damaged."""
    with ThreadPoolExecutor(2) as pool:  # unpacking leaves Python's lock: the small files come free
        return tuple(pool.map(_read, FILES))


def _read(name: str) -> Pixels:
    content = idx.unpack(Path(__file__).with_name("mnist_files").joinpath(name).read_bytes(), name)
    if hashlib.sha256(content).hexdigest() != FILES[name]:
        raise FileError(f"{name} inside the package is damaged; install chainrule again.")
    return idx.parse(content, name).view(np.uint8)
