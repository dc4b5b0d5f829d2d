"""Runs that were made sick on purpose: what is wrong is found, first, and where it is."""

import dataclasses

import numpy as np
import pytest
from trained import SMALL, built, digits, end, houses, learned, names

from chainrule import diagnosis, optimizers
from chainrule.initializers import Constant, RandomNormal
from chainrule.layers import Dense


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 0.5), ("adam", 10.0), ("sgd", 10.0)])
def test_a_rate_that_is_too_high(tmp_path, optimizer, rate) -> None:
    """Rates of 10, and of 0.5 with Adam, are named first, with the rise of the loss; what follows from it points back to it."""
    replay = learned(
        tmp_path, digits(1000)[0], hidden=SMALL, optimizer=optimizer, learning_rate=rate, epochs=3
    )
    found = diagnosis.diagnose(replay.run, replay)
    first = found.findings[0]
    assert (first.name, first.severity) == ("rate too high", "severe")
    assert first.evidence["learning_rate"] == rate
    assert first.evidence["highest_loss"] > 5 * first.evidence["first_loss"]
    assert f"({rate:g})" in first.advice
    assert not found.healthy
    dead = [finding for finding in found if finding.name == "dead units"]
    assert dead
    assert all("cure that first" in finding.advice for finding in dead)
    assert "update too large" not in [finding.name for finding in found]  # that would say the same once more


def test_a_rate_that_is_somewhat_too_high(tmp_path) -> None:
    """The loss of the steps falls, but that on held-back examples leaps up and down."""
    replay = learned(tmp_path, digits(2500)[0], hidden=SMALL, optimizer="sgd", learning_rate=0.1, epochs=8)
    first = diagnosis.diagnose(replay.run, replay, labels=False).findings[0]
    assert (first.name, first.severity) == ("rate too high", "warning")
    assert "leaps" in first.says
    held = [epoch.metrics["val_loss"] for epoch in replay.run.epochs]
    assert all(held[epoch - 1] > 2 * held[epoch - 2] for epoch in first.evidence["epochs"])


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_rate_that_is_too_low(tmp_path, optimizer) -> None:
    """At a rate of 1e-7 all steps together moved nothing, and that is said."""
    replay = learned(
        tmp_path, digits(1000)[0], hidden=SMALL, optimizer=optimizer, learning_rate=1e-7, epochs=3
    )
    first = diagnosis.diagnose(replay.run, replay).findings[0]
    assert (first.name, first.severity) == ("rate too low", "severe")
    assert first.evidence["way"] < 0.001
    assert "Raise" in first.advice


def test_a_loss_that_is_no_number(tmp_path) -> None:
    """The first step whose loss is not finite; the network, which is none any more, is not asked."""
    replay = learned(tmp_path, houses(), hidden=(16,), optimizer="sgd", learning_rate=100.0, epochs=2)
    found = diagnosis.diagnose(replay.run, replay)
    first, loss = found.findings[0], np.asarray(replay.run.steps["loss"])
    assert first.name == "not finite"
    assert first.steps[0] == int(np.flatnonzero(~np.isfinite(loss))[0])
    assert "not finite any more" in " ".join(found.left_out)


def test_biases_far_below_zero(tmp_path) -> None:
    """Units that are 0 for every example are counted on the examples, and known from the records alone, too."""
    layers = [Dense(40, "relu", bias_initializer=Constant(-30.0), name="asleep"), Dense(20, "relu"), end()]
    replay = built(tmp_path, layers)
    found = next(
        finding for finding in diagnosis.diagnose(replay.run, replay) if finding.name == "dead units"
    )
    assert (found.severity, found.layer, found.steps[0]) == ("severe", "asleep", 0)
    assert "40 of 40 units" in found.says
    alone = diagnosis.diagnose(replay.run)  # a program of its own recorded it: its data cannot be had
    assert ("dead units", "asleep") in [(finding.name, finding.layer) for finding in alone]
    assert "recorded by a program of its own" in " ".join(alone.left_out)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_stack_of_ten_sigmoids(tmp_path, optimizer) -> None:
    """Gradients vanish on their way down: the lowest layer is named, with its gradient against the highest one's."""
    replay = learned(
        tmp_path, digits(1000)[0], hidden=(32,) * 10, activation="sigmoid", optimizer=optimizer, epochs=10
    )
    found = diagnosis.diagnose(replay.run, replay)
    first = found.findings[0]
    assert "exploding gradients" not in [finding.name for finding in found]
    assert (first.name, first.severity, first.layer) == ("vanishing gradients", "severe", "dense")
    assert first.evidence["ratio"] < 1e-5
    assert list(first.evidence["gradient_rms"])[-1] == "dense_10"


def test_inputs_that_were_not_scaled(tmp_path) -> None:
    """Pixels of 0 to 255 make gradients explode, and saturate tanh."""
    assert "exploding gradients" in names(
        built(tmp_path / "a", [Dense(64, "relu"), end()], "sgd", divisor=1.0), labels=False
    )
    replay = built(tmp_path / "b", [Dense(64, "tanh", name="flat"), end()], divisor=1.0)
    found = {finding.name: finding for finding in diagnosis.diagnose(replay.run, replay, labels=False)}
    assert found["saturated units"].layer == "flat"
    assert found["saturated units"].evidence["share"] > 0.9
    assert "saturated units" in [
        finding.name for finding in diagnosis.diagnose(replay.run)
    ]  # from the records alone


def test_first_weights_that_are_too_large(tmp_path) -> None:
    """Six relu layers with weights of 1 amplify what passes."""
    layers = [Dense(32, "relu", kernel_initializer=RandomNormal(0.0, 1.0)) for _ in range(6)]
    assert "exploding gradients" in names(
        built(tmp_path, [*layers, end()], optimizers.SGD(1e-6)), labels=False
    )


def test_a_class_that_is_never_answered(tmp_path) -> None:
    """A rare class that the network ignores is named, with the advice to give it weight."""
    replay = built(tmp_path, [Dense(16, "relu"), end()], epochs=2, class_weight={4: 0.0})
    found = next(
        finding
        for finding in diagnosis.diagnose(replay.run, replay)
        if finding.name == "class never predicted"
    )
    assert found.evidence["classes"] == ["4"]
    assert found.evidence["answers"][4] == 0
    assert found.evidence["examples"][4] > 50


def test_memorising(tmp_path) -> None:
    """Labels without sense can only be memorised: right on what it learns from, wrong on what was held back."""
    data, _ = digits(300)
    rng = np.random.default_rng(0)
    nonsense = rng.integers(0, 10, len(data.y_train)).astype(np.uint8)
    replay = learned(tmp_path, dataclasses.replace(data, y_train=nonsense), hidden=(128,), epochs=25)
    found = {finding.name: finding for finding in diagnosis.diagnose(replay.run, replay)}
    assert "overfitting" in found
    assert found["overfitting"].severity == "warning"


def test_a_validation_that_gets_worse(tmp_path) -> None:
    """Swapped labels memorised: the epoch after which to stop is named."""
    replay = learned(tmp_path, digits(1500, swapped=0.3)[0], hidden=(128, 64), epochs=16)
    found = {finding.name: finding for finding in diagnosis.diagnose(replay.run, replay)}
    best = found["overfitting"].evidence["best_epoch"]
    assert 1 <= best <= 10
    assert f"Stop after epoch {best}" in found["overfitting"].advice
    assert found["overfitting"].evidence["val_accuracy"] < found["overfitting"].evidence["val_accuracy_then"]


@pytest.mark.parametrize(("name", "changes"), [("classic", {"epochs": 8}), ("fast", {})])
def test_swapped_labels(tmp_path, name, changes) -> None:
    """Of 10 % swapped labels at least 80 % are among the first 10 % of the candidates, and the doctor speaks of them."""
    data, wrong = digits(2500, swapped=0.1)
    replay = learned(tmp_path, data, name, hidden=SMALL, **changes)
    found = diagnosis.diagnose(replay.run, replay)
    labels = next(finding for finding in found if finding.name == "suspicious labels")
    first = found.suspects.index[: len(wrong)]
    assert np.isin(first, wrong).mean() >= 0.8
    assert labels.evidence["estimate"] == found.suspects.estimate > 0.015 * len(data.y_train)
    best = found.suspects.top(1)[0]
    assert best.given == data.y_train[best.index] != best.other
    assert f"#{best.index} ({best.given}, rather {best.other})" in labels.says
    assert all(np.diff(found.suspects.score) <= 0)
