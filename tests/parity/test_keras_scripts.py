"""Scripts written against Keras run with only the word `keras` replaced in their imports, and come to the same end."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from twins import keras

from chainrule.datasets import mnist

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.py"))


def replaced(source: str) -> str:
    """The script with `keras` replaced by `chainrule` where it is imported, and nowhere else."""
    source = re.sub(r"^import keras$", "import chainrule as keras", source, flags=re.MULTILINE)
    return re.sub(r"^from keras\b", "from chainrule", source, flags=re.MULTILINE)


def run(source: str, path: Path) -> dict:
    """The script's names after it has run."""
    names: dict = {"__name__": "script"}
    exec(compile(source, str(path), "exec"), names)
    return names


@pytest.fixture(autouse=True)
def offline(tmp_path, monkeypatch) -> None:
    """Keras's MNIST comes from the digits inside Chainrule: nothing is downloaded."""
    (x, y), (x_test, y_test) = mnist.load_data()
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=x[:5000], y_train=y[:5000], x_test=x_test[:2000], y_test=y_test[:2000])
    monkeypatch.setattr(sys.modules["keras.src.datasets.mnist"], "get_file", lambda *_, **__: str(path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs_with_either_library(path, capsys) -> None:
    """It runs to its end, its own assertions hold, and scores and histories are alike."""
    source = path.read_text(encoding="utf-8")
    assert "chainrule" not in source
    ours, theirs = run(replaced(source), path), run(source, path)
    assert "chainrule" in type(ours["model"]).__module__
    assert "keras" in type(theirs["model"]).__module__
    result, known = ours["history"].history, theirs["history"].history
    assert list(result) == list(known)
    assert (
        len(result["loss"]) == len(known["loss"]) or path.stem == "mnist_layers"
    )  # early stopping depends on luck
    for mine, keras_s in zip(ours["score"], theirs["score"], strict=True):
        assert mine == pytest.approx(keras_s, rel=0.3, abs=0.06)
    for name in ("accuracy", "mae"):
        if name in result:
            assert result[name][-1] == pytest.approx(known[name][-1], rel=0.3, abs=0.06)
    capsys.readouterr()


def test_there_are_scripts_of_many_kinds() -> None:
    """Eight scripts, and between them most of what a Keras user types."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    assert len(SCRIPTS) >= 8
    for word in (
        "model.add",
        "EarlyStopping",
        "class_weight",
        "load_model",
        "Dropout",
        "validation_split",
        "mse",
        "Callback",
    ):
        assert word in text
    assert keras.__version__
