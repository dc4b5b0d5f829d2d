"""Which array library learns: asked for, by the environment, or chosen."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.errors import MissingDependencyError, SettingError
from chainrule.layers import Dense, Input
from chainrule.optimizers import SGD


def line(n: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """y = 2 x - 1."""
    x = np.linspace(-1, 1, n, dtype=np.float32)[:, None]
    return x, 2 * x - 1


def one_weight(rate: object = 0.1, backend: str | None = None, **settings) -> Sequential:
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones", **settings)])
    model.compile(SGD(rate), "mse", metrics=["mae"], backend=backend)
    return model


def test_the_environment_decides_the_backend(monkeypatch) -> None:
    """CHAINRULE_BACKEND is asked when compile says nothing; a wrong or missing backend is refused."""
    pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    x, y = line(4)
    for name in ("numpy", "jax"):
        monkeypatch.setenv("CHAINRULE_BACKEND", name)
        model = one_weight()
        model.fit(x, y, verbose=0)
        assert [engine.name for engine in model._engines.values()] == [name]
    monkeypatch.setenv("CHAINRULE_BACKEND", "torch")
    with pytest.raises(SettingError, match="no backend called 'torch'"):
        one_weight().fit(x, y, verbose=0)
    with pytest.raises(SettingError, match="Did you mean 'jax'"):
        one_weight(backend="jaxx")


def test_without_jax_asking_for_it_says_how_to_install_it(monkeypatch) -> None:
    """backend="jax" where JAX is missing names the line to type."""
    monkeypatch.setattr("chainrule.arrays.jax_installed", lambda: False)
    with pytest.raises(MissingDependencyError, match=r'pip install "chainrule\[jax\]"'):
        one_weight(backend="jax")


def dense(units: int, depth: int = 2) -> Sequential:
    return Sequential([Input((units,)), *[Dense(units) for _ in range(depth)]])


@pytest.mark.parametrize(
    ("units", "batch", "examples", "epochs", "engine"),
    [
        (16, 32, 300, 5, "numpy"),  # a fraction of a second: JAX would still be importing
        (
            256,
            1,
            20_000,
            1,
            "jax",
        ),  # small batches of a wide network: NumPy's updates take longer than its products
        (784, 32, 60_000, 1, "jax"),
        (1024, 8, 8_000, 1, "jax"),
        (64, 32, 1_000, 1, "numpy"),
    ],
)
def test_the_engine_follows_from_the_job(units, batch, examples, epochs, engine) -> None:
    """Network, batch, examples and epochs decide, and nothing else: asked twice, the answer is the same."""
    model = dense(units)
    model.compile("adam", "mse")
    problem = model.problem(np.zeros((2, units)), np.zeros((2, units)))
    taken = problem.examples(np.zeros((examples, units), np.uint8), np.zeros((examples, units), np.float32))
    assert {problem.backend(batch, taken, epochs) for _ in range(2)} == {engine}


def test_a_model_stays_on_the_engine_on_which_it_learned() -> None:
    """A longer second fit changes nothing; compile(backend=...) does."""
    model = dense(16, 1)
    model.compile("adam", "mse")
    x = np.zeros((64, 16), np.float32)
    model.fit(x, x, verbose=0)
    problem = model.problem(x, x)
    assert model.backend_used == "numpy"
    assert problem.backend(1, problem.examples(x, x), 1_000_000) == "numpy"
    model.compile("adam", "mse", backend="jax")
    problem = model.problem(x, x)
    assert problem.backend(1, problem.examples(x, x), 1) == "jax"
