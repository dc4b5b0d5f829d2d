"""`chainrule export RUN --to mlflow`: read back with MLflow's own client, the store holds what was recorded."""

import numpy as np
import pytest
from mlflow.tracking import MlflowClient

from chainrule.cli import main
from chainrule.errors import FileError, SettingError
from chainrule.integrations.mlflow import export_mlflow


def history(client, run_id, name):
    """A metric as (step, value) pairs, in the order of its steps."""
    return sorted((metric.step, metric.value) for metric in client.get_metric_history(run_id, name))


def test_every_recorded_number_is_in_the_store(run, tmp_path) -> None:
    """All steps with their own bits, measured sizes where they were measured, all epochs, in the order of their times."""
    name = export_mlflow(run, tmp_path / "mlflow.db")
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    for column in ("loss", "mae", "learning_rate"):
        assert history(client, name, column) == list(enumerate(run.steps[column].tolist()))
    sizes = [column for column in run.columns if "[" in column]
    assert sizes
    for column in sizes:
        tag = column.replace("[", "/").removesuffix("]")
        measured = [(k, value) for k, value in enumerate(run.steps[column].tolist()) if np.isfinite(value)]
        assert history(client, name, tag) == measured
    told = [(epoch.step - 1, epoch.metrics["val_mae"]) for epoch in run.epochs]
    assert history(client, name, "epoch/val_mae") == told
    times = [
        metric.timestamp for metric in sorted(client.get_metric_history(name, "loss"), key=lambda m: m.step)
    ]
    assert times == sorted(times)
    found = client.get_run(name)
    assert found.info.start_time <= times[0] <= times[-1] <= found.info.end_time + 1000
    assert (found.info.status, found.info.run_name) == ("FINISHED", run.name)


def test_settings_are_parameters(run, tmp_path) -> None:
    """Under names that say where they stand."""
    name = export_mlflow(run, tmp_path / "mlflow.db")
    found = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}").get_run(name).data.params
    assert found["batch_size"] == "8"
    assert found["training.optimizer.class_name"] == "Adam"
    assert float(found["training.optimizer.config.learning_rate"]) == pytest.approx(0.001)


def test_a_store_takes_many_runs_and_each_once(run, model, data, tmp_path) -> None:
    """A second run lies beside the first; the same again is refused, and nothing of it is left."""
    import chainrule as c

    record = c.RunRecorder(tmp_path / "runs", label="second")
    model.fit(*data, epochs=1, batch_size=8, callbacks=[record], verbose=0)
    store = tmp_path / "mlflow.db"
    names = {export_mlflow(run, store), export_mlflow(record.folder, store)}
    with pytest.raises(SettingError, match=f"has {run.name} already"):
        export_mlflow(run, store)
    client = MlflowClient(f"sqlite:///{store}")
    experiment = client.get_experiment_by_name("chainrule")
    assert {found.info.run_id for found in client.search_runs([experiment.experiment_id])} == names


def test_a_loss_that_was_no_number_is_one_in_the_store(run, tmp_path, monkeypatch) -> None:
    """NaN stays NaN; infinity becomes the largest number, as with MLflow's own client."""
    rows = run.steps.rows.copy()
    rows[3, run.columns.index("loss")], rows[4, run.columns.index("loss")] = np.nan, -np.inf
    monkeypatch.setattr(
        type(run.steps), "__getitem__", lambda steps, name: rows[:, steps.columns.index(name)]
    )
    name = export_mlflow(run, tmp_path / "mlflow.db")
    found = dict(history(MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}"), name, "loss"))
    assert np.isnan(found[3])
    assert found[4] < -1e308


def test_the_command_says_how_to_look_at_it(run, tmp_path, monkeypatch, capsys) -> None:
    """One line; a file that is something else stays as it is."""
    monkeypatch.chdir(tmp_path)
    assert main(["export", "last", "--to", "mlflow", "--out", "mlflow.db"]) == 0
    assert "mlflow ui --backend-store-uri sqlite:///mlflow.db" in capsys.readouterr().out
    (tmp_path / "notes.txt").write_text("these are my own notes")
    assert main(["export", "last", "--to", "mlflow", "--out", "notes.txt"]) == 1
    assert "no file of SQLite" in capsys.readouterr().err
    assert (tmp_path / "notes.txt").read_text() == "these are my own notes"
    with pytest.raises(FileError, match="no folder"):
        export_mlflow(run, tmp_path / "nowhere" / "mlflow.db")
