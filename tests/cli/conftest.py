"""Small data of every kind, a model for each, and a way to type a command."""

import json
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from chainrule.cli import main


@dataclass
class Said:
    """What a command answered: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """stdout as one JSON object."""
        return json.loads(self.out)

    @property
    def lines(self):
        """stdout as JSON objects, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def type_(capsys, monkeypatch):
    """type_("train", ...) runs a command line in this process."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CHAINRULE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*words) -> Said:
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a command prints them
            code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture(scope="session", autouse=True)
def runs_aside(tmp_path_factory):
    """Trainings that nobody looks at again are recorded elsewhere, also those of other processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAINRULE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bars(n: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 28, 28) with a bar that lies (0), stands (1) or is not there (2)."""
    x, y = rng.integers(0, 60, (n, 28, 28)).astype(np.uint8), np.arange(n) % 3
    for k, kind in enumerate(y):
        at = rng.integers(6, 18)
        if kind == 0:
            x[k, at : at + 4, 4:24] = 240
        elif kind == 1:
            x[k, 4:24, at : at + 4] = 240
    return x, y.astype(np.uint8)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with data of every kind: bars.npz, houses.csv, pets.csv, pictures/, sets in IDX."""
    from PIL import Image

    from chainrule.datasets import idx

    root, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(5)
    x, y = bars(150, rng)
    np.savez(root / "bars.npz", x=x, y=y)
    rows = [(int(rng.integers(1, 9)), rng.choice(["Bern", "Basel"])) for _ in range(120)]
    prices = [f"{r},{c},{1000 * r + 500 * (c == 'Bern') + rng.normal():.2f}" for r, c in rows]
    (root / "houses.csv").write_text("rooms,city,price\n" + "\n".join(prices) + "\n")
    ages = rng.integers(1, 20, 100)
    (root / "pets.csv").write_text(
        "age,pet\n" + "\n".join(f"{a},{'cat' if a > 9 else 'dog'}" for a in ages) + "\n"
    )
    for kind, name in enumerate(("lying", "standing", "none")):
        (root / "pictures" / name).mkdir(parents=True)
        for k, pixels in enumerate(x[y == kind][:12]):
            Image.fromarray(pixels).save(root / "pictures" / name / f"{k}.png")
    (root / "four").mkdir()
    for name, array in (("train-images-idx3", x[:120]), ("train-labels-idx1", y[:120]), ("t10k-images-idx3", x[120:]),
                        ("t10k-labels-idx1", y[120:])):  # fmt: skip
        idx.write(root / "four" / f"{name}-ubyte.gz", array)
    return root


@pytest.fixture(scope="session")
def models(folder, tmp_path_factory):
    """A folder with a model for each kind of data: bars.keras, houses.keras, pets.keras, pictures.keras."""
    root = tmp_path_factory.mktemp("models")
    small = [
        "--layers",
        "16",
        "--epochs",
        "12",
        "--batch-size",
        "10",
        "--seed",
        "1",
        "-q",
        "--backend",
        "numpy",
    ]
    for data, more in (("bars.npz", []), ("houses.csv", ["--target", "price", "--learning-rate", "0.02"]),
                       ("pets.csv", ["--target", "pet", "--learning-rate", "0.05"]), ("pictures", [])):  # fmt: skip
        out = root / f"{data.split('.')[0]}.keras"
        assert main(["train", str(folder / data), *small, *more, "--out", str(out)]) == 0
    return root


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A small network that knows MNIST's digits somewhat, and test digit 0 (a seven) as a picture."""
    import dataclasses

    from chainrule import arrays, datasets
    from chainrule.inference.card import ModelCard
    from chainrule.inference.evaluation import calibrated
    from chainrule.training import recipes

    root = tmp_path_factory.mktemp("digits")
    data = datasets.load("mnist")
    less = dataclasses.replace(data, x_train=data.x_train[:3000], y_train=data.y_train[:3000])
    arrays.set_seed(1)
    recipe = recipes.recipe("fast", 3000, hidden=(32,), epochs=6)
    model = recipes.prepare(recipe, less, "numpy")
    recipes.learn(recipe, less, model, verbose=0, validation=False)
    model.extras = calibrated(ModelCard.of_training(data, recipe), data, model).to_dict()
    model.save(root / "digits.keras")
    model.save(root / "digits.h5")
    model.extras = {}
    model.save(root / "plain.keras")
    assert main(["data", "show", "mnist", "--index", "0", "--out", str(root / "seven.png"), "-q"]) == 0
    return root
