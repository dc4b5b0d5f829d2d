"""Classes of models of one's own that say in call() how they compute."""

import copy

import numpy as np
import pytest

from chainrule import Model, Sequential, layers
from chainrule.errors import SettingError
from chainrule.models import Functional, load_model

X = np.random.default_rng(0).random((40, 4, 4)).astype("float32")
Y = (X.sum(axis=(1, 2)) > 8).astype(int)


class Net(Model):
    """As tutorials write it: layers in the constructor, the way through them in call."""

    def __init__(self, units: int = 6) -> None:
        super().__init__()
        self.flatten, self.hidden = layers.Flatten(), layers.Dense(units, "relu")
        self.drop, self.last = layers.Dropout(0.25), layers.Dense(2, "softmax")

    def call(self, x, training=False):
        x = self.hidden(self.flatten(x))
        if training:
            x = self.drop(x, training=training)
        return self.last(x)


def functional(net: Model) -> Model:
    """The same layers as a functional model."""
    a = layers.Input((4, 4))
    x = net.drop(net.hidden(net.flatten(a)))
    return Model(a, net.last(x))


def test_a_class_with_call_learns_as_the_same_functional_model_does(tmp_path) -> None:
    """The network that call draws has its dropout while learning, and learns bit for bit as Model(inputs, outputs)."""
    net = Net(units=5)
    net.build((None, 4, 4))
    same = functional(Net(units=5))
    same.set_weights(net.get_weights())
    same.seed = net.seed
    for model in (net, same):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), same.get_weights(), strict=True))
    assert [type(layer).__name__ for layer in net.layers[-2:]] == ["Dropout", "Dense"]
    said = net.predict(X, verbose=0)
    assert np.array_equal(said, net(X))
    net.save(tmp_path / "net.keras")
    assert np.array_equal(load_model(tmp_path / "net.keras").predict(X, verbose=0), said)
    assert np.array_equal(copy.deepcopy(net).predict(X, verbose=0), said)
    assert isinstance(net, Net)
    assert isinstance(net, Functional)


def test_models_inside_a_class_with_call() -> None:
    """An autoencoder of two Sequential models: both answer by themselves afterwards."""

    class Autoencoder(Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = Sequential([layers.Flatten(), layers.Dense(3)])
            self.decoder = Sequential([layers.Dense(16), layers.Reshape((4, 4))])

        def call(self, x):
            return self.decoder(self.encoder(x))

    net = Autoencoder()
    net.compile("adam", "mse")
    net.fit(X, X, verbose=0)
    assert np.allclose(net.decoder(net.encoder(X)), net.predict(X, verbose=0), atol=1e-6)
    assert [model.name for model in (net.encoder, net.decoder)] == ["sequential", "sequential_1"]


def test_arithmetic_in_call_is_part_of_the_network() -> None:
    """Also where call asks whether it is training, and makes its arithmetic anew each time."""

    class Scaled(Model):
        def __init__(self) -> None:
            super().__init__()
            self.drop, self.last = layers.Dropout(0.5), layers.Dense(2)

        def call(self, x, training=False):
            return self.last(self.drop(layers.Flatten()(x) * 2, training=training)) + 1

    net = Scaled()
    predicted = net.predict(X, verbose=0)
    kernel, bias = net.get_weights()
    np.testing.assert_allclose(predicted, 2 * X.reshape(len(X), -1) @ kernel + bias + 1, rtol=1e-5, atol=1e-6)


def test_what_call_cannot_say_is_refused() -> None:
    """Other networks, or other arithmetic, for learning and predicting: one sentence."""

    class TwoWays(Net):
        def call(self, x, training=False):
            return self.last(self.flatten(x)) if training else self.last(self.hidden(self.flatten(x)))

    class TwoFactors(Model):
        def call(self, x, training=False):
            return x * 2 if training else x * 3

    for kind, words in ((TwoWays, "Dense|other networks"), (TwoFactors, "other networks")):
        with pytest.raises((SettingError, ValueError), match=words):
            kind().predict(X, verbose=0)
    with pytest.raises(SettingError, match="is built when it sees data"):
        Net().get_weights() or Net().build()


def test_outputs_that_were_named_come_by_name(tmp_path) -> None:
    """Model(x, {"kind": a, "size": b}): losses, targets, history and answers go by these names, also from a file and through another model."""
    from chainrule import Input, Model, models

    a = Input((4,))
    model = Model(a, {"kind": layers.Dense(3, name="first")(a), "size": layers.Dense(1, name="second")(a)})
    x = np.ones((6, 4), np.float32)
    model.compile("sgd", {"kind": "mse", "size": "mae"}, metrics={"size": ["mse"]})
    history = model.fit(x, {"kind": np.ones((6, 3)), "size": np.ones((6, 1))}, verbose=0).history
    assert set(history) == {"loss", "kind_loss", "size_loss", "size_mse"}
    said = model.predict(x, verbose=0)
    assert {name: value.shape for name, value in said.items()} == {"kind": (6, 3), "size": (6, 1)}
    model.save(tmp_path / "m.keras")
    b = Input((4,))
    outer = Model(b, model(b)["kind"])
    for again in (
        model(x),
        models.load_model(tmp_path / "m.keras").predict(x, verbose=0),
        models.model_from_json(model.to_json()).get_config()["output_layers"],
    ):
        assert list(again) == ["kind", "size"]
    np.testing.assert_array_equal(outer.predict(x, verbose=0), said["kind"])
