"""Pictures: made shapes in colour, scikit-learn's digits, Fashion-MNIST; the network that is chosen, from folder to figure.

    python -m benchmarks.owndata pictures [--only shapes] [--seeds 3]

shapes   200 pictures of 64 x 64: circles, squares and triangles of any size, place and colour, on plain and on noisy ground
turned   the same, turned by any angle
digits   scikit-learn's 1,797 digits of 8 x 8
fashion  the Debian package dataset-fashion-mnist: 60,000 pictures to learn from, 10,000 to be measured on

A fifth is held back (of Fashion-MNIST its test part); of shapes 300 more are made, so that the figure says something.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.owndata.processor_time import ProcessorTime

SIDE, CLASSES = 64, ("circle", "square", "triangle")
FASHION = "/usr/share/datasets/fashion-mnist"
LEAST_CONTRAST = 150  # of the three colours together


def shape(kind: int, rng: np.random.Generator, turned: bool) -> Any:
    """One picture (64, 64, 3): a shape in one colour on a ground in another, every second ground with noise."""
    from PIL import Image, ImageDraw

    ground, colour = rng.integers(0, 256, 3), rng.integers(0, 256, 3)
    while np.abs(colour - ground).sum() < LEAST_CONTRAST:
        colour = rng.integers(0, 256, 3)
    picture = np.full((SIDE, SIDE, 3), ground, np.int64)
    if rng.random() < 0.5:
        picture += rng.integers(-50, 51, picture.shape)
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    radius = int(rng.integers(8, 23))
    x, y = (int(v) for v in rng.integers(radius + 2, SIDE - 2 - radius, 2))
    pen, fill = ImageDraw.Draw(image), tuple(int(v) for v in colour)
    angle = float(rng.uniform(0, 2 * math.pi)) if turned else 0.0
    if kind == 0:
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)
    else:
        corners, first = (4, math.pi / 4) if kind == 1 else (3, -math.pi / 2)
        ways = [angle + first + 2 * math.pi * k / corners for k in range(corners)]
        pen.polygon([(x + radius * math.cos(way), y + radius * math.sin(way)) for way in ways], fill=fill)
    return np.asarray(image)


def shapes(seed: int, turned: bool = False) -> Any:
    """The data set: 160 to learn from, 340 to be measured on."""
    from chainrule.datasets.dataset import Dataset

    rng = np.random.default_rng(1000 + seed)
    y = rng.permutation(np.arange(500) % 3)
    x = np.stack([shape(int(kind), rng, turned) for kind in y])
    return Dataset("shapes", x[:160], y[:160], x[160:], y[160:], class_names=CLASSES, scale=1 / 255)


def digits(seed: int) -> Any:
    """scikit-learn's digits, a fifth held back."""
    from sklearn.datasets import load_digits

    from chainrule.datasets.from_arrays import from_arrays

    x, y = load_digits(return_X_y=True)
    return from_arrays("digits", {"x": x.reshape(-1, 8, 8).astype(np.float32), "y": y}, seed=seed)


def fashion(seed: int) -> Any:
    """Fashion-MNIST as Debian has it."""
    from chainrule import datasets

    return replace(datasets.load(FASHION), name="fashion")


SETS: dict[str, Callable[[int], Any]] = {
    "shapes": shapes, "turned": lambda seed: shapes(seed, turned=True), "digits": digits, "fashion": fashion,
}  # fmt: skip
GOALS = {"shapes": 0.95, "turned": 0.95, "digits": 0.98, "fashion": 0.91}


def measure(name: str, seed: int, seconds: float = 60.0) -> dict[str, Any]:
    """Chooses, learns and measures, as `chainrule train` does; with the time of both and of the processor."""
    from chainrule import arrays
    from chainrule.training import auto, recipes
    from chainrule.training.auto.words import title

    data = SETS[name](seed)
    wall, cpu = time.perf_counter(), time.process_time()
    recipe = auto.choose(data, seed, seconds, clock=ProcessorTime())
    chosen = time.perf_counter() - wall
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, data)
    recipes.learn(recipe, data, model, verbose=0, validation=False)
    whole = time.perf_counter() - wall
    found = recipes.judge(data, model)["accuracy"]
    tried = [(one["network"], one["score"]) for one in recipe.tried if one["score"] is not None]
    return {"set": name, "seed": seed, "accuracy": found, "network": title(recipe), "tried": tried, "choosing": round(chosen, 1),
            "seconds": round(whole, 1), "cpu": round(time.process_time() - cpu, 1)}  # fmt: skip


def lines(found: list[dict[str, Any]]) -> list[str]:
    """A line a set: each seed, and whether all reach the goal."""
    told = []
    for name in dict.fromkeys(one["set"] for one in found):
        own = [one["accuracy"] for one in found if one["set"] == name]
        reached = "reached" if min(own) >= GOALS[name] else "not reached"
        told.append(
            f"{name}: {', '.join(f'{100 * one:.2f} %' for one in own)}; {100 * GOALS[name]:g} % {reached}"
        )
    return told
