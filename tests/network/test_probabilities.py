"""What an output means is decided in one place: by the activation at the end, else by the loss."""

import numpy as np
import pytest

from chainrule import Sequential, layers, losses
from chainrule.inference.card import ModelCard
from chainrule.inference.predictor import Predictor, probabilities
from chainrule.inference.probabilities import are_logits, as_probabilities
from chainrule.models import load_model

LOGITS = [
    (1, losses.BinaryCrossentropy(from_logits=True)),
    (1, losses.BinaryCrossentropy(from_logits=True, reduction="sum")),
    (1, losses.BinaryFocalCrossentropy(from_logits=True)),
    (3, losses.SparseCategoricalCrossentropy(from_logits=True)),
    (3, losses.CategoricalCrossentropy(from_logits=True)),
    (3, losses.CategoricalFocalCrossentropy(from_logits=True)),
]


@pytest.mark.parametrize(("outputs", "loss"), LOGITS)
def test_a_model_of_logits_answers_with_probabilities(tmp_path, outputs, loss) -> None:
    """Also after it was saved, and loaded without its optimizer: the file says with which loss it learned."""
    model = Sequential([layers.Input((2,)), layers.Dense(outputs)])
    model.layers[-1].set_weights(
        [np.full((2, outputs), 0.4, np.float32), np.arange(outputs, dtype=np.float32) - 3]
    )
    model.compile("sgd", loss)
    model.save(tmp_path / "a.keras")
    x = np.array([[1.0, 1.0], [4.0, 3.5]], np.float32)
    z = model.predict(x, verbose=0).astype(np.float64)
    whole = np.concatenate([np.zeros((2, 1)), z], axis=1) if outputs == 1 else z
    expected = np.exp(whole) / np.exp(whole).sum(axis=1, keepdims=True)
    for one in (model, load_model(tmp_path / "a.keras"), load_model(tmp_path / "a.keras", compile=False)):
        card = ModelCard.of(one)
        assert (card.task, card.logits) == ("two classes" if outputs == 1 else "classes", True)
        np.testing.assert_allclose(probabilities(one, z), expected, rtol=1e-6)
        answers = Predictor(one, card).rows("x", x)
        assert [int(a.label) for a in answers] == expected.argmax(axis=1).tolist()
        np.testing.assert_allclose([a.probability for a in answers], expected.max(axis=1), rtol=1e-6)


@pytest.mark.parametrize("end", ["softmax", "sigmoid", "hard_sigmoid", "sparse_sigmoid"])
def test_what_is_a_probability_stays_as_it_is(end) -> None:
    """An activation from 0 to 1 says so, whatever the loss is called."""
    p = np.array([[0.1, 0.7, 0.2]], np.float32)
    for loss in (None, losses.CategoricalCrossentropy(), losses.MeanSquaredError()):
        assert not are_logits(loss, end)
        np.testing.assert_array_equal(as_probabilities(p, loss, end), p)


def test_numbers_that_a_loss_compares_as_they_are_are_no_logits() -> None:
    """Of a linear end under the squared error 0.4 is nearer to the first class."""
    assert as_probabilities(np.array([[0.4]]), losses.MeanSquaredError(), "linear").argmax() == 0
    assert as_probabilities(np.array([[0.4]]), None, "linear").argmax() == 1


def test_questions_of_their_own_do_not_share_a_softmax() -> None:
    """Several outputs under a binary cross-entropy: each has a probability, and they need not add up to one."""
    p = as_probabilities(np.zeros((1, 4)), losses.BinaryCrossentropy(from_logits=True), "linear")
    np.testing.assert_array_equal(p, np.full((1, 4), 0.5))
