"""Fingerprints of what a file should hold, written into it, so that a single flipped bit does not pass unnoticed."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import FileError

Arrays = list[NDArray[Any]]


def of_array(array: NDArray[Any]) -> str:
    """SHA-256 of an array's type, shape and numbers (little-endian), as hexadecimal digits.

    >>> of_array(np.zeros(2, "f4")) == of_array(np.zeros(2, "f8"))
    False
    """
    array = np.asarray(array, order="C")
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    sha = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    if array.nbytes:
        sha.update(array.reshape(-1).view(np.uint8).data)
    return sha.hexdigest()


def of_text(text: str | None) -> str | None:
    """SHA-256 of a text, or None for no text."""
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def record(weights: list[Arrays], optimizer: Arrays | None, texts: dict[str, str | None]) -> dict[str, Any]:
    """The fingerprints of everything that a file will hold."""
    return {
        "weights": [of_array(array) for layer in weights for array in layer],
        "optimizer": None if optimizer is None else [of_array(array) for array in optimizer],
        "texts": {name: of_text(text) for name, text in texts.items()},
    }


def check(
    stored: Any,
    weights: list[Arrays],
    optimizer: Arrays | None,
    texts: dict[str, str | None],
    leave_out: set[str],
) -> None:
    """Compares what was read with its fingerprints; FileError when they differ.

    `leave_out` names the parts (optimizer, texts) that were not read this time.
    """
    if not isinstance(stored, dict):
        return
    now = record(weights, optimizer, texts)
    for part in now.keys() - leave_out:
        if stored.get(part) != now[part]:
            raise FileError(
                f"is damaged: its {part} are not what was saved (SHA-256 differs). Copy or download it again."
            )
