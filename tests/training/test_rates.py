"""The learning rate test and the sweep: what they suggest, that they are the engine's own steps, and that they leave the model alone."""

import numpy as np
import pytest

from chainrule import Sequential, optimizers
from chainrule.errors import SettingError
from chainrule.layers import Dense, Dropout
from chainrule.recording.recorder import RunRecorder
from chainrule.runs import Run
from chainrule.training import learning_rates
from chainrule.utils import set_random_seed
from installed import needs_jax

X = np.random.default_rng(4).normal(size=(330, 6)).astype(np.float32)
Y = (np.sin(X[:, 0]) + X[:, 1] > 0).astype(np.int64) + (X[:, 2] > 1)


def model(optimizer="adam", backend="numpy", layers=(), metrics=("accuracy",)) -> Sequential:
    """A fresh network, always with the same first weights."""
    set_random_seed(8)
    made = Sequential([Dense(12, "relu", input_shape=(6,)), *layers, Dense(3, "softmax")])
    made.compile(optimizer, "sparse_categorical_crossentropy", list(metrics), backend=backend)
    return made


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_suggestion_is_a_rate_that_learns(optimizer, backend) -> None:
    """In a sweep the suggested rate comes to a loss near the best, and far below that of rates that are too low or too high."""
    asked = model(optimizer, backend)
    curve = learning_rates.find(asked, X, Y)
    assert curve.suggestion is not None
    tried = learning_rates.sweep(
        asked, X, Y, [curve.suggestion / 1000, curve.suggestion, curve.suggestion * 1000], epochs=3
    )
    losses = [figures["loss"] for figures in tried.metrics]
    assert tried.best == pytest.approx(curve.suggestion)
    assert losses[1] < 0.9 * losses[0]
    assert f"{curve.rates[np.argmin(curve.smooth)]:.2g}" in curve.reason


def test_the_curve_is_the_engines_own_steps(tmp_path) -> None:
    """Its losses are those of fit with a rate that rises in the same way."""
    curve = learning_rates.find(model("sgd"), X, Y, batch_size=33, lowest=1e-4, highest=1.0, steps=20)
    same = model(optimizers.SGD(optimizers.schedules.ExponentialDecay(1e-4, 19, 1e4)))
    record = RunRecorder(tmp_path)
    same.fit(X, Y, epochs=2, verbose=0, batch_size=33, callbacks=[record])
    assert np.array_equal(curve.losses.astype(np.float32), Run(record.folder).steps["loss"])
    assert (curve.rates[0], curve.rates[-1]) == (pytest.approx(1e-4), pytest.approx(1.0))


def test_the_model_is_left_alone(backend) -> None:
    """Weights, optimizer, memory and what fit does next are as if nothing had been asked."""
    asked, untouched = model("adam", backend), model("adam", backend)
    learning_rates.find(asked, X, Y, steps=40)
    learning_rates.sweep(asked, X, Y, [1e-3, 1e-2], validation_data=(X, Y))
    assert asked.optimizer.learning_rate == untouched.optimizer.learning_rate
    for one in (asked, untouched):
        one.fit(X, Y, epochs=1, verbose=0)
    assert all(
        np.array_equal(a, b) for a, b in zip(asked.get_weights(), untouched.get_weights(), strict=True)
    )


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_one_rate_of_a_sweep_is_what_fit_does(optimizer) -> None:
    """On NumPy the weights, the loss of every step and the figures are those of fit with that rate, to the last bit."""
    tried = learning_rates.sweep(
        model(optimizer), X, Y, [0.002, 0.05], epochs=2, batch_size=40, validation_data=(X[:50], Y[:50])
    )
    same = model(optimizer)
    same.optimizer.learning_rate = 0.05
    history = same.fit(X, Y, batch_size=40, epochs=2, verbose=0, validation_data=(X[:50], Y[:50])).history
    weights = [w for link in tried.params[1] for w in link.values()]
    assert all(np.array_equal(a, b) for a, b in zip(weights, same.get_weights(), strict=True))
    assert tried.metrics[1] == {name: values[-1] for name, values in history.items()}
    assert tried.losses.shape == (2, 18)


@needs_jax
@pytest.mark.parametrize("layers", [(), (Dropout(0.3),)])
def test_all_at_once_is_one_after_the_other(layers) -> None:
    """One program for all rates comes to what the loop in NumPy comes to, up to rounding; also with noise."""
    asked = np.geomspace(1e-4, 1e-1, 5)
    one, other = (
        learning_rates.sweep(model("adam", layers=layers), X, Y, asked, epochs=2, backend=name)
        for name in ("jax", "numpy")
    )
    assert (one.backend, one.at_once, other.backend, other.at_once) == ("jax", 5, "numpy", 1)
    assert np.allclose(one.losses, other.losses, rtol=1e-3)
    assert one.best == other.best
    for a, b in zip(one.params, other.params, strict=True):
        assert all(np.allclose(x[name], y[name], atol=1e-3) for x, y in zip(a, b, strict=True) for name in x)


@needs_jax
def test_a_sweep_in_groups_is_the_same(monkeypatch) -> None:
    """Where not all fit into the cache together, groups of them learn; the results do not change."""
    asked = np.geomspace(1e-4, 1e-1, 5)
    whole = learning_rates.sweep(model(), X, Y, asked, backend="jax")
    monkeypatch.setattr(
        learning_rates, "CACHE", 3 * learning_rates.size_of(learning_rates.fresh(model(), model().optimizer))
    )
    parts = learning_rates.sweep(model(), X, Y, asked, backend="jax")
    assert (whole.at_once, parts.at_once) == (5, 2)
    assert np.allclose(whole.losses, parts.losses, rtol=1e-4)
    assert len(parts.metrics) == 5


def test_a_blown_up_loss_ends_the_curve() -> None:
    """What comes after it is not shown, and the test does not go on to the highest rate."""
    done = []
    curve = learning_rates.find(
        model("sgd"), X * 30, Y, highest=1e6, progress=lambda k, n: done.append((k, n))
    )
    assert np.isfinite(curve.smooth).all()
    lowest = int(np.argmin(curve.smooth))
    assert curve.smooth[lowest:].max() <= learning_rates.BLOWN_UP * curve.smooth[lowest]
    assert curve.rates[-1] < 1e5
    assert done[-1][0] < 200 == done[-1][1]


def test_where_nothing_helps_nothing_is_suggested() -> None:
    """Inputs of zeros teach nothing but how often each answer comes: no rate is suggested, and the reason says where to look."""
    luck = np.random.default_rng(1).integers(0, 3, 330)
    curve = learning_rates.find(model("sgd"), np.zeros_like(X), luck, highest=1e-3)
    assert curve.suggestion is None
    assert "did not fall" in curve.reason


def test_numbers_for_programs() -> None:
    """Both can be written as JSON."""
    import json

    fields = json.loads(json.dumps(learning_rates.find(model(), X, Y, steps=30).to_dict()))
    assert len(fields["rates"]) == len(fields["losses"]) == len(fields["smooth"])
    tried = json.loads(json.dumps(learning_rates.sweep(model(), X, Y, [0.01, 0.001]).to_dict()))
    assert [row["rate"] for row in tried["rates"]] == [0.001, 0.01]
    assert tried["best"] in (0.001, 0.01)


def test_settings_that_make_no_sense_are_refused() -> None:
    """Rates that do not rise, none at all, or below 0, too few steps, and a model that was not compiled."""
    for wrong in ({"lowest": 1.0, "highest": 0.1}, {"lowest": 0.0}, {"steps": 3}, {"highest": float("inf")}):
        with pytest.raises(SettingError, match="rise"):
            learning_rates.find(model(), X, Y, **wrong)
    for wrong in ([], [0.0], [-1.0, 0.1], [float("nan")]):
        with pytest.raises(SettingError, match="above 0"):
            learning_rates.sweep(model(), X, Y, wrong)
    with pytest.raises(SettingError, match="above 0"):
        learning_rates.sweep(model(), X, Y, [0.1], epochs=0)
    with pytest.raises(SettingError, match="say how to learn"):
        learning_rates.find(Sequential([Dense(3, input_shape=(6,))]), X, Y)
