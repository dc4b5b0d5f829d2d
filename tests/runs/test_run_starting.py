"""A run before its first step, runs that are counted and not timed, and files that vanish while they are written."""

import json
import shutil
from datetime import datetime, timedelta

import pytest
from recorded import begin, end_epoch, go_on, is_prefix, keep, settings, state, whole

from chainrule.callbacks import LambdaCallback
from chainrule.errors import FileError, SettingError
from chainrule.recording import RunRecorder
from chainrule.runs import Run, RunWriter, find, list_runs
from chainrule.runs import starting as starting_module
from chainrule.runs.starting import Starting


def test_run_json_is_there_before_anything_else(tmp_path) -> None:
    """It says "starting", holds what was asked for, and is a run that reads as one without steps."""
    starting = Starting.begin(tmp_path, "mnist", settings(), {"epochs": 3})
    run = Run(starting.folder)
    assert {path.name for path in run.path.iterdir()} == {"run.json", "lock"}
    assert (run.status, run.info.asked, len(run.steps), run.epochs, run.verify()) == (
        "starting",
        {"epochs": 3},
        0,
        [],
        [],
    )
    starting.release()
    assert run.status == "interrupted"
    with pytest.raises(FileError, match="before its first step"):
        run.steps["loss"]
    with pytest.raises(SettingError, match="before its first step"):
        RunWriter.reopen(run.path, settings())


def test_a_run_that_never_began_begins_anew_in_its_own_folder(tmp_path) -> None:
    """Whatever half files the first try left, the second is whole; the id and the place in the order stay."""
    first = Starting.begin(tmp_path, "mnist", settings())
    for name in ("steps.bin", "epochs.jsonl", "snapshots/0000000000.safetensors"):
        (first.folder / name).parent.mkdir(exist_ok=True)
        (first.folder / name).write_bytes(b"half of som")
    with pytest.raises(FileError, match="another process"):
        Starting.again(first.folder)
    first.release()
    with begin(tmp_path, starting=Starting.again(first.folder)) as writer:
        go_on(writer, 3)
        keep(writer)
    run = Run(first.folder)
    assert is_prefix(run, 3, 0)
    assert run.verify() == []
    assert (run.info.id, run.info.number) == (first.info.id, 1)
    with pytest.raises(SettingError, match="has begun"):
        Starting.again(run.path)


def test_a_start_that_is_given_up_leaves_nothing(tmp_path) -> None:
    """Neither the folder nor the folder of runs that was made for it; one that was there stays."""
    Starting.begin(tmp_path / "runs", "mnist", settings()).give_up()
    assert not (tmp_path / "runs").exists()
    (tmp_path / "runs").mkdir()
    Starting.begin(tmp_path / "runs", "mnist", settings()).give_up()
    assert (tmp_path / "runs").exists()


def test_a_program_resumes_a_run_that_never_began_by_beginning_anew(tmp_path, capsys, monkeypatch) -> None:
    """RunRecorder(resume=...) says so, and what is learned is what it would have been."""
    import numpy as np

    from chainrule import Sequential, arrays, layers

    def learned(recorder):
        arrays.set_seed(5)
        model = Sequential([layers.Dense(2, input_shape=(3,))])
        model.compile("adam", "mse", backend="numpy")
        model.fit(np.eye(3), np.eye(3)[:, :2], epochs=3, batch_size=2, verbose=0, callbacks=[recorder])
        return model.get_weights()

    with monkeypatch.context() as patched:  # a kill between run.json and the first snapshot
        patched.setattr(RunWriter, "_begin", lambda *_: (_ for _ in ()).throw(SystemExit))
        patched.setattr(Starting, "give_up", Starting.release)
        with pytest.raises(SystemExit):
            learned(RunRecorder(tmp_path))
    (folder,) = tmp_path.glob("[!.]*")
    assert not Run(folder).began
    again = learned(RunRecorder(resume=folder))
    assert "begins anew" in capsys.readouterr().err
    assert Run(folder).status == "finished"
    whole_run = learned(RunRecorder(tmp_path / "other"))
    assert all(np.array_equal(a, b) for a, b in zip(again, whole_run, strict=True))


def test_last_is_the_run_begun_last_whatever_the_clock_says(tmp_path, monkeypatch) -> None:
    """Three runs, each begun an hour earlier than the one before by a clock that is set back: the third is the last."""
    noon = datetime(2026, 11, 29, 12, tzinfo=datetime.now().astimezone().tzinfo)
    made = []
    for hour in range(3):
        monkeypatch.setattr(
            starting_module,
            "now",
            lambda hour=hour: (noon - timedelta(hours=hour)).isoformat(timespec="seconds"),
        )
        made.append(whole(tmp_path).name)
    assert made == sorted(made, reverse=True)
    assert find(tmp_path, "last").name == made[2]
    assert [run.name for run in list_runs(tmp_path).runs] == made[::-1]
    shutil.rmtree(tmp_path / made[2])
    assert find(tmp_path, "last").name == made[1]


def test_runs_from_before_they_were_counted_stand_before_the_others(tmp_path) -> None:
    """They have no number: among themselves the clock decides."""
    old = whole(tmp_path)
    stored = json.loads((old.path / "run.json").read_text())
    del stored["number"], stored["asked"], stored["sha256"]
    (old.path / "run.json").write_text(json.dumps(stored | {"started": "2035-01-01T00:00:00+00:00"}))
    new = whole(tmp_path)
    assert find(tmp_path, "last").name == new.name
    assert "no checksum" in Run(old.path).verify()[0]


@pytest.mark.parametrize(
    "change", ["a digit", "an entry less", "blanks", "the checksum", "a flipped bit anywhere"]
)
def test_a_run_json_that_was_changed_is_noticed(tmp_path, change) -> None:
    """However little was changed, --verify says so."""
    run = whole(tmp_path)
    path = run.path / "run.json"
    text = path.read_text()
    assert run.verify() == []
    stored = json.loads(text)
    changed = {
        "a digit": text.replace('"seed": 7', '"seed": 8'),
        "an entry less": json.dumps({name: value for name, value in stored.items() if name != "sha256"}),
        "blanks": text.replace("\n", "\r\n"),
        "the checksum": text.replace(stored["sha256"], "0" * 64),
    }
    if change in changed:
        path.write_text(changed[change], newline="")
        (result,) = run.verify()
        assert "SHA-256 differs" in result or "holds no checksum" in result
        return
    data = path.read_bytes()
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :])
        assert Run(run.path).verify(), place


def test_a_run_without_its_snapshots_is_not_all_well(tmp_path) -> None:
    """Where the first snapshot was taken away, or all of them, --verify says what cannot be reached any more."""
    run = whole(tmp_path)
    (run.path / "snapshots" / "0000000000.safetensors").unlink()
    assert "no snapshot before step 0" in run.verify()[0]
    shutil.rmtree(run.path / "snapshots")
    assert "keeps its metrics only" in run.verify()[0]


def vanish(run, what) -> None:
    path = run if what == "the folder" else run / what
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("what", ["steps.bin", "epochs.jsonl", "snapshots", "lock", "the folder"])
def test_what_is_deleted_while_it_is_written_is_said(tmp_path, what) -> None:
    """The system lets a program write into a file that has no name any more; recording does not."""
    writer = begin(tmp_path)
    go_on(writer, 2)
    vanish(writer.folder, what)

    def further():
        go_on(writer, 2)
        end_epoch(writer)
        writer.snapshot(state(4), {})

    with pytest.raises(FileError, match="cannot be recorded further") as result:
        further()
    assert "stays untouched" in str(result.value)
    assert writer.stopped


@pytest.mark.parametrize("what", ["steps.bin", "the folder"])
def test_learning_goes_on_and_says_once_that_its_record_is_gone(tmp_path, capsys, what) -> None:
    """In `fit`: one sentence, and the training ends as it would have."""
    import numpy as np

    from chainrule import Sequential, layers

    model = Sequential([layers.Dense(2, input_shape=(3,))])
    model.compile("adam", "mse", backend="numpy")
    recorder = RunRecorder(tmp_path)
    gone = LambdaCallback(on_epoch_end=lambda epoch, logs: epoch == 1 and vanish(recorder.folder, what))
    model.fit(np.eye(3), np.eye(3)[:, :2], epochs=5, batch_size=2, verbose=0, callbacks=[recorder, gone])
    assert model.optimizer.iterations == 10
    assert capsys.readouterr().err.count("Learning goes on, without being recorded.") == 1
