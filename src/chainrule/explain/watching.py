"""The engine's own step, watched: every link and the optimizer are replaced by ones that do the same and take notes.

There is no second engine here. `make_step` gets a chain of `WatchedLink`s and a `WatchedOptimizer`; what they hand on
is what the real ones answered, and what passed by is kept.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Noise, Params
from chainrule.backprop import Record, State, make_step
from chainrule.explain.moments import Moment
from chainrule.layers.base import Layer
from chainrule.optimizers.base import Memory, Optimizer, Weights


class Watched:
    """Does what `real` does; what it is asked for and does not know, `real` is asked."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class WatchedLink(Watched):
    """A link that keeps its input x, its output y, and dy, the derivative of the batch's loss by its output."""

    def __init__(self, real: Layer) -> None:
        super().__init__(real)
        self.x = self.y = self.dy = self.kept = None
        self.grads: Params = {}

    def forward(self, params: Params, x: Array, noise: Noise | None = None) -> tuple[Array, Any]:
        y, kept = self.real.forward(params, x, noise)
        self.x, self.y, self.kept = x, y, kept
        return y, kept

    def backward(self, params: Params, kept: Any, dy: Array) -> Array:
        self.dy = dy
        return self.real.backward(params, kept, dy)

    def gradients(self, params: Params, kept: Any, dy: Array) -> Params:
        self.dy = dy
        self.grads = self.real.gradients(params, kept, dy)
        return self.grads


class WatchedOptimizer(Watched):
    """An optimizer that keeps the gradients it was given, this step's rate, and the memory it left."""

    def __init__(self, real: Optimizer) -> None:
        super().__init__(real)
        self.grads: Weights = []
        self.rate = np.zeros(())

    def update(
        self, grads: Weights, memory: Memory, params: Weights, step: Array, rate: Array
    ) -> tuple[Weights, Memory]:
        self.grads, self.rate = grads, rate
        learned: tuple[Weights, Memory] = self.real.update(grads, memory, params, step, rate)
        return learned


class Passed(NamedTuple):
    """What passed by in one step: the links and the optimizer with their notes, the state after it, its record."""

    links: list[WatchedLink]
    optimizer: WatchedOptimizer
    state: State
    record: Record


def watched_step(moment: Moment) -> Passed:
    """Takes the step of a moment (NumPy arrays) and keeps all that passes by."""
    links = [WatchedLink(link) for link in moment.chain]
    optimizer = WatchedOptimizer(moment.optimizer)
    chain: Any = links  # in a Layer's place
    step = make_step(chain, moment.loss, optimizer, moment.metrics)  # type: ignore[arg-type]
    with np.errstate(all="ignore"):
        state, record = step(moment.state, moment.batch)
    return Passed(links, optimizer, state, record)
