"""Pairs of a word and one near it, and pairs of words drawn at random: what word2vec learns from. Keras 2's names and results."""

import random
from typing import Any

import numpy as np

from chainrule.errors import SettingError

EULER = 0.577  # as Keras has it


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """How likely each word is kept, from its rank: the more frequent, the rarer. Word frequencies are taken from Zipf's law.

    size: how many words there are.  Mikolov et al., "Distributed representations of words and phrases" (2013).

    >>> make_sampling_table(3).round(4)
    array([0.0032, 0.0032, 0.0055])
    """
    rank = np.arange(size)
    rank[:1] = 1
    inverse = rank * (np.log(rank) + EULER) + 0.5 - 1.0 / (12.0 * rank)  # 1 / frequency, by Zipf's law
    return np.minimum(1.0, np.sqrt(sampling_factor * inverse))


def skipgrams(
    sequence: Any, vocabulary_size: int, window_size: int = 4, negative_samples: float = 1.0, shuffle: bool = True,
    categorical: bool = False, sampling_table: Any = None, seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:  # fmt: skip
    """Pairs [word, other word], and for each 1 where the other is near it, 0 where it was drawn at random.

    sequence: word numbers; 0 is no word.  negative_samples: how many drawn pairs for each real one.  categorical: labels as
    [0, 1] and [1, 0].  sampling_table: how likely each word is kept, such as `make_sampling_table` gives.

    >>> skipgrams([1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False)
    ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    if vocabulary_size < 2:
        raise SettingError(f"skipgrams needs a vocabulary_size of 2 or more; it got {vocabulary_size!r}.")
    draw = random if seed is None else random.Random(seed)  # noqa: S311 (words for learning)
    words = [int(word) for word in sequence]
    kept = [
        place
        for place, word in enumerate(words)
        if word and (sampling_table is None or sampling_table[word] >= draw.random())
    ]
    pairs = [
        [words[place], words[near]]
        for place in kept
        for near in range(max(0, place - window_size), min(len(words), place + window_size + 1))
        if near != place and words[near]
    ]
    real, drawn = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels: list[Any] = [real] * len(pairs)
    firsts = [pair[0] for pair in pairs]
    draw.shuffle(firsts)
    count = int(len(pairs) * negative_samples)
    pairs += [[firsts[k % len(firsts)], draw.randint(1, vocabulary_size - 1)] for k in range(count)]
    labels += [drawn] * count
    if shuffle:
        order = list(range(len(pairs)))
        draw.shuffle(order)
        pairs, labels = [pairs[k] for k in order], [labels[k] for k in order]
    return pairs, labels
