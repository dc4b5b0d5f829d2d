"""Runs of networks that branch are recorded and replayed to the last bit."""

import numpy as np
import pytest

from chainrule import Input, Model, Sequential, layers
from chainrule.recording import resume
from chainrule.recording.recorder import RunRecorder
from chainrule.runs import Run


def two_outputs() -> tuple:
    """A model whose outputs count differently, with examples."""
    rng = np.random.default_rng(0)
    x = Input((4,))
    h = layers.Dense(5, "relu")(x)
    model = Model(x, [layers.Dense(2, "softmax", name="kind")(h), layers.Dense(1, name="price")(h)])
    model.compile(
        "adam",
        ["sparse_categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.2],
        metrics={"kind": "accuracy"},
    )
    return model, rng.normal(size=(40, 4)), [rng.integers(0, 2, 40), rng.normal(size=40)]


def names_twice() -> tuple:
    """Layers of one name in three models, one of them used twice."""
    rng = np.random.default_rng(0)
    a, b = Input((3,)), Input((3,))
    encoder = Sequential([layers.Dense(4, "tanh", name="dense")], name="encoder")
    joined = layers.Concatenate()([encoder(a), encoder(b)])
    end = Sequential([layers.Dense(4, "relu", name="dense"), layers.Dense(2, name="out")], name="head")
    model = Model([a, b], layers.Dense(1, "sigmoid", name="dense")(end(joined)))
    model.compile("adam", "binary_crossentropy")
    return model, [rng.normal(size=(40, 3)), rng.normal(size=(40, 3))], rng.integers(0, 2, 40)


@pytest.mark.parametrize("make", [two_outputs, names_twice])
def test_a_network_that_branches_is_recorded_and_replayed(make, tmp_path) -> None:
    """From the run alone: the losses of all steps again, as they were, and the last state with the model's bits."""
    model, x, y = make()
    record = RunRecorder(tmp_path)
    model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=[record])
    run = Run(record.folder)
    replay = resume.opened(run)
    assert replay.compare(0, replay.last) == 0
    learned = [w for layer in replay.at(replay.last)["params"] for w in layer.values()]
    for here, there in zip(learned, model.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)


def test_layers_of_one_name_are_told_apart_by_the_model_they_stand_in(tmp_path) -> None:
    """The recorded sizes of each are columns of their own."""
    model, x, y = names_twice()
    record = RunRecorder(tmp_path)
    model.fit(x, y, epochs=1, verbose=0, callbacks=[record])
    columns = Run(record.folder).columns
    for name in ("grad_rms[encoder/dense]", "grad_rms[head/dense]", "grad_rms[dense]", "grad_rms[out]",
                 "saturated[encoder/dense]", "dead[head/dense]", "saturated[dense]"):  # fmt: skip
        assert columns.count(name) == 1
