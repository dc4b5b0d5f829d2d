"""Answers on the model's engine: compiled where it pays, the same within rounding, in bounded memory."""

import numpy as np
import pytest

from chainrule import layers, models
from chainrule.engine import compiled_prediction, cost
from chainrule.engine.forward import BYTES_AT_ONCE, numbers_held, rows_at_once
from chainrule.engine.prediction import predictions
from chainrule.training.fit import evaluate

pytest.importorskip("jax", reason="JAX IS NOT INSTALLED: compiled answers were not tested")
RNG = np.random.default_rng(4)


def dense():
    return models.Sequential(
        [layers.Input((6,)), layers.Dense(9, activation="tanh"), layers.Dense(3, activation="softmax")]
    )


def convolutional():
    return models.Sequential([
        layers.Input((8, 8, 2)), layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip


def recurrent():
    return models.Sequential([
        layers.Input((5,)), layers.Embedding(20, 4, mask_zero=True), layers.LSTM(6), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip


def compiled(make):
    """A model that was asked to work on JAX, and examples for it."""
    model = make()
    n, shape = 37, model.input_shape[-len(model.layers[0].input_shape or (1,)) :]
    x = RNG.integers(0, 20, (n, 5)) if make is recurrent else RNG.normal(size=(n, *shape)).astype(np.float32)
    y = RNG.integers(0, 3, n)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend="jax")
    return model, x, y


@pytest.mark.parametrize("make", [dense, convolutional, recurrent])
def test_both_engines_answer_alike(make, monkeypatch) -> None:
    """Predictions, loss and accuracy of blocks on JAX, the last filled up, are NumPy's within rounding."""
    model, x, y = compiled(make)
    examples = model.problem(x, y).examples(x, y, np.linspace(0, 1, len(x)))
    said, figures = predictions(model.graph, examples), evaluate(model, examples)
    monkeypatch.setattr(cost, "WORTH_A_PROGRAM", 0.0)
    monkeypatch.setattr("chainrule.engine.forward.ROWS_AT_ONCE", 16)
    assert model.programs_for(model.graph, len(x)) is not None
    np.testing.assert_allclose(model.predict(x, verbose=0), said, rtol=1e-5, atol=1e-6)
    on_jax = evaluate(model, examples)
    assert on_jax == pytest.approx(figures, rel=1e-5)
    assert any(isinstance(key, tuple) and key[0] == "forward" for key in model._engines)


def test_a_program_is_made_once_for_any_number_of_examples(monkeypatch) -> None:
    """Evaluating again, or more examples, compiles nothing new."""
    model, x, _ = compiled(dense)
    monkeypatch.setattr(cost, "WORTH_A_PROGRAM", 0.0)
    monkeypatch.setattr("chainrule.engine.forward.ROWS_AT_ONCE", 16)
    made = []
    original = compiled_prediction.compiled_forward
    monkeypatch.setattr(compiled_prediction, "compiled_forward", lambda *a: made.append(1) or original(*a))
    for count in (37, 20, 17):
        model.predict(x[:count], verbose=0)
    (program,) = (p for key, p in model._engines.items() if key[0] == "forward")
    assert (len(made), program._cache_size()) == (1, 1)


def test_new_weights_are_seen_by_the_compiled_program(monkeypatch) -> None:
    """What is compiled takes the weights as they are when it is asked."""
    model, x, _ = compiled(dense)
    monkeypatch.setattr(cost, "WORTH_A_PROGRAM", 0.0)
    model.predict(x, verbose=0)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    np.testing.assert_allclose(model.predict(x, verbose=0), 1 / 3, rtol=1e-6)


def test_few_examples_and_models_of_numpy_stay_on_numpy() -> None:
    """One example is answered by NumPy also after learning on JAX; a model that learned on NumPy answers there."""
    big = models.Sequential([layers.Input((784,)), layers.Dense(784), layers.Dense(10)])
    assert cost.answering_engine(big.graph, 1, "jax") == "numpy"
    assert cost.answering_engine(big.graph, 10_000, "jax") == "jax"
    assert cost.answering_engine(big.graph, 10_000, "numpy") == "numpy"


def test_layers_of_ones_own_and_added_losses_are_left_to_numpy() -> None:
    """JAX need not follow a user's code, and rows that fill up a block must not count in a loss."""

    class Mine(layers.Layer):
        def forward(self, params, x, context=None):
            return np.asarray(x) * 2, None

    assert compiled_prediction.can_compile(dense().graph)
    own = models.Sequential([layers.Input((6,)), Mine()])
    added = models.Sequential([layers.Input((6,)), layers.Dense(2, activity_regularizer="l2")])
    assert not compiled_prediction.can_compile(own.graph)
    assert not compiled_prediction.can_compile(added.graph)


def test_rows_are_bounded_by_what_a_layer_holds() -> None:
    """A large convolution answers fewer rows at once, so that its patches stay within the bytes that are allowed."""
    large = models.Sequential([layers.Input((32, 32, 3)), layers.Conv2D(64, 3), layers.Conv2D(128, 3)])
    rows = rows_at_once(large.graph)
    assert rows < 1024
    assert rows * 4 * max(numbers_held(node.layer) for node in large.graph.nodes) <= BYTES_AT_ONCE
    assert rows_at_once(dense().graph) == 1024
