"""Layers that prepare words and class numbers: what Keras's documentation says of them, and refusals in a sentence."""

import numpy as np
import pytest

import chainrule as keras
from chainrule.errors import DataError, SettingError
from chainrule.layers import CategoryEncoding, Discretization, IntegerLookup, StringLookup, TextVectorization


def test_a_vocabulary_has_the_most_frequent_first_and_equals_in_reverse_order() -> None:
    """As Keras's own example: d is there twice, the others once."""
    layer = StringLookup()
    layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    assert layer.get_vocabulary() == ["[UNK]", "d", "z", "c", "b", "a"]
    assert layer([["a", "q"]]).tolist() == [[5, 0]]
    assert StringLookup(vocabulary=layer.get_vocabulary(), invert=True)([1, 2]).tolist() == ["d", "z"]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [("one_hot", [[0, 1, 0], [1, 0, 0]]), ("multi_hot", [1, 1, 0]), ("count", [1, 1, 0])],
)
def test_numbers_become_rows(mode, wanted) -> None:
    """One row for each value, or one for all values of an example."""
    assert IntegerLookup(vocabulary=[7, 9], output_mode=mode)([7, 100]).tolist() == wanted
    rows = IntegerLookup(vocabulary=[7, 9], output_mode="count")([[7, 7, 9], [1, 2, 9]])
    assert rows.tolist() == [[0, 2, 1], [2, 0, 1]]


def test_texts_become_numbers_of_words_filled_to_one_length() -> None:
    """Capitals and punctuation go; 0 fills, 1 is a word that is not known."""
    layer = TextVectorization(max_tokens=4, output_sequence_length=4)
    layer.adapt(["The cat!", "the dog", "The the bird"])
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "dog"]
    assert layer(["THE dog, a cat and more"]).tolist() == [[2, 3, 1, 1]]
    assert layer(np.array([b"the"])).tolist() == [[2, 0, 0, 0]]
    pairs = TextVectorization(ngrams=2, split="whitespace", standardize=None)
    pairs.adapt(["a b"])
    assert set(pairs.get_vocabulary()[2:]) == {"a", "b", "a b"}


def test_tf_idf_weighs_words_by_the_texts_they_are_in() -> None:
    """log(1 + texts / (1 + texts with the word)), times how often the word is there."""
    layer = TextVectorization(output_mode="tf_idf")
    layer.adapt(["a b", "a c", "a d"])
    row = dict(zip(layer.get_vocabulary(), layer("a a b"), strict=True))
    assert row["a"] == pytest.approx(2 * np.log(1 + 3 / 4))
    assert row["b"] == pytest.approx(np.log(1 + 3 / 2))
    assert row["c"] == 0


def test_intervals_and_classes() -> None:
    """Discretization counts boundaries at or below; its own ones hold equally many numbers."""
    assert Discretization(bin_boundaries=[0.0, 1.0])([-1.0, 0.0, 0.5, 1.0, 2.0]).tolist() == [0, 1, 1, 2, 2]
    layer = Discretization(num_bins=4)
    layer.adapt(np.arange(100.0))
    assert np.bincount(layer(np.arange(100.0))).tolist() == [25, 25, 25, 25]
    assert CategoryEncoding(num_tokens=3)([[0, 2], [1, 1]]).tolist() == [[1, 0, 1], [0, 1, 0]]


def test_what_cannot_be_is_refused_in_a_sentence() -> None:
    """Words inside a network, classes that are not there, no vocabulary yet, unknown settings."""
    with pytest.raises(SettingError, match="call it with the data"):
        keras.Sequential([keras.Input((1,)), StringLookup(vocabulary=["a"])])
    with pytest.raises(DataError, match="class numbers from 0 to 2"):
        CategoryEncoding(num_tokens=3)([3])
    for layer in (StringLookup(), TextVectorization(), Discretization(num_bins=2)):
        with pytest.raises(SettingError, match="call adapt"):
            layer([1.0] if isinstance(layer, Discretization) else ["a"])
    with pytest.raises(DataError, match="not in the vocabulary"):
        StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"])
    with pytest.raises(DataError, match="twice"):
        StringLookup(vocabulary=["a", "a"])
    with pytest.raises(ValueError, match="standardise"):
        TextVectorization(standardize="standardise")
