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
