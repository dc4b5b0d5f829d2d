"""A finished run that lost its end, and a folder with links in it: what is said is true, and no file of the user's is touched."""

import os
from pathlib import Path

import pytest
from recorded import begin, end_epoch, go_on, keep, same, settings, state

from chainrule.errors import ChainruleError, FileError, SettingError
from chainrule.runs import Run, RunWriter
from chainrule.runs.format import snapshot_path


@pytest.fixture
def finished(tmp_path) -> Run:
    """A run of ten steps in two epochs, with snapshots before step 0, 4 and after its last."""
    writer = begin(tmp_path)
    for size in (4, 6):
        go_on(writer, size)
        end_epoch(writer)
        keep(writer)
    writer.finish(results={"loss": 0.1})
    writer.close()
    return Run(writer.folder)


LOST = {
    "deleted": lambda path: path.unlink(),
    "cut": lambda path: os.truncate(path, 300),
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-4] + b"\1\2\3\4"),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a link to a device": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
}


@pytest.mark.parametrize("how", LOST)
def test_a_finished_run_that_lost_its_last_state_says_so_and_learns_it_again(finished, how) -> None:
    """Never the weights of an earlier step as if they were the last: it is said, and resuming brings the end back."""
    assert finished.lost_end() == finished.gaps() == ""
    with pytest.raises(SettingError, match="nothing left to resume"):
        RunWriter.reopen(finished.path, settings())
    LOST[how](snapshot_path(finished.path, 10))
    run = Run(finished.path)
    assert "what is said of its weights is of step 4" in run.lost_end()
    assert len(run.verify()) == 1
    writer = RunWriter.reopen(run.path, settings())
    assert writer.step == 4
    assert same(writer.restored.state, state(4))
    go_on(writer, 6)
    end_epoch(writer)
    keep(writer)
    writer.finish(results={"loss": 0.1})
    writer.close()
    assert Run(run.path).verify() == []
    assert Run(run.path).lost_end() == ""


@pytest.mark.parametrize("name", ["steps.bin", "epochs.jsonl"])
def test_a_finished_run_whose_record_was_cut_is_not_shown_as_whole(finished, name) -> None:
    """Steps and epochs that end before the run did are said without reading every byte."""
    os.truncate(finished.path / name, (finished.path / name).stat().st_size - 20)
    assert "is not whole: its steps end at" in Run(finished.path).gaps()


@pytest.mark.parametrize("name", ["run.json", "steps.bin", "epochs.jsonl", "lock"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_nothing_of_a_run_is_waited_for(finished, name, kind) -> None:
    """A pipe that nobody writes to, an endless device: read or refused at once, in Chainrule's words."""
    path = finished.path / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    for ask in (
        lambda run: run.status,
        lambda run: run.steps.stop,
        lambda run: run.epochs,
        lambda run: run.verify(),
        lambda run: run.gaps(),
    ):
        try:
            ask(Run(finished.path))
        except ChainruleError as problem:
            assert name in str(problem)  # noqa: PT017


@pytest.mark.parametrize("name", ["lock", "steps.bin", "epochs.jsonl", ".run.json.part"])
def test_a_link_in_a_run_s_folder_leads_to_no_file_of_the_user(finished, tmp_path, name) -> None:
    """A folder of somebody else's is resumed: what its links point to is neither cut nor written."""
    precious = tmp_path / "precious"
    path = finished.path / name
    content = path.read_bytes() if path.is_file() and name != "lock" else b"do not touch"
    precious.write_bytes(content)
    path.unlink(missing_ok=True)
    path.symlink_to(precious)
    snapshot_path(finished.path, 10).unlink()
    try:
        writer = RunWriter.reopen(finished.path, settings())
        go_on(writer, 6)
        writer.close()
    except FileError as problem:
        assert str(finished.path) in str(problem)  # noqa: PT017
    assert precious.read_bytes() == content


@pytest.mark.parametrize("name", ["run.json", "epochs.jsonl"])
def test_a_file_that_no_run_writes_is_not_read(finished, name) -> None:
    """Three gigabytes of nothing cost nothing."""
    os.truncate(Path(finished.path, name), 3 << 30)
    with pytest.raises(FileError, match="3,221,225,472 bytes, which no run writes"):
        Run(finished.path).epochs
