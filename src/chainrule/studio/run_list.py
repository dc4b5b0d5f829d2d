"""Recorded runs for the page: which there are, their curves, and what is wrong with one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import unknown
from chainrule.explain.parts import plain
from chainrule.runs import Run, find, list_runs

Array = np.ndarray[Any, Any]
Shown = tuple[dict[str, Any], dict[str, Array]]
MOST_POINTS = 4000  # of a curve
MOST_RUNS = 500


def see(what: str, asked: Mapping[str, Any]) -> dict[str, Any] | Shown:
    """An answer about the runs in a folder."""
    questions: dict[str, Any] = {"list": listing, "find": found, "curves": curves, "findings": findings}
    if what not in questions:
        raise unknown("question", what, questions)
    answer: dict[str, Any] | Shown = questions[what](asked["runs_dir"], asked.get("run"))
    return answer


def listing(folder: str, _: Any) -> dict[str, Any]:
    """All runs, the newest first."""
    result = list_runs(folder)
    listed: dict[str, Any] = plain({
        "folder": str(Path(folder)), "problems": result.problems,
        "runs": [about(run) for run in result.runs[:MOST_RUNS]], "count": len(result.runs),
    })  # fmt: skip
    return listed


def about(run: Run) -> dict[str, Any]:
    """A run in a few words."""
    info = run.info
    return {
        "name": run.name, "started": info.started, "status": run.status, "data": info.settings.data.get("name"),
        "recipe": info.settings.recipe.get("name"), "batch": info.settings.batch, "epochs": info.settings.epochs,
        "metrics": run.metrics, "parent": None if info.parent is None else [info.parent.run, info.parent.step],
        "changes": [] if info.parent is None else info.parent.changes, "openable": "seed" in info.settings.recipe,
    }  # fmt: skip


def found(folder: str, which: Any) -> dict[str, Any]:
    """Where a run is."""
    return {"path": str(find(folder, str(which)).path.resolve())}


def curves(folder: str, which: Any) -> Shown:
    """The losses of a run, thinned where there are very many, and its epochs' metrics."""
    run = find(folder, str(which))
    loss = np.asarray(run.steps["loss"], np.float32)
    thin = max(1, -(-len(loss) // MOST_POINTS))
    header = plain({
        "name": run.name, "first": run.info.step, "thin": thin, "count": len(loss),
        "epochs": [{"epoch": epoch.epoch, **epoch.metrics} for epoch in run.epochs],
    })  # fmt: skip
    return header, {"loss": loss[::thin]}


def findings(folder: str, which: Any) -> dict[str, Any]:
    """What is wrong with a run, as `chainrule runs doctor` says it."""
    from chainrule.diagnosis.diagnose import diagnose

    said: dict[str, Any] = plain(diagnose(find(folder, str(which)), labels=False).to_dict())
    return said
