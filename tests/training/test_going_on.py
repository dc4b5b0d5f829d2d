"""Cut off anywhere, with everything that a training can have: what goes on ends as what was never cut."""

import os
import signal

import numpy as np
import pytest
from taken_again import digest

from chainrule import Sequential
from chainrule.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from chainrule.callbacks.checkpoint import named
from chainrule.errors import FileError
from chainrule.layers import Dense, Dropout, Input
from chainrule.models import load_model
from chainrule.recording.recorder import RunRecorder
from chainrule.recording.replay import Replay
from chainrule.runs import Run
from chainrule.utils import set_random_seed

RNG = np.random.default_rng(4)
X = RNG.normal(size=(120, 6)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 0)
EPOCHS, STEPS = 12, 10  # of 8 examples


def model_of() -> Sequential:
    set_random_seed(3)
    model = Sequential([Input((6,)), Dense(7, "relu"), Dropout(0.2), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend="numpy")
    model.optimizer.learning_rate = 0.05
    return model


class Cut(Callback):
    """Ends the process, as far as fit can tell, after so many steps."""

    class PowerCut(BaseException):
        pass

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left < 0:
            raise self.PowerCut


def all_kinds(folder) -> list[Callback]:
    """Every callback that remembers something, and one that changes the rate from epoch to epoch."""
    return [
        CSVLogger(folder / "log.csv"),
        ModelCheckpoint(folder / "best.keras", monitor="val_loss", save_best_only=True),
        LearningRateScheduler(lambda epoch, rate: rate * (0.9 if epoch % 2 else 1.0)),
        ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
        EarlyStopping("val_loss", patience=3, restore_best_weights=True),
    ]


def fit(folder, *callbacks) -> Sequential:
    folder.mkdir(exist_ok=True)
    model = model_of()
    model.fit(X[:80], Y[:80], epochs=EPOCHS, batch_size=8, verbose=0, validation_data=(X[80:], Y[80:]),
              callbacks=[*callbacks, *all_kinds(folder)])  # fmt: skip
    return model


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder and the model of a training that was left alone."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, fit(folder)


def ends_alike(folder, model, whole) -> None:
    """Weights, the log of epochs and the best model are those of the training that was left alone."""
    left, alone = whole
    assert digest(model.get_weights()) == digest(alone.get_weights())
    assert (folder / "log.csv").read_text() == (left / "log.csv").read_text()
    best, other = load_model(folder / "best.keras"), load_model(left / "best.keras")
    assert digest(best.get_weights()) == digest(other.get_weights())
    assert model.optimizer.learning_rate == alone.optimizer.learning_rate


@pytest.mark.parametrize("cuts", [[0], [9], [10], [25, 3], [44, 0, 21], [57]])
@pytest.mark.parametrize("freq", ["epoch", 1, 7])
def test_a_backup_is_gone_on_from_exactly(tmp_path, whole, cuts, freq) -> None:
    """Early stopping, the best so far, lowered rates and the log of epochs go on as if nothing had been."""
    for cut in cuts:
        with pytest.raises(Cut.PowerCut):
            fit(tmp_path, BackupAndRestore(tmp_path / "backup", save_freq=freq), Cut(cut))
    ends_alike(tmp_path, fit(tmp_path, BackupAndRestore(tmp_path / "backup", save_freq=freq)), whole)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("cuts", [[0], [9], [10], [25, 3], [44, 20, 21], [57]])
def test_a_recorded_run_is_gone_on_from_exactly(tmp_path, whole, cuts, monkeypatch) -> None:
    """The same for Record; the history that fit returns is that of the whole training."""
    monkeypatch.setattr("chainrule.recording.snapshot_times.LEAST_SPACING", 7)
    record = RunRecorder(tmp_path / "runs", epoch_bytes=1_000_000)
    for cut in cuts:
        with pytest.raises(Cut.PowerCut):
            fit(tmp_path, record, Cut(cut))
        record.writer.close()
        record = RunRecorder(resume=record.folder)
    model = fit(tmp_path, record)
    ends_alike(tmp_path, model, whole)
    assert model.history.history == whole[1].history.history
    assert model.history.epoch == whole[1].history.epoch
    run = Run(record.folder)
    assert run.status == "finished"
    assert run.verify() == []
    assert run.info.results["loss"] == model.history.history["loss"][-1]


def test_killed_between_the_last_step_and_the_end_it_stops_where_it_had_stopped(
    tmp_path, whole, monkeypatch
) -> None:
    """A training that a callback ended is not learned on with, when it is killed before it could say so."""
    record = RunRecorder(tmp_path / "runs")
    monkeypatch.setattr("chainrule.runs.RunWriter.finish", lambda *_: (_ for _ in ()).throw(Cut.PowerCut))
    with pytest.raises(Cut.PowerCut):
        fit(tmp_path, record)
    record.writer.close()
    monkeypatch.undo()
    assert Run(record.folder).status == "interrupted"
    again = RunRecorder(resume=record.folder)
    model = fit(tmp_path, again)
    ends_alike(tmp_path, model, whole)
    assert model.history.history == whole[1].history.history
    assert len(Run(record.folder).epochs) == len(whole[1].history.epoch)


def test_ctrl_c_keeps_the_step_that_was_reached(tmp_path, whole) -> None:
    """Stopped in the middle of an epoch: a snapshot of that very step, and no step is learned twice."""

    class Interrupt(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 34:
                os.kill(os.getpid(), signal.SIGINT)

    record = RunRecorder(tmp_path / "runs")
    fit(tmp_path, record, Interrupt())
    run = Run(record.folder)
    assert run.status == "interrupted"
    assert run.snapshots() == [0, 34]
    again = RunRecorder(resume=record.folder)
    model = fit(tmp_path, again)
    ends_alike(tmp_path, model, whole)
    assert again.writer.restored.step == 34


def test_rates_that_callbacks_set_are_replayed(tmp_path, monkeypatch) -> None:
    """Each step's rate is recorded, so a state beyond a lowered rate is the one that training had."""
    states = {}

    class Keep(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            states[self.model.optimizer.iterations] = digest(self.model.get_weights())

    record = RunRecorder(tmp_path / "runs")
    fit(tmp_path, record, Keep())
    run = Run(record.folder)
    assert len(run.snapshots()) == 2
    assert len(set(run.steps["learning_rate"].tolist())) > 3
    model = model_of()
    replay = Replay(run, model, model.problem(X[:80], Y[:80]).examples(X[:80], Y[:80]))
    for step in (1, 25, 31, 52):
        found = [w for layer in replay.at(step)["params"] for w in layer.values()]
        assert digest(found) == states[step], f"step {step}"
    assert replay.compare(0, replay.last) == 0.0


def test_where_steps_are_slow_there_is_a_snapshot_in_time(tmp_path, monkeypatch) -> None:
    """Snapshots taken because time has passed go when two newer ones are there; those by the step, and the ends, stay."""
    monkeypatch.setattr("chainrule.recording.snapshot_times.LEAST_SECONDS", 0.0)
    monkeypatch.setattr("chainrule.recording.snapshot_times.SECONDS_FOR_ONE", 0.0)
    monkeypatch.setattr("chainrule.recording.snapshot_times.LEAST_SPACING", 25)
    seen = []

    class Look(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(Run(record.folder).snapshots())

    record = RunRecorder(tmp_path / "runs")
    model = model_of()
    model.fit(X[:80], Y[:80], epochs=6, batch_size=8, verbose=0, callbacks=[record, Look(), Cut(1000)])
    assert seen[0] == [0, 8, 9]
    assert seen[4] == [0, 25, 48, 49]
    assert Run(record.folder).snapshots() == [0, 25, 50, 59, 60]
    assert Run(record.folder).verify() == []


def test_a_backup_of_other_settings_or_data_is_refused_with_the_difference(tmp_path) -> None:
    """Another optimizer, batch or data: both values are shown, and the backup stays as it was."""
    with pytest.raises(Cut.PowerCut):
        fit(tmp_path, BackupAndRestore(tmp_path / "backup"), Cut(15))
    kept = {path: path.read_bytes() for path in (tmp_path / "backup").iterdir()}

    def again(batch=8, x=X[:80], **compiled):
        model = model_of()
        model.compile(
            **{
                "optimizer": "adam",
                "loss": "sparse_categorical_crossentropy",
                "metrics": ["accuracy"],
                "backend": "numpy",
            }
            | compiled
        )
        model.fit(
            x,
            Y[:80],
            epochs=EPOCHS,
            batch_size=batch,
            verbose=0,
            callbacks=[BackupAndRestore(tmp_path / "backup")],
        )

    for changed, words in (
        ({"batch": 16}, r"batch: 8 / 16"), ({"optimizer": "sgd"}, r"optimizer.*adam.*sgd"), ({"x": X[:80] + 1}, r"data\.digest: "),
    ):  # fmt: skip
        with pytest.raises(FileError, match=words):
            again(**changed)
    assert {path: path.read_bytes() for path in (tmp_path / "backup").iterdir()} == kept
    (tmp_path / "backup" / BackupAndRestore.FILE).write_bytes(b"x" + next(iter(kept.values()))[1:])
    with pytest.raises(FileError, match="damaged"):
        again()


def test_an_own_callback_is_reminded(tmp_path) -> None:
    """get_state and set_state: plain values, arrays and lists of arrays come back as they were."""

    class Counts(Callback):
        def on_train_begin(self, logs=None):
            self.seen, self.sums = 0, np.zeros(3)

        def on_epoch_end(self, epoch, logs=None):
            self.seen, self.sums = self.seen + 1, self.sums + logs["loss"]

        def get_state(self):
            return {"seen": self.seen, "sums": self.sums, "both": [self.sums, np.arange(2)], "none": None}

        def set_state(self, memory):
            assert memory["none"] is None
            assert (memory["both"][1] == np.arange(2)).all()
            self.seen, self.sums = memory["seen"], memory["sums"]

    alone, first, second = Counts(), Counts(), Counts()
    fit(tmp_path / "a", alone)
    with pytest.raises(Cut.PowerCut):
        fit(tmp_path / "b", BackupAndRestore(tmp_path / "c"), first, Cut(35))
    fit(tmp_path / "b", BackupAndRestore(tmp_path / "c"), second)
    assert second.seen == alone.seen
    assert (second.sums == alone.sums).all()
    assert [name for name, _ in named([first, second])] == ["Counts 1", "Counts 2"]


def test_the_best_of_every_few_batches_is_kept_over_a_crash(tmp_path) -> None:
    """ModelCheckpoint(save_freq=3, save_best_only=True): the same files, whether the training was cut or not."""

    def kept(folder, *callbacks):
        folder.mkdir(exist_ok=True)
        best = ModelCheckpoint(
            folder / "{epoch}-{batch}.keras", monitor="loss", save_freq=3, save_best_only=True
        )
        model = model_of()
        model.fit(
            X[:80],
            Y[:80],
            epochs=4,
            batch_size=8,
            verbose=0,
            callbacks=[best, BackupAndRestore(folder / "b", save_freq=5), *callbacks],
        )
        return {path.name: digest(load_model(path).get_weights()) for path in folder.glob("*.keras")}

    whole = kept(tmp_path / "whole")
    assert 1 < len(whole) <= 13
    with pytest.raises(Cut.PowerCut):
        kept(tmp_path / "cut", Cut(16))
    assert kept(tmp_path / "cut") == whole
