"""Texts as numbers of words, as Keras gives its reviews and news: moved, shortened, with a mark for what is left out."""

from typing import Any

import numpy as np

from chainrule.errors import SettingError


def moved(sequences: Any, start_char: int | None, index_from: int | None) -> list[list[int]]:
    """All numbers moved by index_from, start_char in front.

    >>> moved([[1, 5]], 1, 3)
    [[1, 4, 8]]
    """
    begin = [] if start_char is None else [start_char]
    return [begin + [w + (index_from or 0) for w in sequence] for sequence in sequences]


def short_ones(
    sequences: list[list[int]], labels: np.ndarray, maxlen: int | None
) -> tuple[list[list[int]], np.ndarray]:
    """Only the sequences shorter than maxlen."""
    if not maxlen:
        return sequences, labels
    kept = [i for i, sequence in enumerate(sequences) if len(sequence) < maxlen]
    if not kept:
        raise SettingError(f"No sequence is shorter than maxlen={maxlen}; raise it.")
    return [sequences[i] for i in kept], labels[kept]


def limited(
    sequences: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None
) -> np.ndarray:
    """Numbers below skip_top and from num_words on become oov_char, or go where that is None; an array of lists.

    >>> limited([[1, 4, 8]], 8, 2, 2).tolist()
    [[2, 4, 2]]
    """
    limit = num_words or max(max(sequence) for sequence in sequences)
    if oov_char is not None:
        kept = [[w if skip_top <= w < limit else oov_char for w in sequence] for sequence in sequences]
    else:
        kept = [[w for w in sequence if skip_top <= w < limit] for sequence in sequences]
    made = np.empty(len(kept), dtype=object)
    made[:] = kept
    return made
