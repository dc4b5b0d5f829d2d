"""What the runs of these tests learn from, and how they are found again."""

from pathlib import Path

import numpy as np

from chainrule import runs

EVIL = "<script>alert(1)</script>"
TABLE = "<img src=x onerror=alert(2)>.csv"
COLUMN = "<b onclick=alert(3)>age</b>"


def bars(n: int, rng: np.random.Generator, noise: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 12, 12) with a bar that lies (0), stands (1) or is not there (2), in so much noise that some are misread."""
    x, y = rng.integers(0, noise, (n, 12, 12)).astype(np.uint8), np.arange(n) % 3
    for k, kind in enumerate(y):
        at = rng.integers(2, 9)
        if kind == 0:
            x[k, at, 2:10] = 200
        elif kind == 1:
            x[k, 2:10, at] = 200
    return x, y.astype(np.uint8)


def run_of(root: Path, name: str) -> runs.Run:
    """The run whose name holds this word."""
    return next(run for run in runs.list_runs(root / "runs").runs if name in run.name)
