"""IMDB reviews: 25,000 to learn from and 25,000 to be measured on, each praising (1) or not (0), as numbers of words."""

import json
from typing import TYPE_CHECKING

import numpy as np

from chainrule.datasets.keras_files import Pairs, found, object_arrays
from chainrule.datasets.word_sequences import limited, moved, short_ones
from chainrule.internal import absent

__all__ = ["get_word_index", "load_data"]

DIGEST = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"


def load_data(
    path: str = "imdb.npz", num_words: int | None = None, skip_top: int = 0, maxlen: int | None = None, seed: int = 113,
    start_char: int | None = 1, oov_char: int | None = 2, index_from: int | None = 3,
) -> Pairs:  # fmt: skip
    """The reviews as Keras returns them: `(x_train, y_train), (x_test, y_test)`; x holds lists of numbers.

    num_words: only words more frequent than that.  maxlen: only shorter reviews.  Read from Keras's folder, or fetched once
    (17 MB) and checked; DownloadError says how to do it by hand. Source: https://ai.stanford.edu/~amaas/data/sentiment
    """
    arrays, rng = object_arrays(found("imdb.npz", DIGEST)), np.random.RandomState(seed)
    parts = []
    for part in ("train", "test"):
        order = np.arange(len(arrays[f"x_{part}"]))
        rng.shuffle(order)
        sequences = moved(arrays[f"x_{part}"][order], start_char, index_from)
        parts.append(short_ones(sequences, arrays[f"y_{part}"][order], maxlen))
    x = limited(parts[0][0] + parts[1][0], num_words, skip_top, oov_char)
    at = len(parts[0][0])
    return (x[:at], parts[0][1]), (x[at:], parts[1][1])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word; reviews have it moved by index_from."""
    with found("imdb_word_index.json", "bfafd718b763782e994055a2d397834f").open(encoding="utf-8") as file:
        index: dict[str, int] = json.load(file)
    return index


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("datasets.imdb", __all__)
