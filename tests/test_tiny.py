"""The whole of it in a few seconds: run this first (`pytest tests/test_tiny.py`)."""

import numpy as np

from chainrule import Sequential
from chainrule.datasets import mnist
from chainrule.layers import Dense, Dropout, Flatten, Input
from chainrule.models import load_model
from chainrule.optimizers import Adam
from chainrule.utils import set_random_seed, to_categorical

XOR_X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
XOR_Y = np.array([0, 1, 1, 0], np.float32)


def test_it_learns_xor(backend) -> None:
    """Eight hidden units learn what no single layer can, on either library."""
    set_random_seed(1)
    model = Sequential([Dense(8, activation="tanh", input_shape=(2,)), Dense(1, activation="sigmoid")])
    model.compile(Adam(0.1), "binary_crossentropy", ["accuracy"], backend=backend)
    history = model.fit(XOR_X, XOR_Y, batch_size=4, epochs=100, verbose=0)
    assert history.history["accuracy"][-1] == 1
    assert history.history["loss"][-1] < 0.05 < history.history["loss"][0]
    np.testing.assert_array_equal(model.predict(XOR_X, verbose=0).round()[:, 0], XOR_Y)


def test_it_learns_digits_and_remembers_them(backend, tmp_path) -> None:
    """200 digits of MNIST are learned, judged, saved, loaded, and predicted with the same bits."""
    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = x[:200] / 255, x_test[:200] / 255
    set_random_seed(7)
    model = Sequential(
        [
            Input((28, 28)),
            Flatten(),
            Dense(64, activation="relu"),
            Dropout(0.1),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", ["accuracy"], backend=backend)
    history = model.fit(
        x,
        to_categorical(y[:200]),
        epochs=12,
        verbose=0,
        validation_data=(x_test, to_categorical(y_test[:200], 10)),
    )
    assert history.history["accuracy"][-1] > 0.9
    assert history.history["val_accuracy"][-1] > 0.65
    loss, accuracy = model.evaluate(x_test, to_categorical(y_test[:200], 10), verbose=0)
    assert [loss, accuracy] == [history.history["val_loss"][-1], history.history["val_accuracy"][-1]]
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"digits.{ending}")
        again = load_model(tmp_path / f"digits.{ending}")
        np.testing.assert_array_equal(again.predict(x_test, verbose=0), model.predict(x_test, verbose=0))
