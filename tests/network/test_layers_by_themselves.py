"""Layers called and built by themselves, as Keras's own tests and many notebooks do."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers, metrics
from chainrule.errors import ShapeError

X = np.random.default_rng(0).normal(2, 3, (8, 4)).astype("float32")


def test_averages_are_renewed_by_a_call_with_training_as_in_keras() -> None:
    """BatchNormalization(training=True) takes the batch's mean and moves its own towards it, alone and in a model; not where it is fixed."""
    for network in (
        layers.BatchNormalization(momentum=0.5),
        Sequential([Input((4,)), layers.BatchNormalization(momentum=0.5)]),
    ):
        said = np.asarray(network(X, training=True))
        assert np.allclose(said.mean(axis=0), 0, atol=1e-5)
        mean, variance = network.get_weights()[2:]
        assert np.allclose(mean, 0.5 * X.mean(axis=0), atol=1e-5)
        assert np.allclose(variance, 0.5 + 0.5 * X.var(axis=0), atol=1e-4)
    fixed = layers.BatchNormalization(trainable=False)
    assert np.allclose(fixed(X, training=True), X, atol=0.01)
    assert not fixed.get_weights()[2].any()


@pytest.mark.parametrize(
    ("layer", "shape", "example"),
    [
        (layers.Conv2D(2, 3), (None, 5, 5, 3), (5, 5, 3)),
        (layers.Conv2D(2, 3), (8, 5, 5, 3), (5, 5, 3)),
        (layers.Conv1D(2, 3), (5, 3), (5, 3)),
        (layers.GRU(3), (None, 5, 2), (5, 2)),
        (layers.Dense(3), (None, 4), (4,)),
    ],
)
def test_build_takes_a_shape_with_the_batch_in_front(layer, shape, example) -> None:
    """None, or a number of examples, in front; what an example has is what is left."""
    layer.build(shape)
    assert layer.input_shape == example
    assert layer(np.ones((2, *example), np.float32)).shape[0] == 2
    with pytest.raises(ShapeError):
        layers.Conv2D(2, 3).build((2, 2, 5, 5, 3))


def test_masks_are_handed_over_by_place_and_by_name() -> None:
    """GlobalAveragePooling1D()(x, mask), and compute_mask(inputs, mask=...)."""
    x, mask = X.reshape(2, 4, 4), np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
    pool = layers.GlobalAveragePooling1D()
    assert np.allclose(pool(x, mask), [x[0, :2].mean(axis=0), x[1, 0]], atol=1e-6)
    assert np.array_equal(pool(x, mask), pool(x, mask=mask))
    assert layers.Dropout(0.5).compute_mask(x, mask=mask) is mask
    attended, scores = layers.Attention()([x, x], mask=[mask, mask], return_attention_scores=True)
    assert not attended[0, 2:].any()  # queries that do not count
    assert not scores[0, :, 2:].any()  # values that do not
    with pytest.warns(UserWarning, match="mask= is not looked at in a network"):
        layers.GlobalAveragePooling1D()(Input((4, 4)), mask=Input((4,)))


def test_of_equal_predictions_the_first_are_among_the_k_largest() -> None:
    """Precision and Recall with top_k count k predictions of a row, never more."""
    y, p = np.array([[1, 0, 1, 0]]), np.array([[0.2, 0.5, 0.2, 0.2]])
    assert metrics.Precision(top_k=2)(y, p) == 0.5
    assert metrics.Recall(top_k=2)(y, p) == 0.5
