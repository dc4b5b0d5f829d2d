"""Numbers and settings in a file that make no sense are refused by name, or left behind with a warning; never used."""

import json
import warnings
from types import SimpleNamespace

import filemodels as small
import h5py
import numpy as np
import pytest
from spoiling import archive, legacy, with_setting, with_training

from chainrule import files
from chainrule.errors import FileError
from chainrule.files import ModelFileWarning
from chainrule.layers import Dense, Input
from chainrule.models import Sequential
from chainrule.models.saving import compile_from


def read(content: bytes, **how):
    """The model in these bytes; its warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return files.load(content, small.plan, **how)


def trained(**config) -> dict:
    return {
        "optimizer": {
            "module": "keras.optimizers",
            "class_name": "Adam",
            "config": config,
            "registered_name": None,
        }
    }


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epsilon": "x"}, "sets epsilon of Adam to 'x', which should be a number"),
        ({"beta_1": [0.9]}, "sets beta_1 of Adam"),
        ({"learning_rate": 1e30}, r"learning rate to 1e\+30"),
        ({"learning_rate": -0.1}, "learning rate to -0.1"),
        ({"learning_rate": "0.1"}, "sets learning_rate of Adam to '0.1'"),
        ({"weight_decay": True}, "sets weight_decay"),
        ({"amsgrad": "no"}, "sets amsgrad of Adam to 'no', which should be true or false"),
        ({"use_ema": 1}, "sets use_ema"),
    ],
)
def test_settings_of_an_optimizer(settings, words) -> None:
    """A text where a number belongs, a rate that nobody sets: each is named, in both formats."""
    with pytest.raises(FileError, match=words):
        read(archive(config=with_training(**trained(**settings))))
    training = {"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": settings}}
    with pytest.raises(FileError, match=words):
        read(legacy(training=training))


@pytest.mark.parametrize(
    ("setting", "value"), [("use_bias", "no"), ("use_bias", 0), ("trainable", "false"), ("trainable", [])]
)
def test_switches_of_a_layer(setting, value) -> None:
    """ "no" is true to Python: what should be true or false is one of the two."""
    with pytest.raises(FileError, match=f"sets {setting} of layer 'hidden'.* true or false"):
        read(archive(config=with_setting(**{setting: value})))


def sealed(change) -> bytes:
    """A model that learned, written by Chainrule, with its optimizer's state changed beforehand."""
    model = small.model(
        compile_config={"optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.01}}, "loss": "mse"}
    )
    shapes = [array.shape for layer in model.weights for array in layer]
    model.optimizer_weights = [
        np.int64(7),
        np.float32(0.01),
        *(np.zeros(shape, "f4") for shape in shapes for _ in "mv"),
    ]
    change(model.optimizer_weights)
    return files.encode(model, "keras")


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [(0, np.int64(-5), "took -5 steps"), (0, np.int32(-1), "took -1 steps"), (1, np.float32(1e30), r"rate of 1e\+30"), (1, np.float32(-1), "rate of -1"),
     (1, np.float32(np.nan), "rate of nan")],
)  # fmt: skip
def test_an_optimizer_that_counts_nonsense_is_refused(place, value, words) -> None:
    """Steps below none, and rates that are none."""
    with pytest.raises(FileError, match=words):
        read(sealed(lambda state: state.__setitem__(place, value)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_optimizer_that_is_not_finite_is_left_behind(value) -> None:
    """The weights are good, so the model is read; its optimizer begins afresh, and that is said. strict refuses."""
    content = sealed(lambda state: state[3].fill(value))
    with pytest.warns(ModelFileWarning, match="optimizer whose state is NaN or infinite"):
        model = files.load(content, small.plan)
    assert model.optimizer_weights is None
    with pytest.raises(FileError, match="NaN or infinite"):
        read(content, strict=True)


@pytest.mark.parametrize("digests", ["x", None, [], 0])
@pytest.mark.parametrize("format_", ["keras", "h5"])
def test_extras_without_digests_are_damaged(digests, format_, monkeypatch) -> None:
    """A file of Chainrule's is always verified: without its digests it is refused."""
    monkeypatch.setattr("chainrule.files.digests.record", lambda *_: digests)
    content = files.encode(small.model(), format_)
    with pytest.raises(FileError, match="has no digests"):
        read(content)


def test_weights_in_several_files(tmp_path) -> None:
    """Keras's sharded weights are read as Keras reads them, from the folder of their list and from nowhere else."""
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(50, "relu"), keras.layers.Dense(40), keras.layers.Dense(3)]
    )
    path = tmp_path / "net.weights.json"
    model.save_weights(path, max_shard_size=8100 / 1024**3)
    assert len(list(tmp_path.glob("*.h5"))) > 1
    import chainrule as cr

    own = cr.Sequential(
        [cr.Input((6,)), cr.layers.Dense(50, "relu"), cr.layers.Dense(40), cr.layers.Dense(3)]
    )
    own.load_weights(path)
    for mine, theirs in zip(own.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    listed = json.loads(path.read_text())
    first = min(tmp_path.glob("*.h5"))
    for change, words in (
        ("../net_00000.weights.h5", "not a file of weights beside it"), ("/etc/passwd", "not a file of weights"), (7, "not a file of weights"),
        ("gone_00000.weights.h5", "not there. Copy all"), ("link.weights.h5", "is a link"),
    ):  # fmt: skip
        if change == "link.weights.h5":
            (tmp_path / change).symlink_to(first)
        spoiled = {"weight_map": dict.fromkeys(listed["weight_map"], change)}
        path.write_text(json.dumps(spoiled))
        with pytest.raises(FileError, match=words):
            own.load_weights(path)
    for text, words in (
        ("[]", "not a JSON object"),
        ("{}", "no weight_map"),
        ('{"weight_map": {}}', "names no file"),
    ):
        path.write_text(text)
        with pytest.raises(FileError, match=words):
            own.load_weights(path)
    (tmp_path / "b_00000.weights.h5").write_bytes(first.read_bytes())
    path.write_text(json.dumps({"weight_map": {"a": [first.name, "b_00000.weights.h5"]}}))
    with pytest.raises(FileError, match="in two of its files"):
        own.load_weights(path)


@pytest.mark.parametrize("block", [512, 1024, 8192])
def test_a_user_block_before_the_data(block, tmp_path) -> None:
    """HDF5 allows bytes of somebody else before its own: the model behind them is the same."""
    for content in (bytes(block), b"#!/bin/sh\n" + bytes(block - 10)):
        raw = bytearray(legacy(userblock_size=block))
        raw[:block] = content
        assert small.same(read(bytes(raw)), read(legacy()))
        assert files.kind(bytes(raw)) == "h5"


def test_other_things_beside_the_weights() -> None:
    """Texts, truth values and links may lie in a file; only where a weight should be they are refused."""

    def beside(file: h5py.File) -> None:
        file.create_dataset("notes", data="trained on Monday")
        file.create_dataset("model_weights/mask", data=np.array([True, False]))
        file["model_weights/latest"] = h5py.SoftLink("/model_weights/out")
        file.create_dataset("model_weights/hidden/history", data=np.array([b"a", b"b"]))

    assert small.same(read(legacy(change=beside)), read(legacy()))


def test_metrics_that_are_not_supported_are_left_behind_with_a_word() -> None:
    """weighted_metrics of a Keras file: the model learns on as the file says, and what is missing is named."""
    asked = {"optimizer": "sgd", "loss": "mse", "metrics": ["mae"], "weighted_metrics": ["mse"]}
    model = Sequential([Input((2,)), Dense(1)])
    with pytest.warns(UserWarning, match="without its weighted_metrics"):
        compile_from(model, SimpleNamespace(compile_config=asked, optimizer_weights=None))
    assert (model.loss, model.metrics_asked) == ("mse", ["mae"])
