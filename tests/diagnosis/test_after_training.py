"""The quick look after a training: what it says of results, curves and rates, and that it says nothing of healthy ones."""

import numpy as np
import pytest

from chainrule import Sequential, layers
from chainrule.diagnosis.after_training import look_after
from chainrule.recording.recorder import RunRecorder
from chainrule.runs import Run


def trained(folder, rate: float = 0.01, epochs: int = 12, optimizer: str = "adam", seed: int = 3):
    """A recorded run on points that a line parts."""
    from chainrule import arrays, optimizers

    arrays.set_seed(seed)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(240, 4)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] > 0).astype(np.int32)
    model = Sequential(
        [layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizers.get({"class_name": optimizer, "config": {"learning_rate": rate}}), "binary_crossentropy",
                  ["accuracy"], backend="numpy")  # fmt: skip
    record = RunRecorder(folder)
    model.fit(
        x[:200], y[:200], epochs=epochs, verbose=0, validation_data=(x[200:], y[200:]), callbacks=[record]
    )
    return Run(record.folder)


@pytest.mark.parametrize(
    ("measured", "severity"),
    [
        ({"accuracy": 0.5, "baseline": 0.5, "test_examples": 100}, "severe"),
        ({"accuracy": 0.55, "baseline": 0.5, "test_examples": 100}, "warning"),
        ({"accuracy": 0.9, "baseline": 0.5, "test_examples": 100}, None),
        ({"mean_absolute_error": 2.0, "baseline": 1.5, "test_examples": 30}, "severe"),
        ({"mean_absolute_error": 1.0, "baseline": 1.5, "test_examples": 30}, None),
        ({}, None),
    ],
)
def test_results_are_held_against_always_giving_one_answer(measured, severity) -> None:
    """As good as one answer for all is severe, hardly better than chance a warning, the rest is silence."""
    found = look_after(None, measured, "square")
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_healthy_run_is_left_in_peace_and_one_cut_short_is_still_learning(tmp_path) -> None:
    """Nothing alarming in a run that learned; more epochs are proposed where the loss still fell."""
    good = {"accuracy": 0.97, "baseline": 0.5, "test_examples": 100}
    assert all(finding.severity == "note" for finding in look_after(trained(tmp_path, 0.01, 40), good))
    short = look_after(trained(tmp_path, 0.01, 6), good)
    assert "still learning" in [finding.name for finding in short]
    assert "still learning" not in [
        f.name for f in look_after(trained(tmp_path, 0.01, 6), good, falling_rate=True)
    ]


def test_a_rate_far_too_high_or_low_is_named(tmp_path) -> None:
    """What the loss and the sizes of the steps show is said without opening the data again."""
    bad = {"accuracy": 0.5, "baseline": 0.5, "test_examples": 40}
    with pytest.warns(UserWarning, match="stopped being finite"):
        run = trained(tmp_path, 300.0, 6, "sgd")
    high = look_after(run, bad, "a")
    assert {"rate too high", "dead units", "not finite"} & {finding.name for finding in high}
    assert "rate too low" in {finding.name for finding in look_after(trained(tmp_path, 1e-7, 6), bad, "a")}
