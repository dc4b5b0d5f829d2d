"""The engine's own step, watched: no second engine, only notes of what passes by.

`make_step` hands what passes by to a watcher (`Passing`). What a link is given and answers is noted by links that do
what the real ones do.
"""

from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.backprop import State, StepMetrics, StepTrace, make_step
from chainrule.explain.moments import Moment
from chainrule.layers.base import PREDICTING, Context, Layer


class WatchedLink:
    """Does what the real link does, and keeps its input x, its output y, and the gradients that it answered."""

    def __init__(self, real: Layer) -> None:
        self.real = real
        self.x: Any = None
        self.y: Any = None
        self.cache: Any = None
        self.grads: Params = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        self.x = x
        self.y, self.cache = self.real.forward(params, x, context)
        return self.y, self.cache

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        self.grads = self.real.gradients(params, cache, dy)
        return self.grads

    def backward_and_gradients(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        dx, self.grads = self.real.backward_and_gradients(params, cache, dy)
        return dx, self.grads


class Passed(NamedTuple):
    """A step that was taken: the links with their notes, what passed by, the state after it, its record."""

    links: list[WatchedLink]
    step_trace: StepTrace
    state: State
    record: StepMetrics


def watched_step(moment: Moment) -> Passed:
    """Takes the step of a moment (NumPy arrays) and keeps all that passes by."""
    links = [WatchedLink(link) for link in moment.chain]
    seen: list[StepTrace] = []

    def watch(step_trace: StepTrace) -> StepMetrics:
        seen.append(step_trace)
        return {}

    chain: Any = links  # they stand in for Layers
    step = make_step(chain, moment.loss, moment.optimizer, moment.metrics, watch)
    with np.errstate(all="ignore"):
        state, record = step(moment.state, moment.batch)
    return Passed(links, seen[0], state, record)
