"""Many runs: listed, filtered, found by name, compared, and removed when somebody asks for it."""

import json
import os
import shutil

import pytest
from recorded import begin, end_epoch, go_on, keep, settings, whole

from chainrule.errors import FileError, SettingError
from chainrule.runs import Run, compare, contents, differences, find, list_runs, remove


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """2,000 runs of three data sets and two recipes, a day apart or less; every tenth was interrupted."""
    runs_dir = tmp_path_factory.mktemp("many")
    stored = json.loads((whole(runs_dir / "first").path / "run.json").read_text())
    for i in range(2000):
        day, name = 1 + i // 80, f"run-{i:04d}"
        stored |= {
            "id": f"{i:016x}", "name": name, "started": f"2026-10-{day:02d}T{i % 24:02d}:00:00+00:00",
            "status": "interrupted" if i % 10 == 0 else "finished",
            "parent": {"run": "run-0000", "id": f"{0:016x}", "step": 5, "changes": []} if i % 500 == 3 else None,
        }  # fmt: skip
        stored["settings"] |= {
            "data": {"name": ("mnist", "fashion", "mine")[i % 3]},
            "recipe": {"name": ("classic", "fast")[i % 2]},
        }
        (runs_dir / name).mkdir()
        (runs_dir / name / "run.json").write_text(json.dumps(stored))
    shutil.rmtree(runs_dir / "first")
    return runs_dir


def names(listing) -> list[str]:
    """The names of the listed runs."""
    return [run.name for run in listing.runs]


def test_two_thousand_runs_are_listed_the_newest_first(many) -> None:
    """All of them, in the order of time, reading nothing but run.json: there is nothing else."""
    found = list_runs(many)
    assert len(found.runs) == 2000
    assert not found.problems
    began = [run.info.started for run in found.runs]
    assert began == sorted(began, reverse=True)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"data": "fashion"}, 667), ({"recipe": "fast"}, 1000), ({"status": "interrupted"}, 200),
        ({"data": "mnist", "recipe": "classic", "status": "finished"}, 267), ({"since": "2026-10-25T00:00:00Z"}, 80),
        ({"since": "2026-10-24T02:00:00+02:00"}, 160), ({"parent": "run-0000"}, 4), ({"parent": f"{0:016x}"}, 4), ({"text": "N-19"}, 100),
        ({"data": "nothing"}, 0),
    ],
)  # fmt: skip
def test_filters_can_be_combined(many, asked, count) -> None:
    """Each filter leaves exactly the runs that fit."""
    assert len(list_runs(many, **asked).runs) == count


def test_filters_that_can_not_be_meant_are_refused(many) -> None:
    """An unknown status names the nearest; a date must be one."""
    with pytest.raises(SettingError, match="Did you mean 'finished'"):
        list_runs(many, status="finishd")
    with pytest.raises(SettingError, match="'yesterday' is no date"):
        list_runs(many, since="yesterday")


def test_one_damaged_run_does_not_hide_the_others(tmp_path) -> None:
    """It is named among the problems; folders and files that are no runs are not mentioned."""
    good, bad = whole(tmp_path), whole(tmp_path)
    (bad.path / "run.json").write_text("{")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    found = list_runs(tmp_path)
    assert names(found) == [good.name]
    assert len(found.problems) == 1
    assert bad.name in found.problems[0]
    broken_time = json.loads((good.path / "run.json").read_text()) | {"started": "soon"}
    (good.path / "run.json").write_text(json.dumps(broken_time))
    assert len(list_runs(tmp_path).problems) == 2


def test_a_folder_that_is_not_there_holds_no_runs(tmp_path) -> None:
    """Before the first run the list is empty; a file in its place is an error."""
    assert list_runs(tmp_path / "runs").runs == []
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be read"):
        list_runs(tmp_path / "file")


def test_a_run_whose_process_is_gone_is_listed_as_interrupted(tmp_path) -> None:
    """The status is what is so, not what was last written."""
    with begin(tmp_path) as writer:
        assert names(list_runs(tmp_path, status="running")) == [writer.folder.name]
    assert names(list_runs(tmp_path, status="running")) == []
    assert names(list_runs(tmp_path, status="interrupted")) == [writer.folder.name]


# ── by name ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_runs_are_found_by_name_beginning_id_path_and_last(many) -> None:
    """As much of the name as is needed."""
    assert find(many, "run-0042").name == "run-0042"
    assert find(many, "00000000000007cf").name == "run-1999"
    assert find(many, "last").name == names(list_runs(many))[0]
    assert find(many, str(many / "run-0007")).name == "run-0007"
    with pytest.raises(FileError, match=r"10 runs .* begin with 'run-199': run-1990, run-1991"):
        find(many, "run-199")
    with pytest.raises(FileError, match=r"There is no run 'ran-0042' .* Did you mean 'run-0042'"):
        find(many, "ran-0042")


def test_last_of_nothing_is_said(tmp_path) -> None:
    """Before the first run there is no last one."""
    with pytest.raises(FileError, match=r"no run in .* yet"):
        find(tmp_path, "last")


def test_a_path_finds_a_run_wherever_it_is(tmp_path, monkeypatch) -> None:
    """A run that was moved out of the folder of runs is found by its path."""
    run = whole(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert find("runs", os.path.join("elsewhere", run.name)).path == run.path
    monkeypatch.chdir(run.path)
    assert find("runs", ".").path == run.path


# ── beside each other ────────────────────────────────────────────────────────────────────────────────────────────


def test_two_equal_runs_do_not_differ(tmp_path) -> None:
    """The same settings, the same numbers, never parted."""
    found = compare(whole(tmp_path), whole(tmp_path))
    assert (found.settings, found.machine, found.parted, found.common) == ([], [], None, (0, 12))
    assert found.metrics == {"loss": (0.5, 0.5), "accuracy": (0.9, 0.9)}


def test_a_comparison_shows_the_settings_the_figures_and_where_the_runs_part(tmp_path) -> None:
    """What was set differently, each curve with its epochs, and the first step with other numbers."""
    parent = whole(tmp_path)
    changed = settings(
        training={"optimizer": {"name": "adam", "learning_rate": 0.01}, "loss": "categorical_crossentropy"}
    )
    with begin(tmp_path, step=6, epoch=0, settings=changed) as writer:
        go_on(writer, 3)
        writer.append_steps([[9, 9, 9]])
        end_epoch(writer)
    found = compare(parent, Run(writer.folder))
    assert [str(change) for change in found.settings] == ["training.optimizer.learning_rate: 0.001 / 0.01"]
    assert (found.common, found.parted) == ((6, 10), 9)
    assert found.metrics["accuracy"] == (0.9, None)
    assert found.metrics["loss"] == (0.5, 1.0)
    assert [epoch for epoch, _ in found.curves["loss"][0]] == [0, 1]


def test_nan_in_both_runs_is_no_difference(tmp_path) -> None:
    """Bits are compared, not numbers: NaN equals NaN, and -0 is not 0."""
    writers = [begin(tmp_path) for _ in range(2)]
    for writer, last in zip(writers, (0.0, -0.0), strict=True):
        writer.append_steps([[float("nan")] * 3, [last] * 3])
        writer.close()
    assert compare(*(Run(writer.folder) for writer in writers)).parted == 1


def test_runs_without_a_common_step_can_be_compared(tmp_path) -> None:
    """Nothing in common is no difference either."""
    one, other = begin(tmp_path), begin(tmp_path, step=100)
    go_on(one, 2), go_on(other, 2)
    one.close(), other.close()
    found = compare(Run(one.folder), Run(other.folder))
    assert (found.common, found.parted) == ((100, 100), None)


@pytest.mark.parametrize(
    ("here", "there", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: 1 / 2"]),
        (
            {"a": {"b": [1, {"c": 2}]}},
            {"a": {"b": [1, {"c": 3}, 4]}},
            ["a.b[1].c: 2 / 3", "a.b[2]: (not there) / 4"],
        ),
        ({"a": True}, {"a": 1}, ["a: true / 1"]),
        ({"a": None}, {}, ["a: null / (not there)"]),
        ({}, {"a": {"b": 1}}, ['a: (not there) / {"b":1}']),
        ({"a": (1, 2)}, {"a": [1, 2]}, []),
        ({"a": "x" * 99}, {"a": "y"}, [f"a: {'x' * 57}... / y"]),
    ],
)
def test_differences_name_the_place(here, there, lines) -> None:
    """Nested dicts and lists, entries that only one has, true against 1."""
    assert [str(difference) for difference in differences(here, there)] == lines


# ── away ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_contents_says_what_a_removal_takes_and_takes_nothing(tmp_path) -> None:
    """Files, bytes, strange files and forks; afterwards everything is still there."""
    from chainrule.runs import Parent

    run = whole(tmp_path)
    begin(tmp_path, parent=Parent(run.name, run.info.id, 0)).close()
    (run.path / "notes.txt").write_text("mine")
    found = contents(run)
    assert found.size == run.size - 4 == sum(path.stat().st_size for path in found.files)
    assert [path.name for path in found.strange] == ["notes.txt"]
    assert len(found.forks) == 1
    assert len(found.files) == 4 + 3
    assert not run.verify()


def test_removing_takes_the_whole_run_and_nothing_else(tmp_path) -> None:
    """The folder is gone, its neighbours are not."""
    run, other = whole(tmp_path), whole(tmp_path)
    remove(run)
    assert [path.name for path in tmp_path.iterdir()] == [other.name]
    assert not other.verify()


def test_files_of_the_user_stay(tmp_path) -> None:
    """What recording did not put there is left, also among the snapshots, and so are folders that links point to."""
    run = whole(tmp_path / "runs")
    kept = [run.path / "notes.txt", run.path / "snapshots" / "best.keras"]
    for path in kept:
        path.write_text("mine")
    outside = tmp_path / "0000000099.safetensors"
    outside.write_text("mine")
    (run.path / "snapshots" / outside.name).symlink_to(outside)
    remove(run)
    assert sorted(path for path in run.path.rglob("*") if path.is_file() and not path.is_symlink()) == kept
    assert outside.read_text() == "mine"


def test_only_runs_are_removed(tmp_path) -> None:
    """A folder without run.json, and a link to a run, are refused untouched."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "epochs.jsonl").write_text("")
    with pytest.raises(FileError, match="not a recorded run"):
        remove(Run(tmp_path / "mine"))
    assert (tmp_path / "mine" / "epochs.jsonl").exists()
    run = whole(tmp_path / "runs")
    (tmp_path / "link").symlink_to(run.path)
    with pytest.raises(FileError, match="a link"):
        remove(Run(tmp_path / "link"))
    assert not run.verify()


def test_a_removal_that_was_stopped_can_be_repeated(tmp_path) -> None:
    """When the disk refuses half way the run is still one that can be named, and removed."""
    import errno

    from simulated_disk import Refusing

    run = whole(tmp_path)
    with pytest.raises(FileError, match="cannot be removed: Input/output error"):
        remove(run, disk=Refusing(3, errno.EIO))
    assert names(list_runs(tmp_path)) == [run.name]
    remove(Run(run.path))
    assert not list(tmp_path.iterdir())


def test_a_run_of_a_snapshot_set_aside_is_removed_with_it(tmp_path) -> None:
    """Snapshots that were set aside and parts that were never whole belong to the run."""
    with begin(tmp_path) as writer:
        go_on(writer, 1)
        keep(writer)
    (writer.folder / "snapshots" / "0000000009.unused").write_text("")
    (writer.folder / "snapshots" / ".0000000009.safetensors.part").write_text("")
    (writer.folder / ".run.json.part").write_text("")
    remove(Run(writer.folder))
    assert not list(tmp_path.iterdir())


def test_a_path_is_as_good_as_its_text(tmp_path) -> None:
    """`find` takes the folder that a recorder gives as it is."""
    from chainrule import Sequential, layers
    from chainrule.recording.recorder import RunRecorder
    from chainrule.runs import find

    model, record = Sequential([layers.Dense(1, input_shape=(2,))]), RunRecorder(tmp_path / "runs")
    model.compile("sgd", "mse")
    model.fit([[1.0, 2.0]], [[1.0]], verbose=0, callbacks=[record])
    assert find(tmp_path / "elsewhere", record.folder).path == find(tmp_path, str(record.folder)).path
