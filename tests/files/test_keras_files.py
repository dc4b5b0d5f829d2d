"""With Keras itself: what it saves opens here, what is saved here opens there, and training goes on the same."""

from pathlib import Path
from typing import Any

import filemodels as small
import keras
import numpy as np
import pytest

from chainrule import files

L, O = keras.layers, keras.optimizers
SCHEDULE = O.schedules.CosineDecay(0.01, 20, warmup_target=0.02, warmup_steps=3)
OPTIMIZERS = {
    "Adam": lambda: O.Adam(0.01), "amsgrad": lambda: O.Adam(0.01, amsgrad=True), "SGD": lambda: O.SGD(0.1),
    "momentum": lambda: O.SGD(0.1, momentum=0.9), "RMSprop": lambda: O.RMSprop(0.01, momentum=0.1, centered=True),
    "Nadam": lambda: O.Nadam(0.01), "Adagrad": lambda: O.Adagrad(0.01), "AdamW": lambda: O.AdamW(SCHEDULE),
}  # fmt: skip
IMAGES = np.random.default_rng(1).random((32, 4, 4), "f4")
LABELS = np.eye(3, dtype="f4")[np.arange(32) % 3]


@pytest.fixture(autouse=True)
def same_names_every_time() -> None:
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)


def trained(
    optimizer: Any = "adam", loss: Any = "categorical_crossentropy", metrics: Any = ("accuracy",)
) -> Any:
    """A small Keras model after two epochs."""
    model = keras.Sequential([
        keras.Input((4, 4)), L.Flatten(), L.Dense(5, activation="relu", kernel_regularizer="l2"), L.Dropout(0.0),
        L.Dense(3, activation="softmax"),
    ])  # fmt: skip
    model.compile(optimizer, loss, metrics=list(metrics))
    model.fit(IMAGES, LABELS, batch_size=16, epochs=2, verbose=0, shuffle=False)
    return model


def further(model: Any) -> list[np.ndarray]:
    """The weights after one more epoch."""
    model.fit(IMAGES, LABELS, batch_size=16, epochs=1, verbose=0, shuffle=False)
    return model.get_weights()


def assert_equal(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_in_keras_where_it_stopped(tmp_path: Path, name: str) -> None:
    """Keras saves, Chainrule loads and saves, Keras loads: one more epoch gives the same weights to the last bit."""
    model = trained(OPTIMIZERS[name]())
    model.save(tmp_path / "theirs.keras")
    files.save(tmp_path / "ours.keras", files.load(tmp_path / "theirs.keras", small.plan))
    again = keras.models.load_model(tmp_path / "ours.keras")
    assert_equal(
        [v.numpy() for v in again.optimizer.variables], [v.numpy() for v in model.optimizer.variables]
    )
    assert_equal(further(again), further(model))


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_keras_predicts_the_same_from_our_files(tmp_path: Path, ending: str) -> None:
    """Weights, names and settings arrive; what Chainrule adds does not disturb."""
    path = tmp_path / f"model.{ending}"
    files.save(path, small.model())
    model = keras.models.load_model(path)
    assert_equal(model.get_weights(), [array for layer in small.model().weights for array in layer])
    assert [layer.name for layer in model.layers] == ["flatten", "hidden", "out"]
    assert model.optimizer.learning_rate == np.float32(0.002)
    assert model.loss == "categorical_crossentropy" or model.loss.__name__ == "categorical_crossentropy"
    again = tmp_path / f"again.{ending}"
    model.save(again)
    assert_equal(keras.models.load_model(again).predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))


def test_both_formats_of_keras_hold_the_same_model(tmp_path: Path) -> None:
    """Its .keras and its .h5 give equal settings, weights and optimizer memory here."""
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model = trained(
        O.Adam(0.01),
        loss,
        ("accuracy", keras.metrics.TopKCategoricalAccuracy(2), keras.metrics.categorical_accuracy),
    )
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "model.h5")
    new, old = (files.load(tmp_path / name, small.plan) for name in ("model.keras", "model.h5"))
    assert small.same(new, old)
    assert new.compile_config is not None
    assert new.compile_config["loss"]["class_name"] == "CategoricalCrossentropy"
    assert new.compile_config["metrics"][0] == "accuracy"
    assert new.compile_config["metrics"][1]["config"]["k"] == 2
    assert new.compile_config["metrics"][2] == "categorical_accuracy"
    assert_equal([array for layer in new.weights for array in layer], model.get_weights())


def test_a_file_that_keras_can_not_open_again_is_opened(tmp_path: Path) -> None:
    """Keras stores the loss 'mse' in an .h5 in a way it cannot read; Chainrule can, and what it saves Keras reads."""
    model = trained(loss="mse", metrics=["mae"])
    model.save(tmp_path / "theirs.h5")
    with pytest.raises(ValueError, match="mse"):
        keras.models.load_model(tmp_path / "theirs.h5")
    found = files.load(tmp_path / "theirs.h5", small.plan)
    files.save(tmp_path / "ours.h5", found)
    again = keras.models.load_model(tmp_path / "ours.h5")
    assert_equal(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))


def test_weights_files_go_both_ways(tmp_path: Path) -> None:
    """.weights.h5 of Keras is read here; ours is read there, with the optimizer's memory."""
    model = trained(O.Adam(0.01))
    model.save_weights(tmp_path / "theirs.weights.h5")
    model.save(tmp_path / "model.keras")
    whole = files.load(tmp_path / "model.keras", small.plan)
    found = files.load_weights(tmp_path / "theirs.weights.h5", whole.config, small.plan(whole.config))
    assert_equal([array for layer in found.weights for array in layer], model.get_weights())
    assert_equal(found.optimizer_weights or [], whole.optimizer_weights or [])
    files.save_weights(tmp_path / "ours.weights.h5", whole)
    other = trained(O.Adam(0.01))
    further(other)
    other.load_weights(tmp_path / "ours.weights.h5")
    assert_equal(further(other), further(model))


@pytest.mark.filterwarnings("ignore:Skipping variable loading")  # the optimizer has not learned yet
def test_layers_of_every_kind_pass_through(tmp_path: Path) -> None:
    """Convolution, pooling, normalization, activations as layers: Keras's model survives the way through Chainrule."""
    model = keras.Sequential([
        keras.Input((8, 8, 1)), L.Rescaling(1 / 255), L.Conv2D(2, 3, activation=L.LeakyReLU(0.1)), L.BatchNormalization(),
        L.ReLU(), L.MaxPooling2D(), L.Conv2D(3, 2, kernel_constraint="max_norm"), L.Flatten(),
        L.Dense(4, activation=keras.activations.gelu, kernel_regularizer=keras.regularizers.L1L2(1e-3, 1e-3)),
        L.Reshape((2, 2)), L.Flatten(), L.Activation("tanh"), L.LeakyReLU(), L.Softmax(),
    ])  # fmt: skip
    model.compile("adam", keras.losses.sparse_categorical_crossentropy)
    model.layers[2].set_weights([np.arange(2.0) + start for start in (1, 2, 3, 4)])
    images = np.random.default_rng(2).random((3, 8, 8, 1), "f4") * 255
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"theirs.{ending}")
        found = files.load(tmp_path / f"theirs.{ending}")
        files.save(tmp_path / f"ours.{ending}", found)
        again = keras.models.load_model(tmp_path / f"ours.{ending}")
        assert_equal(again.predict(images, verbose=0), model.predict(images, verbose=0))
        assert files.load(tmp_path / f"ours.{ending}").config == found.config


def test_a_functional_chain_of_keras_becomes_sequential(tmp_path: Path) -> None:
    """One input, one path, one output: the same predictions after the way through Chainrule."""
    inputs = keras.Input((4, 4), name="picture")
    model = keras.Model(inputs, L.Dense(3, activation="softmax")(L.Dense(5)(L.Flatten()(inputs))))
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"theirs.{ending}")
        found = files.load(tmp_path / f"theirs.{ending}", small.plan)
        files.save(tmp_path / "ours.keras", found)
        again = keras.models.load_model(tmp_path / "ours.keras")
        assert_equal(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))


def test_keras_trains_on_from_a_schedule_it_lacks(tmp_path: Path) -> None:
    """A model trained with OneCycle opens in Keras with a straight fall instead, optimizer memory included."""
    model = small.model()
    schedule = {"class_name": "OneCycle", "config": {"peak_learning_rate": 0.01, "total_steps": 100}}
    assert model.compile_config is not None
    assert model.optimizer_weights is not None
    model.compile_config["optimizer"]["config"]["learning_rate"] = schedule
    del model.optimizer_weights[1]
    files.save(tmp_path / "model.keras", model)
    opened = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(opened.optimizer.get_config()["learning_rate"], dict)
    assert_equal([v.numpy() for v in opened.optimizer.variables], model.optimizer_weights)
    further(opened)
