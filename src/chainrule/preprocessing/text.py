"""Texts as sequences of numbers, one for each word. Keras's names and results."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.internal import absent

__all__ = ["Tokenizer", "hashing_trick", "one_hot", "text_to_word_sequence", "tokenizer_from_json"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(
    text: str, filters: str = FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    >>> text_to_word_sequence("Look, a cat!")
    ['look', 'a', 'cat']
    """
    if lower:
        text = text.lower()
    return [word for word in text.translate({ord(c): split for c in filters}).split(split) if word]


def hashing_trick(
    text: str, n: int, hash_function: Callable[[str], int] | str | None = None, filters: str = FILTERS,
    lower: bool = True, split: str = " ", analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:  # fmt: skip
    """A number from 1 to n - 1 for each word, by a hash: different words may share one.

    hash_function: a function, "md5" for the same numbers every time, or None for Python's own hash, which differs from
    one process to the next, as in Keras.

    >>> hashing_trick("a cat", 10, hash_function="md5")
    [2, 3]
    """
    number: Callable[[str], int]
    if callable(hash_function):
        number = hash_function
    elif hash_function == "md5":
        number = lambda word: int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)  # noqa: E731
    else:
        number = hash
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [number(word) % (n - 1) + 1 for word in words]


def one_hot(
    input_text: str, n: int, filters: str = FILTERS, lower: bool = True, split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:  # fmt: skip
    """`hashing_trick` by Python's own hash; Keras calls it so."""
    return hashing_trick(input_text, n, None, filters, lower, split, analyzer)


class Tokenizer:
    """Numbers the words of texts by how often they occur, from 1; 0 is for padding.

    num_words: only the num_words - 1 most frequent are used.  oov_token: stands for words that are not known.

    >>> tokenizer = Tokenizer(oov_token="?")
    >>> tokenizer.fit_on_texts(["a cat", "a dog"])
    >>> tokenizer.texts_to_sequences(["a bird and a dog"]), tokenizer.word_index
    ([[2, 1, 1, 2, 4]], {'?': 1, 'a': 2, 'cat': 3, 'dog': 4})
    """

    def __init__(
        self, num_words: int | None = None, filters: str = FILTERS, lower: bool = True, split: str = " ",
        char_level: bool = False, oov_token: str | None = None, analyzer: Callable[[str], list[str]] | None = None,
        **old: Any,
    ) -> None:  # fmt: skip
        if "nb_words" in old:
            num_words = old.pop("nb_words")
        self.document_count = old.pop("document_count", 0)
        if old:
            raise SettingError(f"Tokenizer has no setting called {next(iter(old))!r}.")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: dict[str, int] = {}
        self.word_docs: dict[str, int] = {}
        self.index_docs: dict[int, int] = {}
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def words(self, text: Any) -> list[str]:
        """The words, or letters, of one text; a list of words is taken as it is."""
        if self.char_level or isinstance(text, (list, tuple)):
            lower = self.lower
            parts = list(text) if not isinstance(text, str) else list(text.lower() if lower else text)
            return [part.lower() for part in parts] if lower else parts
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words of some texts and numbers them."""
        for text in texts:
            words = self.words(text)
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        ordered = [word for word, _ in sorted(self.word_counts.items(), key=lambda pair: -pair[1])]
        ordered = ordered if self.oov_token is None else [self.oov_token, *ordered]
        self.word_index = {word: number for number, word in enumerate(ordered, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        self.index_docs = {self.word_index[word]: count for word, count in self.word_docs.items()}

    def fit_on_sequences(self, sequences: Iterable[list[int]]) -> None:
        """Counts in how many sequences each number occurs (needed for "tfidf" on sequences)."""
        for sequence in sequences:
            self.document_count += 1
            for number in set(sequence):
                self.index_docs[number] = self.index_docs.get(number, 0) + 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Each text as the numbers of its words; those that are not known are left out, or oov_token's."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """The same, one after the other."""
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        for text in texts:
            numbers = (self.word_index.get(word) for word in self.words(text))
            known = (
                n if n is not None and not (self.num_words and n >= self.num_words) else unknown
                for n in numbers
            )
            yield [n for n in known if n is not None]

    def sequences_to_texts(self, sequences: Iterable[list[int]]) -> list[str]:
        """Numbers back to words, with spaces between."""
        oov = self.oov_token

        def word(number: int) -> str | None:
            found = self.index_word.get(int(number))
            return found if found is not None and not (self.num_words and number >= self.num_words) else oov

        return [" ".join(w for n in sequence if (w := word(n)) is not None) for sequence in sequences]

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """One row for each text, one column for each number; see sequences_to_matrix."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> np.ndarray:
        """Whether ("binary"), how often ("count"), at which share ("freq") or how tellingly ("tfidf") each word occurs."""
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise SettingError(f"mode is 'binary', 'count', 'freq' or 'tfidf'; it got {mode!r}.")
        columns = self.num_words or len(self.word_index) + 1
        if not self.num_words and not self.word_index:
            raise SettingError("Say num_words, or call fit_on_texts first.")
        if mode == "tfidf" and not self.document_count:
            raise SettingError("Call fit_on_texts before the mode 'tfidf'.")
        rows = np.zeros((len(sequences), columns))
        for row, sequence in zip(rows, sequences, strict=True):
            for number, count in Counter(n for n in sequence if n < columns).items():
                if mode == "binary":
                    row[number] = 1
                elif mode == "count":
                    row[number] = count
                elif mode == "freq":
                    row[number] = count / len(sequence)
                else:
                    rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
                    row[number] = (1 + np.log(count)) * rarity
        return rows

    def get_config(self) -> dict[str, Any]:
        """The settings and counts, as Keras stores them."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        counts = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {name: getattr(self, name) for name in plain} | {
            name: json.dumps(getattr(self, name)) for name in counts
        }

    def to_json(self, **settings: Any) -> str:
        """The settings and counts as text; `tokenizer_from_json` makes a tokenizer of it."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **settings)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """A tokenizer from the text that `Tokenizer.to_json` gave.

    >>> tokenizer_from_json(Tokenizer(5).to_json()).num_words
    5
    """
    config = json.loads(json_string)["config"]
    counts = {
        name: json.loads(config.pop(name))
        for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    }
    made = Tokenizer(**config)
    for name in ("index_docs", "index_word"):
        counts[name] = {int(key): value for key, value in counts[name].items()}
    for name, value in counts.items():
        setattr(made, name, value)
    return made


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("preprocessing.text", __all__)
