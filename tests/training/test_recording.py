"""Recording: it changes no bit, it can be gone on with, and it gets out of the way when the disk refuses."""

import json

import numpy as np
import pytest
from taken_again import Stop, examples, job, learned, often, run_of

from chainrule.callbacks import Callback
from chainrule.errors import FileError, SettingError
from chainrule.recording import resume
from chainrule.runs import Run


@pytest.fixture
def path(tmp_path):
    """The examples of this file's trainings."""
    return examples(tmp_path)


def test_recording_changes_no_bit(path, tmp_path, backend, monkeypatch) -> None:
    """The weights of a recorded training are those of one that is not."""
    often(monkeypatch)
    plain = learned(job(path, backend))
    training = job(path, backend, tmp_path / "runs")
    assert learned(training) == plain
    run = run_of(training)
    assert run.status == "finished"
    assert run.snapshots() == [0, 37, 74, 90]
    assert run.verify() == []


def test_every_step_has_its_figures_and_some_have_sizes(path, tmp_path, monkeypatch) -> None:
    """Loss and accuracy stand at each step; sizes by layer where a look was taken; epochs add up to the steps."""
    often(monkeypatch)
    training = job(path, "numpy", tmp_path / "runs")
    history = training.learn(0).history
    run = run_of(training)
    assert len(run.steps) == 90
    assert np.isfinite(run.steps["loss"]).all()
    assert np.flatnonzero(np.isfinite(run.steps["grad_rms[dense]"])).tolist() == list(range(0, 90, 10))
    assert run.steps["loss"][:15].mean() == pytest.approx(run.epochs[0].metrics["loss"], rel=1e-6)
    assert [epoch.metrics["loss"] for epoch in run.epochs] == history["loss"]
    assert run.info.results["val_accuracy"] == history["val_accuracy"][-1]


@pytest.mark.parametrize("step", [1, 14, 15, 16, 36, 37, 38, 75, 89, 90])
def test_what_was_cut_off_ends_as_if_it_had_not_been(path, tmp_path, monkeypatch, step) -> None:
    """Cut off after any step, also at the ends of epochs and at snapshots: the resumed run has the same bits and figures."""
    often(monkeypatch)
    whole = job(path, "numpy", tmp_path / "whole")
    plain = learned(whole)
    cut = job(path, "numpy", tmp_path / "runs")
    with pytest.raises(Stop.Killed):
        cut.learn(0, [Stop(step)])
    cut.record.writer.close()
    run = run_of(cut)
    assert run.status == "interrupted"
    again = resume.resumed(run)
    assert learned(again) == plain
    run, other = Run(run.path), run_of(whole)
    assert run.status == "finished"
    assert (run.steps["loss"] == other.steps["loss"]).all()
    assert [e.metrics for e in run.epochs] == [e.metrics for e in other.epochs]
    assert run.info.results == other.info.results
    assert run.verify() == []


def test_jax_is_resumed_to_the_same_bits(path, tmp_path, monkeypatch, backend) -> None:
    """The compiled loop goes on as exactly as the watched one."""
    often(monkeypatch)
    plain = learned(job(path, backend))
    cut = job(path, backend, tmp_path / "runs")
    with pytest.raises(Stop.Killed):
        cut.learn(0, [Stop(50)])
    cut.record.writer.close()
    assert learned(resume.resumed(run_of(cut))) == plain


def test_other_settings_are_refused_with_the_difference(path, tmp_path, monkeypatch) -> None:
    """Rate, batch, seed or data other than those it began with: refused, each named with both values."""
    cut = job(path, "numpy", tmp_path / "runs")
    with pytest.raises(Stop.Killed):
        cut.learn(0, [Stop(20)])
    cut.record.writer.close()
    run = run_of(cut)
    with pytest.raises(
        SettingError, match=r"recipe\.learning_rate: None / 0\.1|recipe\.learning_rate: null / 0\.1"
    ):
        resume.resumed(run, learning_rate=0.1)
    with pytest.raises(SettingError, match=r"recipe\.batch_size: 16 / 8"):
        resume.resumed(run, batch_size=8)
    with pytest.raises(SettingError, match=r"recipe\.seed: 5 / 6"):
        resume.resumed(run, seed=6)
    with np.load(path) as found:
        np.savez(tmp_path / "other.npz", x=found["x"] + 1, y=found["y"])
    with pytest.raises(SettingError, match=r"data\.digest: "):
        resume.resumed(run, str(tmp_path / "other.npz"))
    with pytest.raises(SettingError, match="learned from other data"):
        resume.opened(run, str(tmp_path / "other.npz"))
    assert resume.resumed(run).record is not None  # and is as it was


def test_data_that_moved_are_recognised(path, tmp_path) -> None:
    """The same examples under another name are the same data."""
    cut = job(path, "numpy", tmp_path / "runs")
    with pytest.raises(Stop.Killed):
        cut.learn(0, [Stop(20)])
    cut.record.writer.close()
    path.rename(tmp_path / "elsewhere.npz")
    with pytest.raises(FileError, match=r"a\.npz"):
        resume.resumed(run_of(cut))
    assert learned(resume.resumed(run_of(cut), str(tmp_path / "elsewhere.npz"))) == learned(
        job(tmp_path / "elsewhere.npz")
    )


def test_a_run_of_an_older_version_is_resumed(path, tmp_path) -> None:
    """A recipe that was recorded before recipes had one of today's entries is still the same recipe."""
    cut = job(path, "numpy", tmp_path / "runs")
    with pytest.raises(Stop.Killed):
        cut.learn(0, [Stop(20)])
    cut.record.writer.close()
    result = cut.record.folder / "run.json"
    info = json.loads(result.read_text())
    del info["settings"]["recipe"]["label_smoothing"]
    result.write_text(json.dumps(info))
    assert learned(resume.resumed(run_of(cut))) == learned(job(path))


def test_a_finished_run_gives_its_model_again(path, tmp_path) -> None:
    """Killed after the end, before the model was written: resuming learns nothing and has the weights."""
    training = job(path, "numpy", tmp_path / "runs")
    plain = learned(training)
    again = resume.resumed(run_of(training))
    assert again.over
    assert learned(again) == plain
    assert again.model.epochs_seen == 6
    assert again.model.optimizer.iterations == 90


def test_a_second_recording_of_the_same_run_is_refused(path, tmp_path) -> None:
    """While one program records a run, another cannot go on with it."""

    class Meanwhile(Callback):
        def on_epoch_end(self, epoch, logs=None):
            with pytest.raises(FileError, match="is being written by another process"):
                resume.resumed(run_of(training)).learn(0)

    training = job(path, "numpy", tmp_path / "runs", epochs=1)
    training.learn(0, [Meanwhile()])
    assert run_of(training).status == "finished"


def test_a_disk_that_is_full_ends_the_recording_and_not_the_learning(
    path, tmp_path, monkeypatch, capsys
) -> None:
    """From the refusal on nothing is recorded; that is said once; the weights are the same; what was there stays readable."""
    from chainrule.runs.disk import Log

    often(monkeypatch)
    append, count = Log.append, []

    def full(self, data):
        count.append(1)
        if len(count) > 8:
            raise OSError(28, "No space left on device")
        return append(self, data)

    plain = learned(job(path))
    monkeypatch.setattr(Log, "append", full)
    training = job(path, "numpy", tmp_path / "runs")
    assert learned(training) == plain
    err = capsys.readouterr().err
    assert err.count("No space left on device") == err.count("Learning goes on, without being recorded.") == 1
    monkeypatch.undo()
    run = run_of(training)
    assert run.status == "interrupted"
    assert run.verify() == []
    assert learned(resume.resumed(run)) == plain


def test_a_folder_that_can_not_be_written_is_said_and_learning_goes_on(path, tmp_path, capsys) -> None:
    """No place for runs: a sentence, and the training as it would have been."""
    (tmp_path / "runs").write_text("a file")
    training = job(path, "numpy", tmp_path / "runs")
    assert learned(training) == learned(job(path))
    assert "Learning goes on, without being recorded." in capsys.readouterr().err
    assert training.record.folder is None


def test_a_run_of_a_program_is_left_to_that_program(path, tmp_path) -> None:
    """What was recorded in Python without its examples cannot be made again from its folder, and is told how instead."""
    from chainrule import Sequential
    from chainrule.layers import Dense
    from chainrule.recording.recorder import RunRecorder

    record = RunRecorder(tmp_path / "runs", keep_examples=False)
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", backend="numpy")
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0, callbacks=[record])
    with pytest.raises(SettingError, match=r"recorded by a program of its own.*RunRecorder\(resume"):
        resume.opened(Run(record.folder))
