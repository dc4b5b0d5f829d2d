"""What comes with the package ready made: a model that reads handwritten digits, and some digits it has seen.

`docs/handwriting.md` says with which command the model was trained; its figures are in its file.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DIGITS = HERE / "digits.keras"
SEEN = HERE / "seen.npz"


def digits() -> Path:
    """The file of the ready model for handwritten digits.

    >>> digits().name
    'digits.keras'
    """
    return DIGITS


def seen() -> tuple[np.ndarray, np.ndarray]:
    """Training digits of MNIST to compare a new one with: uint8 (n, 28, 28) and their labels (n,).

    >>> seen()[0].shape[1:]
    (28, 28)
    """
    with np.load(SEEN, allow_pickle=False) as stored:
        return stored["pictures"], stored["labels"]
