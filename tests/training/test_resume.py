"""Going on: a model saved and loaded, or a run that was cut, ends with the same bits as one that was not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Sequential
from chainrule.callbacks import BackupAndRestore, Callback, EarlyStopping, ModelCheckpoint
from chainrule.errors import FileError, SettingError
from chainrule.layers import Dense, Dropout, Input
from chainrule.models import load_model
from chainrule.optimizers import SGD, Adagrad, Adam, AdamW, Nadam, RMSprop, schedules
from chainrule.utils import set_random_seed

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(50, 5)).astype(np.float32), RNG.integers(0, 3, 50)

OPTIMIZERS = {
    "sgd": lambda: SGD(0.05, momentum=0.9), "plain sgd": lambda: SGD(0.05),
    "rmsprop": lambda: RMSprop(momentum=0.5, centered=True), "adagrad": lambda: Adagrad(0.1), "adam": Adam,
    "amsgrad": lambda: Adam(amsgrad=True), "adamw": AdamW, "nadam": Nadam,
    "scheduled": lambda: Adam(schedules.ExponentialDecay(0.01, 5, 0.9)), "clipped": lambda: Adam(0.01, clipnorm=0.1),
}  # fmt: skip


class PowerCutError(Exception):
    """What happens at the worst moment."""


class Cut(Callback):
    """Ends the process, as far as fit can tell, at one hook of one epoch or batch."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left < 0:
            raise PowerCutError


def model_of(optimizer="adam", backend: str | None = None, dropout: float = 0.3) -> Sequential:
    set_random_seed(8)
    model = Sequential([Input((5,)), Dense(8, "relu"), Dropout(dropout), Dense(3, "softmax")])
    model.compile(
        OPTIMIZERS[optimizer](), "sparse_categorical_crossentropy", metrics=["accuracy"], backend=backend
    )
    return model


def same_bits(a: Sequential, b: Sequential) -> None:
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_model_that_was_saved_learns_on_as_if_it_had_not_been(optimizer, ending, tmp_path) -> None:
    """Weights, optimizer memory, step number, schedule and settings come back from the file: the same bits follow."""
    whole = model_of(optimizer, dropout=0.0)
    whole.fit(X, Y, epochs=2, shuffle=False, verbose=0, batch_size=16)
    whole.save(tmp_path / f"half.{ending}")
    loaded = load_model(tmp_path / f"half.{ending}")
    assert loaded.optimizer.iterations == whole.optimizer.iterations == 8
    same_bits(loaded, whole)
    for model in (whole, loaded):
        model.told = model.fit(X, Y, epochs=2, shuffle=False, verbose=0, batch_size=16).history
    same_bits(loaded, whole)
    assert loaded.told == whole.told


def test_a_model_only_for_predicting_is_loaded_without_the_rest(tmp_path) -> None:
    """compile=False leaves out how it learned; it predicts the same and says what it lacks when asked to learn."""
    model = model_of()
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(SettingError, match="model.compile"):
        loaded.fit(X, Y, verbose=0)


def test_a_file_is_not_overwritten_where_that_is_forbidden(tmp_path) -> None:
    """overwrite=False refuses; the file that is there stays as it was."""
    path = tmp_path / "m.keras"
    model_of().save(path)
    before = path.read_bytes()
    other = model_of()
    other.fit(X, Y, verbose=0)
    with pytest.raises(SettingError, match="exists"):
        other.save(path, overwrite=False)
    assert path.read_bytes() == before


def run(folder, cuts: list[int], backend: str | None = None, epochs: int = 4) -> Sequential:
    """A run that is cut so many times after so many batches, each time begun again from nothing but the folder."""
    for cut in cuts:
        with pytest.raises(PowerCutError):
            model_of(backend=backend).fit(
                X, Y, epochs=epochs, verbose=0, batch_size=16, callbacks=[BackupAndRestore(folder), Cut(cut)]
            )
    model = model_of(backend=backend)
    model.fit(X, Y, epochs=epochs, verbose=0, batch_size=16, callbacks=[BackupAndRestore(folder)])
    return model


@settings(max_examples=12)
@given(cuts=st.lists(st.integers(0, 3), max_size=3))
def test_a_run_that_was_cut_ends_with_the_same_bits(tmp_path_factory, cuts) -> None:
    """However often and wherever in the first epochs it is cut: order, dropout and optimizer go on exactly."""
    whole = model_of()
    whole.fit(X, Y, epochs=4, verbose=0, batch_size=16)
    cut = run(tmp_path_factory.mktemp("backup"), cuts)
    same_bits(cut, whole)
    assert cut.optimizer.iterations == whole.optimizer.iterations


def test_a_run_cut_in_a_later_epoch_goes_on_from_the_last_whole_one(backend, tmp_path) -> None:
    """On both libraries; what is done is not done again, and the backup is gone at the end."""
    whole = model_of(backend=backend)
    whole.fit(X, Y, epochs=4, verbose=0, batch_size=16)
    resumed = run(tmp_path / "b", [9], backend)
    same_bits(resumed, whole)
    assert resumed.history.epoch == [2, 3]
    assert not (tmp_path / "b").exists()


def test_a_backup_of_another_model_is_refused(tmp_path) -> None:
    """A folder that holds the backup of another network or loss is not gone on from, and not touched."""
    with pytest.raises(PowerCutError):
        model_of().fit(
            X, Y, epochs=4, verbose=0, batch_size=16, callbacks=[BackupAndRestore(tmp_path), Cut(5)]
        )
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = Sequential([Input((5,)), Dense(9, "relu"), Dense(3, "softmax")])
    other.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(FileError, match="another model|cannot"):
        other.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_best_model_is_kept(tmp_path) -> None:
    """ModelCheckpoint(save_best_only=True) leaves the file of the best epoch, EarlyStopping its weights."""
    model = model_of(dropout=0.0)
    path = tmp_path / "deep" / "best.keras"
    keep = ModelCheckpoint(path, monitor="val_loss", save_best_only=True)
    stop = EarlyStopping("val_loss", patience=3, restore_best_weights=True)
    model.compile(Adam(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        X[:30], Y[:30], epochs=30, validation_data=(X[30:], Y[30:]), verbose=0, callbacks=[keep, stop]
    ).history
    assert len(history["loss"]) == int(np.argmin(history["val_loss"])) + 4
    best = load_model(path)
    same_bits(best, model)
    assert best.evaluate(X[30:], Y[30:], verbose=0)[0] == pytest.approx(min(history["val_loss"]), rel=1e-6)


def test_weights_alone_go_to_a_file_and_back(tmp_path) -> None:
    """save_weights and load_weights, also out of a whole model's file, into a model of the same layers only."""
    model = model_of()
    model.fit(X, Y, verbose=0)
    model.save_weights(tmp_path / "w.weights.h5")
    model.save(tmp_path / "m.keras")
    for name in ("w.weights.h5", "m.keras"):
        other = model_of()
        other.load_weights(tmp_path / name)
        same_bits(other, model)
    wrong = Sequential([Input((5,)), Dense(4), Dropout(0.1), Dense(3)])
    with pytest.raises(FileError):
        wrong.load_weights(tmp_path / "w.weights.h5")
