"""Sequences are padded, windowed and paired as Keras does it; results are those of keras_preprocessing and Keras 3."""

import numpy as np
import pytest

from chainrule import utils
from chainrule.errors import SettingError
from chainrule.preprocessing import sequence


def test_sequences_are_padded_and_cut_at_the_end_that_was_asked_for() -> None:
    """Before by default, after with "post"; steps may be vectors."""
    rows = [[1], [1, 2, 3], []]
    assert sequence.pad_sequences(rows).tolist() == [[0, 0, 1], [1, 2, 3], [0, 0, 0]]
    assert sequence.pad_sequences(rows, maxlen=2, padding="post").tolist() == [[1, 0], [2, 3], [0, 0]]
    assert sequence.pad_sequences(rows, maxlen=2, truncating="post", value=9).tolist() == [
        [9, 1],
        [1, 2],
        [9, 9],
    ]
    assert sequence.pad_sequences([[[1, 2]], [[3, 4], [5, 6]]]).shape == (2, 2, 2)
    assert sequence.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-").tolist() == [
        ["-", "a"],
        ["b", "c"],
    ]


@pytest.mark.parametrize("given", [{"padding": "left"}, {"truncating": "middle"}, {"value": "x"}])
def test_padding_refuses_what_it_cannot_do(given) -> None:
    """An unknown end, or a text among numbers."""
    with pytest.raises(SettingError):
        sequence.pad_sequences([[1]], **given)


def test_windows_over_a_series() -> None:
    """Strides, sampling, both ends; the windows of Keras's own documentation."""
    data = np.arange(50)
    made = sequence.TimeseriesGenerator(
        data[:, None], data[:, None], length=10, sampling_rate=2, batch_size=2
    )
    assert len(made) == 20
    assert made[0][0][:, :, 0].tolist() == [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    assert made[0][1].ravel().tolist() == [10, 11]
    assert made[19][1].ravel().tolist() == [48, 49]
    with pytest.raises(IndexError):
        made[20]
    back = sequence.TimeseriesGenerator(data, data, length=3, reverse=True, batch_size=1)
    assert back[0][0].tolist() == [[2, 1, 0]]


def test_a_series_as_a_pipeline() -> None:
    """timeseries_dataset_from_array: windows with the target at their beginning's place; every one once when shuffled."""
    x = np.arange(20)
    batches = list(utils.timeseries_dataset_from_array(x, x * 10, 4, sequence_stride=3, batch_size=4))
    assert [b[0].shape for b in batches] == [(4, 4), (2, 4)]
    assert batches[0][0][1].tolist() == [3, 4, 5, 6]
    assert batches[1][1].tolist() == [120, 150]
    mixed = utils.timeseries_dataset_from_array(x, None, 2, shuffle=True, seed=1, batch_size=5)
    assert sorted(int(w[0]) for batch in mixed for w in batch) == list(range(19))


def test_words_are_paired_with_those_near_them() -> None:
    """skipgrams gives each pair within the window once, as many drawn ones, and labels that say which is which."""
    words = [4, 1, 0, 3, 2, 5, 1]
    pairs, labels = sequence.skipgrams(words, 6, window_size=2, seed=1)
    near = [
        [words[i], words[j]]
        for i in range(7)
        for j in range(7)
        if i != j and abs(i - j) <= 2 and words[i] and words[j]
    ]
    assert sorted(pair for pair, label in zip(pairs, labels, strict=True) if label) == sorted(near)
    drawn = [pair for pair, label in zip(pairs, labels, strict=True) if not label]
    assert len(drawn) == len(near)
    assert all(1 <= other < 6 for _, other in drawn)
    assert (pairs, labels) == sequence.skipgrams(words, 6, window_size=2, seed=1)
    assert sequence.skipgrams([1, 2], 3, negative_samples=0, categorical=True)[1] == [[0, 1], [0, 1]]
    table = sequence.make_sampling_table(50, 0.01)
    assert table[5] == pytest.approx(np.sqrt(0.01 * (5 * (np.log(5) + 0.577) + 0.5 - 1 / 60)))
    assert sequence.skipgrams([1] * 50, 50, sampling_table=np.zeros(50)) == ([], [])
    with pytest.raises(SettingError, match="vocabulary_size"):
        sequence.skipgrams([1], 1)
