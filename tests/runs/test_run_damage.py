"""A recording that was damaged: it is noticed, said, and what is whole is used."""

import json
import shutil

import numpy as np
import pytest
from recorded import (
    begin,
    end_epoch,
    go_on,
    is_prefix,
    keep,
    same,
    settings,
    state,
    whole,
)

from chainrule.errors import FileError
from chainrule.runs import Run, RunWriter
from chainrule.runs.format import snapshot_path

# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_flipped_bit_in_a_snapshot_is_noticed(run) -> None:
    """Rot anywhere in a snapshot, header included: never a different state, always a FileError that names the file."""
    path = snapshot_path(run.path, 6)
    data = path.read_bytes()
    rng = np.random.default_rng(2026)
    for place in {0, 7, 8, len(data) - 1, *rng.integers(len(data), size=400).tolist()}:
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"0000000006\.safetensors is (damaged|truncated|no)"):
            run.load_snapshot(6)


@pytest.mark.parametrize("size", [0, 1, 8, 100, -1])
def test_a_truncated_snapshot_is_refused_and_the_one_before_is_found(run, size) -> None:
    """What is left of a file that was cut is no state."""
    path = snapshot_path(run.path, 12)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FileError):
        run.load_snapshot(12)
    assert run.load_nearest(15).step == 6
    assert len(run.verify()) == 1


def test_each_flipped_bit_in_the_record_of_steps_is_noticed(run) -> None:
    """A block that rotted, and what follows it, are not read; `verify` says from where on."""
    path = run.path / "steps.bin"
    data = path.read_bytes()
    rng = np.random.default_rng(2026)
    head = data.index(b"\n") + 1
    for place in rng.integers(head, len(data), size=200).tolist():
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        run.reload()
        assert is_prefix(run, len(run.steps), 2)
        assert len(run.steps) in (0, 4, 6, 10)
        assert any("steps.bin is whole up to byte" in problem for problem in run.verify())


def test_whole_blocks_and_lines_count_only_where_they_belong(run) -> None:
    """A block or a line that is there twice, or after a gap, is not read: steps and epochs strictly go on."""
    head, *blocks = (run.path / "steps.bin").read_bytes().split(b"CRb1")
    first, second, third, fourth = (b"CRb1" + block for block in blocks)
    for order, steps in (((first, first, second), 4), ((first, third, second), 4), ((second, first), 0)):
        (run.path / "steps.bin").write_bytes(head + b"".join(order) + fourth)
        run.reload()
        assert is_prefix(run, steps, 2)
    one, other = (run.path / "epochs.jsonl").read_bytes().splitlines(keepends=True)
    for lines, epochs in (((one, one, other), 1), ((other, one), 0)):
        (run.path / "epochs.jsonl").write_bytes(b"".join(lines))
        run.reload()
        assert len(run.epochs) == epochs


def test_each_flipped_bit_in_a_line_of_an_epoch_is_noticed(run) -> None:
    """A digit that became another is no figure."""
    path = run.path / "epochs.jsonl"
    data = path.read_bytes()
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        run.reload()
        epochs = len(run.epochs)
        assert epochs < 2
        assert is_prefix(run, 12, epochs)
        assert any("epochs.jsonl is whole up to byte" in problem for problem in run.verify())


def test_a_snapshot_of_another_run_or_step_is_refused(recorded, run, tmp_path) -> None:
    """A file that was moved or renamed does not become this run's state."""
    shutil.copy(snapshot_path(run.path, 0), snapshot_path(run.path, 6))
    with pytest.raises(FileError, match="moved or renamed"):
        run.load_snapshot(6)
    other = whole(tmp_path / "other")
    shutil.copy(snapshot_path(other.path, 12), snapshot_path(run.path, 12))
    with pytest.raises(FileError, match="another run"):
        run.load_snapshot(12)
    with pytest.raises(FileError, match="no snapshot before step 3"):
        run.load_snapshot(3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"), ("[1]", "no JSON object"), ("{", "not JSON"), ("[" * 100_000, "not JSON"),
        ('{"format": "dvc"}', "its format is 'dvc'"), ('{"format": "chainrule run", "version": 99}', "version 99"),
        ('{"format": "chainrule run", "version": true}', "'version'"), ('{"format": "chainrule run", "version": 1}', "missing"),
    ],
)  # fmt: skip
def test_a_run_json_that_is_none_is_refused_with_its_name(run, text, words) -> None:
    """Damaged, strange or newer records are FileErrors that begin with the path."""
    (run.path / "run.json").write_text(text)
    with pytest.raises(FileError, match=words) as result:
        _ = run.info
    assert str(result.value).startswith(str(run.path / "run.json"))
    assert len(run.verify()) == 1


@pytest.mark.parametrize("field", ["id", "settings", "machine", "step", "parent", "status", "resumed"])
def test_every_entry_of_run_json_is_checked(run, field) -> None:
    """An entry of the wrong kind is refused, not passed on."""
    stored = json.loads((run.path / "run.json").read_text())
    for wrong in (
        {"odd": 1},
        3.5,
        "odd" if field not in ("id", "name") else 1,
        None if field != "parent" else {},
    ):
        if field == "machine" and wrong == {"odd": 1}:
            continue
        (run.path / "run.json").write_text(json.dumps(stored | {field: wrong}))
        with pytest.raises(FileError, match="damaged"):
            _ = Run(run.path).info


def test_a_folder_without_run_json_is_no_run(tmp_path) -> None:
    """Reading it says what is missing."""
    with pytest.raises(FileError, match=r"is not a recorded run: there is no run\.json"):
        _ = Run(tmp_path).info


def test_going_on_passes_over_damaged_snapshots_and_sets_them_aside(tmp_path) -> None:
    """With the newest snapshot damaged the run goes on from the one before, and the damaged file is kept."""
    with begin(tmp_path) as writer:
        for _ in range(3):
            go_on(writer, 2)
            keep(writer)
    path = snapshot_path(writer.folder, 6)
    path.write_bytes(path.read_bytes()[:-1])
    with RunWriter.reopen(writer.folder, settings()) as again:
        assert again.restored.step == again.step == 4
        assert same(again.restored.state, state(4))
    assert path.with_suffix(".unused").exists()
    assert Run(writer.folder).verify() == []


def test_a_snapshot_whose_steps_are_gone_is_not_gone_on_from(tmp_path) -> None:
    """A snapshot without all its steps and epochs before it would leave a gap: an older one is taken."""
    with begin(tmp_path) as writer:
        for _ in range(2):
            go_on(writer, 2)
            end_epoch(writer)
            keep(writer)
    epochs = writer.folder / "epochs.jsonl"
    epochs.write_bytes(epochs.read_bytes()[:-1])
    with RunWriter.reopen(writer.folder, settings()) as again:
        assert again.step == 2
    steps = writer.folder / "steps.bin"
    steps.write_bytes(steps.read_bytes()[:-1])
    with RunWriter.reopen(writer.folder, settings()) as again:
        assert again.step == 0


def test_a_run_without_any_whole_snapshot_says_why(tmp_path) -> None:
    """All reasons are told, and nothing is changed."""
    with begin(tmp_path) as writer:
        pass
    path = snapshot_path(writer.folder, 0)
    path.write_bytes(b"garbage of twenty bytes")
    with pytest.raises(FileError, match="has no snapshot to go on from") as result:
        RunWriter.reopen(writer.folder, settings())
    assert "0000000000.safetensors" in str(result.value)
    assert path.read_bytes() == b"garbage of twenty bytes"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("settings", "batch"), 0), (("settings", "epochs"), -1), (("settings", "backend"), "abacus"), (("started",), "soon"),
        (("finished",), "x"), (("resumed",), [None]), (("step",), -3), (("settings", "model", "layers"), True),
        (("settings", "model", "layers"), [{"class_name": {}}]), (("settings", "model", "layers"), [{"config": []}]),
        (("settings", "model", "layers"), [{"config": {"units": "os.system"}}]),
        (("settings", "model", "layers"), [{"config": {"batch_shape": [None, "\x1b[31m\nOK"]}}]),
        (("settings", "training", "optimizer"), "x"), (("machine", "numpy"), "2.0\nOK"), (("results", "loss"), "\x1b[31m"),
        (("settings", "recipe"), {"seed": "NaN"}), (("settings", "training"), {"loss_weights": "NaN"}),
        (("settings", "data"), {"source": True}), (("settings", "data"), {"name": -1}), (("settings", "data"), {"options": "x"}),
        (("settings", "data"), {"held": "9"}), (("settings", "training", "optimizer"), {"config": {"learning_rate": "x"}}),
        (("settings", "training", "optimizer"), {"config": {"learning_rate": {"class_name": "CosineDecay", "config": True}}}),
        (("settings", "model", "layers"), [{"config": {"batch_shape": []}}]),
    ],
)  # fmt: skip
def test_a_run_json_that_no_recording_writes_is_refused(run, place, value) -> None:
    """Numbers that are none, times that are none, networks that are none, texts that would forge a line."""
    stored = json.loads((run.path / "run.json").read_text())
    inner = stored
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    (run.path / "run.json").write_text(json.dumps(stored))
    with pytest.raises(FileError, match="damaged"):
        _ = Run(run.path).info
