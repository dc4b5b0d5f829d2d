"""Learning in pieces: the same learning but for the order of additions, whatever the batch and the number of pieces."""

import numpy as np
import pytest

pytest.importorskip("jax", reason="pieces are JAX's")

from chainrule import RunRecorder, Sequential, distribution, layers, open_run, utils
from chainrule.distribution import DataParallel
from chainrule.engine.pieces import rows_of_pieces, tree
from chainrule.errors import SettingError

pytestmark = pytest.mark.filterwarnings("ignore:JAX has started with several threads")


def learned(pieces=None, n=53, batch_size=16, callbacks=(), **settings):
    """A small network with dropout after two epochs. pieces: None learns as ever."""
    utils.set_random_seed(5)
    rng = np.random.default_rng(0)
    x, y = rng.random((n, 6), np.float32), rng.integers(0, 3, n)
    model = Sequential([
        layers.Input((6,)), layers.Dense(8, activation="tanh", kernel_regularizer="l2"), layers.Dropout(0.3),
        layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend="jax")
    before = distribution.distribution()
    distribution.set_distribution(None if pieces is None else DataParallel(pieces=pieces))
    try:
        history = model.fit(
            x, y, batch_size=batch_size, epochs=2, verbose=0, callbacks=list(callbacks), **settings
        )
    finally:
        distribution.set_distribution(before)
    return model, history.history, (x, y)


@pytest.mark.parametrize(("pieces", "n", "batch_size"), [(8, 53, 16), (4, 3, 32)])
def test_pieces_change_only_the_order_of_additions(pieces, n, batch_size) -> None:
    """Weights and figures are those of whole batches but for rounding: also dropout, penalties, and batches that do not divide."""
    plain, in_pieces = learned(None, n, batch_size), learned(pieces, n, batch_size)
    for a, b in zip(plain[0].get_weights(), in_pieces[0].get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6)
    for name, values in plain[1].items():
        np.testing.assert_allclose(values, in_pieces[1][name], rtol=1e-5)


def test_the_same_pieces_give_the_same_bits() -> None:
    """Twice the same; other pieces are another training."""
    first, again, other = learned(8), learned(8), learned(2)
    assert all(
        np.array_equal(a, b) for a, b in zip(first[0].get_weights(), again[0].get_weights(), strict=True)
    )
    assert not all(
        np.array_equal(a, b) for a, b in zip(first[0].get_weights(), other[0].get_weights(), strict=True)
    )


def test_a_run_in_pieces_replays_and_says_its_pieces(tmp_path) -> None:
    """A run knows its pieces, and each of its steps can be reached again."""
    recorder = RunRecorder(tmp_path, label="pieces")
    model, _, (x, y) = learned(8, callbacks=[recorder])
    run = open_run("last", tmp_path, model=model, x=x, y=y)
    assert run.info.settings.training["pieces"] == 8
    assert run.info.settings.training["threads"] == 1
    assert run.replay.compare(0, 8) < 1e-6
    assert all(
        np.allclose(a, b, atol=1e-7)
        for layer, own in zip(model.learning_graph.layers, run.at(8)["params"], strict=True)
        for a, b in zip(layer.params.values(), own.values(), strict=True)
    )


def test_statistics_are_those_of_the_pieces() -> None:
    """BatchNormalization's moving mean is the mean of the pieces' means, so of the batch; its variance is the pieces'."""
    x = np.random.default_rng(1).random((16, 3)).astype(np.float32)
    model = Sequential([layers.Input((3,)), layers.BatchNormalization(momentum=0.0), layers.Dense(1)])
    model.compile("sgd", "mse", backend="jax")
    with DataParallel(pieces=2).scope():
        model.fit(x, x[:, :1], batch_size=16, epochs=1, verbose=0, shuffle=False)
    moving = model.layers[0].params
    np.testing.assert_allclose(moving["moving_mean"], x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(
        moving["moving_variance"], (x[:8].var(axis=0) + x[8:].var(axis=0)) / 2, rtol=1e-4
    )


@pytest.mark.parametrize("pieces", [1, 2, 8])
@pytest.mark.parametrize("rows", [1, 3, 8, 13, 64])
def test_every_row_is_in_one_piece(pieces, rows) -> None:
    """Pieces are as alike as can be, and hold all rows."""
    sizes = rows_of_pieces(rows, pieces)
    assert sum(sizes) == rows
    assert len(sizes) == pieces
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_branches_of_the_tree_are_trees(count) -> None:
    """What processes add on their own and then together is what one adds alone."""
    join = lambda a, b: f"({a}{b})"  # noqa: E731
    own = 8 // count
    branch = lambda i: tree(str, join, i * own, (i + 1) * own)  # noqa: E731
    assert tree(branch, join, 0, count) == tree(str, join, 0, 8)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: DataParallel(pieces=6), "power of two"),
        (lambda: DataParallel(devices=["cpu:0"]), "devices=.* is not supported"),
        (lambda: distribution.set_distribution(8), "takes a DataParallel"),
        (lambda: distribution.initialize("localhost:1", 2), "Say all three"),
        (lambda: distribution.initialize("localhost:1", 2, 2), "there is no process 2"),
    ],
)
def test_what_is_not_possible_is_said(ask, words) -> None:
    """One sentence each."""
    with pytest.raises(SettingError, match=words):
        ask()


@pytest.mark.parametrize("name", ["ModelParallel", "LayoutMap", "DeviceMesh", "TensorLayout"])
def test_keras_s_other_distributions_are_refused_by_name(name) -> None:
    """Each of them, with what there is instead."""
    with pytest.raises(AttributeError, match=f"distribution.{name} is not part of Chainrule.*DataParallel"):
        getattr(distribution, name)


def test_numpy_does_not_learn_in_pieces() -> None:
    """A backend that was asked for is not changed silently."""
    model = Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", backend="numpy")
    with DataParallel().scope(), pytest.raises(SettingError, match="in pieces is JAX's"):
        model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
