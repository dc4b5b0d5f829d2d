"""Runs in the tools of others. Needs tensorboardX (the extra `trackers`) and, to read back, tensorboard: requirements.txt."""

import importlib.util

import numpy as np
import pytest

import chainrule as c
from chainrule.runs import Run

NEEDED = ("tensorboard", "tensorboardX", "mlflow")
collect_ignore_glob = [] if all(map(importlib.util.find_spec, NEEDED)) else ["test_*.py"]


@pytest.fixture
def data():
    """64 points in three dimensions and a sum to learn."""
    x = np.random.default_rng(1).normal(size=(64, 3)).astype(np.float32)
    return x, x.sum(1, keepdims=True)


@pytest.fixture
def model():
    """A small network with weights that no gradient changes among its own."""
    c.utils.set_random_seed(3)
    made = c.Sequential(
        [
            c.layers.Dense(4, activation="relu", input_shape=(3,)),
            c.layers.BatchNormalization(),
            c.layers.Dense(1),
        ]
    )
    made.compile("adam", "mse", metrics=["mae"])
    return made


@pytest.fixture
def run(model, data, tmp_path):
    """A recorded run: three epochs of eight steps, validated."""
    record = c.RunRecorder(tmp_path / "runs", label="small")
    model.fit(*data, epochs=3, batch_size=8, validation_data=data, callbacks=[record], verbose=0)
    return Run(record.folder)
