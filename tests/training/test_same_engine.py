"""The engine that learns follows from the job alone: caches, imports and load change neither it nor the bits."""

import os
import subprocess
import sys

import pytest

from chainrule.arrays import jax_installed
from chainrule.engine.cost import seconds_of
from chainrule.layers import Dense
from chainrule.models import Sequential

SCRIPT = """
import hashlib, sys
if "jax first" in sys.argv:
    import jax
import numpy as np, chainrule as cr
cr.utils.set_random_seed(5)
for units, examples, epochs in ((8, 64, 2), (784, 20_000, 1)):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(examples, units)).astype("float32"), rng.integers(0, 5, examples)
    model = cr.Sequential([cr.layers.Dense(units, activation="relu"), cr.layers.Dense(5, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=16, epochs=epochs, verbose=0)
    print(model.backend_used, hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest())
"""


@pytest.mark.skipif(not jax_installed(), reason="JAX IS NOT INSTALLED: the choice was not tested")
def test_cold_and_warm_caches_give_the_same_engine_and_the_same_bits(tmp_path) -> None:
    """A script in an empty home, again with what that left behind, and with JAX imported before: word for word the same."""
    env = os.environ | {"CHAINRULE_HOME": str(tmp_path)}
    env.pop("CHAINRULE_BACKEND", None)
    said = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT, *more], env=env, capture_output=True, text=True, check=True
        ).stdout
        for more in ((), ("jax first",))
    ]
    assert said[0] == said[1]
    assert [line.split()[0] for line in said[0].splitlines()] == ["numpy", "jax"]
    assert list(tmp_path.rglob("*")), "nothing was cached, so that the second was no warm start"


@pytest.mark.parametrize("axis", ["steps", "batch", "units", "depth"])
def test_more_work_never_costs_less(axis) -> None:
    """Both estimates rise along every axis."""
    before = (0.0, 0.0)
    for k in range(8):
        job = {"steps": 50, "batch": 8, "units": 16, "depth": 2} | {axis: {"depth": 1}.get(axis, 8) << k}
        model = Sequential([Dense(job["units"]) for _ in range(job["depth"])])
        model.build((None, 32))
        now = seconds_of(model.graph, job["batch"], job["steps"])
        assert now[0] > before[0]
        assert now[1] > before[1]
        before = now
