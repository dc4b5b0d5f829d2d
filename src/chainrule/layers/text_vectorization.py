"""TextVectorization: texts to numbers of their words."""

import re
import string
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.layers.lookup import StringLookup, batches

STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLIT = ("whitespace", "character")
PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


class TextVectorization(StringLookup):
    """Texts to numbers of their words, or to rows of counts. Called with data, before `fit`.

    standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function of a text.  split:
    "whitespace", "character", None, or a function.  ngrams: words together, 2 is pairs, too.  output_sequence_length:
    cuts and fills with 0.  output_mode: "int", "multi_hot", "count" or "tf_idf".

    >>> layer = TextVectorization(output_sequence_length=3)
    >>> layer.adapt(["the cat", "The dog!", "the"])
    >>> layer.get_vocabulary(), layer(["the bird"]).tolist()
    (['', '[UNK]', 'the', 'dog', 'cat'], [[2, 1, 0]])
    """

    def __init__(
        self, max_tokens: int | None = None, standardize: Any = "lower_and_strip_punctuation", split: Any = "whitespace",
        ngrams: Any = None, output_mode: str = "int", output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False, vocabulary: Any = None, **settings: Any,
    ) -> None:  # fmt: skip
        for name in ("ragged", "sparse"):
            if settings.pop(name, False):
                raise SettingError(f"TextVectorization: {name}=True is not supported; leave it out.")
        settings.pop("encoding", None)
        for kind, value, known in (("standardize", standardize, STANDARDIZE), ("split", split, SPLIT)):
            if value is not None and not callable(value) and value not in known:
                raise unknown(kind, value, known)
        self.standardize, self.split = standardize, split
        self.ngrams = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams
        self.output_sequence_length = output_sequence_length
        super().__init__(
            max_tokens, mask_token="", vocabulary=vocabulary, output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens, **settings,
        )  # fmt: skip

    def words_of(self, text: Any) -> list[str]:
        """The words of a text, as they are looked up."""
        text = text.decode() if isinstance(text, bytes) else text
        if callable(self.standardize):
            text = one_text(self.standardize, text)
        elif self.standardize is not None:
            text = text.lower() if "lower" in self.standardize else text
            text = PUNCTUATION.sub("", text) if "strip" in self.standardize else text
        if callable(self.split):
            words = [str(word) for word in np.asarray(self.split(text)).ravel()]
        else:
            words = text.split() if self.split == "whitespace" else list(text) if self.split else [text]
        if self.ngrams is None:
            return words
        return [" ".join(words[k : k + n]) for n in self.ngrams for k in range(len(words) - n + 1)]

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Makes the vocabulary of the texts' words, the most frequent first."""
        counts, documents, number = Counter[Any](), Counter[Any](), 0
        for part in batches(data):
            for text in part.ravel().tolist():
                words = self.words_of(text)
                counts.update(words)
                documents.update(set(words))
                number += 1
        self.learned(counts, documents, number)

    def prepared(self, data: np.ndarray) -> np.ndarray:
        if not self.words:
            raise SettingError(
                f"{self.label} has no vocabulary yet: call adapt(texts), or give vocabulary=[...]."
            )
        alone = data.ndim == 0
        rows = [self.words_of(text) for text in data.ravel().tolist()]
        if self.output_mode != "int":
            found = [super(TextVectorization, self).prepared(np.array(row, dtype=object)) for row in rows]
            return found[0] if alone else np.stack(found)
        longest = self.output_sequence_length or max(map(len, rows), default=0)
        made = np.zeros((len(rows), longest), np.int64)
        for k, row in enumerate(rows):
            made[k, : len(row)] = self.indices(np.array(row[:longest], dtype=object))
        return made[0] if alone else made

    def get_config(self) -> dict[str, Any]:
        told = super().get_config()
        for name in ("num_oov_indices", "mask_token", "oov_token", "invert"):
            told.pop(name)
        return told | {
            "standardize": self.standardize, "split": self.split, "ngrams": self.ngrams,
            "output_sequence_length": self.output_sequence_length,
        }  # fmt: skip


def one_text(function: Callable[[Any], Any], text: str) -> str:
    """What a function of the user's own makes of a text."""
    found = np.asarray(function(text))
    return str(found.item() if found.size == 1 else text)
