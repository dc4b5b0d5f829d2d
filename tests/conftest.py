"""What all tests share: one thread per process, nothing written into the user's folders, the two array libraries."""

import os
import signal
import tempfile
from pathlib import Path

# A shell's background job inherits an ignored Ctrl-C, and its children would too; tests are about Ctrl-C as a person's.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Two test processes run side by side: a pool of threads in each would only be in the other's way.
for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(pool, "1")
os.environ["KERAS_BACKEND"] = "jax"  # read when Keras is imported
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CHAINRULE_HOME", str(Path(tempfile.gettempdir()) / f"chainrule-tests-{os.getuid()}"))
os.environ.pop("CHAINRULE_BACKEND", None)
os.environ.pop("COLUMNS", None)  # pytest-xdist tells its processes a width; here nothing is a terminal

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from installed import BACKENDS

# The same examples in every run, so that a change of the code is all that can break a test; `--hypothesis-profile=wide`
# looks further and elsewhere each time; "mutants" is for tests/mutation, where one failure is enough.
CALM = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("calm", max_examples=50, derandomize=True, **CALM)
settings.register_profile("wide", max_examples=1000, **CALM)
settings.register_profile(
    "mutants",
    max_examples=12,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    database=None,
    **CALM,
)
settings.load_profile("calm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soaks and whole trainings are left out unless they are asked for: pytest -m long."""
    if config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if not item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def runs_where_they_are(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the command line record aside, for their whole session; no other test must find its runs there."""
    if request.path.parent.name != "cli":
        monkeypatch.delenv("CHAINRULE_RUNS", raising=False)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The name of each array library in turn."""
    return request.param


@pytest.fixture(params=BACKENDS)
def xp(request: pytest.FixtureRequest):
    """Each array library in turn."""
    if request.param == "numpy":
        return np
    import jax.numpy as jnp

    return jnp


@pytest.fixture
def rng() -> np.random.Generator:
    """The same luck for every test."""
    return np.random.default_rng(2026)


def pytest_ignore_collect(collection_path, config):
    """Groups whose tests need packages of their own are left out of a plain `pytest`: name the folder to run them."""
    if (collection_path / "requirements.txt").exists() or (
        collection_path.parent / "requirements.txt"
    ).exists():
        folder = collection_path if collection_path.is_dir() else collection_path.parent
        asked = [
            Path(argument.split("::")[0]).resolve()
            for argument in config.invocation_params.args
            if not argument.startswith("-")
        ]
        return None if any(folder == one or folder in one.parents for one in asked) else True
    return None
