"""Each symptom on both sides of its limit, in runs whose numbers were made up; and what is said about a run as a whole."""

import json

import numpy as np
import pytest
from trained import built, digits, end

from chainrule import diagnosis
from chainrule.diagnosis import gradients, labels, learning_rate, overfitting, units, updates
from chainrule.diagnosis.diagnose import without_echoes
from chainrule.diagnosis.records import Records
from chainrule.engine.examples import Scaled
from chainrule.recording import resume
from chainrule.runs import Parent, Run, RunWriter, Settings

LAYERS = ("low", "high")


def settings(loss="categorical_crossentropy", rate=0.01, activation="relu") -> Settings:
    """A network of two layers."""
    entries = [
        {"class_name": "Dense", "config": {"name": name, "units": 4, "activation": kind}}
        for name, kind in zip(LAYERS, (activation, "softmax"), strict=True)
    ]
    training = {"optimizer": {"class_name": "SGD", "config": {"learning_rate": rate}}, "loss": loss}
    return Settings(1, {"layers": entries}, training, {"name": "made up"}, 32, 9, "numpy")


def run(tmp_path, loss, epochs=(), parent=None, what=None, step=0, **sizes) -> Run:
    """A run with these losses of its steps; sizes: for each column, a number or one for each step."""
    about = what or settings()
    columns = {f"{kind}_rms[{layer}]": 1.0 for layer in LAYERS for kind in ("grad", "update", "weight")}
    columns |= {f"update_rms[{layer}]": 0.002 for layer in LAYERS} | {
        f"grad_rms[{layer}]": 0.01 for layer in LAYERS
    }
    columns |= {
        (name.replace("_in_", "[") + "]" if "_in_" in name else name): values
        for name, values in sizes.items()
    }
    rows = np.stack(
        [np.broadcast_to(values, len(loss)) for values in (loss, *columns.values())], axis=1
    ).astype(np.float32)
    state = {"params": [], "step": np.int32(step)}
    with RunWriter.create(
        tmp_path, "made-up", about, state, columns=("loss", *columns), extra={}, parent=parent, step=step
    ) as writer:
        each = len(rows) // max(1, len(epochs))
        for k, figures in enumerate(epochs or ({},)):
            writer.append_steps(rows[k * each : (k + 1) * each] if k + 1 < len(epochs) else rows[k * each :])
            writer.append_epoch(figures, 0.1)
        writer.snapshot(state | {"step": np.int32(step + len(rows))}, {})
        writer.finish()
    return Run(writer.folder)


def falling(count=200, first=2.4, last=0.5) -> np.ndarray:
    return np.geomspace(first, last, count)


def found(symptom, made) -> list[str]:
    return [f"{finding.severity}: {finding.name}" for finding in symptom(Records(made))]


def epochs(val_loss, val_accuracy=None, loss=None, accuracy=None) -> list[dict]:
    """Figures of some epochs; the loss falls, if not told otherwise."""
    count = len(val_loss)
    fields = {"val_loss": val_loss, "loss": loss or list(np.geomspace(1, 0.1, count))}
    fields |= (
        {} if val_accuracy is None else {"val_accuracy": val_accuracy, "accuracy": accuracy or [0.95] * count}
    )
    return [{name: float(values[k]) for name, values in fields.items()} for k in range(count)]


@pytest.mark.parametrize(
    ("loss", "ratio", "expected"),
    [
        (falling(), 0.002, []),
        (np.concatenate([[2.4], np.full(199, 13.0)]), 0.5, ["severe: rate too high"]),
        (
            np.concatenate([[2.4], np.full(199, 13.0)]),
            0.2,
            [],
        ),  # it rose, but not by large steps: something else is wrong
        (
            np.concatenate([[2.4], np.full(199, 11.0)]),
            0.5,
            ["severe: rate too high"],
        ),  # not five times, but it did not fall
        (np.concatenate([[2.4], np.full(20, 30.0), falling(179, 2.0, 0.3)]), 0.5, []),  # it has recovered
        (np.full(200, 2.4), 0.5, ["severe: rate too high"]),
        (np.full(200, 2.4), 0.25, []),
        (np.array([2.4]), 5.0, []),
    ],
)
def test_rate_too_high(tmp_path, loss, ratio, expected) -> None:
    """A loss that rises or stays, where one step moved a layer by more than 0.3 of its size."""
    assert (
        found(
            learning_rate.too_high,
            run(tmp_path, loss, update_rms_in_high=np.where(np.arange(len(loss)) == 0, ratio, 1e-3)),
        )
        == expected
    )


@pytest.mark.parametrize(
    ("ratio", "last", "expected"),
    [(1e-4, 2.2, ["severe: rate too low"]), (4e-4, 2.2, []), (1e-4, 1.2, []), (1e-2, 2.2, [])],
)
def test_rate_too_low(tmp_path, ratio, last, expected) -> None:
    """All 200 steps together less than 0.05 of a layer's size, and 0.6 of the loss is left; a fork may be meant so."""
    sizes = {f"update_rms_in_{layer}": ratio for layer in LAYERS}
    assert found(learning_rate.too_low, run(tmp_path, falling(last=last), **sizes)) == expected
    fork = run(tmp_path, falling(last=last), parent=Parent("other", "0" * 16, 0, []), **sizes)
    assert found(learning_rate.too_low, fork) == []


def test_no_progress(tmp_path) -> None:
    """A loss that ends where it began; but not of a model that was good already, nor of one that goes on learning."""
    flat, good = np.full(200, 2.3), epochs([2.3, 2.3], [0.95, 0.95])
    assert found(learning_rate.no_progress, run(tmp_path, flat)) == ["warning: no progress"]
    assert found(learning_rate.no_progress, run(tmp_path, flat[:40])) == []
    assert found(learning_rate.no_progress, run(tmp_path, falling(last=2.2))) == []
    assert found(learning_rate.no_progress, run(tmp_path, flat, good)) == []
    assert found(learning_rate.no_progress, run(tmp_path, flat, step=100)) == []


def test_leaps_of_the_validation(tmp_path) -> None:
    """Two epochs with more than twice the loss of the one before are a pattern, one is not; tiny losses may leap."""
    for held, expected in (
        ([1, 0.5, 1.2, 0.5, 1.3, 0.4], ["warning: rate too high"]), ([1, 0.5, 1.2, 0.5, 0.9, 0.4], []),
        ([1, 0.02, 0.05, 0.02, 0.05, 0.02], []), ([], []),
    ):  # fmt: skip
        assert found(learning_rate.jumping, run(tmp_path, falling(), epochs(held))) == expected


def test_not_finite(tmp_path) -> None:
    """From the first step whose loss is none on."""
    loss = falling()
    loss[50] = np.nan
    (finding,) = learning_rate.not_finite(Records(run(tmp_path, loss)))
    assert finding.steps == (50, 199)
    assert f"before it was {loss[49]:.3g}" in finding.says


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1e-6, 1e-2, ["severe: vanishing gradients"]),
        (5e-6, 1e-2, ["note: vanishing gradients"]),
        (2e-5, 1e-2, []),
        (0.0, 1e-2, []),
        (1e-2, 1e-2, []),
    ],
)
def test_vanishing_gradients(tmp_path, low, high, expected) -> None:
    """A thousandth of the highest layer's gradient; one of exactly 0 is that of dead units."""
    assert (
        found(gradients.vanishing, run(tmp_path, falling(), grad_rms_in_low=low, grad_rms_in_high=high))
        == expected
    )


def test_exploding_gradients(tmp_path) -> None:
    """Above 2 with a cross-entropy; with other losses only growth counts, against the largest at the beginning."""
    price = settings("mean_squared_error")
    assert found(gradients.exploding, run(tmp_path, falling(), grad_rms_in_low=3.0)) == [
        "severe: exploding gradients"
    ]
    assert found(gradients.exploding, run(tmp_path, falling(), grad_rms_in_low=1.0)) == []
    assert found(gradients.exploding, run(tmp_path, falling(), what=price, grad_rms_in_low=300.0)) == []
    grown = np.geomspace(0.1, 200, 200)
    assert found(gradients.exploding, run(tmp_path, falling(), what=price, grad_rms_in_low=grown)) == [
        "severe: exploding gradients"
    ]
    assert (
        found(
            gradients.exploding,
            run(tmp_path, falling(), what=price, grad_rms_in_low=grown, grad_rms_in_high=1.0),
        )
        == []
    )


def test_updates_out_of_range(tmp_path) -> None:
    """A typical step above 0.1 of the layer's size; a layer that stands still while another learns."""

    def names(**sizes):
        return [(f.name, f.layer) for f in updates.out_of_range(Records(run(tmp_path, falling(), **sizes)))]

    assert names() == []
    assert names(update_rms_in_low=0.15) == [("update too large", "low")]
    assert names(update_rms_in_low=0.08) == []
    assert names(update_rms_in_low=1e-5) == [("update too small", "low")]
    assert names(update_rms_in_low=1e-4) == []
    assert names(update_rms_in_low=1e-5, update_rms_in_high=2e-5) == []  # none learns: that is the rate
    assert names(weight_rms_in_low=0.0) == []  # weights that begin at 0 have no size


def test_shares_of_units_as_recorded(tmp_path) -> None:
    """Where the network cannot be asked: dead is what stayed dead, saturated a mean; the end of the network may saturate."""

    def names(activation="relu", **shares):
        made = run(tmp_path, falling(), what=settings(activation=activation), **shares)
        return [(f.name, f.severity, f.layer, f.steps) for f in units.idle(Records(made), None, 200)]

    late = np.where(np.arange(200) < 120, 0.2, 0.97)
    assert names(dead_in_low=0.97) == [("dead units", "severe", "low", (0, 199))]
    assert names(dead_in_low=0.5) == [("dead units", "warning", "low", (0, 199))]
    assert names(dead_in_low=0.3) == []
    assert names(dead_in_low=np.where(np.arange(200) % 2, 0.6, 0.3)) == []  # units that sleep are not dead
    assert names(dead_in_low=late) == []
    assert names("tanh", saturated_in_low=0.8) == [("saturated units", "warning", "low", (0, 199))]
    assert names("tanh", saturated_in_low=0.6) == []
    assert names("sigmoid", saturated_in_high=0.99) == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (epochs([1, 0.5, 0.4, 0.5, 0.55], [0.8, 0.9, 0.92, 0.9, 0.88]), ["warning: overfitting"]),
        (epochs([1, 0.5, 0.4, 0.41, 0.42], [0.8, 0.9, 0.92, 0.9, 0.88]), []),  # hardly risen
        (
            epochs([1, 0.5, 0.4, 0.5, 0.55], [0.8, 0.9, 0.92, 0.92, 0.92]),
            ["note: overfitting"],
        ),  # no answer got worse
        (epochs([1, 0.5, 0.4, 0.45, 0.45], [0.8, 0.9, 0.92, 0.92, 0.92]), []),
        (
            epochs([1, 0.5, 0.4, 0.5, 0.55], [0.8, 0.9, 0.92, 0.9, 0.88], loss=[1, 0.5, 0.4, 0.5, 0.6]),
            [],
        ),  # both rise
        (epochs([1, 0.5, 0.4, 0.5, 0.55]), ["warning: overfitting"]),  # numbers, no classes
        (epochs([1, 0.5, 0.4, 0.45, 0.46]), []),
        (
            epochs([1, 0.9, 0.8, 0.7], [0.5, 0.6, 0.65, 0.66], accuracy=[0.6, 0.8, 0.9, 0.99]),
            ["warning: overfitting"],
        ),
        (epochs([1, 0.9, 0.8, 0.7], [0.5, 0.6, 0.75, 0.76], accuracy=[0.6, 0.8, 0.9, 0.99]), []),
        (epochs([1, 0.9]), []),
        ([{"loss": 0.5}], []),
    ],
)
def test_overfitting(tmp_path, told, expected) -> None:
    """Held-back loss risen by a tenth while the other fell and a point of accuracy was lost; or a gap of a quarter."""
    assert found(overfitting.overfitting, run(tmp_path, falling(), told)) == expected


def test_what_follows_from_a_cause_is_said_once() -> None:
    """With a rate that is too high, large updates are no finding of their own; dead units point to it."""
    rate, large, dead = (
        diagnosis.Finding(name, "severe", "", "do this")
        for name in ("rate too high", "update too large", "dead units")
    )
    kept = without_echoes([rate, large, dead])
    assert [finding.name for finding in kept] == ["rate too high", "dead units"]
    assert "cure that first" in kept[1].advice
    assert without_echoes([dead]) == [dead]


def test_the_order_of_findings() -> None:
    """The worst first; among those, causes before effects."""
    made = [
        diagnosis.Finding(name, severity, "", "")
        for name in reversed(diagnosis.NAMES)
        for severity in reversed(diagnosis.SEVERITIES)
    ]
    ordered = sorted(made, key=lambda finding: finding.weight)
    assert [finding.severity for finding in ordered] == [
        s for s in diagnosis.SEVERITIES for _ in diagnosis.NAMES
    ]
    assert [finding.name for finding in ordered[: len(diagnosis.NAMES)]] == list(diagnosis.NAMES)


def test_a_run_without_steps(tmp_path) -> None:
    """There is nothing to look at yet; that is neither a finding nor health."""
    writer = RunWriter.create(tmp_path, "new", settings(), {"params": []}, columns=("loss",), extra={})
    writer.close()
    result = diagnosis.diagnose(Run(writer.folder))
    assert "nothing to look at yet" in str(result)
    assert result.looked_at == ()
    assert len(result) == 0


def test_the_diagnosis_for_programs(tmp_path) -> None:
    """All of it as JSON; numbers that are not finite included."""
    loss = falling()
    loss[3:] = np.nan
    fields = json.loads(json.dumps(diagnosis.diagnose(run(tmp_path, loss, epochs([1, 0.5]))).to_dict()))
    assert fields["findings"][0]["name"] == "not finite"
    assert fields["findings"][0]["steps"] == [3, 199]
    assert not fields["healthy"]
    assert "recorded by a program of its own" in fields["left_out"][0]


def test_the_rate_that_is_named(tmp_path) -> None:
    """As it was set, the peak of a schedule too; but what was recorded where a callback chose another."""
    cycle = {
        "class_name": "OneCycle",
        "config": {"peak_learning_rate": 0.05, "total_steps": 200, "warmup_steps": 20},
    }
    for rate, recorded, expected in (
        (0.01, 0.01, 0.01),
        (cycle, np.linspace(0, 0.0499, 200), 0.05),
        (0.01, 0.2, 0.2),
        (0.01, np.nan, 0.01),
    ):
        made = run(tmp_path, falling(), what=settings(rate=rate), learning_rate=recorded)
        assert Records(made).rate == expected
    assert Records(run(tmp_path, falling(), what=settings(rate=0.3))).rate == 0.3


def test_a_run_that_was_killed(tmp_path, monkeypatch) -> None:
    """Its last steps are learned again, where that is quick; else a network that has learned nothing yet is not asked."""
    killed = built(tmp_path, [end()], count=500, epochs=2)
    for step in killed.run.snapshots()[1:]:
        (killed.run.path / "snapshots" / f"{step:010d}.safetensors").unlink()
    result = diagnosis.diagnose(killed.run, killed)
    assert "the classes it answers" in result.looked_at
    assert result.healthy, str(result)
    monkeypatch.setattr(labels, "BUDGET", 0.0)
    result = diagnosis.diagnose(killed.run, killed)
    assert "no state after its first step is at hand" in " ".join(result.left_out)
    assert result.healthy, str(result)


def test_a_run_that_was_opened(tmp_path) -> None:
    """What `open_run` gives brings its data and network along."""
    replay = built(tmp_path, [end()], count=500, epochs=2)
    data, _ = digits(500)
    x = Scaled(data.x_train.reshape(-1, 784))
    run = resume.open_run("last", tmp_path, model=replay.model, x=x, y=data.y_train)
    assert "500 labels" in diagnosis.diagnose(run).looked_at


def test_how_many_contradicted_labels_are_reported() -> None:
    """From 1 % on, and five; between two classes from 3 % on, because unsure networks contradict there more often."""

    def reported(estimate, count, classes) -> bool:
        none = np.zeros(count)
        ranked = diagnosis.Suspects(
            none.astype(int),
            none.astype(int),
            none.astype(int),
            none,
            estimate,
            (1,),
            tuple("abcdefghij"[:classes]),
        )
        return bool(labels.suspicious(ranked))

    assert [reported(n, 1000, 10) for n in (9, 10)] == [False, True]
    assert [reported(n, 1000, 2) for n in (29, 30)] == [False, True]
    assert [reported(n, 100, 10) for n in (4, 5)] == [False, True]
