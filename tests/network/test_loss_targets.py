"""Targets: what losses refuse before the first step, and what they bring into shape."""

import numpy as np
import pytest

from chainrule import Input, Sequential, losses
from chainrule.errors import DataError, ShapeError
from chainrule.layers import Dense


@pytest.mark.parametrize(
    ("loss", "y", "shape", "words"),
    [
        (
            "sparse_categorical_crossentropy",
            [0, 1, 7],
            (3,),
            "numbers go from 0 to 2; the target of example 2 is 7",
        ),
        ("sparse_categorical_crossentropy", [0, 3], (3,), "the target of example 1 is 3"),
        ("sparse_categorical_crossentropy", [0, -1], (3,), "the target of example 1 is -1"),
        ("sparse_categorical_crossentropy", [0, 0.5], (3,), "whole class numbers"),
        ("categorical_crossentropy", [[0, 2, 0]], (3,), "targets from 0 to 1"),
        ("binary_crossentropy", [[1], [2]], (1,), "targets from 0 to 1; the target of example 1 is 2"),
        ("binary_crossentropy", [[1], [-1]], (1,), "the target of example 1 is -1"),
    ],
)
def test_targets_out_of_range_are_refused(loss, y, shape, words) -> None:
    """A label that the model has no output for is refused by its place (Keras would train on)."""
    with pytest.raises(DataError, match=words):
        losses.as_loss(loss).check(np.array(y), shape)


@pytest.mark.parametrize(
    ("loss", "y", "shape", "words"),
    [
        ("categorical_crossentropy", np.array([0, 1]), (3,), "to_categorical"),
        ("categorical_crossentropy", np.array([[0.0, 1.0]]), (3,), r"predictions of shape \(examples, 3\)"),
        ("sparse_categorical_crossentropy", np.eye(3), (3,), "categorical_crossentropy"),
        ("mse", np.zeros((4, 2)), (3,), r"the targets have shape \(4, 2\)"),
        ("mse", np.zeros(4), (3,), r"the targets have shape \(4,\)"),
    ],
)
def test_targets_of_the_wrong_shape_are_refused(loss, y, shape, words) -> None:
    """Targets that do not fit are refused with the shape that would, or with the loss that would."""
    with pytest.raises(ShapeError, match=words):
        losses.as_loss(loss).check(y, shape)


def test_targets_are_brought_into_shape() -> None:
    """A column for one output may come flat, class numbers may come as a column, and types are the loss's."""
    assert losses.as_loss("mse").check(np.array([1, 2]), (1,)).tolist() == [[1.0], [2.0]]
    assert losses.as_loss("mse").check(np.array([[1], [2]]), (1,)).dtype == np.float32
    assert losses.as_loss("mse").check(np.ones((2, 3)), (3, 1)).shape == (2, 3, 1)
    for loss in ("categorical_crossentropy", "binary_crossentropy"):
        assert losses.as_loss(loss).check(np.array([[0, 1, 0.5]]), (3,)).tolist() == [[0, 1, 0.5]]
    assert losses.as_loss("sparse_categorical_crossentropy").check(np.array([0, 2]), (3,)).tolist() == [0, 2]
    for y in (np.ones((2, 4)), np.ones((2, 4, 1))):
        assert losses.as_loss("sparse_categorical_crossentropy").check(y, (4, 3)).shape == (2, 4)
    labels = losses.as_loss("sparse_categorical_crossentropy").check(np.array([[1.0], [2.0]]), (3,))
    assert labels.tolist() == [1, 2]
    assert labels.dtype == np.int32


ONE_BY_ONE = ("mse", "mae", "msle", "mape", "huber", "log_cosh", "poisson", "hinge", "squared_hinge")


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_each_output_is_compared_with_targets_of_one_column_as_in_keras(name, backend) -> None:
    """A network of three outputs learns from a column what it learns from the column three times; "accuracy" takes it for classes."""
    rng = np.random.default_rng(0)
    x, column = rng.normal(size=(8, 4)).astype("float32"), rng.integers(0, 2, (8, 1)).astype("float32")

    def learned(y, metrics):
        model = Sequential([Input((4,)), Dense(3, "softmax")])
        model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
        model.compile("sgd", name, metrics=metrics, backend=backend)
        return model, model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0).history

    with pytest.warns(UserWarning, match="one column and the model has 3 outputs"):
        one, history = learned(column, ["accuracy", "mae"])
    three, wide = learned(np.repeat(column, 3, axis=1), ["mae"])
    np.testing.assert_allclose(one.get_weights()[0], three.get_weights()[0], atol=1e-6)
    assert history["mae"] == pytest.approx(wide["mae"], rel=1e-5)
    right = one.predict(x, verbose=0).argmax(axis=-1) == column[:, 0]
    with pytest.warns(UserWarning, match="one column"):
        assert one.evaluate(x, column, verbose=0)[1] == pytest.approx(right.mean())


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy", "kl_divergence"])
def test_losses_of_whole_distributions_refuse_targets_of_one_column(name) -> None:
    """They compare distributions: a column is none of three classes, as Keras says of its cross-entropies."""
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile("sgd", name)
    with pytest.raises(ShapeError, match="targets have shape"):
        model.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
