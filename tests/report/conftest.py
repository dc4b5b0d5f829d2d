"""Small runs of every kind, each trained once, and their pages."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from report_runs import COLUMN, EVIL, TABLE, bars, run_of

pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED: reports were not tested")

from chainrule import report, runs
from chainrule.cli import main


@pytest.fixture(scope="session")
def root(tmp_path_factory) -> Path:
    """A folder with data, and a run of each kind in `runs`: bars (pictures), houses (a regression), pets (two classes)."""
    root, rng = tmp_path_factory.mktemp("report"), np.random.default_rng(5)
    x, y = bars(240, rng)
    np.savez(root / "bars.npz", x=x, y=y)
    rows = [(int(rng.integers(1, 9)), rng.choice(["Bern", "Basel"])) for _ in range(120)]
    prices = [f"{r},{c},{1000 * r + 500 * (c == 'Bern') + rng.normal():.2f}" for r, c in rows]
    (root / "houses.csv").write_text("rooms,city,price\n" + "\n".join(prices) + "\n")
    ages = rng.integers(1, 20, 120)
    pets = [f"{age},{EVIL if age + rng.normal(0, 2) > 9 else 'dog'}" for age in ages]
    (root / TABLE).write_text(f"{COLUMN},pet\n" + "\n".join(pets) + "\n")
    small = [
        "--layers",
        "8",
        "--epochs",
        "3",
        "--batch-size",
        "10",
        "--seed",
        "1",
        "-q",
        "--backend",
        "numpy",
    ]
    for name, more in (("bars.npz", []), ("houses.csv", ["--target", "price"]), (TABLE, ["--target", "pet"])):
        assert (
            main(
                [
                    "train",
                    str(root / name),
                    *small,
                    *more,
                    "--runs-dir",
                    str(root / "runs"),
                    "--out",
                    str(root / "model.keras"),
                    "--force",
                ]
            )
            == 0
        )
    return root


@pytest.fixture(scope="session")
def pages(root) -> dict[str, report.Page]:
    """The page of each run."""
    return {kind: report.page(run_of(root, kind)) for kind in ("bars", "houses", "img")}


@pytest.fixture
def copy(root, tmp_path):
    """copy("bars"): a copy of a run, to be spoiled."""

    def make(kind: str) -> runs.Run:
        run = run_of(root, kind)
        return runs.Run(shutil.copytree(run.path, tmp_path / run.name))

    return make
