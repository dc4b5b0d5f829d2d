"""Steps that diverge are where one most wants to look: they can be opened, printed and read by programs."""

import json

import numpy as np
import pytest

from chainrule import RunRecorder, Sequential, explain, open_run, optimizers
from chainrule.layers import Dense
from chainrule.utils import set_random_seed

LOSSES = {
    "mse": (lambda: Dense(2), lambda rng: rng.normal(size=(6, 2))),
    "sparse_categorical_crossentropy": (lambda: Dense(3, "softmax"), lambda rng: rng.integers(0, 3, 6)),
    "binary_crossentropy": (lambda: Dense(1, "sigmoid"), lambda rng: rng.integers(0, 2, (6, 1))),
    "mae": (lambda: Dense(2, "tanh"), lambda rng: rng.normal(size=(6, 2))),
}


def broken(loss: str, value: float, where: str, optimizer: str = "adam"):
    """A step of a network in which one weight, one bias or all weights are not finite."""
    set_random_seed(3)
    last, targets = LOSSES[loss]
    rng = np.random.default_rng(3)
    model = Sequential([Dense(4, "relu", input_shape=(3,), kernel_regularizer="l2"), last()])
    model.compile(optimizer, loss, backend="numpy")
    x, y = rng.normal(size=(6, 3)).astype(np.float32), targets(rng)
    weights = model.get_weights()
    if where == "weight":
        weights[0][1, 2] = value
    elif where == "all":
        weights = [np.full_like(w, value) for w in weights]
    else:
        weights[1][2] = value
    model.set_weights(weights)
    return explain.step(model, x, y)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38, -3e38])
@pytest.mark.parametrize("where", ["weight", "all", "bias"])
def test_a_step_that_is_not_finite_is_explained(loss, value, where) -> None:
    """Every explanation of it is printed, in a terminal and a notebook, and is JSON; inf and nan are numbers like others."""
    step = broken(loss, value, where)
    for trace in (
        step.trace(),
        step.weight("dense", 1, 2, check=True),
        step.bias("dense_1", 0),
        step.neuron("dense", 2),
        step.example(2),
        step.layer("dense"),
    ):
        text = trace.text(width=80)
        assert text
        assert trace._repr_html_()
        json.dumps(trace.to_dict(), allow_nan=False)
    if where == "all":
        assert "nan" in text or "inf" in text


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad", "adam", "nadam"])
def test_every_optimizer_writes_out_what_is_not_finite(optimizer) -> None:
    """The new weight is nan or inf by its formula, whatever the optimizer."""
    step = broken("mse", np.inf, "all", optimizer)
    assert "w′" in str(step.weight("dense", 0, 0))


def test_numbers_that_are_not_finite_are_computed_with() -> None:
    """The language of formulas knows inf and nan as numbers."""
    from chainrule.explain.expressions import computed

    assert computed("inf · 2 - 1") == np.inf
    assert np.isnan(computed("inf - inf + 3"))
    assert np.isnan(computed("nan"))
    assert computed("-inf") == -np.inf


def test_a_learning_rate_that_is_too_large_is_followed_into_the_first_nan() -> None:
    """Learning that blows up: the step before it, the step of it and the one after it are all opened."""
    model = Sequential([Dense(4, "relu", input_shape=(3,)), Dense(1)])
    model.compile(optimizers.SGD(1e12), "mse", backend="numpy")
    rng = np.random.default_rng(0)
    inputs = explain.step_inputs(model, rng.normal(size=(8, 3)), rng.normal(size=(8, 1)))
    for _ in range(5):
        step = explain.step(inputs)
        assert str(step)
        assert str(step.weight("dense_1", 1, 0))
        inputs = inputs._replace(state=step.state)
    assert not np.isfinite(step.loss)


def test_the_same_nan_is_called_the_same(tmp_path) -> None:
    """A run that diverged on NumPy, opened: each step has training's bits, and a unit that answers nan is not called alive."""
    set_random_seed(1)
    model = Sequential([Dense(4, "relu", input_shape=(3,)), Dense(1)])
    model.compile(optimizers.SGD(1e9), "mse", backend="numpy")
    rng = np.random.default_rng(0)
    record = RunRecorder(tmp_path)
    with pytest.warns(Warning, match="not finite|not a number"):
        model.fit(
            rng.normal(size=(20, 3)),
            rng.normal(size=(20, 1)),
            batch_size=4,
            epochs=2,
            verbose=0,
            callbacks=[record],
        )
    run = open_run(record.folder)
    steps = range(len(run.steps))
    assert not np.isfinite(run.steps["loss"]).all()
    assert all(explain.step(run, step).agreement().same_bits for step in steps)
    life = explain.when_died(explain.steps_of_run(run, 0, len(run.steps)), "dense", 1)
    assert life.not_a_number is not None
    assert "answers nan from step" in str(life)
