"""Small data sets of points in the plane, two classes each; x within about -1 to 1 in both directions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.datasets.dataset import Dataset
from chainrule.errors import unknown

Array = np.ndarray[Any, Any]
POINTS, HELD_OUT = 300, 200


def spiral(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """Two arms that wind around each other one and a half times."""
    y = np.arange(n) % 2
    r = np.sqrt(rng.uniform(0.01, 1, n))
    turn = 1.5 * 2 * np.pi * r + np.pi * y
    return np.stack([r * np.sin(turn), r * np.cos(turn)], 1) + noise * rng.normal(size=(n, 2)), y


def moons(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """Two half circles that reach into each other."""
    y = np.arange(n) % 2
    t = rng.uniform(0, np.pi, n)
    x = np.where(y == 0, np.cos(t), 1 - np.cos(t)) - 0.5
    v = np.where(y == 0, np.sin(t), 0.5 - np.sin(t)) - 0.25
    return 0.62 * np.stack([x, v], 1) + noise * rng.normal(size=(n, 2)), y


def circles(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """A disc inside a ring."""
    y = np.arange(n) % 2
    r = np.where(y == 0, rng.uniform(0, 0.4, n), rng.uniform(0.62, 0.95, n))
    t = rng.uniform(0, 2 * np.pi, n)
    return np.stack([r * np.cos(t), r * np.sin(t)], 1) + noise * rng.normal(size=(n, 2)), y


def xor(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """Class 1 where both coordinates have the same sign."""
    x = rng.uniform(-0.95, 0.95, (n, 2))
    x += np.where(x > 0, 0.05, -0.05)
    return x + noise * rng.normal(size=(n, 2)), (x[:, 0] * x[:, 1] > 0).astype(int)


def gauss(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """Two clouds; a straight line divides them."""
    y = np.arange(n) % 2
    centre = np.where(y == 0, -0.45, 0.45)
    return np.stack([centre, centre], 1) + (0.18 + noise) * rng.normal(size=(n, 2)), y


SETS: dict[str, Callable[[np.random.Generator, int, float], tuple[Array, Array]]] = {
    "spiral": spiral, "moons": moons, "circles": circles, "xor": xor, "gauss": gauss,
}  # fmt: skip


def toy_data(name: str, seed: int = 0, noise: float = 0.03) -> Dataset:
    """A set of points by name: 300 to learn from and 200 held out, the same ones for the same seed.

    >>> toy_data("moons")
    <Dataset moons: 300 + 200 examples (2,), two classes>
    """
    if name not in SETS:
        raise unknown("set of points", name, SETS)
    x, y = SETS[name](np.random.default_rng(seed), POINTS + HELD_OUT, noise)
    x = x.astype(np.float32)
    return Dataset(
        name, x[:POINTS], y[:POINTS], x[POINTS:], y[POINTS:], task="two classes",
        class_names=("orange", "blue"), source="drawn from a formula",
    )  # fmt: skip
