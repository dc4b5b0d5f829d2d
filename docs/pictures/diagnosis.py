"""Makes the pictures of docs/diagnosis.md, and prints what that page shows: python docs/pictures/diagnosis.py"""

import tempfile
from pathlib import Path

import numpy as np

from chainrule import arrays, datasets, plots, runs
from chainrule.cli import main
from chainrule.diagnosis import suspects
from chainrule.diagnosis.drawing import rate_curve, suspects_grid
from chainrule.engine.examples import Scaled
from chainrule.recording import resume
from chainrule.training import learning_rates, recipes

HERE = Path(__file__).parent


def swapped(folder: Path) -> tuple[Path, np.ndarray]:
    """5,000 digits, every tenth with the label of another class."""
    data, luck, count = datasets.load("mnist"), np.random.default_rng(0), 5000
    some = luck.permutation(60_000)[:count]
    y, wrong = data.y_train[some].copy(), luck.permutation(count)[: count // 10]
    y[wrong] = (y[wrong] + luck.integers(1, 10, len(wrong))) % 10
    np.savez(
        folder / "swapped.npz", x_train=data.x_train[some], y_train=y, x_test=data.x_test, y_test=data.y_test
    )
    return folder / "swapped.npz", wrong


def make(folder: Path) -> None:
    """All of it."""
    name, wrong = swapped(folder)
    words = [
        "--recipe",
        "classic",
        "--layers",
        "128,64",
        "--epochs",
        "6",
        "--seed",
        "1",
        "-q",
        "--backend",
        "numpy",
    ]
    main(["train", str(name), *words, "--runs-dir", str(folder), "--out", str(folder / "a.keras")])
    run = runs.find(folder, "last")
    main(["runs", "doctor", "last", "--runs-dir", str(folder)])
    replay = resume.opened(run)
    ranked = suspects(replay)
    print(
        f"{np.isin(ranked.index[: len(wrong)], wrong).mean():.0%} of the swapped ones are among the first {len(wrong)}"
    )
    plots.save(
        suspects_grid(ranked, Scaled(replay.examples.x, replay.examples.divisor)),
        HERE / "diagnosis-labels.png",
    )

    arrays.set_seed(1)
    data, recipe = datasets.load("mnist"), recipes.recipe("classic")
    model = recipes.prepare(recipe, data)
    plots.save(
        rate_curve(learning_rates.find(model, *recipes.examples(recipe, data, model.seed))),
        HERE / "diagnosis-learning_rates.png",
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
