"""Learning on JAX from rows that are read when needed: some steps' rows at a time, the next ones read meanwhile.

The program is the same that learns from arrays, and so are the bits: it only finds the examples at other places.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from chainrule.backprop import State, StepMetrics
from chainrule.datasets.rows import Rows
from chainrule.engine.examples import Examples, each
from chainrule.engine.jax_engine import JaxEngine

WINDOW = 32 << 20  # bytes


class Windows:
    """An engine whose examples come in windows. engine: what learns from them."""

    def __init__(self, engine: JaxEngine) -> None:
        self.engine, self.name, self.batch = engine, engine.name, engine.batch
        self.reader = ThreadPoolExecutor(1)
        self.order: Any = None
        self.coming: dict[int, Future[Examples]] = {}  # by where they begin in this order

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def load(self, examples: Examples) -> Examples:
        """The examples stay where they are."""
        return examples

    def advance(
        self, state: State, records: StepMetrics, examples: Examples, order: np.ndarray, start: int, stop: int
    ) -> tuple[State, StepMetrics]:
        """Runs the steps start..stop of an epoch."""
        size = self.batch * self.steps_at_once(examples, order)
        first = start * self.batch // size * size  # windows begin where they would in a whole epoch
        begins = range(first, min(stop * self.batch, len(order)), size)
        if self.order is not order:
            self.order, self.coming = order, {}
        for begin in begins:
            found = self.read(examples, begin, size).result()
            self.coming = {place: it for place, it in self.coming.items() if place == begin}
            if begin + size < len(order):
                self.read(examples, begin + size, size)
            places = np.zeros(len(order), np.int32)
            places[begin : begin + size] = np.arange(min(size, len(order) - begin))
            a, b = max(start, begin // self.batch), min(stop, -(-(begin + size) // self.batch))
            state, records = self.engine.advance(state, records, self.engine.load(found), places, a, b)
            np.asarray(state["step"])  # waits: else window after window would wait in memory
        return state, records

    def read(self, examples: Examples, begin: int, size: int) -> "Future[Examples]":
        """A window that is being read, or was."""
        if begin not in self.coming:
            self.coming[begin] = self.reader.submit(window, examples, self.order, begin, size)
        return self.coming[begin]

    def steps_at_once(self, examples: Examples, order: np.ndarray) -> int:
        """How many steps' rows are a window."""
        row: int = max(1, examples.x.nbytes // len(examples))
        steps: int = -(-len(order) // self.batch)
        return max(1, min(WINDOW // (row * self.batch), steps))


def window(examples: Examples, order: np.ndarray, begin: int, size: int) -> Examples:
    """The examples of some steps; the last window is filled up with its last one, so that all have one shape."""
    chosen = order[begin : begin + size]
    chosen = np.concatenate([chosen, np.repeat(chosen[-1:], size - len(chosen))])
    pick = lambda values: values[chosen]  # noqa: E731
    return Examples(examples.x[chosen], each(pick, examples.y), each(pick, examples.weight), examples.divisor)


def in_windows(engine: Any, examples: Examples) -> Any:
    """The engine, or one that takes the examples in windows where they are rows and it is JAX's."""
    return Windows(engine) if isinstance(examples.x, Rows) and isinstance(engine, JaxEngine) else engine
