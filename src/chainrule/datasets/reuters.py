"""Reuters news (1987): 11,228 wires on 46 topics, as numbers of words."""

import json
from typing import TYPE_CHECKING

import numpy as np

from chainrule.datasets.keras_files import Pairs, found, object_arrays
from chainrule.datasets.word_sequences import limited, moved, short_ones
from chainrule.internal import absent

__all__ = ["get_label_names", "get_word_index", "load_data"]

DIGEST = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude "
    "nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel rubber "
    "heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz", num_words: int | None = None, skip_top: int = 0, maxlen: int | None = None,
    test_split: float = 0.2, seed: int = 113, start_char: int | None = 1, oov_char: int | None = 2, index_from: int | None = 3,
) -> Pairs:  # fmt: skip
    """The wires as Keras returns them: `(x_train, y_train), (x_test, y_test)`; x holds lists of numbers.

    num_words: only words more frequent than that.  maxlen: only shorter wires.  Read from Keras's folder, or fetched once
    (2 MB) and checked; DownloadError says how to do it by hand.
    """
    arrays = object_arrays(found("reuters.npz", DIGEST))
    order = np.arange(len(arrays["x"]))
    np.random.RandomState(seed).shuffle(order)
    sequences, labels = short_ones(
        moved(arrays["x"][order], start_char, index_from), arrays["y"][order], maxlen
    )
    x, at = limited(sequences, num_words, skip_top, oov_char), int(len(sequences) * (1 - test_split))
    return (x[:at], labels[:at]), (x[at:], labels[at:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word; wires have it moved by index_from."""
    with found("reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921").open(encoding="utf-8") as file:
        index: dict[str, int] = json.load(file)
    return index


def get_label_names() -> tuple[str, ...]:
    """The 46 topics, in the order of their numbers.

    >>> get_label_names()[3]
    'earn'
    """
    return tuple(TOPICS.split())


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("datasets.reuters", __all__)
