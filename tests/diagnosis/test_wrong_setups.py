"""What was wrong before the first step is named, and not what follows from it: the end, the inputs, the labels, their order."""

import numpy as np
import pytest
from trained import built, digits, end, opened

from chainrule import Sequential, arrays, diagnosis, losses
from chainrule.layers import Activation, Dense, Input, ReLU, Softmax
from chainrule.recording.recorder import RunRecorder


def run_of(folder, layers, loss, x, y, optimizer="adam", epochs=5, metrics=("accuracy",), **fit):
    """A small network of one's own, recorded and opened; warnings are left aside."""
    import warnings

    arrays.set_seed(3)
    model = Sequential([Input(x.shape[1:]), *layers])
    model.compile(optimizer, loss, list(metrics), backend="numpy")
    record = RunRecorder(folder, "own")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, batch_size=32, epochs=epochs, verbose=0, callbacks=[record], **fit)
    return opened(record, model, x, y)


def blobs(n=600, classes=2, seed=0, spread=1.0):
    """Points around one center a class, and their classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    centers = np.random.default_rng(9).normal(size=(classes, 8)) * 2
    return (centers[y] + spread * rng.normal(size=(n, 8))).astype("f4"), y


@pytest.mark.parametrize(
    ("layers", "loss", "classes", "words"),
    [
        ([Dense(1, "softmax")], "binary_crossentropy", 2, "always 1"),
        ([Dense(1), Softmax()], "mse", 2, "always 1"),
        ([Dense(3, "softmax")], losses.SparseCategoricalCrossentropy(from_logits=True), 3, "applied twice"),
        ([Dense(1, "sigmoid")], losses.BinaryCrossentropy(from_logits=True), 2, "applied twice"),
        ([Dense(3)], "sparse_categorical_crossentropy", 3, "for probabilities"),
        ([Dense(3, "relu")], "sparse_categorical_crossentropy", 3, "ends with relu"),
        ([Dense(3), Activation("tanh")], "sparse_categorical_crossentropy", 3, "ends with tanh"),
        ([Dense(1)], "binary_crossentropy", 2, "for probabilities"),
        ([Dense(1), ReLU()], "binary_crossentropy", 2, "ends with relu"),
    ],
)
def test_an_end_that_does_not_fit_the_loss(tmp_path, layers, loss, classes, words) -> None:
    """It is the only alarm, with and without the run's data."""
    x, y = blobs(classes=classes)
    replay = run_of(tmp_path, [Dense(12, "relu"), *layers], loss, x, y)
    for found in (diagnosis.diagnose(replay.run, replay), diagnosis.diagnose(replay.run)):
        assert [f.name for f in found if f.severity != "note"] == ["end does not fit the loss"], str(found)
        assert words in found.findings[0].says


@pytest.mark.parametrize(("activation", "low"), [("relu", -3.0), ("sigmoid", 5.0), ("tanh", -40.0)])
def test_targets_that_the_end_cannot_reach(tmp_path, activation, low) -> None:
    """A regression that ends with relu, sigmoid or tanh, and targets outside."""
    x, _ = blobs()
    replay = run_of(tmp_path, [Dense(12, "relu"), Dense(1, activation)], "mse", x, x[:, :1] + low, metrics=())
    assert "end does not fit the loss" in [f.name for f in diagnosis.diagnose(replay.run, replay)]


@pytest.mark.parametrize(
    ("layers", "loss", "classes"),
    [([Dense(3, "softmax")], "sparse_categorical_crossentropy", 3), ([Dense(3)], losses.SparseCategoricalCrossentropy(from_logits=True), 3),
     ([Dense(1, "sigmoid")], "binary_crossentropy", 2), ([Dense(1)], losses.BinaryCrossentropy(from_logits=True), 2), ([Dense(3), Softmax()], "sparse_categorical_crossentropy", 3)],
)  # fmt: skip
def test_ends_that_fit_are_no_alarm(tmp_path, layers, loss, classes) -> None:
    """Probabilities for losses of probabilities, scores for losses of logits."""
    x, y = blobs(classes=classes)
    replay = run_of(
        tmp_path,
        [Dense(12, "relu"), *layers],
        loss,
        x,
        y,
        epochs=8,
        validation_data=blobs(200, classes, seed=1),
    )
    found = diagnosis.diagnose(replay.run, replay)
    assert found.healthy, str(found)


@pytest.mark.parametrize("kind", ["labels without sense", "no gradient", "constant inputs"])
def test_where_nothing_was_learned_it_is_said_whatever_the_first_loss_was(tmp_path, kind) -> None:
    """The loss falls from a bad beginning to that of one answer for all: that is no learning."""
    x, y = blobs(800, 4)
    rng = np.random.default_rng(5)
    layers = [Dense(4, "softmax", bias_initializer="random_normal")]
    if kind == "labels without sense":
        y = rng.integers(0, 4, 800)
    elif kind == "constant inputs":
        x = np.ones_like(x)
    else:
        layers = [
            Dense(8, "relu", kernel_initializer="zeros"),
            Dense(8, "relu", kernel_initializer="zeros"),
            *layers,
        ]
    held = (x[600:], rng.integers(0, 4, 200)) if kind != "constant inputs" else (x[600:], y[600:])
    replay = run_of(
        tmp_path,
        layers,
        "sparse_categorical_crossentropy",
        x[:600],
        y[:600],
        "sgd",
        epochs=6,
        validation_data=held,
    )
    found = diagnosis.diagnose(replay.run, replay)
    assert {f.name for f in found} & {"no progress", "no better than one answer"}, str(found)
    assert not found.healthy


def test_an_accuracy_of_chance_on_what_was_held_back_alarms(tmp_path) -> None:
    """Also without the run's data, from the recorded figures alone."""
    x, y = blobs(400, 4)
    replay = run_of(tmp_path, [Dense(4, "softmax")], "sparse_categorical_crossentropy", x, y, epochs=4,
                    validation_data=(np.random.default_rng(1).normal(size=(300, 8)).astype("f4"), np.random.default_rng(2).integers(0, 4, 300)))  # fmt: skip
    names = [f.name for f in diagnosis.diagnose(replay.run)]
    assert "no better than one answer" in names or "overfitting" in names


def test_the_majority_is_no_success(tmp_path) -> None:
    """Of two classes, nine in ten are one: 90 % right is nothing."""
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(800, 8)).astype("f4"), (rng.random(800) < 0.1).astype(int)
    replay = run_of(
        tmp_path,
        [Dense(1, "sigmoid")],
        "binary_crossentropy",
        x[:600],
        y[:600],
        epochs=6,
        validation_data=(x[600:], y[600:]),
    )
    assert {f.name for f in diagnosis.diagnose(replay.run, replay)} & {
        "no progress",
        "no better than one answer",
    }


@pytest.mark.parametrize("classes", [3, 6, 10])
def test_examples_in_the_order_of_their_classes(tmp_path, classes) -> None:
    """With validation_split, what is held back are classes that were never learned: fit warns, the doctor names the order."""
    x, y = blobs(900, classes)
    order = np.argsort(y, kind="stable")
    x, y = x[order], y[order]
    arrays.set_seed(1)
    model = Sequential([Input((8,)), Dense(classes, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], backend="numpy")
    record = RunRecorder(tmp_path, "own")
    with pytest.warns(UserWarning, match="in the order of their classes"):
        model.fit(x, y, validation_split=0.35, epochs=6, verbose=0, callbacks=[record])
    cut = int(900 * 0.65)
    replay = opened(record, model, x[:cut], y[:cut])
    found = [f.name for f in diagnosis.diagnose(replay.run, replay) if f.severity != "note"]
    assert found[0] == "sorted data"
    assert "overfitting" not in found


def test_labels_from_one_and_missing_classes(tmp_path) -> None:
    """An output too many because labels begin at 1; classes that no example has."""
    x, y = blobs(600, 4)
    replay = run_of(
        tmp_path / "a", [Dense(5, "softmax")], "sparse_categorical_crossentropy", x, y + 1, epochs=8
    )
    assert "labels from 1" in [f.name for f in diagnosis.diagnose(replay.run, replay)]
    replay = run_of(tmp_path / "b", [Dense(9, "softmax")], "sparse_categorical_crossentropy", x, y, epochs=8)
    found = {f.name: f for f in diagnosis.diagnose(replay.run, replay)}
    assert found["class missing"].evidence["missing"] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("factor", "offset", "named"),
    [(255, 0, True), (1000, 0, True), (1, 500, True), (1, 0, False), (2, -1, False)],
)
def test_inputs_that_are_not_scaled(tmp_path, factor, offset, named) -> None:
    """Pixels up to 255 and far offsets are named."""
    data, _ = digits(600)
    x = data.x_train.reshape(-1, 784) / np.float32(255) * factor + offset
    replay = run_of(
        tmp_path,
        [Dense(16, "relu"), end()],
        "sparse_categorical_crossentropy",
        x.astype("f4"),
        data.y_train,
        epochs=2,
    )
    assert ("inputs not scaled" in [f.name for f in diagnosis.diagnose(replay.run, replay)]) == named


def test_a_loss_that_rose_did_not_fall(tmp_path) -> None:
    """No sentence says that a loss fell from less to more."""
    from test_symptoms import run

    from chainrule.diagnosis import learning_rate
    from chainrule.diagnosis.records import Records

    for loss in (np.linspace(7.17, 7.97, 200), np.linspace(2.3, 2.29, 200)):
        sizes = {f"update_rms_in_{layer}": 1e-7 for layer in ("low", "high")}
        for finding in learning_rate.too_low(Records(run(tmp_path / str(loss[0]), loss, **sizes))):
            assert ("fell only" in finding.says) == (loss[-1] < loss[0])


def test_healthy_networks_of_ones_own(tmp_path) -> None:
    """A network on digits as everybody writes it has no finding of these kinds."""
    replay = built(tmp_path, [Dense(32, "relu"), end()], count=1500, epochs=5)
    names = [f.name for f in diagnosis.diagnose(replay.run, replay) if f.severity != "note"]
    assert names == []


def test_a_loss_that_is_not_for_these_labels(tmp_path) -> None:
    """Class numbers learned as amounts, and one class of several asked for as if there could be more; amounts are no alarm."""
    x, y = blobs(600, 4)
    name = "wrong loss for these labels"
    replay = run_of(tmp_path / "a", [Dense(12, "relu"), Dense(1)], "mse", x, y.astype("f4"))
    assert name in [f.name for f in diagnosis.diagnose(replay.run, replay)]
    replay = run_of(
        tmp_path / "b",
        [Dense(12, "relu"), Dense(4, "softmax")],
        "binary_crossentropy",
        x,
        np.eye(4)[y],
        metrics=(),
    )
    assert name in [f.name for f in diagnosis.diagnose(replay.run, replay)]
    replay = run_of(tmp_path / "c", [Dense(12, "relu"), Dense(1)], "mse", x, x[:, 0] * 2, metrics=("mae",))
    assert name not in [f.name for f in diagnosis.diagnose(replay.run, replay)]


@pytest.mark.parametrize(("accuracies", "alarms"), [([0.46, 0.62], False), ([0.5, 0.49, 0.51, 0.52], True)])
def test_a_short_training_that_rises_is_judged_by_its_last_epoch(accuracies, alarms) -> None:
    """The mean of the last epochs is that of chance where the first of them was worse; the last one is not."""
    from types import SimpleNamespace

    from chainrule.diagnosis.progress import no_better_than_one_answer

    figures = {"accuracy": np.array(accuracies)}
    records = SimpleNamespace(
        has=lambda name: name in figures, metrics=accuracies, outputs=2, first=0, last=25, count=26,
        figure=lambda name: figures.get(name, np.array([])),
    )  # fmt: skip
    assert bool(no_better_than_one_answer(records, None)) == alarms
