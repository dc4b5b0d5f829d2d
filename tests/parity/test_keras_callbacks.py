"""Callbacks decide as Keras's do: both are driven with the same figures, drawn at random, and must do the same."""

import contextlib
import csv
import io
import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twins import keras

from chainrule import callbacks

FIGURES = st.lists(st.integers(0, 12).map(lambda n: n / 4) | st.none(), min_size=1, max_size=14)
DELTAS = st.sampled_from([0.0, 0.25, 0.3, -0.25])
MODES = st.sampled_from(["min", "max"])


class FakeModel:
    """What callbacks see of a model; weights are the number of the epoch, so that it shows which were restored."""

    def __init__(self) -> None:
        self.optimizer = SimpleNamespace(learning_rate=1.0)
        self.stop_training, self.metrics, self.saved = False, [], []
        self.weights = [np.array([0.0])]

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)

    def save(self, path, overwrite=True):
        self.saved.append(str(path))

    def save_weights(self, path, overwrite=True):
        self.saved.append(str(path))


def run(callback, figures) -> dict:
    """A training whose figures are given: what the callback did, epoch by epoch."""
    model, out, path = FakeModel(), io.StringIO(), []
    callback.set_model(model)
    callback.set_params({"epochs": len(figures), "verbose": 0, "steps": 1})
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        callback.on_train_begin()
        for epoch, figure in enumerate(figures):
            callback.on_epoch_begin(epoch)
            model.weights = [np.array([float(epoch)])]
            logs = {"loss": 1.0} | ({} if figure is None else {"figure": figure})
            callback.on_epoch_end(epoch, logs)
            path.append(
                (epoch, model.stop_training, float(model.optimizer.learning_rate), logs.get("learning_rate"))
            )
            if model.stop_training:
                break
        callback.on_train_end()
    numbers = [
        tuple(None if value is None else pytest.approx(float(value), rel=1e-6) for value in row)
        for row in path
    ]
    return {"path": numbers, "weights": model.weights[0][0], "saved": model.saved, "said": out.getvalue()}


@given(
    figures=FIGURES, mode=MODES, delta=DELTAS, patience=st.integers(0, 4), restore=st.booleans(),
    baseline=st.sampled_from([None, 1.0, 2.0]), start=st.integers(0, 3),
)  # fmt: skip
def test_early_stopping_stops_where_keras_s_does(
    figures, mode, delta, patience, restore, baseline, start
) -> None:
    """The same epoch, the same weights restored, the same words, for any figures and settings."""
    settings = {
        "monitor": "figure", "mode": mode, "min_delta": delta, "patience": patience, "restore_best_weights": restore,
        "baseline": baseline, "start_from_epoch": start, "verbose": 1,
    }  # fmt: skip
    ours, theirs = (run(k.EarlyStopping(**settings), figures) for k in (callbacks, keras.callbacks))
    assert ours == theirs


@given(
    figures=FIGURES, mode=MODES, delta=DELTAS, patience=st.integers(0, 3), cooldown=st.integers(0, 3),
    factor=st.sampled_from([0.1, 0.5]), least=st.sampled_from([0.0, 0.2]),
)  # fmt: skip
def test_the_rate_falls_where_keras_s_does(figures, mode, delta, patience, cooldown, factor, least) -> None:
    """ReduceLROnPlateau: the same rates after every epoch, and the same logs."""
    settings = {
        "monitor": "figure", "mode": mode, "min_delta": delta, "patience": patience, "cooldown": cooldown,
        "factor": factor, "min_lr": least, "verbose": 1,
    }  # fmt: skip
    ours, theirs = (run(k.ReduceLROnPlateau(**settings), figures) for k in (callbacks, keras.callbacks))
    rates = [
        [float(rate) for rate in re.findall(r"rate to ([\d.e-]+)\.", result.pop("said"))]
        for result in (ours, theirs)
    ]
    assert rates[0] == pytest.approx(rates[1], rel=1e-6)
    assert ours == theirs


@given(
    figures=FIGURES, mode=MODES, best=st.booleans(), weights=st.booleans(), first=st.sampled_from([None, 1.0])
)
def test_models_are_kept_where_keras_keeps_them(tmp_path, figures, mode, best, weights, first) -> None:
    """ModelCheckpoint: the same files after the same epochs, and the same words."""
    ending = ".weights.h5" if weights else ".keras"
    settings = {
        "filepath": str(tmp_path / ("model-{epoch:02d}-{loss:.2f}" + ending)), "monitor": "figure", "mode": mode,
        "save_best_only": best, "save_weights_only": weights, "initial_value_threshold": first, "verbose": 1,
    }  # fmt: skip
    ours, theirs = (run(k.ModelCheckpoint(**settings), figures) for k in (callbacks, keras.callbacks))
    for result in (ours, theirs):  # newer versions of Keras say when a model is saved, too
        result["said"] = re.sub(r"\nEpoch \d+: finished .*\n", "", result["said"])
    assert ours == theirs


@given(
    every=st.integers(1, 9),
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_models_are_kept_every_so_many_batches_as_keras_does(tmp_path, every, sizes, seed) -> None:
    """ModelCheckpoint(save_freq=n): the same files after the same batches, across epochs of any length."""
    said = []
    for k in (callbacks, keras.callbacks):
        rng = np.random.default_rng(seed)
        path = str(tmp_path / "{epoch}-{batch}-{loss:.2f}.keras")
        callback = k.ModelCheckpoint(
            path, monitor="loss", save_freq=every
        )  # Keras's own crashes with save_best_only
        model = FakeModel()
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, size in enumerate(sizes):
            callback.on_epoch_begin(epoch)
            for batch in range(size):
                callback.on_train_batch_end(batch, {"loss": float(rng.uniform())})
            callback.on_epoch_end(epoch, {"loss": 0.0})
        said.append(model.saved)
    assert said[0] == said[1]


@given(figures=FIGURES)
def test_the_scheduler_sets_what_keras_s_sets(figures) -> None:
    """LearningRateScheduler, with a schedule of the epoch alone and of the rate, too."""
    for schedule in (lambda epoch: 1.0 / (epoch + 1), lambda epoch, rate: rate * 0.5 if epoch % 3 else rate):
        ours, theirs = (run(k.LearningRateScheduler(schedule), figures) for k in (callbacks, keras.callbacks))
        assert ours == theirs


@given(figures=FIGURES)
def test_csv_rows_are_keras_s(tmp_path, figures) -> None:
    """CSVLogger writes the same rows, also when a figure is missing, and appends to what is there."""
    paths = []
    for k in (callbacks, keras.callbacks):
        path = Path(tmp_path / f"{k.__name__}.csv")
        path.unlink(missing_ok=True)
        full = [0.5 if figure is None else figure for figure in figures]
        run(k.CSVLogger(str(path)), full)
        run(k.CSVLogger(str(path), append=True), full)
        paths.append(path)
    ours, theirs = (list(csv.reader(path.open())) for path in paths)
    assert ours == theirs


def test_csv_separators_and_missing_figures(tmp_path) -> None:
    """Another separator; a figure that a later epoch lacks is NA."""
    path = tmp_path / "log.csv"
    run(callbacks.CSVLogger(path, separator=";"), [0.5, None, 0.25])
    assert path.read_text().split() == [
        "epoch;figure;loss;val_figure;val_loss", "0;0.5;1.0;NA;NA", "1;NA;1.0;NA;NA", "2;0.25;1.0;NA;NA",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("monitor", "metrics"),
    [("val_loss", []), ("loss", []), ("val_accuracy", ["accuracy"]), ("accuracy", ["accuracy"]), ("val_mae", ["mae"]),
     ("hits", "hits"), ("val_hits", "hits"), ("errors", "errors")],
)  # fmt: skip
def test_the_direction_is_found_as_keras_finds_it(monitor, metrics) -> None:
    """mode="auto": losses and errors fall, accuracies rise, also under names of one's own."""
    import chainrule

    lines = []
    for k in (chainrule, keras):
        own = {
            "hits": k.metrics.BinaryAccuracy(name="hits"),
            "errors": k.metrics.MeanSquaredError(name="errors"),
        }
        model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=[own[metrics]] if isinstance(metrics, str) else metrics)
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
        stopper = k.callbacks.EarlyStopping(monitor, patience=1)
        stopper.set_model(model)
        stopper.on_train_begin()
        model.stop_training = False
        stops = []
        for epoch, figure in enumerate([0.5, 0.6, 0.7]):
            stopper.on_epoch_end(epoch, {monitor: figure})
            stops.append(model.stop_training)
        lines.append(stops)
    assert lines[0] == lines[1]


def test_hooks_are_called_in_keras_s_order() -> None:
    """The same hooks, in the same order, with the same numbers and names of figures, in a real fit."""
    import chainrule

    lines = []
    for k in (chainrule, keras):
        calls: list[tuple] = []

        class Tell(k.callbacks.Callback):
            def _tell(self, *what, calls=calls):
                logs = what[-1] or {}
                calls.append((*what[:-1], sorted(logs)))

            def on_train_begin(self, logs=None):
                self._tell("train begin", None)
                assert self.params["epochs"] == 2
                assert self.params["steps"] == 2

            def on_train_end(self, logs=None):
                self._tell("train end", logs)

            def on_epoch_begin(self, epoch, logs=None):
                self._tell("epoch begin", epoch, None)

            def on_epoch_end(self, epoch, logs=None):
                self._tell("epoch end", epoch, logs)

            def on_train_batch_begin(self, batch, logs=None):
                self._tell("batch begin", batch, None)

            def on_train_batch_end(self, batch, logs=None):
                self._tell("batch end", batch, logs)

            def on_test_begin(self, logs=None):
                self._tell("test begin", None)

            def on_test_end(self, logs=None):
                self._tell("test end", None)

        model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        x, y = np.ones((6, 2)), np.ones((6, 1))
        history = model.fit(
            x, y, batch_size=3, epochs=2, verbose=0, callbacks=[Tell()], validation_data=(x, y)
        )
        lines.append((calls, list(history.history), history.epoch))
    assert lines[0] == lines[1]
