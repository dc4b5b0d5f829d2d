"""Callbacks decide as Keras's do, and say where they cannot know."""

import sys

import numpy as np
import pytest

from chainrule import Sequential, callbacks
from chainrule.errors import NotFiniteError, SettingError
from chainrule.layers import Dense

X, Y = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4), np.arange(8, dtype="float32")


def model(**settings):
    made = Sequential([Dense(1, input_shape=(4,))])
    made.compile("sgd", "mse", **settings)
    return made


@pytest.mark.parametrize("kind", [callbacks.EarlyStopping, callbacks.ReduceLROnPlateau])
@pytest.mark.parametrize("figure", ["f1", "val_f1", "meen_absolute_error"])
def test_auto_does_not_guess_for_a_figure_of_ones_own(kind, figure) -> None:
    """Whether a figure of a callback's own should rise is asked, not guessed."""
    add = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update({figure: 0.1 * epoch}))
    with pytest.raises(SettingError, match="mode='max' or mode='min'"):
        model().fit(X, Y, epochs=3, verbose=0, callbacks=[add, kind(figure)])
    h = model().fit(X, Y, epochs=3, verbose=0, callbacks=[add, kind(figure, mode="max", patience=1)])
    assert h.epoch == [0, 1, 2]


def test_a_slip_in_the_name_of_a_metric_is_answered() -> None:
    """The nearest metric is named."""
    with pytest.raises(SettingError, match="did you mean 'val_mae'"):
        model(metrics=["mae"]).fit(
            X, Y, validation_split=0.5, verbose=0, callbacks=[callbacks.EarlyStopping("val_mea")]
        )


@pytest.mark.parametrize("figure", ["loss", "val_loss", "mae", "val_mae"])
def test_auto_knows_losses_and_metrics(figure) -> None:
    """Losses and errors fall."""
    h = model(metrics=["mae"]).fit(
        X, Y, validation_split=0.5, verbose=0, callbacks=[callbacks.EarlyStopping(figure)]
    )
    assert h.epoch == [0]


def test_an_error_at_nan_is_also_keras_error() -> None:
    """TerminateOnNaN(raise_error=True) raises what `except RuntimeError` catches."""
    made = Sequential([Dense(1, input_shape=(4,))])
    from chainrule.optimizers import SGD

    made.compile(SGD(1e30), "mse")
    with pytest.warns(UserWarning, match="finite"), pytest.raises(RuntimeError) as result:
        made.fit(X, Y, epochs=5, verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])
    assert isinstance(result.value, NotFiniteError)


def test_a_backup_folder_goes_when_it_is_empty(tmp_path) -> None:
    """After training the folder of BackupAndRestore is gone, unless something else lies in it."""
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "b")])
    assert not (tmp_path / "b").exists()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine.txt").write_text("mine")
    model().fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "c")])
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["mine.txt"]


def test_tensorboard_without_its_package_says_so_once(tmp_path, capsys, monkeypatch) -> None:
    """Training goes on; the sentence has the line that installs what is missing. Old settings of Keras's are taken."""
    monkeypatch.setitem(sys.modules, "tensorboardX.event_file_writer", None)
    monkeypatch.setattr(callbacks.TensorBoard, "said", False)
    for _ in range(2):
        board = callbacks.TensorBoard(
            log_dir=tmp_path / "logs", histogram_freq=1, write_graph=True, batch_size=32, write_grads=False
        )
        model().fit(X, Y, verbose=0, callbacks=[board])
    said = capsys.readouterr().err
    assert said.count("nothing is written to") == 1
    assert 'pip install "chainrule[trackers]"' in said
    assert not (tmp_path / "logs").exists()


def test_a_validation_ends_with_its_own_figures() -> None:
    """on_test_end gets the figures of what was held back, not training's."""
    seen = []
    hook = callbacks.LambdaCallback(on_test_end=lambda logs: seen.append(dict(logs)))
    h = model(metrics=["mae"]).fit(X[:4], Y[:4], validation_data=(X[4:], Y[4:]), verbose=0, callbacks=[hook])
    assert seen == [{"loss": h.history["val_loss"][0], "mae": h.history["val_mae"][0]}]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"class_weight": {0: 2.0}, "sample_weight": np.ones(8)}, "class_weight or sample_weight, not both"),
        ({"shuffle": "batch"}, "shuffle is True or False"),
    ],
)
def test_what_would_mean_something_else_is_refused(settings, words) -> None:
    """Settings that Keras refuses, or that mean another thing there, are refused by name."""
    with pytest.raises(SettingError, match=words):
        model().fit(X, Y[:, None], verbose=0, **settings)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{epoch}-{val_mae:.3f}.keras", "asks for 'val_mae'.*Nothing is held back"),
        ("{epoch}-{val_loss}.weights.h5", "asks for 'val_loss'"),
        ("{mse:.2f}.keras", "asks for 'mse'; the figures are"),
        ("{loss:02d}.keras", "cannot be filled in"),
        ("{}.keras", "cannot be filled in"),
        ("{epoch.keras", "cannot be filled in"),
    ],
)
def test_a_checkpoint_named_after_a_figure_that_is_not_there_is_refused(tmp_path, name, words) -> None:
    """A sentence instead of KeyError, ValueError or IndexError; where it can be known, before the first step."""
    import numpy as np

    from chainrule import Sequential, callbacks, layers

    model = Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse", metrics=["mae"], backend="numpy")
    weights_only = name.endswith(".weights.h5")
    with pytest.raises(SettingError, match=words):
        model.fit(
            np.zeros((8, 3)), np.zeros(8), verbose=0,
            callbacks=[callbacks.ModelCheckpoint(tmp_path / name, save_weights_only=weights_only)],
        )  # fmt: skip
    assert model.optimizer.iterations == (1 if "mse" in name else 0)


@pytest.mark.parametrize("steps", [None, 2])
@pytest.mark.parametrize(("when", "epochs"), [(1, 5), (2, 2), (5, 1), ([2, 5], 2), ((1, 2, 3), 3), ([9], 0)])
def test_validations_come_when_validation_freq_says(steps, when, epochs) -> None:
    """Every so many epochs, or after the epochs in a list; for arrays, and where steps are counted."""
    settings = {"validation_data": (X, Y), "validation_freq": when, "steps_per_epoch": steps, "batch_size": 4}
    history = model(backend="numpy").fit(X, Y, epochs=5, verbose=0, **settings).history
    assert len(history.get("val_loss", [])) == epochs


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "2", [0], [1, "a"], True, {1}])
def test_other_words_for_when_are_refused(wrong) -> None:
    """What is no epoch is named."""
    with pytest.raises(
        SettingError, match="validation_freq must be a whole number, 1 or more, or a list of such"
    ):
        model().fit(X, Y, validation_data=(X, Y), validation_freq=wrong, verbose=0)


def test_a_history_of_ones_own_is_the_one_that_fit_returns() -> None:
    """As in Keras, also in a CallbackList, whose hooks a loop of one's own calls by name."""
    history, ends = callbacks.History(), []
    note = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(epoch))
    trained = model()
    assert trained.fit(X, Y, epochs=2, verbose=0, callbacks=[history, note]) is history is trained.history
    assert trained.fit(X, Y, verbose=0, callbacks=callbacks.CallbackList([history, note])) is history
    assert (history.epoch, ends) == ([0], [0, 1, 0])
    own = callbacks.CallbackList(note, add_history=True, model=trained, epochs=3)
    own.on_train_begin()
    own.on_epoch_end(7, {"loss": 1.0})
    assert (own.history.epoch, own.history.history, ends[-1], note.params) == (
        [7],
        {"loss": [1.0]},
        7,
        {"epochs": 3},
    )
    with pytest.raises(SettingError, match="add_progbar"):
        callbacks.CallbackList([note], add_progbar=True)


def test_figures_may_be_reset_as_keras_has_it() -> None:
    """Nothing is left to reset: each batch's figures are its own."""
    m = model(metrics=["mae"])
    first = m.test_on_batch(X[:4], Y[:4])
    m.reset_metrics()
    assert m.test_on_batch(X[:4], Y[:4]) == first != m.test_on_batch(X[4:], Y[4:])
