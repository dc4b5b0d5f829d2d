"""Words and whole numbers to class numbers and back, before a network: StringLookup, IntegerLookup, CategoryEncoding, Discretization."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.errors import DataError, SettingError
from chainrule.internal.number_settings import number_setting
from chainrule.layers.base import Layer, choice

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class Preparing(Layer):
    """A layer that prepares data and has no place in a network: it is called with data, before `fit`."""

    def output_shape_for(self, input_shape: Any) -> Any:
        raise SettingError(
            f"{self.label} reads words or class numbers, and a network here takes numbers: call it with the data "
            f"(x = {type(self).__name__.lower()}(x)) and give fit what comes out."
        )

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """What the layer makes of data."""
        if hasattr(inputs[0], "symbolic_operation"):
            return self.output_shape_for(None)
        return self.prepared(values(inputs[0]))

    def prepared(self, data: np.ndarray) -> np.ndarray:
        """The data in the form that a network takes."""
        raise NotImplementedError


def values(data: Any) -> Any:
    """Data as an array; texts of bytes as text."""
    array = np.asarray(data)
    if array.dtype.kind != "S":
        return array
    return np.array([text.decode() for text in array.ravel().tolist()], dtype=str).reshape(array.shape)


def batches(data: Any) -> Iterable[np.ndarray]:
    """What `adapt` is given, part by part: an array, a list, or anything that yields batches."""
    if hasattr(data, "__array__") or isinstance(data, (list, tuple)):
        yield values(data)
        return
    for batch in data:
        yield values(batch[0] if isinstance(batch, tuple) else batch)


def encoded(index: np.ndarray, count: int, mode: str, weights: np.ndarray | None = None) -> np.ndarray:
    """Class numbers as rows of 0 and 1, of counts, or of weighted counts; numbers below 0 count nowhere."""
    if mode == "int":
        return index
    if mode == "one_hot":
        index = index[..., 0] if index.ndim > 1 and index.shape[-1] == 1 else index
        return np.asarray(index[..., None] == np.arange(count), np.float32)
    rows = index.reshape(1, -1) if index.ndim < 2 else index
    found = np.zeros((*rows.shape[:-1], count), np.float32)
    for k in range(rows.shape[-1]):
        found += rows[..., k, None] == np.arange(count)
    if mode == "multi_hot":
        found = np.minimum(found, 1)
    if mode == "tf_idf" and weights is not None:
        found *= weights
    return found[0] if index.ndim < 2 else found


class Lookup(Preparing):
    """What StringLookup and IntegerLookup share: a vocabulary, most frequent first, unknown values before it."""

    unknown: Any = None

    def __init__(
        self, max_tokens: int | None = None, num_oov_indices: int = 1, mask_token: Any = None, oov_token: Any = None,
        vocabulary: Any = None, idf_weights: Any = None, invert: bool = False, output_mode: str = "int",
        pad_to_max_tokens: bool = False, sparse: bool = False, encoding: str = "utf-8", **settings: Any,
    ) -> None:  # fmt: skip
        for name in ("vocabulary_dtype", "vocabulary_size"):
            settings.pop(name, None)
        super().__init__(**settings)
        if num_oov_indices not in (0, 1) or sparse:
            raise SettingError(f"{type(self).__name__} has num_oov_indices 0 or 1 and sparse=False here.")
        if isinstance(vocabulary, str):
            raise SettingError(
                f"{type(self).__name__} takes the vocabulary as a list; read the file {vocabulary!r} with open(...).read().splitlines()."
            )
        self.max_tokens, self.unknown_places, self.mask_token = max_tokens, num_oov_indices, mask_token
        self.oov_token, self.invert = self.unknown if oov_token is None else oov_token, bool(invert)
        self.output_mode = choice("output_mode", output_mode, MODES)
        self.pad_to_max_tokens = bool(pad_to_max_tokens)
        self.idf: np.ndarray | None = None
        self.words: list[Any] = []
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    @property
    def special(self) -> list[Any]:
        """What stands before the vocabulary: padding, unknown values."""
        mask = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return [*mask, *[self.oov_token] * self.unknown_places]

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes the values in the order of their numbers."""
        words = [self.plain(word) for word in np.asarray(vocabulary).ravel().tolist()]
        words = (
            words[len(self.special) :]
            if self.special and words[: len(self.special)] == self.special
            else words
        )
        if len(set(words)) != len(words):
            raise DataError(f"{self.label}: the vocabulary names {max(words, key=words.count)!r} twice.")
        self.words = words
        if idf_weights is not None:
            idf = np.asarray(idf_weights, np.float32)
            self.idf = np.concatenate([[idf.mean()] * self.unknown_places, idf]).astype(np.float32)

    def plain(self, word: Any) -> Any:
        """A value of the vocabulary, in the form in which values are compared."""
        return word

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Makes the vocabulary of what the data holds, the most frequent first."""
        counts, documents, number = Counter[Any](), Counter[Any](), 0
        for part in batches(data):
            found = part.reshape(len(part), -1) if part.ndim > 1 else part[:, None]
            for row in found.tolist():
                words = [self.plain(word) for word in row]
                counts.update(words)
                documents.update(set(words))
                number += 1
        self.learned(counts, documents, number)

    def learned(self, counts: "Counter[Any]", documents: "Counter[Any]", number: int) -> None:
        """The vocabulary from what was counted."""
        for word in (self.mask_token, self.oov_token, ""):
            counts.pop(word, None)
        ordered = sorted(counts, key=lambda word: (counts[word], word), reverse=True)
        most = None if self.max_tokens is None else max(0, self.max_tokens - len(self.special))
        self.words = ordered[:most]
        if self.output_mode == "tf_idf":
            idf = np.array([np.log(1 + number / (1 + documents[word])) for word in self.words], np.float32)
            self.idf = np.concatenate([[idf.mean()] * self.unknown_places, idf]).astype(np.float32)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The values in the order of their numbers."""
        return [*self.special, *self.words] if include_special_tokens else list(self.words)

    def vocabulary_size(self) -> int:
        """How many numbers there are, those for unknown values and padding included."""
        return len(self.get_vocabulary())

    def indices(self, data: np.ndarray) -> np.ndarray:
        """The number of each value."""
        places = {word: len(self.special) + k for k, word in enumerate(self.words)}
        if self.mask_token is not None and self.output_mode == "int":
            places[self.mask_token] = 0
        unknown = len(self.special) - 1 if self.unknown_places else -1
        flat = [places.get(self.plain(word), unknown) for word in data.ravel().tolist()]
        if not self.unknown_places and -1 in flat:
            word = data.ravel().tolist()[flat.index(-1)]
            raise DataError(
                f"{self.label}: {word!r} is not in the vocabulary, and num_oov_indices=0 leaves no number for it."
            )
        return np.array(flat, np.int64).reshape(data.shape)

    def prepared(self, data: np.ndarray) -> np.ndarray:
        if not self.words:
            raise SettingError(
                f"{self.label} has no vocabulary yet: call adapt(data), or give vocabulary=[...]."
            )
        if self.invert:
            words = np.array(self.get_vocabulary(), dtype=object)
            return np.array(
                [words[i] if 0 <= i < len(words) else self.oov_token for i in data.ravel().astype(int)]
            ).reshape(data.shape)
        count = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.vocabulary_size()
        idf = self.idf
        if idf is not None and count > len(idf):
            idf = np.pad(idf, (0, count - len(idf)))
        return encoded(self.indices(data), count, self.output_mode, idf)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "max_tokens": self.max_tokens, "num_oov_indices": self.unknown_places, "mask_token": self.mask_token,
            "oov_token": self.oov_token, "vocabulary": list(self.words), "invert": self.invert,
            "output_mode": self.output_mode, "pad_to_max_tokens": self.pad_to_max_tokens,
        }  # fmt: skip


class StringLookup(Lookup):
    """Words to numbers: the most frequent word first, 0 for words that are not in the vocabulary.

    Called with data, before `fit`. output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".  invert: numbers to words.

    >>> layer = StringLookup(vocabulary=["red", "blue"])
    >>> layer(["blue", "red", "green"])
    array([2, 1, 0])
    """

    unknown = "[UNK]"

    def plain(self, word: Any) -> Any:
        return word.decode() if isinstance(word, bytes) else str(word)


class IntegerLookup(Lookup):
    """Whole numbers of any size to numbers from 0: the most frequent first, 0 for numbers that are not in the vocabulary.

    >>> IntegerLookup(vocabulary=[12, 36])([36, 12, 7])
    array([2, 1, 0])
    """

    unknown = -1

    def plain(self, word: Any) -> Any:
        try:
            return int(word)
        except (TypeError, ValueError, OverflowError):
            raise DataError(f"{self.label} takes whole numbers; it got {word!r}.") from None


class CategoryEncoding(Preparing):
    """Class numbers to rows of 0 and 1, or of counts.   output_mode: "multi_hot", "one_hot" or "count"

    >>> CategoryEncoding(num_tokens=4, output_mode="one_hot")([3, 0])
    array([[0., 0., 0., 1.],
           [1., 0., 0., 0.]], dtype=float32)
    """

    def __init__(
        self, num_tokens: int, output_mode: str = "multi_hot", sparse: bool = False, **settings: Any
    ) -> None:
        super().__init__(**settings)
        if not isinstance(num_tokens, (int, np.integer)) or num_tokens < 1:
            raise SettingError(
                f"CategoryEncoding needs num_tokens, how many classes there are; it got {num_tokens!r}."
            )
        self.num_tokens = int(num_tokens)
        self.output_mode = choice("output_mode", output_mode, ("multi_hot", "one_hot", "count"))

    def prepared(self, data: np.ndarray) -> np.ndarray:
        index = np.asarray(data).astype(np.int64)
        if index.size and not (index.min() >= 0 and index.max() < self.num_tokens):
            raise DataError(
                f"{self.label} has num_tokens={self.num_tokens}: class numbers from 0 to {self.num_tokens - 1}; "
                f"it got {index.min()} to {index.max()}."
            )
        return encoded(index, self.num_tokens, self.output_mode)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"num_tokens": self.num_tokens, "output_mode": self.output_mode}


class Discretization(Preparing):
    """Numbers to the number of the interval they lie in.   bin_boundaries: given, or measured by `adapt` for num_bins

    >>> Discretization(bin_boundaries=[0.0, 1.0])([-5.0, 0.5, 9.0])
    array([0, 1, 2])
    """

    def __init__(
        self, bin_boundaries: Any = None, num_bins: int | None = None, epsilon: float = 0.01, output_mode: str = "int",
        sparse: bool = False, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(**settings)
        if (bin_boundaries is None) == (num_bins is None):
            raise SettingError(
                "Discretization needs bin_boundaries=[...], or num_bins= and then adapt(data)."
            )
        if bin_boundaries is not None and np.ndim(bin_boundaries) != 1:
            raise SettingError(
                f"Discretization: bin_boundaries is a list of numbers; it got {bin_boundaries!r}."
            )
        self.bin_boundaries = (
            None
            if bin_boundaries is None
            else sorted(number_setting("Discretization", "bin_boundaries", b) for b in bin_boundaries)
        )
        self.num_bins, self.output_mode = (
            num_bins,
            choice("output_mode", output_mode, ("int", "one_hot", "multi_hot", "count")),
        )

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Boundaries between which equally many numbers of the data lie."""
        found = np.concatenate([part.ravel() for part in batches(data)]).astype(np.float64)
        self.bin_boundaries = np.quantile(found, np.linspace(0, 1, (self.num_bins or 1) + 1)[1:-1]).tolist()

    def prepared(self, data: np.ndarray) -> np.ndarray:
        if self.bin_boundaries is None:
            raise SettingError(f"{self.label} has no boundaries yet: call adapt(data).")
        index = np.digitize(np.asarray(data, np.float64), self.bin_boundaries)
        return encoded(index, len(self.bin_boundaries) + 1, self.output_mode)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"bin_boundaries": self.bin_boundaries, "output_mode": self.output_mode}
