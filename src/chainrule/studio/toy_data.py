"""Small data sets: points in the plane of two classes each, and points along a line with an amount each; x within about -1 to 1."""

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


def line(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """A straight line, 0.8 x - 0.3, and points about it: one weight and one bias fit it."""
    x = rng.uniform(-1, 1, n)
    return x[:, None], 0.8 * x - 0.3 + (0.1 + noise) * rng.normal(size=n)


def valleys(rng: np.random.Generator, n: int, noise: float) -> tuple[Array, Array]:
    """High on the left, low in the middle, high on the right: one tanh unit can fit either side, and the right has more points."""
    place = np.arange(n) % 10
    side = np.where(place < 1, -1, np.where(place > 7, 1, 0))
    return (side + (0.04 + noise) * rng.normal(size=n))[:, None], np.where(
        side, 0.9, -0.9
    ) + noise * rng.normal(size=n)


LINES: dict[str, Callable[[np.random.Generator, int, float], tuple[Array, Array]]] = {
    "line": line,
    "valleys": valleys,
}
SPREAD = {
    "line": 2.0,
    "valleys": 5.0,
}  # how far weights and biases are looked at: from minus that to plus that
ENDS = {"line": None, "valleys": "tanh"}  # the activation of the unit that answers


def toy_data(name: str, seed: int = 0, noise: float = 0.03) -> Dataset:
    """A set of points by name: 300 to learn from and 200 held out, the same ones for the same seed.

    >>> toy_data("moons")
    <Dataset moons: 300 + 200 examples (2,), two classes>
    """
    if name not in {**SETS, **LINES}:
        raise unknown("set of points", name, [*SETS, *LINES])
    x, y = {**SETS, **LINES}[name](np.random.default_rng(seed), POINTS + HELD_OUT, noise)
    x = x.astype(np.float32)
    if name in LINES:
        y = y.astype(np.float32)
        return Dataset(
            name, x[:POINTS], y[:POINTS], x[POINTS:], y[POINTS:], task="regression", source="drawn from a formula"
        )  # fmt: skip
    return Dataset(
        name, x[:POINTS], y[:POINTS], x[POINTS:], y[POINTS:], task="two classes",
        class_names=("orange", "blue"), source="drawn from a formula",
    )  # fmt: skip
