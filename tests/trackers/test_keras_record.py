"""integrations.keras: a fit of Keras itself, recorded with no bit of it changed, and gone on with from a snapshot."""

import hashlib

import keras
import numpy as np
import pytest

from chainrule.cli import main
from chainrule.errors import SettingError
from chainrule.explain import StepExplained
from chainrule.integrations.keras import Record, Restore
from chainrule.integrations.keras_steps import keras_step
from chainrule.runs import Run

X = np.random.default_rng(1).normal(size=(200, 6)).astype("float32")
Y = (X.sum(1) > 0).astype("float32")


def dense():
    """Layers with everything that changes beside weights: moving means, a generator of random numbers."""
    return [
        keras.layers.Dense(8, activation="relu"), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3),
        keras.layers.Dense(1, activation="sigmoid"),
    ]  # fmt: skip


def convolutional():
    return [
        keras.layers.Reshape((6, 1)), keras.layers.Conv1D(4, 3, activation="relu"), keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]  # fmt: skip


def recurrent():
    return [
        keras.layers.Reshape((3, 2)), keras.layers.Bidirectional(keras.layers.LSTM(3, dropout=0.2)),
        keras.layers.Dense(1, activation="sigmoid"),
    ]  # fmt: skip


class Doubled(keras.layers.Layer):
    """A layer that is not known to Chainrule."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return 2 * x * self.scale


def unknown():
    return [Doubled(), keras.layers.Dense(1, activation="sigmoid")]


KINDS = [dense, convolutional, recurrent, unknown]


def made(kind=dense, optimizer="adam", **settings):
    """The same network at its first weights, each time."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((6,)), *kind()])
    model.compile(
        optimizer, "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")], **settings
    )
    return model


def fit(model, callbacks=(), epochs=3):
    return model.fit(X, Y, epochs=epochs, verbose=0, validation_split=0.1, callbacks=list(callbacks)).history


def fingerprint(model) -> str:
    """Of all weights, generators and the optimizer's state."""
    arrays = [np.asarray(v) for v in [*model.variables, *model.optimizer.variables]]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_no_bit_is_changed_and_a_snapshot_leads_to_the_same_end(tmp_path, kind) -> None:
    """Weights, moving means, generators, optimizer and history are those of the fit that nobody recorded; from the second
    epoch's beginning, with other weights and seeds before, Keras comes to them once more."""
    plain = made(kind)
    history = fit(plain)
    recorded, record = made(kind), Record(tmp_path, save_freq=3)
    assert fit(recorded, [record]) == history
    assert fingerprint(recorded) == fingerprint(plain)
    again = made(kind)
    keras.utils.set_random_seed(99)
    for weights in again.weights:
        weights.assign(np.zeros(weights.shape))
    resumed = fit(again, [Restore(Run(record.folder), 11)])
    assert fingerprint(again) == fingerprint(plain)
    assert resumed == {name: values[1:] for name, values in history.items()}


def test_every_step_and_epoch_is_there(tmp_path) -> None:
    """Steps' losses are their own: weighed by the batches' sizes they make the epoch's; epochs are Keras's history."""
    record = Record(tmp_path, save_freq="epoch")
    history = fit(made(), [record])
    run = Run(record.folder)
    assert run.verify() == []
    assert run.status == "finished"
    assert run.columns == ("loss", "accuracy", "learning_rate")  # AUC is no mean over batches
    assert run.snapshots() == [0, 6, 12, 18]
    assert [epoch.metrics["val_auc"] for epoch in run.epochs] == history["val_auc"]
    sizes = [32, 32, 32, 32, 32, 20]
    for name in ("loss", "accuracy"):
        for epoch in range(3):
            mean = np.average(run.steps[name][6 * epoch : 6 * epoch + 6], weights=sizes)
            assert mean == pytest.approx(history[name][epoch], rel=1e-5)
    assert np.all(run.steps["learning_rate"] == np.float32(0.001))


def test_the_first_steps_loss_is_that_of_the_first_weights(tmp_path) -> None:
    """One batch of all examples: what Keras itself says of the network before it learned."""
    model = made(convolutional)
    before = model.evaluate(X, Y, batch_size=200, verbose=0, return_dict=True)["loss"]
    record = Record(tmp_path)
    model.fit(X, Y, batch_size=200, epochs=2, verbose=0, callbacks=[record])
    assert Run(record.folder).steps["loss"][0] == pytest.approx(before, rel=1e-6)


@pytest.mark.parametrize("kind", ["weights", "weights from the second epoch", "mask", "time steps"])
def test_steps_of_examples_that_count_differently_are_their_own(tmp_path, kind) -> None:
    """Sample weights, class weights, masks and several answers an example: each step's figures are those of its batch alone."""
    rng = np.random.default_rng(3)
    x, y, given = X[:96], Y[:96], {}
    layers = [keras.layers.Dense(1, activation="sigmoid")]
    if kind == "mask":
        x = rng.integers(0, 4, (96, 5)).astype("float32")
        y = rng.integers(0, 2, (96, 5, 1)).astype("float32")
        layers = [
            keras.layers.Embedding(4, 3, mask_zero=True),
            keras.layers.SimpleRNN(2, return_sequences=True),
            *layers,
        ]
    elif kind == "time steps":
        x, y = X[:96].reshape(96, 3, 2), rng.integers(0, 2, (96, 3, 1)).astype("float32")
    weights = None if kind in ("mask", "time steps") else rng.random(96).astype("float32")
    if kind == "weights":
        given = {"sample_weight": weights}

    def model():
        keras.utils.set_random_seed(5)
        made = keras.Sequential(
            [keras.Input(x.shape[1:]), *[type(one).from_config(one.get_config()) for one in layers]]
        )
        made.compile(
            keras.optimizers.SGD(0.0), "binary_crossentropy", metrics=["accuracy"], weighted_metrics=["mse"]
        )
        return made

    record = Record(tmp_path, save_freq="epoch")
    if kind == "weights from the second epoch":

        def batches():
            for k in range(6):
                rows = slice(32 * (k % 3), 32 * (k % 3) + 32)
                yield (x[rows], y[rows]) if k < 3 else (x[rows], y[rows], weights[rows])

        model().fit(batches(), steps_per_epoch=3, epochs=2, verbose=0, callbacks=[record])
    else:
        model().fit(x, y, batch_size=32, epochs=2, shuffle=False, verbose=0, callbacks=[record], **given)
    steps, still = Run(record.folder).steps, model()
    for k in range(6):  # nothing is learned at rate 0, so each batch alone says what its step was
        if kind == "weights from the second epoch" and k == 3:
            continue  # the step in which weights first appear
        rows = slice(32 * (k % 3), 32 * (k % 3) + 32)
        weighted = weights is not None and (kind == "weights" or k > 3)
        told = {"sample_weight": weights[rows]} if weighted else {}
        alone = still.fit(x[rows], y[rows], batch_size=32, shuffle=False, verbose=0, **told).history
        for name in ("loss", "accuracy", "mse"):
            assert steps[name][k] == pytest.approx(alone[name][0], rel=1e-4), (name, k)


def test_snapshots_take_a_small_share_of_the_time(tmp_path, monkeypatch) -> None:
    """Of many short epochs few are kept, the first and the last state always, and every epoch's beginning can be restored from
    the one before it."""
    monkeypatch.setattr(
        "chainrule.integrations.keras.SHARE", 0.0
    )  # the share is used up at once, on any machine
    record = Record(tmp_path)
    plain = made()
    fit(plain, epochs=12)
    recorded = made()
    fit(recorded, [record], epochs=12)
    run = Run(record.folder)
    assert {0, 72} <= set(run.snapshots()) <= set(range(0, 73, 6))
    assert len(run.snapshots()) < 13
    again = made()
    fit(again, [Restore(run, 60)], epochs=12)
    assert fingerprint(again) == fingerprint(plain) == fingerprint(recorded)


def test_snapshots_hold_the_weights_by_layer(tmp_path) -> None:
    """The last one's are the model's."""
    model, record = made(), Record(tmp_path)
    fit(model, [record])
    params = Run(record.folder).load_snapshot(18).state["learning"]["params"]
    kernels = [entry["kernel"] for entry in params if "kernel" in entry]
    assert len(kernels) == 2
    assert np.array_equal(kernels[0], np.asarray(model.layers[0].kernel))
    assert np.array_equal(kernels[1], np.asarray(model.layers[3].kernel))


def test_a_rate_that_changes_is_recorded(tmp_path) -> None:
    """A schedule's of each step, and a callback's."""
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 4, 0.5)
    record = Record(tmp_path / "a")
    fit(made(optimizer=keras.optimizers.SGD(schedule)), [record])
    assert Run(record.folder).steps["learning_rate"] == pytest.approx(
        0.01 * 0.5 ** (np.arange(18) / 4), rel=1e-5
    )
    record = Record(tmp_path / "b")
    fit(made(), [keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)), record])
    assert Run(record.folder).steps["learning_rate"][::6] == pytest.approx([0.1, 0.05, 0.1 / 3])


def test_the_commands_work_on_it(tmp_path, monkeypatch, capsys) -> None:
    """runs, runs show and the export to a table."""
    monkeypatch.chdir(tmp_path)
    fit(made(), [Record("runs", label="theirs")])
    assert main(["runs"]) == 0
    assert "6-8-1" in capsys.readouterr().out
    assert main(["runs", "show", "last"]) == 0
    assert "Keras " in capsys.readouterr().out
    assert main(["export", "last", "--out", "steps.csv"]) == 0
    assert main(["export", "last", "--to", "tensorboard", "--out", "logs"]) == 0


def steady():
    return [
        keras.layers.Dense(8, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]


@pytest.mark.parametrize("kind", [steady, convolutional])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_step_that_is_explained_is_the_one_that_keras_took(tmp_path, kind, optimizer) -> None:
    """The step opened from the run moves every weight, and the optimizer's memory, as Keras moved them: to the next snapshot within 1e-5."""
    record = Record(tmp_path, save_freq=1)
    model = made(kind, optimizer)
    model.fit(X, Y, batch_size=50, epochs=2, verbose=0, callbacks=[record])
    run = Run(record.folder)
    for step in (0, 3, 5):
        found = StepExplained(keras_step(run, step))
        assert found.loss == pytest.approx(run_loss(run, step), rel=1e-4)
        assert found.agreement(keras_step(run, step + 1).state).largest < 1e-5


def run_loss(run, step):
    return float(run.steps["loss"][step])


def test_what_cannot_be_explained_says_why(tmp_path, capsys) -> None:
    """A step without a batch, a network with noise, one with a layer of one's own: one sentence each, no traceback."""
    for kind, says in ((dense, "draws random numbers"), (unknown, "not known here")):
        record = Record(tmp_path / kind.__name__, save_freq=2)
        made(kind).fit(X, Y, batch_size=50, epochs=1, verbose=0, callbacks=[record])
        assert main(["explain", "last@0", "--runs-dir", str(tmp_path / kind.__name__)]) == 2
        assert says in capsys.readouterr().err
    assert main(["explain", "last@1", "--runs-dir", str(tmp_path / "dense")]) == 2
    assert "kept the batches of the steps 0, 2, not of step 1" in " ".join(capsys.readouterr().err.split())
    assert main(
        ["plot", "last", "--runs-dir", str(tmp_path / "dense"), "--out", str(tmp_path / "curve.png")]
    ) in (0, 1)
    assert "unforeseen" not in capsys.readouterr().err


def test_a_fit_that_breaks_leaves_keras_as_it_was(tmp_path) -> None:
    """The run keeps what there was, as failed, and the next fit is not recorded into it."""

    def broken():
        for k in range(0, 128, 32):
            yield X[k : k + 32], Y[k : k + 32]
        raise OSError("The disk is gone.")

    model, record = made(), Record(tmp_path)
    with pytest.raises(OSError, match="disk is gone"):
        model.fit(broken(), steps_per_epoch=8, epochs=2, verbose=0, callbacks=[record])
    steps = len(Run(record.folder).steps)
    assert steps in {3, 4}  # Keras fetches one batch ahead
    assert Run(record.folder).status == "failed"
    model.fit(X, Y, epochs=1, verbose=0)
    assert len(Run(record.folder).steps) == steps


def test_another_model_is_not_restored(tmp_path) -> None:
    """It is refused before any weight is changed."""
    record = Record(tmp_path)
    fit(made(), [record], epochs=1)
    other = made(convolutional)
    before = [np.asarray(weights).copy() for weights in other.weights]
    with pytest.raises(SettingError, match="not the one that"):
        fit(other, [Restore(record.folder)])
    assert all(np.array_equal(a, b) for a, b in zip(other.weights, before, strict=True))


def test_what_cannot_be_recorded_is_said() -> None:
    """Steps that nobody sees, and a save_freq that means nothing."""
    with pytest.raises(SettingError, match="save_freq"):
        Record(save_freq="batch")
    with pytest.raises(SettingError, match="steps_per_execution=1"):
        fit(made(steps_per_execution=2), [Record()])
