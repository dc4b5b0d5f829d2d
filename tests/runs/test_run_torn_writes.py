"""The power goes off at every moment of a recording, and each write that was not synced is kept, lost or garbage."""

import shutil

import numpy as np
import pytest
from recorded import begin, end_epoch, go_on, is_prefix, keep, same, settings, state
from simulated_disk import Quick, Remembering

from chainrule.errors import FileError
from chainrule.runs import Run, RunWriter
from chainrule.runs.format import INFO
from chainrule.runs.starting import Starting

FATES = ["keep", "drop", "garble"]
LUCK = 13  # states for each moment in which every write has a fate of its own


def story(root):
    """A recording with three snapshots, a crash, a second beginning and an end: its disk, and what was promised when."""
    disk = Remembering(root)
    promised, begun = (
        [(0, None)],
        [(0, 0)],
    )  # (time, newest snapshot that is safe), (time, snapshot that was asked for)

    def kept(writer):
        begun.append((disk.time, writer.step))
        keep(writer)
        promised.append((disk.time, writer.step))

    writer = begin(root / "deep" / "runs", disk=disk)
    promised.append((disk.time, 0))
    for size in (3, 5):
        go_on(writer, size)
        go_on(writer, 1)
        end_epoch(writer)
        kept(writer)
    go_on(writer, 4)  # these and the epoch are not followed by a snapshot: they will be cut off
    end_epoch(writer)
    go_on(writer, 2)
    writer.close()
    writer = RunWriter.reopen(writer.folder, settings(), disk=disk)
    assert writer.restored.step == 10
    go_on(writer, 2)
    kept(writer)
    go_on(writer, 7)
    kept(writer)
    end_epoch(writer)  # only `finish` makes this one safe
    writer.finish(results={"loss": 0.1})
    promised.append((disk.time, "finished"))
    return disk, promised, begun


def check(root, safe, asked):
    """What is on the disk is a run that goes on from a state that was promised, or from a newer one."""
    folders = [path.parent for path in root.glob(f"deep/runs/*/{INFO}")]
    if not folders:
        assert safe is None
        return None
    run = Run(folders[0])
    if run.info.status == "finished":
        assert is_prefix(run, 19, 3)
        assert not run.verify()
        return "finished"
    assert safe != "finished"
    if not run.began:  # run.json is there before anything else: such a run is begun anew
        assert safe is None
        with begin(run.path.parent, starting=Starting.again(run.path, disk=Quick())) as writer:
            go_on(writer, 2)
        run.reload()
        assert is_prefix(run, 2, 0)
        assert not run.verify()
        return "starting"
    writer = RunWriter.reopen(run.path, settings(), disk=Quick())
    found = writer.restored
    assert (0 if safe is None else safe) <= found.step <= asked
    assert same(found.state, state(found.step))
    run.reload()
    assert is_prefix(run, found.step, found.epochs)
    go_on(writer, 2)  # and it does go on
    end_epoch(writer)
    keep(writer)
    writer.close()
    run.reload()
    assert is_prefix(run, found.step + 2, found.epochs + 1)
    assert not run.verify()
    return found.step


def test_a_power_cut_at_any_moment_leaves_the_old_or_the_new_snapshot(tmp_path) -> None:
    """Over 1,000 torn states of the disk: all recover, to what was promised or newer, with no step lost or doubled."""
    (tmp_path / "real").mkdir()
    disk, promised, begun = story(tmp_path / "real")
    rng = np.random.default_rng(2026)
    reached, states = {}, 0
    for time in range(disk.time + 1):
        safe = [what for at, what in promised if at <= time][-1]
        asked = max(step for at, step in begun if at <= time)
        for fate in FATES + ["mixed"] * LUCK:
            root = tmp_path / f"{time}-{states}"
            disk.crashed(time, rng, fate, root)
            try:
                found = check(root, safe, asked)
            except Exception as problem:
                raise AssertionError(f"after call {time} of {disk.time}, fate {fate}: {problem}") from problem
            shutil.rmtree(root)
            reached[found] = reached.get(found, 0) + 1
            states += 1
    assert states >= 1000
    assert reached.keys() == {
        None,
        "starting",
        0,
        4,
        10,
        12,
        19,
        "finished",
    }  # every kind of ending was really met


@pytest.mark.parametrize("fate", FATES)
def test_after_the_end_nothing_can_be_lost(tmp_path, fate) -> None:
    """When `finish` has returned, everything was synced: no fate of loose writes changes a byte of what counts."""
    (tmp_path / "real").mkdir()
    disk, *_ = story(tmp_path / "real")
    disk.crashed(disk.time, np.random.default_rng(1), fate, tmp_path / "after")
    (real,) = (tmp_path / "real" / "deep" / "runs").iterdir()
    (after,) = (tmp_path / "after" / "deep" / "runs").iterdir()
    for path in real.rglob("*"):
        if path.is_file() and path.name != "lock":
            assert (after / path.relative_to(real)).read_bytes() == path.read_bytes()


def test_the_simulation_notices_a_missing_sync(tmp_path) -> None:
    """Without the sync before a snapshot's name, torn states appear: the simulation is able to find what it looks for."""

    class Careless(Remembering):
        def sync(self, handle):
            pass

    disk = Careless(tmp_path / "real")
    (tmp_path / "real").mkdir()
    with begin(tmp_path / "real" / "deep" / "runs", disk=disk) as writer:
        go_on(writer, 3)
        keep(writer)
    disk.crashed(disk.time, np.random.default_rng(1), "garble", tmp_path / "after")
    with pytest.raises((AssertionError, FileError)):
        check(tmp_path / "after", 3, 3)


def test_what_was_cut_off_does_not_come_back(tmp_path) -> None:
    """A run that goes on and ends at once: the steps that were cut off are gone for good, whatever the disk forgets."""
    (tmp_path / "real").mkdir()
    disk = Remembering(tmp_path / "real")
    with begin(tmp_path / "real", disk=disk) as writer:
        go_on(writer, 3)
        keep(writer)
        go_on(writer, 2)
    with RunWriter.reopen(writer.folder, settings(), disk=disk) as writer:
        writer.finish()
    for luck in range(200):
        disk.crashed(disk.time, np.random.default_rng(luck), "mixed", tmp_path / str(luck))
        assert is_prefix(Run(tmp_path / str(luck) / writer.folder.name), 3, 0)
