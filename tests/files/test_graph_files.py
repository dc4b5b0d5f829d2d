"""Networks of any shape in files: branches, several inputs and outputs, shared layers, models inside models; Keras reads them, and we Keras's."""

import json
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import layers, models
from chainrule.errors import FileError
from chainrule.models import load_model, model_from_json

RNG = np.random.default_rng(0)


def residual(kit):
    a = kit.Input((8, 8, 2), name="picture")
    x = kit.layers.Conv2D(4, 3, padding="same", activation="relu")(a)
    y = kit.layers.BatchNormalization()(kit.layers.Conv2D(4, 3, padding="same")(x))
    x = kit.layers.Flatten()(kit.layers.Add()([x, y]))
    return kit.Model(a, kit.layers.Dense(3, activation="softmax")(x)), [RNG.normal(size=(5, 8, 8, 2))]


def two_in_two_out(kit):
    a, b = kit.Input((4,), name="a"), kit.Input((2,), name="b")
    shared = kit.layers.Dense(5, activation="tanh", name="shared")
    both = kit.layers.Concatenate()([shared(a), shared(kit.layers.Dense(4)(b))])
    outputs = [kit.layers.Dense(3, name="kind")(both), kit.layers.Dense(1, name="size")(both)]
    return kit.Model([a, b], outputs), [RNG.normal(size=(5, 4)), RNG.normal(size=(5, 2))]


def autoencoder(kit):
    a = kit.Input((6,))
    encoder = kit.Model(a, kit.layers.Dense(2, activation="relu")(a), name="encoder")
    decoder = kit.Sequential(
        [kit.Input((2,)), kit.layers.Dense(4), kit.layers.BatchNormalization(), kit.layers.Dense(6)],
        name="decoder",
    )
    x = kit.Input((6,))
    return kit.Model(x, decoder(encoder(x))), [RNG.normal(size=(5, 6))]


def wrapped(kit):
    inner = kit.Sequential([kit.Input((4,)), kit.layers.Dense(3, activation="relu"), kit.layers.Dense(2)])
    return kit.Sequential([inner, kit.layers.Softmax()]), [RNG.normal(size=(5, 4))]


def alike(kit):
    """Models in a model that name their layers alike."""

    def block(name):
        dense = kit.layers.Dense(
            4, name="dense", kernel_initializer="random_normal", bias_initializer="random_normal"
        )
        return kit.Sequential([kit.Input((4,)), dense, kit.layers.BatchNormalization(name="norm")], name=name)

    a = kit.Input((4,))
    inner = kit.Model(a, kit.layers.Dense(4, name="dense")(block("second")(block("first")(a))), name="blocks")
    b = kit.Input((4,))
    return kit.Model(b, kit.layers.Dense(2, name="dense")(inner(b))), [RNG.normal(size=(5, 4))]


NETWORKS = [residual, two_in_two_out, autoencoder, wrapped, alike]


def answers(model, inputs):
    said = model.predict(inputs[0] if len(inputs) == 1 else inputs, verbose=0)
    return said if isinstance(said, (list, tuple)) else [said]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_survives_its_file(network, ending, tmp_path) -> None:
    """Saved and loaded, it answers with the same bits, and learns on from the same state."""
    model, inputs = network(cr)
    targets = [np.zeros_like(said) + 0.5 for said in answers(model, inputs)]
    model.compile("adam", "mse")
    x, y = inputs[0] if len(inputs) == 1 else inputs, targets[0] if len(targets) == 1 else targets
    model.fit(x, y, verbose=0, epochs=2)
    model.save(tmp_path / f"m{ending}")
    again = load_model(tmp_path / f"m{ending}")
    for here, there in zip(answers(model, inputs), answers(again, inputs), strict=True):
        np.testing.assert_array_equal(here, there)
    assert [w.shape for w in model.get_weights()] == [w.shape for w in again.get_weights()]
    assert again.optimizer.iterations == model.optimizer.iterations
    for one in (model, again):
        one.seed, one.epochs_seen = 3, 0
        one.fit(x, y, verbose=0)
    for here, there in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("network", NETWORKS)
def test_keras_opens_what_we_write(network, ending, tmp_path) -> None:
    """The same answers come out of Keras."""
    keras = pytest.importorskip("keras")
    model, inputs = network(cr)
    model.save(tmp_path / f"m{ending}")
    theirs = keras.models.load_model(tmp_path / f"m{ending}")
    for here, there in zip(answers(model, inputs), answers(theirs, inputs), strict=True):
        np.testing.assert_allclose(here, there, atol=1e-5)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("network", NETWORKS)
def test_we_open_what_keras_writes(network, ending, tmp_path) -> None:
    """The same answers come out here, without a warning about an optimizer that has not taken a step."""
    keras = pytest.importorskip("keras")
    theirs, inputs = network(keras)
    theirs.compile("adam", "mse")
    theirs.save(tmp_path / f"m{ending}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = load_model(tmp_path / f"m{ending}")
    for here, there in zip(answers(model, inputs), answers(theirs, inputs), strict=True):
        np.testing.assert_allclose(here, there, atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_alone_and_architecture_alone(network, tmp_path) -> None:
    """to_json and save_weights make the same network elsewhere."""
    model, inputs = network(cr)
    model.save_weights(tmp_path / "m.weights.h5")
    again = model_from_json(model.to_json())
    again.load_weights(tmp_path / "m.weights.h5")
    for here, there in zip(answers(model, inputs), answers(again, inputs), strict=True):
        np.testing.assert_array_equal(here, there)


def stored(model):
    return json.loads(model.to_json())


def broken(change):
    """The text of a network with two inputs, spoiled."""
    model, _ = two_in_two_out(cr)
    config = stored(model)
    change(config["config"])
    return json.dumps(config)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["layers"].pop(0),
        lambda c: c.update(output_layers=[["nobody", 0, 0]]),
        lambda c: c["layers"][-1]["inbound_nodes"][0]["args"][0]["config"].update(
            keras_history=["size", 0, 0]
        ),
        lambda c: c["layers"][-1].update(inbound_nodes=[{"args": "x"}]),
        lambda c: c["layers"][-1].update(inbound_nodes=[[["shared", 0, 10**9, {}]]]),
        lambda c: c["layers"].append(c["layers"][-1]),
    ],
)
def test_a_graph_that_does_not_hang_together_is_refused(change) -> None:
    """A missing layer, an unknown end, a circle, a damaged call, a layer twice: one sentence each."""
    with pytest.raises((FileError, cr.errors.SettingError)):
        model_from_json(broken(change))


def test_models_within_models_have_a_bottom() -> None:
    """A file cannot nest models without end."""
    entry = {
        "class_name": "Sequential",
        "config": {"name": "m", "layers": [layers.serialize(layers.Dense(1, name="d"))]},
    }
    for _ in range(50):
        entry = {"class_name": "Sequential", "config": {"name": "m", "layers": [entry]}}
    with pytest.raises((FileError, cr.errors.SettingError), match="deep"):
        model_from_json(json.dumps(entry))


def test_shapes_are_known_before_memory_is_taken() -> None:
    """A graph that would need a terabyte is measured, not built."""
    a = cr.Input((4,))
    model = models.Model(a, [layers.Dense(3)(a), layers.Dense(2)(a)])
    config = {"class_name": "Functional", "config": model.get_config()}
    config["config"]["layers"][1]["config"]["units"] = 10**11
    from chainrule.models.saving import plan_of

    assert (4, 10**11) in [shape for needed in plan_of(config) for shape in needed]


class Placed(layers.Layer):
    """A word's row plus its place's, as guides to transformers write it."""

    def __init__(self, **settings) -> None:
        super().__init__(**settings)
        self.words, self.places = layers.Embedding(20, 3), layers.Embedding(6, 3)

    def call(self, x):
        return self.words(x) + self.places(cr.ops.arange(0, 6))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_positions_that_a_call_makes_are_opened_by_keras(ending, tmp_path) -> None:
    """Keras has no layer of fixed numbers; the file says them with a function that it has."""
    keras = pytest.importorskip("keras")
    a = cr.Input((6,), dtype="int32")
    model = cr.Model(a, layers.Dense(1)(layers.GlobalAveragePooling1D()(Placed()(a))))
    x = RNG.integers(0, 20, (5, 6))
    model.save(tmp_path / f"m{ending}")
    for open_ in (keras.models.load_model, load_model):
        again = open_(tmp_path / f"m{ending}")
        np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
