"""How long steps of learning take, here and now: before a trial a few on NumPy, which compiles nothing, tell it; after it, the trial."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from chainrule.arrays import choose_backend
from chainrule.callbacks.checkpoint import Checkpointer
from chainrule.datasets.dataset import Dataset
from chainrule.datasets.on_disk import picked
from chainrule.engine.cost import seconds_of
from chainrule.graph import Graph
from chainrule.training import recipes
from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.recipes import Recipe

FIRST, LAST = 1, 4  # the steps between these two are measured
COMPILING = 1.5  # times what compiling is expected to take: so much more where a picture is changed and much is normalised


class Pace(Protocol):
    """How fast a network learns."""

    def seconds(self, steps: float) -> float:
        """What so many steps take, one after the other."""


@dataclass(frozen=True)
class Measured:
    """As a trial went. start: seconds until its first steps were done.  step: of each further one.

    >>> Measured(2.0, 0.5).seconds(6)
    5.0
    """

    start: float
    step: float

    def seconds(self, steps: float) -> float:
        """What so many steps take."""
        return self.start + self.step * steps


@dataclass(frozen=True)
class Expected:
    """As is to be expected of either engine, from what a step took on NumPy. backend: what was asked for, or None."""

    step: float
    graph: Graph
    batch: int
    backend: str | None = None

    def seconds(self, steps: float) -> float:
        """What so many steps take on the engine that learns them."""
        count = max(1, round(steps))
        on_numpy, on_jax = seconds_of(self.graph, self.batch, count)
        slower = self.step * count / on_numpy  # than a machine that has nothing else to do
        if choose_backend(self.backend, on_numpy, on_jax) == "numpy":
            return self.step * count
        start = seconds_of(self.graph, self.batch, 0)[1]
        return slower * (on_jax + (COMPILING - 1) * start)


class Clock:
    """The time, how fast a network is going to learn, and what measures it while it does."""

    def now(self) -> float:
        """Seconds, from any beginning."""
        return time.perf_counter()

    def expected(self, recipe: Recipe, data: Dataset, backend: str | None = None) -> Pace:
        """How fast a recipe's network is going to learn, from a few steps of it on NumPy."""
        places = np.arange(LAST * recipe.batch_size) % len(data.x_train)
        some = replace(data, x_train=picked(data.x_train, places), y_train=data.y_train[places])
        once, timer = replace(recipe, epochs=1, best_epoch=0), Timer(self.now)
        model = recipes.prepare(once, some, "numpy")
        recipes.learn(once, some, model, 0, [timer], validation=False)
        return Expected(timer.step, model.learning_graph, recipe.batch_size, backend)

    def stopwatch(self, fits: Callable[[float, float], bool]) -> Stopwatch:
        """What measures a trial, and ends one that does not fit."""
        return Stopwatch(fits, self.now)


class Timer(Checkpointer):
    """Measures a step of a training, those before `FIRST` left out."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.now, self.began, self.step = now, 0.0, 0.0

    def next_stop(self, step: int) -> int:
        return FIRST if step < FIRST else LAST

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        now = self.now()
        if start >= FIRST:
            self.step = (now - self.began) / (stop - start)
        self.began = now
