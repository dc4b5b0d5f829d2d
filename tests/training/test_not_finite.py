"""Where numbers stop being finite, it is said at once: the step, the layer, the example; on both libraries alike."""

import warnings

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import Callback, TerminateOnNaN
from chainrule.errors import NotFiniteError
from chainrule.layers import Dense, Input
from chainrule.optimizers import SGD

X = np.linspace(-1, 1, 60, dtype=np.float32).reshape(20, 3)
Y = X.sum(axis=1, keepdims=True)


def model_of(rate: float, backend: str, activation: str | None = None) -> Sequential:
    model = Sequential(
        [Input((3,)), Dense(4, activation, kernel_initializer="ones", name="first"), Dense(1, name="last")]
    )
    model.layers[1].set_weights([np.full((4, 1), 0.5), np.zeros(1)])
    model.compile(SGD(rate), "mse", backend=backend)
    return model


def told(model: Sequential, **settings) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, Y, batch_size=4, shuffle=False, verbose=0, **settings)
    return "\n".join(str(warning.message) for warning in caught)


def test_a_rate_too_high_is_noticed_with_step_and_layer(backend) -> None:
    """The warning names the step, the epoch, the first number that was not finite, the rate, and what helps."""
    model = model_of(1e12, backend)
    said = told(model, epochs=3)
    assert "The loss stopped being finite at step 2 (step 2 of epoch 1)" in said
    assert "the loss (mean_squared_error) of example 0 of the batch" in said
    assert "The learning rate is 1e+12" in said
    assert "clipnorm" in said
    assert said.count("stopped being finite") == 1


def test_both_libraries_say_the_same() -> None:
    """Word by word, for several ways of breaking."""
    pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    for rate, activation in ((1e12, None), (1e6, "relu"), (3e3, None), (1e38, "tanh")):
        here, there = (
            told(model_of(rate, name, activation), epochs=2, callbacks=[TerminateOnNaN()])
            for name in ("numpy", "jax")
        )
        assert here == there
        assert "stopped being finite" in here


def test_it_does_not_depend_on_the_pieces(backend) -> None:
    """Step by step or all at once, the same place is named."""
    whole = told(model_of(1e12, backend), callbacks=[TerminateOnNaN()])

    class Every(Callback):
        def on_train_batch_end(self, batch, logs=None):
            """Makes the loop go one step at a time."""

    assert told(model_of(1e12, backend), callbacks=[Every(), TerminateOnNaN()]) == whole


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("kernel", "the kernel of Dense 'first', already before this step"),
        ("output", "the output of Dense 'first' for example 2 of the batch"),
        ("loss", "the loss (mean_squared_error) of example 1 of the batch"),
    ],
)
def test_the_first_number_is_named(where, words, backend) -> None:
    """A weight that was broken before, an output, a loss: each is found."""
    model = model_of(0.0, backend)
    x, y = X.copy(), Y.copy()
    if where == "kernel":
        model.layers[0].set_weights([np.full((3, 4), np.nan), np.zeros(4)])
    elif where == "output":
        model.layers[0].set_weights([np.full((3, 4), 3e38), np.zeros(4)])
        x[:] = 0
        x[2] = 3
    else:
        model.layers[0].set_weights([np.full((3, 4), 0.0), np.zeros(4)])
        y[:] = 0
        y[1] = 1e30
    with pytest.warns(UserWarning, match="stopped being finite") as caught:
        model.fit(x, y, batch_size=20, shuffle=False, verbose=0)
    assert words in str(caught[0].message)


def test_terminate_on_nan_ends_training_in_the_same_epoch(backend, capsys) -> None:
    """With TerminateOnNaN nothing is trained on with broken numbers; raise_error makes it an error."""
    model = model_of(1e12, backend)
    said = told(model, epochs=50, callbacks=[TerminateOnNaN()])
    assert len(model.history.epoch) == 1
    assert "Training ends: at step 2: " in capsys.readouterr().out
    assert said.count("stopped being finite") == 1
    with pytest.raises(NotFiniteError, match="step 2"):
        told(model_of(1e12, backend), epochs=50, callbacks=[TerminateOnNaN(raise_error=True)])


def test_a_sound_training_says_nothing(backend) -> None:
    """No warning where all numbers are finite."""
    assert told(model_of(0.01, backend), epochs=2) == ""


@pytest.mark.parametrize("rate", [1e12, 3e3, 1e38])
def test_the_model_keeps_the_last_finite_weights(backend, rate) -> None:
    """Training ends at once, the History is that of what ran, and the weights are those from before the broken step."""
    model = model_of(rate, backend)
    assert "the weights from before that step" in told(model, epochs=50)
    assert len(model.history.epoch) < 50
    assert all(np.isfinite(array).all() for array in model.get_weights())
    step = int(model.not_finite.partition(":")[0].removeprefix("step ")) - 1
    again = model_of(rate, "numpy")
    for number in range(step):
        batch = slice(4 * (number % 5), 4 * (number % 5) + 4)
        again.train_on_batch(X[batch], Y[batch])
    for mine, expected in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4)
    assert model.optimizer.iterations == step


def test_keras_way_goes_on(backend) -> None:
    """stop_on_not_finite=False learns on with broken numbers, as Keras does, and saving such a model says so."""
    model = model_of(1e12, backend)
    told(model, epochs=4, stop_on_not_finite=False)
    assert len(model.history.epoch) == 4
    assert not all(np.isfinite(array).all() for array in model.get_weights())


def test_saving_a_model_that_is_not_finite_says_so(tmp_path) -> None:
    """The file is written, with a warning."""
    model = model_of(0.1, "numpy")
    model.layers[0].set_weights([np.full((3, 4), np.nan), np.zeros(4)])
    with pytest.warns(UserWarning, match="weights that are NaN or infinite"):
        model.save(tmp_path / "broken.keras")
