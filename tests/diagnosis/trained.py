"""Small trainings of every kind, recorded: healthy ones, and ones that are made sick on purpose."""

import dataclasses
import functools
import warnings
from pathlib import Path

import numpy as np

from chainrule import Sequential, arrays, datasets, diagnosis
from chainrule.datasets.dataset import Dataset
from chainrule.engine.examples import Scaled
from chainrule.layers import Dense, Input
from chainrule.recording.recorder import RunRecorder
from chainrule.recording.replay import Replay
from chainrule.runs import Run
from chainrule.training import recipes

SMALL = (64, 32)


@functools.cache
def mnist() -> Dataset:
    """MNIST, read once."""
    return datasets.load("mnist")


def digits(count: int, swapped: float = 0.0, test: int = 600) -> tuple[Dataset, np.ndarray]:
    """Some digits, a share of them with the label of another class; the places of those."""
    data, rng = mnist(), np.random.default_rng(3)
    some = rng.permutation(60_000)[:count]
    y = data.y_train[some].copy()
    wrong = rng.permutation(count)[: int(count * swapped)]
    y[wrong] = (y[wrong] + rng.integers(1, 10, len(wrong))) % 10
    small = dataclasses.replace(
        data, x_train=data.x_train[some], y_train=y, x_test=data.x_test[-test:], y_test=data.y_test[-test:]
    )
    return small, wrong


def houses(count: int = 400) -> Dataset:
    """A table of numbers with a price that they explain but for some noise."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(count, 6)).astype(np.float32)
    y = (300 + 40 * x[:, 0] - 25 * x[:, 1] * x[:, 2] + 10 * rng.normal(size=count)).astype(np.float32)
    cut = count * 3 // 4
    target = {"target": {"name": "price", "mean": float(y[:cut].mean()), "std": float(y[:cut].std())}}
    return Dataset("houses", x[:cut], y[:cut], x[cut:], y[cut:], task="regression", preparation=target)


def pets(count: int = 600) -> Dataset:
    """A table whose two classes overlap: nobody could be right more often than about 85 times in 100."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(count, 5)).astype(np.float32)
    y = (1.6 * x[:, 0] + x[:, 1] + 0.8 * rng.normal(size=count) > 0).astype(np.uint8)
    cut = count * 3 // 4
    return Dataset("pets", x[:cut], y[:cut], x[cut:], y[cut:], task="two classes", class_names=("cat", "dog"))


def learned(folder: Path, data: Dataset, name: str = "classic", seed: int = 1, **changes) -> Replay:
    """A training by a recipe, recorded and opened."""
    recipe = recipes.recipe(name, len(data.x_train), **changes)
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, data, "numpy")
    about = {
        "name": data.name,
        "digest": data.digest,
        "scale": data.scale,
        "source": data.name,
        "options": {},
    }
    record = RunRecorder(folder, "run", about, recipe.to_dict() | {"seed": seed})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a loss is not finite is what some are here for
        recipes.learn(recipe, data, model, 0, [record])
    return opened(record, model, *recipes.examples(recipe, data, model.seed))


def built(
    folder: Path,
    layers: list,
    optimizer="adam",
    count: int = 1000,
    epochs: int = 3,
    divisor: float = 255,
    **fit,
) -> Replay:
    """A network of one's own on digits, recorded and opened."""
    data, _ = digits(count)
    arrays.set_seed(2)
    model = Sequential([Input((784,)), *layers])
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"], backend="numpy")
    x = Scaled(data.x_train.reshape(-1, 784), divisor)
    record = RunRecorder(folder, "own", keep_examples=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, data.y_train, batch_size=32, epochs=epochs, verbose=0, callbacks=[record], **fit)
    return opened(record, model, x, data.y_train, fit.get("class_weight"))


def opened(record: RunRecorder, model: Sequential, x, y, class_weight=None) -> Replay:
    """The run that was recorded, with its network and data."""
    return Replay(Run(record.folder), model, model.problem(x, y, "this").examples(x, y, None, class_weight))


def names(replay: Replay, **options) -> list[str]:
    """What is found in a run, in its order."""
    return [finding.name for finding in diagnosis.diagnose(replay.run, replay, **options)]


def end(units: int = 10) -> Dense:
    """The last layer."""
    return Dense(units, "softmax")
