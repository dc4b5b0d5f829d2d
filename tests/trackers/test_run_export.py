"""`chainrule export RUN --to tensorboard` and `--to csv`: what comes out is what was recorded."""

import csv
import json

import numpy as np
import pytest
from event_reading import accumulated, curve

from chainrule import pretrained
from chainrule.cli import main
from chainrule.integrations.table import export_csv, export_parquet
from chainrule.integrations.tensorboard import export_tensorboard


def test_every_recorded_number_is_in_the_event_files(run, tmp_path) -> None:
    """All columns of all steps with their own bits, measured sizes where they were measured, and all epochs."""
    written = export_tensorboard(run, tmp_path / "logs")
    assert (written.steps, written.epochs, written.notes) == (24, 3, ())
    train, held = accumulated(tmp_path / "logs" / "train"), accumulated(tmp_path / "logs" / "validation")
    for name in ("loss", "mae", "learning_rate"):
        assert curve(train, f"batch_{name}") == list(enumerate(run.steps[name].tolist()))
    sizes = [name for name in run.columns if "[" in name]
    assert sizes
    for name in sizes:
        tag = name.replace("[", "/").removesuffix("]")
        measured = [(k, value) for k, value in enumerate(run.steps[name].tolist()) if np.isfinite(value)]
        assert measured
        assert curve(train, tag) == measured
    assert curve(held, "epoch_mae") == [(e.epoch, np.float32(e.metrics["val_mae"])) for e in run.epochs]
    assert curve(train, "epoch_loss") == [(e.epoch, np.float32(e.metrics["loss"])) for e in run.epochs]


def test_the_weights_of_every_snapshot_are_histograms(run, model, tmp_path) -> None:
    """Under the names of the layers; the last snapshot's are the trained model's."""
    written = export_tensorboard(run, tmp_path / "logs")
    found = accumulated(tmp_path / "logs" / "train")
    assert written.histograms == 8 * len(run.snapshots())
    for layer in model.flat_layers:
        for name, weight in layer.params.items():
            events = found.Histograms(f"{model.name}/{layer.name}/{name}/histogram")
            assert [event.step for event in events] == run.snapshots()
            assert (events[-1].histogram_value.min, events[-1].histogram_value.max) == (
                weight.min(),
                weight.max(),
            )


def test_the_settings_are_hyperparameters(run, tmp_path) -> None:
    """TensorBoard's HParams finds them."""
    from tensorboard.plugins.hparams.metadata import parse_session_start_info_plugin_data

    export_tensorboard(run, tmp_path / "logs")
    about = accumulated(tmp_path / "logs" / "train").SummaryMetadata("_hparams_/session_start_info")
    result = parse_session_start_info_plugin_data(about.plugin_data.content).hparams
    assert result["batch_size"].number_value == 8
    assert result["optimizer"].string_value == "Adam"
    assert result["learning_rate"].number_value == pytest.approx(0.001)


def test_steps_have_times_in_their_order(run, tmp_path) -> None:
    """Between the run's beginning and its end."""
    export_tensorboard(run, tmp_path / "logs")
    times = [event.wall_time for event in accumulated(tmp_path / "logs" / "train").Scalars("batch_loss")]
    assert times == sorted(times)


def test_a_damaged_snapshot_is_left_out_and_named(run, tmp_path) -> None:
    """All else is written."""
    path = max((run.path / "snapshots").iterdir())
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    written = export_tensorboard(run, tmp_path / "logs")
    assert written.histograms == 8 * (len(run.snapshots()) - 1)
    assert path.name in written.notes[0]


def test_a_table_has_a_row_for_each_step(run, tmp_path) -> None:
    """Read back, every number has its bits; an epoch's figures stand in the row of its last step."""
    assert export_csv(run, tmp_path / "steps.csv") == 24
    with open(tmp_path / "steps.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(24))
    assert [int(row["epoch"]) for row in rows] == [0] * 8 + [1] * 8 + [2] * 8
    for name in run.columns:
        read = np.array([np.float32(row[name] or "nan") for row in rows])
        assert np.array_equal(read, run.steps[name], equal_nan=True), name
    lines = [row["epoch_val_loss"] for row in rows]
    assert [float(value) for value in lines if value] == [epoch.metrics["val_loss"] for epoch in run.epochs]
    assert [k for k, value in enumerate(lines) if value] == [7, 15, 23]


def test_parquet_is_the_same_table(run, tmp_path) -> None:
    """Numbers with their bits and types; nothing where nothing was measured."""
    from pyarrow import parquet

    assert export_parquet(run, tmp_path / "steps.parquet") == 24
    table = parquet.read_table(tmp_path / "steps.parquet")
    assert table["step"].to_pylist() == list(range(24))
    assert table["epoch"].to_pylist() == [0] * 8 + [1] * 8 + [2] * 8
    for name in run.columns:
        assert str(table.schema.field(name).type) == "float"
        read = np.array([np.nan if v is None else v for v in table[name].to_pylist()], np.float32)
        assert np.array_equal(read, run.steps[name], equal_nan=True), name
    result = table["epoch_val_loss"].to_pylist()
    assert [value for value in result if value is not None] == [e.metrics["val_loss"] for e in run.epochs]
    assert [k for k, value in enumerate(result) if value is not None] == [7, 15, 23]


def test_the_command_writes_both(run, tmp_path, monkeypatch, capsys) -> None:
    """It says how many steps, and how to look at them; --json gives one object."""
    monkeypatch.chdir(tmp_path)
    assert main(["export", "last", "--to", "tensorboard", "--out", "logs"]) == 0
    said = capsys.readouterr().out
    assert "24 steps, 3 epochs" in said
    assert "tensorboard --logdir logs" in said
    assert main(["export", "last", "--out", "steps.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["steps"]) == ("csv", 24)
    assert main(["export", "last", "--out", "steps.parquet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "parquet"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["last", "--to", "tensorboard", "--out", "full"], "'full' is not empty. Name a new folder"),
        (["last", "--to", "csv", "--out", "a.txt"], "its name must end in .csv"),
        (["last", "--to", "c", "--int8", "--out", "a.h"], "int8 is for classifiers of pixels"),
        (
            ["last", "--to", "csv", "--steps", "1", "--out", "a.csv"],
            "--steps and --weights are for --to html",
        ),
        ([str(pretrained.digits()), "--to", "tensorboard", "--out", "logs"], "is for a recorded run"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(run, tmp_path, monkeypatch, capsys, words, sentence) -> None:
    """Exit code 2, nothing written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert main(["export", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.glob("*.csv"))
    assert not (tmp_path / "logs").exists()
