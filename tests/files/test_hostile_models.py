"""Model files whose settings, numbers or sizes make no sense, loaded as users load them: refused in one sentence, or told of."""

import copy
import io
import json
import warnings
import zipfile

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import FileError
from chainrule.files import ModelFileWarning
from chainrule.models import load_model


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The members of a trained model's file, without the digests that would find every change."""
    layers = cr.layers
    model = cr.Sequential(
        [cr.Input((6,)), layers.Dense(5, "relu", name="one"), layers.BatchNormalization(name="bn"), layers.Dropout(0.2, name="drop"),
         layers.Dense(3, "softmax", name="two")]
    )  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(np.ones((8, 6)), np.arange(8) % 3, verbose=0)
    path = tmp_path_factory.mktemp("model") / "a.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "chainrule.json"}


def changed(parts, folder, change, weights=None):
    """A file whose configuration (and weights) were changed."""
    config = copy.deepcopy(json.loads(parts["config.json"]))
    change(config)
    with zipfile.ZipFile(folder / "a.keras", "w") as archive:
        for name, content in (parts | {"config.json": json.dumps(config).encode()} | (weights or {})).items():
            archive.writestr(name, content)
    return folder / "a.keras"


def settings(config, name):
    return next(layer["config"] for layer in config["config"]["layers"] if layer["config"]["name"] == name)


def object_of(kind, module, **config):
    return {"module": f"keras.{module}", "class_name": kind, "config": config, "registered_name": None}


@pytest.mark.parametrize(
    ("layer", "wrong"),
    [("bn", {"axis": "1"}), ("bn", {"momentum": "0.9"}), ("bn", {"epsilon": "x"}), ("bn", {"momentum": None}), ("bn", {"axis": {}}),
     ("drop", {"rate": "0.5"}), ("drop", {"seed": "a"}), ("drop", {"rate": []}),
     ("one", {"kernel_initializer": object_of("RandomNormal", "initializers", stddev="inf")}),
     ("one", {"kernel_regularizer": object_of("L2", "regularizers", l2="x")}),
     ("one", {"bias_constraint": object_of("MaxNorm", "constraints", max_value="2")}),
     ("one", {"k" * 60_000: 1})],
)  # fmt: skip
def test_settings_of_the_wrong_kind_are_refused(parts, tmp_path, layer, wrong) -> None:
    """Text where a number belongs, lists, nothing: one short sentence that names the file, and none of Python's own."""
    path = changed(parts, tmp_path, lambda config: settings(config, layer).update(wrong))
    with pytest.raises(FileError) as refused:
        load_model(path)
    told = str(refused.value)
    assert told.startswith(str(path))
    assert len(told) < 1200
    assert "instances of" not in told
    assert "argument" not in told


LARGE = {
    "RepeatVector": {"n": 10**9}, "Reshape": {"target_shape": [3, 1]}, "ZeroPadding1D": {"padding": [10**9, 10**9]},
    "UpSampling1D": {"size": 10**9},
}  # fmt: skip


@pytest.mark.parametrize("kind", ["RepeatVector", "ZeroPadding1D", "UpSampling1D"])
@pytest.mark.parametrize("pooled", [False, True])
def test_a_network_that_would_fill_the_memory_is_not_loaded(parts, tmp_path, kind, pooled) -> None:
    """No weight tells of it: the numbers that one example would become are counted, layer by layer."""

    def change(config):
        added = [] if kind == "RepeatVector" else ["Reshape"]
        for name in [*added, kind, *(["GlobalAveragePooling1D"] if pooled else [])]:
            own = object_of(name, "layers", name=name.lower(), **LARGE.get(name, {}))
            config["config"]["layers"].append(own)

    with pytest.raises(FileError, match=rf"one example would become [\d,]+ numbers in {kind}"):
        load_model(changed(parts, tmp_path, change))


@pytest.mark.parametrize(
    ("compiled", "words"),
    [([1], "in no known form"), ("adam", "in no known form"), ({"optimizer": "adam", "loss": "mse", "metrics": ["mae"] * 2000}, "2,000 entries")],
)  # fmt: skip
def test_how_it_learned_has_a_form_and_a_size(parts, tmp_path, compiled, words) -> None:
    """A list instead of settings, thousands of metrics: refused before a metric is made."""
    with pytest.raises(FileError, match=words):
        load_model(changed(parts, tmp_path, lambda config: config.update(compile_config=compiled)))


def test_whatever_the_network_is_refused_for_the_file_is_named(parts, tmp_path) -> None:
    """Also what is only found when the layers are put together."""
    path = changed(
        parts, tmp_path, lambda c: c["config"]["layers"][0]["config"].update(batch_shape=[None, None])
    )
    with pytest.raises(FileError, match="a.keras cannot be used: Dense 'one' has weights for each number"):
        load_model(path)


def with_weights(parts, change):
    h5py = pytest.importorskip("h5py")
    raw = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(raw, "r+") as file:
        change(file)
    return {"model.weights.h5": raw.getvalue()}


def test_a_variance_below_zero_is_told_of(parts, tmp_path) -> None:
    """It is a finite number, and every answer would be NaN."""

    def change(file):
        file["layers/batch_normalization/vars/3"][...] = -1

    path = changed(parts, tmp_path, lambda _: None, with_weights(parts, change))
    with pytest.warns(ModelFileWarning, match="variance below 0, of which there is no root: bn"):
        load_model(path)


def test_a_number_beyond_float32_is_told_of_once(parts, tmp_path) -> None:
    """In the words of this library; NumPy's own warning about the cast says nothing of the file."""

    def change(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.full((6, 5), 1e300)

    path = changed(parts, tmp_path, lambda _: None, with_weights(parts, change))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        load_model(path)
    assert [str(one.message).partition("has ")[2] for one in told] == [
        "weights that are NaN or infinite: one/kernel."
    ]
