"""What was written is what is read; what was damaged is noticed, and said."""

import json
import math

import numpy as np
import pytest
from recorded import (
    COLUMNS,
    begin,
    end_epoch,
    go_on,
    is_prefix,
    keep,
    metrics,
    rows,
    same,
    settings,
    state,
    whole,
)

from chainrule.errors import FileError, SettingError, ShapeError
from chainrule.runs import Parent, Run, RunWriter, Settings, size_of, spacing, this_machine
from chainrule.runs.format import snapshot_path

# ── there and back ───────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_comes_back_as_it_was_recorded(recorded) -> None:
    """Settings, steps, epochs, snapshots and results: the same numbers to the last bit, NaN and infinity included."""
    info = recorded.info
    assert (info.status, recorded.status, info.settings, info.results) == (
        "finished", "finished", settings(), {"loss": 0.5, "accuracy": 0.9}
    )  # fmt: skip
    assert info.machine == this_machine()
    assert info.name == recorded.name
    assert recorded.columns == COLUMNS
    assert (recorded.steps.first, recorded.steps.stop, len(recorded.steps)) == (0, 12, 12)
    assert same(recorded.steps.rows, rows(0, 12))
    assert same(recorded.steps["hits"].copy(), rows(0, 12)[:, 1].copy())
    assert [(e.epoch, e.step, e.seconds) for e in recorded.epochs] == [(0, 6, 0.25), (1, 12, 0.25)]
    assert math.isnan(recorded.epochs[1].metrics["val_loss"])
    assert recorded.snapshots() == [0, 6, 12]
    for step in recorded.snapshots():
        found = recorded.load_snapshot(step)
        assert same(found.state, state(step))
        assert (found.step, found.epochs, found.extra["best"]) == (step, step // 6, math.inf)
    assert recorded.verify() == []


def test_arrays_from_a_snapshot_can_be_learned_on(recorded) -> None:
    """They are ordinary arrays of their own: writable, contiguous, not views of a file."""
    for array in recorded.load_snapshot(6).state["params"][1].values():
        assert array.flags.writeable
        assert array.flags.owndata
        assert array.flags.c_contiguous


def test_any_tool_for_safetensors_opens_a_snapshot(recorded) -> None:
    """A snapshot is an ordinary .safetensors file, its arrays named by their places."""
    from safetensors.numpy import load_file

    arrays = load_file(snapshot_path(recorded.path, 6))
    assert np.array_equal(arrays["params/1/kernel"], state(6)["params"][1]["kernel"])
    assert "optimizer_state/momentum/1/bias" in arrays


def test_the_text_files_are_standard_json(recorded) -> None:
    """run.json and every line of epochs.jsonl are read by any JSON reader that knows no NaN."""

    def refuse(name):
        raise AssertionError(name)

    assert (
        json.loads((recorded.path / "run.json").read_text(), parse_constant=refuse)["format"]
        == "chainrule run"
    )
    lines = [
        json.loads(line, parse_constant=refuse)
        for line in (recorded.path / "epochs.jsonl").read_text().splitlines()
    ]
    assert lines[1]["metrics"] == {"loss": 0.5, "val_loss": "NaN"}


def test_what_a_state_may_hold_comes_back_with_type_and_shape(tmp_path) -> None:
    """Every type of number, empty arrays, scalars, slices in another order, tuples as lists, None."""
    kinds = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]
    odd = {
        "kinds": [np.array([0, 1, 2]).astype(kind) for kind in kinds], "empty": np.zeros((0, 3), np.float32),
        "scalar": np.asarray(5, np.int32), "turned": np.arange(6.0).reshape(2, 3).T, "every": np.arange(9)[::2],
        "tuple": (np.zeros(1), None), "none": None, "nothing": [{}, [], ()],
    }  # fmt: skip
    with RunWriter.create(tmp_path, "odd", settings(), odd) as writer:
        found = Run(writer.folder).load_snapshot(0).state
    expected = odd | {"tuple": [np.zeros(1), None], "nothing": [{}, [], []]}
    assert same(found, expected)


def test_jax_arrays_are_kept_like_any_other(tmp_path) -> None:
    """A state on the device is recorded without the recorder knowing JAX."""
    jnp = pytest.importorskip("jax.numpy")
    with RunWriter.create(tmp_path, "jax", settings(), {"w": jnp.arange(3.0)}, columns=["loss"]) as writer:
        writer.append_steps(jnp.ones((2, 1)))
        run = Run(writer.folder)
        assert same(run.load_snapshot(0).state, {"w": np.arange(3, dtype=np.float32)})
        assert run.steps["loss"].tolist() == [1, 1]


def test_the_same_state_makes_the_same_file(tmp_path) -> None:
    """Nothing in a snapshot depends on luck or time: equal states of one run are equal files."""
    with begin(tmp_path) as writer:
        path = snapshot_path(writer.folder, 0)
        first = path.read_bytes()
        writer.snapshot(state(0), {"epochs_seen": 0, "best": math.inf})
        assert path.read_bytes() == first


def test_a_run_may_begin_anywhere(tmp_path) -> None:
    """A fork, or a model that has learned before: steps and epochs are counted on from there."""
    parent = Parent(
        "2026-11-23T07-31-05_mnist",
        "0123456789abcdef",
        1875,
        ["training.optimizer.learning_rate: 0.001 / 0.01"],
    )
    with begin(tmp_path, step=1875, epoch=1, parent=parent) as writer:
        go_on(writer, 3)
        end_epoch(writer)
        keep(writer)
    run = Run(writer.folder)
    assert run.info.parent == parent
    assert (run.steps.first, run.steps.stop, run.snapshots(), run.epochs[0].epoch) == (
        1875,
        1878,
        [1875, 1878],
        1,
    )
    with RunWriter.reopen(run.path, settings()) as writer:
        assert (writer.step, writer.epoch) == (1878, 2)


def test_a_run_can_be_read_while_it_is_recorded(tmp_path) -> None:
    """What is whole at the moment is there; `reload` sees what came since."""
    with begin(tmp_path) as writer:
        go_on(writer, 3)
        run = Run(writer.folder)
        assert is_prefix(run, 3, 0)
        assert run.status == "running"
        go_on(writer, 3)
        end_epoch(writer)
        assert is_prefix(run, 3, 0)
        run.reload()
        assert is_prefix(run, 6, 1)
        assert run.metrics == metrics(0)
    run.reload()
    assert run.status == "interrupted"


def test_steps_without_any_number_are_still_counted(tmp_path) -> None:
    """A run that records no scalars knows its steps all the same."""
    with RunWriter.create(tmp_path, "bare", settings(), {"w": np.zeros(1)}) as writer:
        writer.append_steps(np.zeros((5, 0)))
        writer.append_steps(np.zeros((0, 0)))
        writer.snapshot({"w": np.ones(1)})
    assert Run(writer.folder).steps.stop == 5
    assert RunWriter.reopen(writer.folder, settings()).step == 5


def test_nearest_is_the_newest_snapshot_before(recorded) -> None:
    """The state to replay a step from."""
    assert [recorded.nearest(step) for step in (0, 5, 6, 11, 99)] == [0, 0, 6, 6, 12]
    with pytest.raises(FileError, match="no snapshot at or before step -1"):
        recorded.nearest(-1)


# ── refusals of the writer ───────────────────────────────────────────────────────────────────────────────────────


def test_a_state_of_another_step_is_not_kept_under_this_one(tmp_path) -> None:
    """A state that says its step cannot be recorded before another one."""
    with begin(tmp_path) as writer, pytest.raises(SettingError, match=r"before step 5, but 0 is next"):
        writer.snapshot(state(5))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (np.array(["a"]), "of type <U1"),
        ([1 + 2j], "complex128"),
        ({"a/b": np.zeros(1), "a": {"b": np.zeros(1)}}, "named twice"),
    ],
)
def test_what_a_snapshot_can_not_hold_is_refused_by_name(tmp_path, wrong, words) -> None:
    """Text, complex numbers and names that mean two arrays; nothing is begun then."""
    with pytest.raises(SettingError, match=words):
        RunWriter.create(tmp_path, "wrong", settings(), {"w": wrong})
    assert not list(tmp_path.iterdir())
    with begin(tmp_path) as writer:
        with pytest.raises(SettingError, match=words):
            writer.snapshot({"w": wrong})
        go_on(writer, 1)  # the mistake does not end the recording
        assert writer.spent > 0


def test_rows_of_another_width_are_refused(tmp_path) -> None:
    """Each step has as many numbers as there are columns; the recording can go on after the mistake."""
    with begin(tmp_path) as writer:
        for wrong in (np.zeros((2, 4)), np.zeros(3), np.zeros((2, 3, 1))):
            with pytest.raises(ShapeError, match="records 3 numbers for each step"):
                writer.append_steps(wrong)
        go_on(writer, 2)
    assert is_prefix(Run(writer.folder), 2, 0)


def test_settings_that_json_does_not_know_are_refused() -> None:
    """A set or a function in the settings is named with its place."""
    with pytest.raises(SettingError, match=r"training\.optimizer is a set"):
        settings(training={"optimizer": {1, 2}})


def test_two_columns_of_one_name_are_refused(tmp_path) -> None:
    """Recorded numbers need names of their own."""
    with pytest.raises(SettingError, match="names of their own"):
        RunWriter.create(tmp_path, "twice", settings(), {}, columns=["loss", "loss"])


def test_an_unknown_column_or_status_names_the_nearest(recorded, tmp_path) -> None:
    """Typing mistakes are answered with what there is."""
    with pytest.raises(SettingError, match="Did you mean 'loss'"):
        recorded.steps["los"]
    with begin(tmp_path) as writer, pytest.raises(SettingError, match="Did you mean 'finished'"):
        writer.finish("finish")


def test_a_closed_writer_says_so(tmp_path) -> None:
    """After `finish` nothing can be added."""
    run = whole(tmp_path)
    with pytest.raises(SettingError, match="is finished"):
        RunWriter.reopen(run.path, settings())
    with begin(tmp_path) as writer:
        pass
    with pytest.raises(FileError, match="closed"):
        go_on(writer, 1)


# ── going on with other settings ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 8}, "seed: 7 / 8"),
        ({"batch": 64, "epochs": 3}, "batch: 32 / 64\n  epochs: 10 / 3"),
        ({"data": {"name": "mnist", "digest": "abd", "n": 60, "scale": 1 / 255}}, "data.digest: abc / abd"),
        ({"model": {"layers": [{"units": 4}]}}, r'model.layers\[1\]: {"units":2} / \(not there\)'),
        ({"training": {"optimizer": {"name": "adam", "learning_rate": 0.01}, "loss": "categorical_crossentropy"}},
         "training.optimizer.learning_rate: 0.001 / 0.01"),
        ({"backend": "jax"}, "backend: numpy / jax"),
    ],
)  # fmt: skip
def test_going_on_with_other_settings_or_data_is_refused_with_the_difference(
    tmp_path, changes, words
) -> None:
    """The difference is shown, place by place, and the run is as it was."""
    with begin(tmp_path) as writer:
        go_on(writer, 3)
    before = {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()}
    with pytest.raises(SettingError, match=words):
        RunWriter.reopen(writer.folder, settings(**changes))
    assert {path: path.read_bytes() for path in before} == before


def test_settings_read_back_are_equal_to_those_written(recorded) -> None:
    """A run can be resumed with its own settings, also where they held tuples or NumPy's numbers."""
    odd = settings(recipe={"hidden": (784, 100), "rate": np.float32(0.5), "deep": {1: np.arange(2)}})
    assert odd.recipe == {"hidden": [784, 100], "rate": 0.5, "deep": {"1": [0, 1]}}
    assert recorded.info.settings == Settings(**vars(settings()))


# ── spacing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("size", "steps"), [(8_339_412, 1875), (100, 1875), (200_000_000, 100), (1, 1), (5_000_000, 250)]
)
def test_snapshots_take_no_more_than_their_budget(size, steps) -> None:
    """So many steps apart, the snapshots of an epoch stay within 10 MB, and hardly fewer would."""
    apart = spacing(size, steps)
    assert apart >= 1
    assert steps / apart * size <= 10_000_000 or apart == 1
    assert apart == 1 or steps / (apart - 1) * size > 10_000_000


def test_size_of_a_state_counts_its_arrays() -> None:
    """The bytes of all arrays, wherever they are."""
    assert size_of({"a": [np.zeros(3, np.float32), {}], "b": np.zeros((), np.int64)}) == 20
