"""Activations of somebody's own: a function, by itself or by its registered name, and a layer given as activation=."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers, ops
from chainrule.errors import FileError, SettingError, ShapeError
from chainrule.models import load_model

jax = pytest.importorskip("jax", reason="JAX IS NOT INSTALLED: own activations were not derived")
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 6)).astype("float32"), RNG.normal(size=(40, 2)).astype("float32")
START = [RNG.normal(size=shape).astype("float32") for shape in ((6, 5), (5,), (5, 2), (2,))]


def own(z):
    """A function of a user's own."""
    return z * ops.sigmoid(z)


def learned(activation, backend, behind=None):
    """The weights after two epochs."""
    net = [layers.Dense(5, activation=activation), *([behind] if behind else []), layers.Dense(2)]
    model = Sequential([Input((6,)), *net])
    model.set_weights(START)
    model.compile("adam", "mse", backend=backend)
    model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_function_learns_as_the_activation_that_it_is(backend) -> None:
    """z · sigmoid(z), derived by JAX, ends where silu ends, whose derivative is written out."""
    for mine, ours in zip(learned(own, backend), learned("silu", backend), strict=True):
        np.testing.assert_allclose(mine, ours, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", [layers.LeakyReLU, layers.ReLU, layers.ELU, layers.Softmax])
def test_a_layer_as_activation_is_the_layer_behind(kind) -> None:
    """Dense(5, activation=LeakyReLU()) has the bits of Dense(5) and LeakyReLU()."""
    for inside, behind in zip(learned(kind(), "numpy"), learned(None, "numpy", kind()), strict=True):
        assert inside.tobytes() == behind.tobytes()


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_files_name_them_and_the_program_brings_the_function(tmp_path, ending) -> None:
    """A layer comes back by itself; a function only where the program hands it over, by its name."""
    model = Sequential(
        [Input((6,)), layers.Dense(5, activation=own), layers.Dense(2, activation=layers.LeakyReLU(0.1))]
    )
    path = tmp_path / f"m{ending}"
    model.save(path)
    with pytest.raises(FileError, match="activation called 'own'"):
        load_model(path)
    again = load_model(path, custom_objects={"own": own})
    assert again.predict(X, verbose=0).tobytes() == model.predict(X, verbose=0).tobytes()
    assert again.layers[-1].activation.negative_slope == 0.1


def test_keras_opens_them_and_we_open_keras_s(tmp_path) -> None:
    """Both ways, with a function of the same name registered on either side."""
    keras = pytest.importorskip("keras", reason="KERAS IS NOT INSTALLED: its files were not opened")
    model = Sequential(
        [Input((6,)), layers.Dense(5, activation=own), layers.Dense(2, activation=layers.ELU(0.5))]
    )
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(
        tmp_path / "ours.keras", custom_objects={"own": lambda z: z * keras.ops.sigmoid(z)}
    )
    np.testing.assert_allclose(theirs.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-5)
    net = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation=keras.layers.LeakyReLU(0.3))])
    net.save(tmp_path / "keras.keras")
    np.testing.assert_allclose(
        load_model(tmp_path / "keras.keras").predict(X, verbose=0), net.predict(X, verbose=0), atol=1e-5
    )


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: layers.LSTM(3, activation=own), "by name"),
        (lambda: layers.Dense(3, activation=layers.PReLU()), "put it behind the layer"),
        (lambda: layers.Dense(3, activation=5), "no activation called 5"),
    ],
)
def test_what_cannot_be_an_activation_is_refused(build, words) -> None:
    """One sentence each."""
    with pytest.raises(SettingError, match=words):
        build()


def test_a_function_that_changes_the_shape_is_refused() -> None:
    """An activation works number by number, or row by row; a sum is none."""
    with pytest.raises(ShapeError, match="must return the shape it is given"):
        Sequential([Input((6,)), layers.Dense(3, activation=lambda z: z.sum())]).predict(X, verbose=0)
