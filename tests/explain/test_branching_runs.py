"""Runs of networks that branch can be asked all that a chain's runs are: the doctor, a report."""

import branching
import numpy as np
import pytest

from chainrule import Input, Model, layers
from chainrule.diagnosis import diagnose
from chainrule.recording.recorder import RunRecorder
from chainrule.runs import Run


def recorded(example: branching.Example, folder, epochs: int = 2) -> Run:
    """A short training of one of the networks, as a run."""
    record = RunRecorder(folder)
    example.model.fit(
        example.x, example.y, sample_weight=example.sample_weight, batch_size=2, epochs=epochs, verbose=0,
        callbacks=[record],
    )  # fmt: skip
    return Run(record.folder)


@pytest.mark.parametrize("name", branching.NETWORKS)
def test_the_doctor_asks_every_network(name, tmp_path) -> None:
    """Its data are opened, its inputs and outputs looked at; nothing is left out because it branches."""
    found = diagnose(recorded(branching.example(name), tmp_path), labels=False)
    assert "the scale of the inputs" in found.looked_at
    assert not any("opened" in reason or "asked" in reason for reason in found.left_out)


def test_the_doctor_says_at_which_output_something_is_wrong(tmp_path) -> None:
    """A relu before a cross-entropy at one of two outputs; and an input of three that is not scaled, by name."""
    rng = np.random.default_rng(0)
    small, large = Input((3,), name="small"), Input((3,), name="large")
    h = layers.Concatenate()([layers.Dense(4)(small), layers.Dense(4)(large)])
    model = Model([small, large], [layers.Dense(2, "relu", name="kind")(h), layers.Dense(1, name="price")(h)])
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"])
    x = [rng.normal(size=(20, 3)), 50 * rng.normal(size=(20, 3))]
    example = branching.Example(model, x, [rng.integers(0, 2, 20), rng.normal(size=20)])
    found = {f.name: f.says for f in diagnose(recorded(example, tmp_path), labels=False)}
    assert found["end does not fit the loss"].startswith("At the output 'kind': The network ends with relu")
    assert "The input 'large' goes up to" in found["inputs not scaled"]


def test_classes_are_judged_at_each_output_by_its_own_figures(tmp_path) -> None:
    """Targets by chance: the accuracy of that output is no better than one answer for all."""
    rng = np.random.default_rng(0)
    x = Input((3,))
    first, second = layers.Dense(2, "softmax", name="first")(x), layers.Dense(2, "softmax", name="second")(x)
    model = Model(x, [first, second])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[["accuracy"], ["accuracy"]])
    values = rng.normal(size=(60, 3))
    y = [(values[:, 0] > 0).astype(int), np.zeros(60, int)]
    found = diagnose(recorded(branching.Example(model, values, y), tmp_path, 3), labels=False)
    assert [f.says[:24] for f in found if f.name == "class missing"] == ["At the output 'second': "]
    assert not [f for f in found if f.name == "no better than one answer" and "'first'" in f.says]


@pytest.mark.parametrize("name", ["residual", "two outputs", "wide and deep", "siamese", "autoencoder"])
def test_a_report_of_every_network_shows_what_can_be_shown(name, tmp_path) -> None:
    """The opened step, the doctor, the layers and what feeds them; what cannot be shown is said, never made up."""
    pytest.importorskip("matplotlib")
    from chainrule import report

    page = report.page(recorded(branching.example(name), tmp_path))
    assert {"trained", "curves", "doctor", "step", "reproduce"} <= set(page.sections)
    assert "takes" in page.html
    assert "off by" not in page.html or name == "wide and deep"
    for line in page.left_out:
        assert "Something" not in line
        assert "chain" not in line


def test_pictures_of_a_run_need_no_program(tmp_path) -> None:
    """Its weights, what it confuses and the loss around them, of a network that branches and was recorded by a program."""
    pytest.importorskip("matplotlib")
    from chainrule.cli import main

    run = recorded(branching.example("plain residual"), tmp_path)
    for what, more in (("weights", []), ("confusion", []), ("plane", ["--points", "3"]), ("sheet", [])):
        file = tmp_path / f"{what}.svg"
        told = [run.name, "--what", what, "--out", str(file), "--runs-dir", str(tmp_path), *more]
        assert main(["plot", *told]) == 0
        assert file.is_file()
