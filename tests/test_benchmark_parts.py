"""Each part of `python -m benchmarks` gives what its table and its goals read; other processes are stood in for."""

import importlib
import json
from pathlib import Path

import pytest
from benchmarks import accuracy, classic, coldstart, goals, importing, prediction, report
from benchmarks.__main__ import Options
from benchmarks.quiet import Alone

ROOT = Path(__file__).parents[1]
FIGURES = {"seconds": 2.0, "cpu": 3.0, "memory": 5_000_000}


class AllInstalled:
    """Interpreters that have every package."""

    own = "python"

    def having(self, *_packages: str) -> str:
        return "python"


class OneTurn:
    """A worker whose every turn takes as long as the last."""

    def __init__(self, _command: list[str], _env: dict[str, str]) -> None:
        pass

    def turn(self) -> dict[str, float]:
        return FIGURES | {"loss": 0.1, "accuracy": 0.98}

    def end(self) -> int:
        return int(FIGURES["memory"])


def run(_command: list[str], _env: dict[str, str] | None = None) -> dict[str, object]:
    """What a process found: the same figures for each."""
    return FIGURES | {"output": "0.98\n"}


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Options:
    """A short run of everything, with processes that are stood in for."""
    for part in (accuracy, coldstart, importing, prediction):
        monkeypatch.setattr(part, "run", run)
    monkeypatch.setattr(classic, "Worker", OneTurn)
    return Options(
        AllInstalled(), "mnist.npz", {}, Alone(None), rounds=2, cold_rounds=2, short_rounds=2, seeds=2
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["accuracy", "classic", "coldstart", "importing", "prediction"])
def test_a_part_gives_what_its_table_and_its_goals_read(name: str, options: Options) -> None:
    """A figure that is kept under one name and read under another would end an hour of measuring in a KeyError."""
    found = importlib.import_module(f"benchmarks.{name}").measure(options)
    assert len(getattr(report, name)(found, {}).splitlines()) == 2 + len(found)
    assert all(len(row) == 4 for row in goals.PARTS[name]({name: found}))


def test_peak_memory_is_that_of_the_process(options: Options) -> None:
    """It stands in megabytes in the table."""
    assert "| 5 " in report.prediction(prediction.measure(options), {})


@pytest.mark.parametrize(
    "path", sorted((ROOT / "benchmarks" / "results").glob("*.json")), ids=lambda p: p.stem
)
def test_results_that_were_kept_can_be_shown_again(path: Path) -> None:
    """`python -m benchmarks.report FILE`."""
    found = json.loads(path.read_text())
    if "parts" in found:
        assert report.shown(found)
