"""Networks of two weights on the surface of their loss: the surface, the way of one of them, and ten that learn at once."""

from typing import Any

import numpy as np

from chainrule import layers
from chainrule.models import Sequential
from chainrule.studio.branch import LiveBranch
from chainrule.studio.pictures import outputs_of
from chainrule.studio.toy_data import LINES, SPREAD

Array = np.ndarray[Any, Any]
MOST, SIDE, STOPS = 10, 49, 160  # networks at once; places a side of the surface; places of a way
FROM = 0.7  # of the surface's reach: where a network may begin


def has_surface(data: Any, model: Any) -> bool:
    """Whether a network is one weight and one bias on data that have a place for it."""
    return data.name in LINES and [w.shape for w in model.get_weights()] == [(1, 1), (1,)]


def start(model: Any, name: str, seed: int) -> None:
    """Puts a network's weight and bias anywhere on its surface, decided by a seed."""
    weight, bias = np.random.default_rng(seed).uniform(-1, 1, 2) * FROM * SPREAD[name]
    model.set_weights([np.array([[weight]], np.float32), np.array([bias], np.float32)])


def place_of(state: Any) -> list[float]:
    """Weight and bias of a state."""
    entry = next(params for params in state["params"] if params)
    return [float(entry["kernel"][0, 0]), float(entry["bias"][0])]


def surface(branch: Any, data: Any) -> tuple[Array, Array]:
    """The places along a side, and the mean squared error over all examples at each (bias by row, weight by column)."""
    network, params = branch.model.learning_graph, list(branch.newest_state()["params"])
    where = next(k for k, entry in enumerate(params) if entry)
    line = np.linspace(-1, 1, SIDE, dtype=np.float32) * np.float32(SPREAD[data.name])
    losses = np.empty((SIDE, SIDE), np.float32)
    for row, bias in enumerate(line):  # a row at once: as many units as there are places in it
        params[where] = {"kernel": line[None, :], "bias": np.full(SIDE, bias, np.float32)}
        answers = outputs_of(network, params, data.x_train)[-1]
        losses[row] = np.square(answers - np.asarray(data.y_train)[:, None]).mean(axis=0)
    return line, losses


def way(branch: Any) -> tuple[Array, Array]:
    """Steps from the first to the newest, close together at the beginning, and weight and bias before each."""
    last = branch.head - branch.first
    some = np.unique(
        np.concatenate([np.geomspace(1, last + 1, STOPS) - 1, np.linspace(0, last, STOPS // 4)]).astype(int)
    )
    steps = some + branch.first
    return steps, np.array([place_of(branch.state_at(int(step))) for step in steps], np.float32)


class Balls:
    """Up to ten networks of one unit that differ in where they begin, and learn as a branch does.

    They are the units of one layer: each has a weight, a bias and an answer of its own, and the optimizer treats every number for
    itself. The loss is the mean over them, so each example counts as often as there are units: every gradient is then that of one
    network alone. model: the branch's.  seed: where they begin.
    """

    def __init__(self, branch: LiveBranch, data: Any, optimizer: Any, seed: int, number: int) -> None:
        self.branch, self.number = branch, number
        only = branch.model.layers[-1]
        layer = layers.Dense(number, activation=only.activation)
        model = Sequential([layers.Input(shape=(1,)), layer])
        places = np.random.default_rng(seed).uniform(-1, 1, (2, number)) * FROM * SPREAD[data.name]
        layer.set_weights([places[:1].astype(np.float32), places[1].astype(np.float32)])
        model.compile(optimizer, "mean_squared_error", backend="numpy")
        model.seed = branch.model.seed  # the same examples in the same order
        targets = np.repeat(np.asarray(data.y_train)[:, None], number, axis=1)
        times = np.full(len(targets), number, np.float32)
        self.all = LiveBranch(
            model, model.problem(data.x_train, targets).examples(data.x_train, targets, times), branch.batch
        )
        for (step, rate), after in zip(
            branch.rates, [*(s for s, _ in branch.rates[1:]), branch.head], strict=True
        ):
            self.all.set_rate(rate)
            self.all.advance(after - step)

    def follow(self) -> None:
        """Brings them to the branch's step; where a loss stopped being finite they stay."""
        if self.all.head > self.branch.head:
            self.all.go_back(self.branch.head)
        self.all.advance(self.branch.head - self.all.head)

    def set_rate(self, rate: float) -> None:
        """Another learning rate from the next step on."""
        self.follow()
        self.all.set_rate(rate)

    def set_scalar(self, name: str, value: Any) -> None:
        """Another number of the optimizer from the next step on."""
        self.follow()
        self.all.set_scalar(name, value)

    def places(self) -> Array:
        """Weight and bias of each, float32 (networks, 2)."""
        self.follow()
        entry = next(params for params in self.all.state["params"] if params)
        return np.stack([entry["kernel"][0], entry["bias"]], axis=1).astype(np.float32)
