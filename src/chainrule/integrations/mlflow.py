"""A recorded run in MLflow's store: settings as parameters, every step's and epoch's numbers as metrics, in a file of SQLite."""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError, MissingDependencyError, SettingError, require_package
from chainrule.integrations.run_times import seconds_of_steps, stamp
from chainrule.runs import Run

EXPERIMENT = "chainrule"
RUN_ID = "chainrule.run"  # the tag by which a run is known again
MOST_METRICS, MOST_PARAMETERS, LONGEST = 1000, 100, 500  # that MLflow takes at once; letters of a parameter
STATUS = {"finished": "FINISHED", "failed": "FAILED"}
LARGEST = 1.7976931348623157e308  # what MLflow keeps of infinity, as its own client does


def export_mlflow(run: Any, path: Any, experiment: str = EXPERIMENT) -> str:
    """Adds a run to MLflow's store in a file of SQLite, which is made where there is none; returns MLflow's id of the run.

    run: a folder or a `chainrule.runs.Run`.  Steps have the run's own numbers and times, sizes that were not measured are left
    out. SettingError where the store has this run already, FileError where the file cannot be used, MissingDependencyError
    without the extra `mlflow`.

    >>> export_mlflow("runs/2026-11-23T07-31-05_mnist_fast", "mlflow.db")                         # doctest: +SKIP
    '0f4cfd6a2d3c4cb7bbd1d5b0f5ad3c2e'
    """
    run = run if isinstance(run, Run) else Run(run)
    client = client_of(Path(path))
    folder = experiment_id(client, experiment, Path(path))
    if known := client.search_runs([folder], f"tags.`{RUN_ID}` = '{run.info.id}'", max_results=1):
        raise SettingError(
            f"{path} has {run.name} already, as {known[0].info.run_name} ({known[0].info.run_id})."
        )
    entities = require_package("mlflow.entities", "mlflow", "writing to MLflow")
    began = round(1000 * stamp(run.info.started))
    made = client.create_run(
        folder, began, {RUN_ID: run.info.id, "mlflow.source.name": "chainrule"}, run.name
    )
    name = made.info.run_id
    try:
        parameters = [entities.Param(key, value[:LONGEST]) for key, value in parameters_of(run).items()]
        for k in range(0, len(parameters), MOST_PARAMETERS):
            client.log_batch(name, params=parameters[k : k + MOST_PARAMETERS])
        for batch in batches(run):
            client.log_batch(name, metrics=[entities.Metric(*one) for one in batch])
    except BaseException:
        client.delete_run(name)
        raise
    ended = round(1000 * stamp(run.info.finished)) if run.info.finished else None
    client.set_terminated(name, STATUS.get(run.status, "KILLED"), ended)
    return str(name)


def client_of(path: Path) -> Any:
    """MLflow's client of a store; its tables are made where the file is new."""
    os.environ.setdefault(
        "MLFLOW_DISABLE_TELEMETRY", "true"
    )  # read when MLflow is imported: nothing leaves this machine
    if not path.parent.is_dir():
        raise FileError(f"There is no folder {str(path.parent)!r} for MLflow's store.")
    if path.exists() and path.read_bytes()[:16] not in (b"", b"SQLite format 3\0"):
        raise FileError(f"{str(path)!r} is no file of SQLite; MLflow's store is one. Name another file.")
    tracking = require_package("mlflow.tracking", "mlflow", "writing to MLflow")
    for needed in ("sqlalchemy", "alembic"):
        require_package(needed, "mlflow", "writing to MLflow")
    try:
        client = tracking.MlflowClient(f"sqlite:///{path.resolve()}")
        client.search_experiments(max_results=1)
    except MissingDependencyError:
        raise
    except Exception as problem:  # noqa: BLE001 - of MLflow or of SQLAlchemy, whatever the file makes them raise
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise FileError(f"{str(path)!r} cannot be used as MLflow's store: {reason[:200]}") from None
    return client


def experiment_id(client: Any, name: str, path: Path) -> str:
    """The experiment of this name, made where there is none."""
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "active":
        return str(found.experiment_id)
    if found is not None:
        raise SettingError(
            f"The experiment {name!r} in {path} was deleted; restore it in MLflow, or name another file."
        )
    return str(client.create_experiment(name, (path.resolve().parent / "mlartifacts").as_uri()))


def parameters_of(run: Run) -> dict[str, str]:
    """What the run was set to, flat: training.optimizer.config.learning_rate.

    The layers are left out: they are one long list.
    """
    settings = run.info.settings
    about = {
        "seed": settings.seed, "batch_size": settings.batch, "epochs": settings.epochs, "backend": settings.backend,
        "data": settings.data, "recipe": settings.recipe, "training": settings.training, "machine": run.info.machine,
    }  # fmt: skip
    return {allowed(key): str(value) for key, value in flat(about).items() if value is not None}


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """A nested dict with one name for each value.

    >>> flat({"a": 1, "b": {"c": [2, 3]}})
    {'a': 1, 'b.c': [2, 3]}
    """
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, entry in value.items():
        found |= flat(entry, f"{name}.{key}" if name else str(key))
    return found


def allowed(name: str) -> str:
    """A name with the letters that MLflow allows; what is measured of a layer behind a slash.

    >>> allowed("grad_rms[dense]"), allowed("loss")
    ('grad_rms/dense', 'loss')
    """
    return re.sub(r"[^\w\-. :/]", "_", name.removesuffix("]").replace("[", "/"))


def batches(run: Run) -> Iterator[list[tuple[str, float, int, int]]]:
    """All metrics (name, value, milliseconds, step), epoch by epoch, as many at once as MLflow takes."""
    steps, epochs = run.steps, run.epochs
    numbers = np.arange(steps.first, steps.stop)
    times = np.round(1000 * seconds_of_steps(run, numbers)).astype(np.int64) if len(numbers) else numbers
    columns = [(allowed(name), "[" in name, steps[name]) for name in steps.columns]
    waiting: list[tuple[str, float, int, int]] = []
    ends = [*(epoch.step for epoch in epochs if epoch.step < steps.stop), steps.stop]
    start = steps.first
    for place, stop in enumerate(ends):
        for k in range(start - steps.first, stop - steps.first):
            for name, measured, column in columns:
                value = float(column[k])
                if not (measured and math.isnan(value)):
                    waiting.append((name, bounded(value), int(times[k]), int(numbers[k])))
        start = stop
        if place < len(epochs):
            epoch = epochs[place]
            when = round(1000 * stamp(epoch.time)) if epoch.time else int(times[-1]) if len(times) else 0
            waiting += [
                (f"epoch/{allowed(name)}", bounded(float(value)), when, max(epoch.step - 1, 0))
                for name, value in epoch.metrics.items()
                if np.ndim(value) == 0
            ]
        while waiting:
            yield waiting[:MOST_METRICS]
            del waiting[:MOST_METRICS]


def bounded(value: float) -> float:
    """A number as MLflow keeps it: infinity becomes the largest number there is."""
    return math.copysign(LARGEST, value) if math.isinf(value) else value
