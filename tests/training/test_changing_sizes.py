"""A model that was built by its first examples takes others of other sizes, as far as its weights allow; what was said is kept to."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers
from chainrule.errors import ShapeError
from chainrule.models import load_model

LENGTHS = (7, 9, 7, 12)


def texts(targets=True):
    """Batches of four sequences, each batch of another length."""
    rng = np.random.default_rng(0)
    for length in LENGTHS:
        x = rng.integers(1, 20, (4, length))
        yield (x, (x[:, 0] > 9).astype("float32")) if targets else (x,)


@pytest.mark.parametrize(
    "middle",
    [layers.GlobalAveragePooling1D, lambda: layers.LSTM(3), lambda: layers.Bidirectional(layers.GRU(2))],
)
def test_batches_of_changing_lengths_are_learned_and_answered(middle, tmp_path) -> None:
    """As a model that begins with Input((None,)) does: the same weights, answers and file."""

    def learned(*first):
        made = Sequential([*first, layers.Embedding(20, 4), middle(), layers.Dense(1, "sigmoid")])
        made.compile("adam", "binary_crossentropy")
        made.fit(texts(), verbose=0)
        return made

    built, said = learned(), learned(Input((None,)))
    assert built.input_shape == (None,)
    for one, other in zip(built.get_weights(), said.get_weights(), strict=True):
        assert one.shape == other.shape
    answers = built.predict(texts(False), verbose=0)
    assert answers.shape == (16, 1)
    built.save(tmp_path / "m.keras")
    assert np.allclose(load_model(tmp_path / "m.keras").predict(texts(False), verbose=0), answers, atol=1e-6)


def test_pictures_of_another_size_are_answered_where_no_weight_depends_on_it() -> None:
    """A global pooling takes any picture that its windows fit into; Flatten before Dense takes one size."""
    any_size = Sequential([layers.Conv2D(2, 3), layers.GlobalMaxPooling2D(), layers.Dense(2)])
    any_size.compile("sgd", "mse")
    any_size.fit(np.ones((4, 8, 8, 3)), np.ones((4, 2)), verbose=0)
    x = np.random.default_rng(0).random((2, 10, 9, 3), dtype=np.float32)
    assert np.allclose(any_size.predict(x, verbose=0), any_size(x), atol=1e-6)
    assert any_size.output_shape == (2,)
    for wrong in ((2, 10, 9, 4), (2, 10, 9), (2, 2, 2, 3)):
        with pytest.raises(ShapeError):
            any_size.predict(np.ones(wrong), verbose=0)
    flat = Sequential([layers.Flatten(), layers.Dense(2)])
    flat(np.ones((4, 3, 2)))
    with pytest.raises(ShapeError, match=r"\(3, 2\)"):
        flat(np.ones((4, 3, 3)))


def test_a_shape_that_was_said_is_kept_to() -> None:
    """Input((7,)) takes sequences of 7; Input((None,)) is how to take any."""
    model = Sequential([Input((7,)), layers.Embedding(20, 4), layers.LSTM(3)])
    model(np.ones((2, 7)))
    with pytest.raises(ShapeError, match=r"\(7,\)"):
        model(np.ones((2, 9)))


def test_a_reshape_follows_batches_of_changing_lengths() -> None:
    """Reshape((-1, 8)) in a fit on batches of 12 and 20 steps, and in answers of 24."""

    def batches():
        for steps in (12, 20):
            yield np.ones((1, steps, 2)), np.zeros((1, steps // 4, 8))

    model = Sequential([layers.Reshape((-1, 8))])
    model.compile("sgd", "mse")
    assert model.fit(batches(), steps_per_epoch=2, verbose=0).history["loss"] == [1.0]
    assert model(np.ones((1, 24, 2))).shape == (1, 6, 8)
