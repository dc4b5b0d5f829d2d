"""The disk says no: full, broken, forbidden, over the quota. What was recorded stays, and one clear sentence is said."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import begin, end_epoch, go_on, is_prefix, keep, same, settings, state
from simulated_disk import Quick, Refusing

from chainrule.errors import FileError
from chainrule.runs import Run, RunWriter
from chainrule.runs.format import INFO

ERRORS = [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT]
HERE = Path(__file__).parent


def story(root, disk, safe):
    """A recording with two snapshots, a second beginning and an end; `safe` collects the steps that were promised."""
    writer = begin(root, disk=disk)
    try:
        safe.append(0)
        for size in (3, 5):
            go_on(writer, size)
            end_epoch(writer)
            keep(writer)
            safe.append(writer.step)
        go_on(writer, 2)
        writer.close()
        writer = RunWriter.reopen(writer.folder, settings(), disk=disk)
        go_on(writer, 4)
        end_epoch(writer)
        keep(writer)
        safe.append(writer.step)
        writer.finish(results={"loss": 0.1})
        safe.append("finished")
    finally:
        writer.close()


def count(root) -> int:
    """How many calls to the disk the story makes."""
    disk = Refusing()
    story(root, disk, [])
    return disk.calls


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_at_whatever_call_the_disk_refuses_earlier_data_are_intact(tmp_path, error, lasting) -> None:
    """At each write, sync, rename, cut and folder: FileError with the reason, and the run goes on once the disk does."""
    total = count(tmp_path / "all")
    assert total > 60
    for at in range(1, total + 1):
        root, safe = tmp_path / str(at), []
        shutil.rmtree(tmp_path / str(at - 1), ignore_errors=True)
        with pytest.raises(FileError, match=os.strerror(error)) as result:
            story(root, Refusing(at, error, lasting), safe)
        assert "recorded" in str(result.value)
        folders = [path.parent for path in root.glob(f"*/{INFO}")]
        if not folders:
            assert not safe, f"call {at}"
            continue
        run = Run(folders[0])
        if run.info.status == "finished":
            assert safe[-1] in (12, "finished")
            continue
        if not run.began:
            assert not safe, f"call {at}"
            continue
        writer = RunWriter.reopen(run.path, settings(), disk=Quick())
        assert writer.restored.step >= (safe or [0])[-1], f"call {at}"
        assert same(writer.restored.state, state(writer.restored.step))
        assert is_prefix(run, writer.step, writer.epoch)
        writer.close()


def test_a_run_that_could_not_begin_leaves_nothing_behind(tmp_path) -> None:
    """When the disk refuses once while a run begins, no half folder stays."""
    counting = Refusing()
    begin(tmp_path / "all", disk=counting).close()  # two of the calls make and sync the folder of runs itself
    runs = tmp_path / "runs"
    runs.mkdir()
    for at in range(1, counting.calls - 1):
        with pytest.raises(FileError):
            begin(runs, disk=Refusing(at, errno.ENOSPC))
        assert not list(runs.iterdir()), f"call {at}"


def test_after_a_refusal_the_same_is_said_again(tmp_path) -> None:
    """Nothing is recorded after a gap: each later call says why, and learning may go on without a recording."""
    disk = Refusing()
    writer = begin(tmp_path, disk=disk)
    go_on(writer, 3)
    disk.at, disk.error = disk.calls + 1, errno.ENOSPC
    with pytest.raises(FileError, match="No space left on device"):
        go_on(writer, 3)
    assert writer.stopped is not None
    for call in (lambda: go_on(writer, 3), lambda: end_epoch(writer), lambda: keep(writer), writer.finish):
        with pytest.raises(FileError, match="No space left on device"):
            call()
    writer.close()
    run = Run(writer.folder)
    assert run.status == "interrupted"
    assert is_prefix(run, 3, 0)
    assert not run.verify()  # the half of a block was taken off again


def test_a_snapshot_that_found_no_room_gives_its_room_back(tmp_path) -> None:
    """On a full disk the half of a snapshot is removed at once."""
    disk = Refusing()
    with begin(tmp_path, disk=disk) as writer:
        go_on(writer, 3)
        before = Run(writer.folder).size
        disk.at, disk.error = disk.calls + 3, errno.ENOSPC  # the sync of steps, the new file, its first bytes
        with pytest.raises(FileError, match="No space left on device"):
            keep(writer)
        assert Run(writer.folder).size == before


def test_ctrl_c_in_the_middle_of_a_write_leaves_whole_blocks(tmp_path) -> None:
    """A KeyboardInterrupt goes through; nothing is written after what it cut off."""

    class Interrupted(Refusing):
        def refuse(self):
            raise KeyboardInterrupt

    disk = Interrupted()
    with begin(tmp_path, disk=disk) as writer:
        go_on(writer, 3)
        disk.at = disk.calls + 1
        with pytest.raises(KeyboardInterrupt):
            go_on(writer, 3)
        with pytest.raises(FileError, match="cut off"):
            go_on(writer, 3)
    assert is_prefix(Run(writer.folder), 3, 0)


def test_a_limit_on_the_size_of_files_is_an_ordinary_refusal(tmp_path) -> None:
    """A real limit of the system (RLIMIT_FSIZE) stops the recording with a sentence, and the run can be resumed."""
    script = (
        "import resource, sys; sys.path.insert(0, sys.argv[2]); from recorded import *\n"
        "writer = begin(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "try:\n    for _ in range(100): go_on(writer, 10); keep(writer)\n"
        "except Exception as problem: print(type(problem).__name__, problem)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(HERE)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("FileError")
    assert "File too large" in done.stdout
    (folder,) = tmp_path.iterdir()
    with RunWriter.reopen(folder, settings()) as writer:
        assert writer.restored.step >= 100
        assert is_prefix(Run(folder), writer.step, 0)


def test_a_read_only_folder_is_said_before_anything_is_done(tmp_path, monkeypatch) -> None:
    """Where nothing can be written: FileError for a new run and for going on; reading works."""
    with begin(tmp_path) as writer:
        folder = writer.folder
    really = os.open

    def reading_only(path, flags, *mode, **more):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return really(path, flags, *mode, **more)

    monkeypatch.setattr(os, "open", reading_only)
    with pytest.raises(FileError, match="Read-only file system"):
        begin(tmp_path)
    with pytest.raises(FileError, match="Read-only file system"):
        RunWriter.reopen(folder, settings())
    assert same(Run(folder).load_snapshot(0).state, state(0))
    assert Run(folder).status == "interrupted"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_place_that_is_no_folder_is_refused(tmp_path) -> None:
    """Runs cannot be recorded inside a file."""
    (tmp_path / "runs").write_text("mine")
    with pytest.raises(FileError, match="No run can be recorded in"):
        begin(tmp_path / "runs")
    assert (tmp_path / "runs").read_text() == "mine"
