"""Files as TF-Keras 2 wrote them, rebuilt by script name by name, in the one form that everything here speaks."""

import io
import json
from typing import Any

import filemodels as small
import h5py
import numpy as np
import pytest

from chainrule import files

Config = dict[str, Any]
FLAT = {"class_name": "Flatten", "config": {"name": "flatten", "trainable": True, "dtype": "float32",
                                            "batch_input_shape": [None, 4, 4], "data_format": "channels_last"}}  # fmt: skip
INPUT = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4, 4], "dtype": "float32", "sparse": False,
                                                "ragged": False, "name": "flatten_input"}}  # fmt: skip
ACCURACY = [
    [
        {
            "class_name": "MeanMetricWrapper",
            "config": {"name": "accuracy", "dtype": "float32", "fn": "categorical_accuracy"},
        }
    ]
]
SHAPES = [(16, 5), (5,), (5, 3), (3,)]
VARIABLES = ["hidden/kernel", "hidden/bias", "out/kernel", "out/bias"]


def dense(name: str, units: int, *, early: bool = False) -> Config:
    """A Dense layer as TF-Keras 2.11 wrote it, or as Keras 2.2 did."""
    if early:
        glorot: Config = {"class_name": "VarianceScaling", "config": {
            "scale": 1.0, "mode": "fan_avg", "distribution": "normal", "seed": None, "dtype": "float32"}}  # fmt: skip
        zeros: Config = {"class_name": "Zeros", "config": {"dtype": "float32"}}
        l2: Config = {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}
    else:
        glorot = {
            "module": "keras.initializers",
            "class_name": "GlorotUniform",
            "config": {"seed": None},
            "registered_name": None,
        }
        zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}
        l2 = {
            "module": "keras.regularizers",
            "class_name": "L2",
            "config": {"l2": 0.01},
            "registered_name": None,
        }
    config = {"name": name, "trainable": True, "dtype": "float32", "units": units, "activation": "relu", "use_bias": True,
              "kernel_initializer": glorot, "bias_initializer": zeros, "kernel_regularizer": l2, "bias_regularizer": None,
              "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None}  # fmt: skip
    return {"class_name": "Dense", "config": config}


def arrays(start: int) -> list[np.ndarray]:
    """Four arrays of the model's shapes that can be told apart."""
    return [np.full(shape, start + index, "f4") for index, shape in enumerate(SHAPES)]


def old_file(
    layers: Any, training: Config | None = None, memory: dict[str, Any] | None = None, *, text: Any = str
) -> bytes:
    """An .h5 file in the structure of TF-Keras 2: names with ':0', settings as attributes."""
    raw = io.BytesIO()
    with h5py.File(raw, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = text("2.4.0"), text("tensorflow")
        file.attrs["model_config"] = text(json.dumps({"class_name": "Sequential", "config": layers}))
        if training:
            file.attrs["training_config"] = text(json.dumps(training))
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"flatten", b"hidden", b"out"]
        group.attrs["backend"], group.attrs["keras_version"] = text("tensorflow"), text("2.4.0")
        group.create_group("flatten").attrs["weight_names"] = np.array([])
        for name, kernel, bias in (("hidden", *arrays(1)[:2]), ("out", *arrays(1)[2:])):
            inner = group.create_group(name)
            inner.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            inner[f"{name}/kernel:0"], inner[f"{name}/bias:0"] = kernel, bias
        if memory:
            group = file.create_group("optimizer_weights")
            group.attrs["weight_names"] = [name.encode() for name in memory]
            for name, array in memory.items():
                group[name] = array
    return raw.getvalue()


def training(optimizer: str, **config: Any) -> Config:
    return {"loss": "categorical_crossentropy", "metrics": ACCURACY, "weighted_metrics": None, "loss_weights": None,
            "optimizer_config": {"class_name": optimizer, "config": {"name": optimizer.removeprefix("Custom>"), **config}}}  # fmt: skip


def vector(text: str) -> np.bytes_:
    """A text as h5py stored bytes: of fixed length."""
    return np.bytes_(text.encode())


LATE = {"name": "sequential", "layers": [INPUT, FLAT, dense("hidden", 5), dense("out", 3)]}


@pytest.mark.parametrize("layers", [
    LATE,
    {"name": "sequential", "layers": [FLAT, dense("hidden", 5), dense("out", 3)]},
    [FLAT, dense("hidden", 5, early=True), dense("out", 3, early=True)],
    {"name": "s", "layers": [{**FLAT, "config": {"name": "flatten"}}, dense("hidden", 5), dense("out", 3)], "build_input_shape": [None, 4, 4]},
])  # fmt: skip
@pytest.mark.parametrize("text", [str, str.encode, vector])
def test_the_input_is_a_layer_wherever_it_was_written(layers: Any, text: Any) -> None:
    """With an InputLayer, in the first layer, as a bare list, or beside the layers; as text, bytes or fixed bytes."""
    model = files.load(old_file(layers, text=text), small.plan)
    assert [layer["class_name"] for layer in model.layers] == ["InputLayer", "Flatten", "Dense", "Dense"]
    assert model.layers[0]["config"]["batch_shape"] == [None, 4, 4]
    assert "batch_input_shape" not in json.dumps(model.config)
    assert "module" not in json.dumps(model.config)
    assert [array.flat[0] for layer in model.weights for array in layer] == [1, 2, 3, 4]
    assert model.weight_names == [[], [], ["kernel", "bias"], ["kernel", "bias"]]


def test_initializers_of_the_first_keras_are_modernised() -> None:
    """Their dtype is dropped and 'normal' means what is now called truncated_normal."""
    layers = [FLAT, dense("hidden", 5, early=True), dense("out", 3, early=True)]
    config = files.load(old_file(layers)).layers[2]["config"]
    scaling = {"scale": 1.0, "mode": "fan_avg", "distribution": "truncated_normal", "seed": None}
    assert config["kernel_initializer"] == {"class_name": "VarianceScaling", "config": scaling}
    assert config["bias_initializer"] == {"class_name": "Zeros", "config": {}}


def test_old_words_of_training_become_new_ones() -> None:
    """lr is learning_rate, decay is a schedule, wrapped metrics are their names, 'auto' is the reduction it meant."""
    old = training("SGD", lr=0.1, decay=0.01, momentum=0.9, nesterov=True)
    old["loss"] = {"class_name": "CategoricalCrossentropy", "config": {
        "reduction": "auto", "name": "c", "from_logits": True, "label_smoothing": 0.1, "fn": "categorical_crossentropy"}}  # fmt: skip
    old["metrics"] = [[*ACCURACY[0], {"class_name": "MeanMetricWrapper", "config": {"name": "mse", "fn": "mean_squared_error"}},
                       {"class_name": "MeanMetricWrapper", "config": {"name": "e", "fn": "mean_absolute_error"}}]]  # fmt: skip
    found = files.load(old_file(LATE, old)).compile_config
    assert found is not None
    schedule = {"initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": 0.01, "staircase": False}
    assert found["optimizer"]["config"] == {
        "name": "SGD", "momentum": 0.9, "nesterov": True,
        "learning_rate": {"class_name": "InverseTimeDecay", "config": schedule},
    }  # fmt: skip
    settings = {"reduction": "sum_over_batch_size", "name": "c", "from_logits": True, "label_smoothing": 0.1}
    assert found["loss"] == {"class_name": "CategoricalCrossentropy", "config": settings}
    assert found["metrics"] == ["accuracy", "mse", "mean_absolute_error"]


def by_variable(prefix: str, kind: str, start: int) -> dict[str, Any]:
    """Adam/hidden/kernel/m:0 and so on: the names up to TF-Keras 2.10."""
    return {f"{prefix}/{name}/{kind}:0": array for name, array in zip(VARIABLES, arrays(start), strict=True)}


def by_kind(prefix: str, *kinds: str) -> dict[str, Any]:
    """Adam/m/hidden/kernel:0, Adam/v/hidden/kernel:0 and so on: the names from TF-Keras 2.11."""
    return {
        f"{prefix}/{kind}/{name}:0": arrays(10 * (number + 1))[index]
        for index, name in enumerate(VARIABLES) for number, kind in enumerate(kinds)
    }  # fmt: skip


STEP = np.array(7, "i8")
RATE = {"learning_rate": 0.25}
PAIRS = [10, 20, 11, 21, 12, 22, 13, 23]
MEMORIES = {
    "Adam, old": ("Adam", RATE, {"Adam/iter:0": STEP, **by_variable("Adam", "m", 10), **by_variable("Adam", "v", 20)}, [7, 0.25, *PAIRS]),
    "Adam, first": ("Adam", {"lr": 0.25}, {
        "training/Adam/iter:0": STEP, **by_variable("training/Adam", "m", 10), **by_variable("training/Adam", "v", 20)}, [7, 0.25, *PAIRS]),
    "Adam, amsgrad": ("Adam", {**RATE, "amsgrad": True}, {
        "Adam/iter:0": STEP, **by_variable("Adam", "m", 10), **by_variable("Adam", "v", 20), **by_variable("Adam", "vhat", 30)},
        [7, 0.25, *PAIRS, 30, 31, 32, 33]),
    "Adam, decay": ("Adam", {**RATE, "decay": 0.1}, {
        "Adam/iter:0": STEP, **by_variable("Adam", "m", 10), **by_variable("Adam", "v", 20)}, [7, *PAIRS]),
    "Adam, late": ("Custom>Adam", RATE, {"iteration:0": STEP, **by_kind("Adam", "m", "v")}, [7, 0.25, *PAIRS]),
    "SGD, old": ("SGD", {**RATE, "momentum": 0.9}, {"SGD/iter:0": STEP, **by_variable("SGD", "momentum", 10)}, [7, 0.25, 10, 11, 12, 13]),
    "SGD, plain": ("SGD", RATE, {"SGD/iter:0": STEP}, [7, 0.25]),
    "SGD, late": ("Custom>SGD", RATE, {"iteration:0": STEP, **by_kind("SGD", "m")}, [7, 0.25, 10, 11, 12, 13]),
    "RMSprop, old": ("RMSprop", {**RATE, "momentum": 0.1, "centered": True}, {
        "RMSprop/iter:0": STEP, **by_variable("RMSprop", "rms", 10), **by_variable("RMSprop", "momentum", 20),
        **by_variable("RMSprop", "mg", 30)}, [7, 0.25, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33]),
    "Nadam, old": ("Nadam", RATE, {
        "Nadam/iter:0": STEP, "Nadam/momentum_cache:0": np.array(0.5, "f4"), **by_variable("Nadam", "m", 10),
        **by_variable("Nadam", "v", 20)}, [7, 0.25, *PAIRS, 0.5]),
    "of Keras 3": ("Adam", RATE, {"adam/iteration": STEP, "adam/learning_rate": np.array(0.25, "f4"), **by_kind("adam", "m", "v")},
                   [7, 0.25, *PAIRS]),
}  # fmt: skip


@pytest.mark.parametrize("era", MEMORIES)
def test_an_optimizers_memory_of_any_era_comes_in_one_order(era: str) -> None:
    """Step, learning rate unless a schedule has it, then what each weight remembers, as Keras 3 orders it."""
    kind, settings, memory, expected = MEMORIES[era]
    found = files.load(old_file(LATE, training(kind, **settings), memory))
    assert found.optimizer_weights is not None
    assert [array.flat[0] for array in found.optimizer_weights] == expected
    assert found.compile_config is not None
    assert found.compile_config["optimizer"]["class_name"] == kind.removeprefix("Custom>")
    assert found.notes == []


def test_nadams_product_is_worked_out_where_it_was_not_stored() -> None:
    """TF-Keras 2.11 left it out; it follows from the number of steps."""
    memory = {"iteration:0": np.array(2, "i8"), **by_kind("Nadam", "m", "v")}
    found = files.load(old_file(LATE, training("Custom>Nadam", beta_1=0.9, **RATE), memory)).optimizer_weights
    assert found is not None
    product = 0.9 * (1 - 0.5 * 0.96) * 0.9 * (1 - 0.5 * 0.96**2)
    assert float(found[-1]) == pytest.approx(product, rel=1e-6)


def test_a_memory_that_makes_no_sense_is_left_out_and_said() -> None:
    """Training would begin afresh; the model itself is opened."""
    memory = {"Adam/iter:0": STEP, **by_variable("Adam", "m", 10), "Adam/odd:0": np.zeros(9, "f4")}
    with pytest.warns(files.ModelFileWarning, match="begin it afresh"):
        found = files.load(old_file(LATE, training("Adam", **RATE), memory))
    assert found.optimizer_weights is None


def test_settings_that_changed_their_name() -> None:
    """LeakyReLU's alpha, as a layer and as an activation, and BatchNormalization's axis as a list."""
    leaky = {"class_name": "LeakyReLU", "config": {"name": "leaky", "alpha": 0.1}}
    hidden = dense("hidden", 5)
    hidden["config"]["activation"] = {**leaky, "module": "keras.layers", "registered_name": None}
    norm = {"class_name": "BatchNormalization", "config": {"name": "norm", "axis": [1]}}
    layers = {"name": "s", "layers": [INPUT, FLAT, hidden, leaky, norm, dense("out", 3)]}
    found = files.load(old_file(layers)).layers
    assert found[2]["config"]["activation"] == {
        "class_name": "LeakyReLU",
        "config": {"name": "leaky", "negative_slope": 0.1},
    }
    assert found[3]["config"] == {"name": "leaky", "negative_slope": 0.1}
    assert found[4]["config"]["axis"] == 1


def test_a_graph_that_is_a_chain_is_opened_as_one() -> None:
    """A functional model with one path is the same as a sequential one, whatever the order of its layers in the file."""
    entries = [INPUT, {**FLAT, "config": {"name": "flatten"}}, dense("hidden", 5), dense("out", 3)]
    names = [entry["config"]["name"] for entry in entries]
    nodes = [[], *([[[before, 0, 0, {}]]] for before in names)]
    layers = [
        {**entry, "name": name, "inbound_nodes": node}
        for entry, name, node in zip(entries, names, nodes, strict=False)
    ]
    graph = {
        "name": "g",
        "layers": layers[::-1],
        "input_layers": [[names[0], 0, 0]],
        "output_layers": [["out", 0, 0]],
    }
    raw = io.BytesIO(old_file(LATE))
    with h5py.File(raw, "r+") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": graph})
    found = files.load(raw.getvalue(), small.plan)
    assert [layer["config"]["name"] for layer in found.layers] == names
    assert found.config["class_name"] == "Sequential"
    assert "inbound_nodes" not in json.dumps(found.config)


@pytest.mark.parametrize(
    ("version", "meaning"), [("2.2.4", "hard_sigmoid_of_keras_2"), ("2.9.0-tf", "hard_sigmoid_of_keras_2"), ("3.1.0", "hard_sigmoid")]
)  # fmt: skip
def test_hard_sigmoid_is_what_it_was_in_the_years_of_the_file(tmp_path, version, meaning) -> None:
    """0.2 x + 0.5 for Keras 1 and 2, x / 6 + 0.5 since Keras 3; written again, it stays what it is."""
    from chainrule import Input, Sequential, layers
    from chainrule.models import load_model

    path, again = tmp_path / "m.h5", tmp_path / "again.keras"
    gated = layers.LSTM(2, recurrent_activation="hard_sigmoid")
    Sequential([Input((3, 2)), gated, layers.Dense(1, activation="hard_sigmoid")]).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = version
    model = load_model(path)
    model.save(again)
    for found in (model, load_model(again)):
        assert [found.layers[0].recurrent_activation, found.layers[1].activation] == [meaning, meaning]
