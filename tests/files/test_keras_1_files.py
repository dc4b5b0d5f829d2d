"""Files as Keras 1 wrote them in 2016, rebuilt name by name: they open and answer as the network they hold."""

import json
from typing import Any

import h5py
import numpy as np
import pytest

import chainrule as keras
from chainrule import layers
from chainrule.errors import FileError

RNG = np.random.default_rng(0)
DENSE = {"init": "glorot_uniform", "W_regularizer": None, "b_regularizer": None, "activity_regularizer": None,
         "W_constraint": None, "b_constraint": None, "bias": True, "trainable": True, "input_dim": None}  # fmt: skip
GATES = {"init": "glorot_uniform", "inner_init": "orthogonal", "activation": "tanh", "inner_activation": "sigmoid",
         "W_regularizer": None, "U_regularizer": None, "b_regularizer": None, "dropout_W": 0.0, "dropout_U": 0.0,
         "return_sequences": False, "go_backwards": False, "stateful": False, "unroll": False, "consume_less": "cpu",
         "trainable": True, "input_dim": 4, "input_length": None}  # fmt: skip


def numbers(*shape: int) -> np.ndarray:
    """Weights."""
    return RNG.normal(size=shape).astype("float32")


def written(path: Any, stack: list[dict[str, Any]], weights: dict[str, list[tuple[str, np.ndarray]]]) -> None:
    """An .h5 file in the structure of Keras 1.2: a bare list of layers, arrays called name_W."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "1.2.2"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": stack})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [entry["config"]["name"].encode() for entry in stack]
        for entry in stack:
            name = entry["config"]["name"]
            inner, own = group.create_group(name), weights.get(name, [])
            inner.attrs["weight_names"] = [f"{name}_{word}:0".encode() for word, _ in own]
            for word, array in own:
                inner[f"{name}_{word}:0"] = array


def test_pictures_and_sums(tmp_path) -> None:
    """Convolution2D(nb_filter, nb_row, nb_col), border_mode, Dropout(p), Dense(output_dim), a penalty by its old name."""
    kernel, bias, w, b = numbers(3, 3, 1, 2), numbers(2), numbers(8, 3), numbers(3)
    stack = [
        {"class_name": "Convolution2D", "config": DENSE | {
            "name": "c", "nb_filter": 2, "nb_row": 3, "nb_col": 3, "border_mode": "same", "subsample": [2, 2],
            "dim_ordering": "tf", "activation": "relu", "batch_input_shape": [None, 4, 4, 1], "input_dtype": "float32",
            "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}}},
        {"class_name": "Dropout", "config": {"name": "d", "p": 0.25, "trainable": True}},
        {"class_name": "Flatten", "config": {"name": "f", "trainable": True}},
        {"class_name": "Dense", "config": DENSE | {"name": "o", "output_dim": 3, "activation": "softmax",
                                                   "W_constraint": {"name": "MaxNorm", "m": 2, "axis": 0}}},
    ]  # fmt: skip
    written(tmp_path / "m.h5", stack, {"c": [("W", kernel), ("b", bias)], "o": [("W", w), ("b", b)]})
    found = keras.models.load_model(tmp_path / "m.h5")
    wanted = keras.Sequential(
        [
            keras.Input((4, 4, 1)), layers.Conv2D(2, 3, strides=2, padding="same", activation="relu"), layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )  # fmt: skip
    wanted.set_weights([kernel, bias, w, b])
    x = numbers(2, 4, 4, 1)
    np.testing.assert_array_equal(found.predict(x, verbose=0), wanted.predict(x, verbose=0))
    assert found.layers[0].kernel_regularizer.l2 == pytest.approx(0.01)
    assert found.layers[1].rate == 0.25
    assert found.layers[-1].kernel_constraint.max_value == 2


@pytest.mark.parametrize(("kind", "order", "letters"), [("LSTM", "ifco", "icfo"), ("GRU", "zrh", "zrh")])
def test_gates_are_put_together(tmp_path, kind, order, letters) -> None:
    """Keras 1 had three arrays for each gate, an LSTM's in the order i, c, f, o."""
    parts = {gate: (numbers(4, 5), numbers(5, 5), numbers(5)) for gate in letters}
    stack = [
        {
            "class_name": kind,
            "config": GATES | {"name": "r", "output_dim": 5, "batch_input_shape": [None, 3, 4]},
        }
    ]
    own = [
        (f"{word}_{gate}", array) for gate in letters for word, array in zip("WUb", parts[gate], strict=True)
    ]
    written(tmp_path / "m.h5", stack, {"r": own})
    settings = {"recurrent_activation": "sigmoid"} | ({"reset_after": False} if kind == "GRU" else {})
    wanted = keras.Sequential([keras.Input((3, 4)), getattr(layers, kind)(5, **settings)])
    wanted.set_weights([np.concatenate([parts[gate][k] for gate in order], axis=-1) for k in range(3)])
    x = numbers(2, 3, 4)
    found = keras.models.load_model(tmp_path / "m.h5")
    np.testing.assert_allclose(found.predict(x, verbose=0), wanted.predict(x, verbose=0), rtol=1e-6)


def test_a_convolution_over_time_loses_its_axis_of_one(tmp_path) -> None:
    """Convolution1D(nb_filter, filter_length) kept a kernel (length, 1, in, out); Embedding keeps its own words."""
    table, kernel, bias = numbers(9, 4), numbers(3, 1, 4, 2), numbers(2)
    stack = [
        {"class_name": "Embedding", "config": {"name": "e", "input_dim": 9, "output_dim": 4, "init": "uniform", "dropout": 0.0,
                                               "W_regularizer": None, "W_constraint": None, "activity_regularizer": None,
                                               "mask_zero": False, "trainable": True, "input_length": 6,
                                               "batch_input_shape": [None, 6], "input_dtype": "int32"}},
        {"class_name": "Convolution1D", "config": DENSE | {
            "name": "c", "nb_filter": 2, "filter_length": 3, "border_mode": "valid", "subsample_length": 1, "activation": "linear"}},
        {"class_name": "MaxPooling1D", "config": {"name": "p", "pool_length": 2, "stride": 2, "border_mode": "valid",
                                                  "trainable": True}},
    ]  # fmt: skip
    written(tmp_path / "m.h5", stack, {"e": [("W", table)], "c": [("W", kernel), ("b", bias)]})
    wanted = keras.Sequential(
        [keras.Input((6,)), layers.Embedding(9, 4), layers.Conv1D(2, 3), layers.MaxPooling1D(2)]
    )
    wanted.set_weights([table, kernel[:, 0], bias])
    x = RNG.integers(0, 9, (2, 6))
    found = keras.models.load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(found.predict(x, verbose=0), wanted.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"dim_ordering": "th"}, "channels of its pictures first"), ({"mode": 2}, "no layer has today"),
     ({"W_regularizer": {"name": "Mine"}}, "not known")],
)  # fmt: skip
def test_what_no_layer_has_today_is_refused(tmp_path, changed, words) -> None:
    """Channels first, modes that are gone, penalties that nobody knows: one sentence."""
    stack = [{"class_name": "Dense", "config": DENSE | {"name": "o", "output_dim": 1, "activation": "linear",
                                                        "batch_input_shape": [None, 2]} | changed}]  # fmt: skip
    written(tmp_path / "m.h5", stack, {"o": [("W", numbers(2, 1)), ("b", numbers(1))]})
    with pytest.raises(FileError, match=words):
        keras.models.load_model(tmp_path / "m.h5")
