"""Embedding, Masking, TimeDistributed, and what they stand on: scan and scatter_add."""

import re
from pathlib import Path

import numpy as np
import pytest
from checker import check_rule
from several import check_every_derivative, random_weights

import chainrule as cr
from chainrule.arrays import scatter_add
from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.layers import (
    LSTM,
    Add,
    Concatenate,
    Dense,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    Masking,
    Reshape,
    TimeDistributed,
)
from chainrule.layers.base import Context
from chainrule.layers.scan import scan


def test_an_embedding_learns_where_its_words_stood(rng) -> None:
    """The derivative by the table is the one measured: a word that stands twice hears from both places."""
    layer, words = Embedding(5, 3), np.array([[0, 1, 1], [4, 1, 0]])
    table = rng.normal(size=(5, 3))
    y, cache = layer.forward({"embeddings": table}, words)
    np.testing.assert_array_equal(y, table[words])
    check_rule(
        lambda e: layer.forward({"embeddings": e}, words)[0],
        lambda dy: layer.gradients({"embeddings": table}, cache, dy)["embeddings"],
        table,
        "Embedding by its table",
    )
    assert (layer.backward({"embeddings": table}, cache, y) == 0).all()


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8, np.float32])
def test_whole_numbers_of_any_type_are_looked_up(kind) -> None:
    """Integers, or floats that are whole."""
    table = {"embeddings": np.arange(6.0).reshape(3, 2)}
    assert Embedding(3, 2).forward(table, np.array([[2, 0]], kind))[0].tolist() == [[[4, 5], [0, 1]]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            [[0, 10]],
            "Embedding 'words' has rows for 0 to 9; the input has numbers from 0 to 10. Give it input_dim=11",
        ),
        ([[-1, 3]], "Embedding 'words' has rows for 0 to 9; the input has numbers from -1 to 3"),
        ([[0.5, 1]], "Embedding 'words' takes whole numbers; the input has 0.5"),
        ([[np.nan, 1]], "Embedding 'words' has rows for 0 to 9"),
    ],
)
def test_a_word_without_a_row_is_refused(words, told) -> None:
    """Out of range, negative, broken and missing numbers name the layer and its range."""
    with pytest.raises(DataError) as problem:
        Embedding(10, 2, name="words").forward({"embeddings": np.zeros((10, 2))}, np.array(words))
    assert told in str(problem.value)


def test_zero_can_mean_that_there_is_no_word() -> None:
    """mask_zero masks the zeros, else there is no mask; weights and input_length are taken as in Keras."""
    words = np.array([[3, 0, 1]])
    assert Embedding(5, 2, mask_zero=True).next_mask(words, None).tolist() == [[True, False, True]]
    assert Embedding(5, 2).next_mask(words, None) is None
    layer = Embedding(2, 2, weights=[np.eye(2)], input_length=3)
    assert layer.declared_shape == (3,)
    np.testing.assert_array_equal(layer(np.array([[1, 0, 0]]))[0], np.eye(2)[[1, 0, 0]])
    with pytest.raises(SettingError, match="one array of shape"):
        Embedding(3, 2, weights=[np.eye(2)])
    with pytest.raises(SettingError, match="whole number for input_dim"):
        Embedding(0, 2)


def test_masking_masks_the_times_at_which_every_number_is_the_value(rng) -> None:
    """One number that differs is enough for a time to count; what does not count is 0 and learns nothing."""
    x = rng.normal(size=(2, 3, 2))
    x[0, 1] = 7.0
    x[1, 2, 0] = 7.0
    layer = Masking(7.0)
    assert layer.next_mask(x, None).tolist() == [[True, False, True], [True, True, True]]
    y, cache = layer.forward({}, x)
    assert (y[0, 1] == 0).all()
    dx = layer.backward({}, cache, np.ones_like(x))
    assert dx[0].tolist() == [[1, 1], [0, 0], [1, 1]]
    check_every_derivative(Masking(), {}, rng.normal(size=(2, 3, 2)), Context())


@pytest.mark.parametrize(
    "inside",
    [
        lambda: Dense(2),
        lambda: Dense(2, activation="tanh", use_bias=False),
        Flatten,
        lambda: LSTM(2),
    ],
)
def test_time_distributed_is_the_layer_at_every_time(inside, rng) -> None:
    """Its output is the layer's own at each time, and so are its derivatives."""
    layer = TimeDistributed(inside())
    x = rng.normal(size=(2, 3, 4, 2))
    params = random_weights(layer, x, rng)
    y, _ = layer.forward(params, x)
    part = layer.parts[0]
    for t in range(3):
        np.testing.assert_allclose(y[:, t], part.forward(params, x[:, t])[0], rtol=1e-13)
    check_every_derivative(layer, params, x, Context())
    mask = np.ones((2, 3), bool)
    assert layer.next_mask(x, mask) is mask


@pytest.mark.parametrize("keepdims", [False, True])
def test_a_mean_over_steps_is_over_those_that_count(keepdims, rng) -> None:
    """GlobalAveragePooling1D with a mask leaves masked steps out, and tells them nothing."""
    layer, x = GlobalAveragePooling1D(keepdims=keepdims), rng.normal(size=(2, 3, 2))
    mask = np.array([[True, False, True], [False, True, False]])
    y, _ = layer.forward({}, x, Context(mask=mask))
    np.testing.assert_allclose(y.reshape(2, 2), [x[0, mask[0]].mean(axis=0), x[1, 1]])
    check_every_derivative(layer, {}, x, Context(mask=mask))


def test_masks_end_where_there_are_no_steps_any_more() -> None:
    """Flatten, Reshape and global pooling pass no mask on."""
    for layer in (Flatten(), Reshape((2, 3)), GlobalAveragePooling1D(), GlobalMaxPooling1D()):
        assert layer.next_mask(np.ones((1, 3, 2)), np.ones((1, 3), bool)) is None


def test_merging_merges_masks_as_keras_does() -> None:
    """A sum counts where any input does, and has no mask where one has none; side by side, an input without one counts."""
    a, b, x = np.array([[True, False, False]]), np.array([[True, True, False]]), np.ones((1, 3, 2))
    assert Add().next_mask((x, x), (a, b)).tolist() == [[True, True, False]]
    assert Add().next_mask((x, x), (a, None)) is None
    assert Concatenate().next_mask((x, x), (a, b)).tolist() == [[True, True, False]]
    assert Concatenate().next_mask((x, x), (a, None)).tolist() == [[True, True, True]]
    assert Concatenate(axis=1).next_mask((x, x), (a, b)).tolist() == [[True, False, False, True, True, False]]
    assert Concatenate().next_mask((x, x), (None, None)) is None


def test_time_distributed_needs_a_sequence_and_a_layer() -> None:
    """Single rows have no times, and a number is no layer."""
    with pytest.raises(ShapeError, match=r"TimeDistributed takes sequences, \(times, ...\)"):
        TimeDistributed(Dense(2)).output_shape_for((5,))
    with pytest.raises(SettingError, match="TimeDistributed needs a layer to put inside; it got 3"):
        TimeDistributed(3)


@pytest.mark.parametrize("inside", [Dense(3, activation="relu", kernel_regularizer="l2"), LSTM(3)])
def test_a_wrapper_s_settings_come_back(inside) -> None:
    """Stored and read again, the layer inside has its settings, and the wrapper its regularizers."""
    layer = TimeDistributed(inside, name="each")
    again = cr.layers.deserialize(cr.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    assert again.penalties().keys() == inside.penalties().keys()
    assert again.weight_names == inside.weight_names


# ── the ground ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_hands_on_and_stacks(xp, reverse) -> None:
    """The carry goes from step to step, results lie in the order of the input, None stays None."""
    x = xp.asarray([1.0, 2.0, 3.0])

    def step(carry, now):
        a, nothing = now
        assert nothing is None
        return carry * 2 + a, (carry, None)

    last, (before, none) = scan(step, xp.asarray(0.0), (x, None), reverse)
    assert float(last) == (17 if reverse else 11)
    assert np.asarray(before).tolist() == ([8, 3, 0] if reverse else [0, 1, 4])
    assert none is None


def test_rows_of_one_index_add_up(xp, rng) -> None:
    """scatter_add is the sum over one-hot products, for repeated, missing and no indices."""
    index, rows = rng.integers(0, 4, 20), rng.normal(size=(20, 3))
    expected = np.eye(6)[index].T @ rows
    found = scatter_add((6, 3), xp.asarray(index), xp.asarray(rows.astype(np.float32)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert not np.asarray(scatter_add((2, 3), xp.asarray(index[:0]), xp.asarray(rows[:0]))).any()


def test_the_page_on_sequences_runs() -> None:
    """The programs of docs/sequences.md run as they are written."""
    page = (Path(__file__).parents[2] / "docs" / "sequences.md").read_text()
    programs = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(programs) == 2
    names: dict[str, object] = {}
    for program in programs:
        exec(compile(program, "sequences.md", "exec"), names)
