"""The learning step in a plain NumPy loop, where every number can be watched.

    advance(state, records, examples, order, start, stop) -> state, records

runs the steps start..stop of an epoch and writes down what each measured. Step k learns from the examples
order[k·batch : (k+1)·batch], the last one from what is left. The state that comes out is the same to the last bit
however an epoch is cut into calls.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.backprop import Batch, State, StepMetrics
from chainrule.engine.epoch import Step
from chainrule.engine.examples import Examples, each, in_rows
from chainrule.engine.threads import for_products, largest_product

FLUSH_EVERY = 100  # steps
TINY = 1e-30  # a moment this small changes no weight, but decays into numbers that a processor is slow at


class NumpyEngine:
    """The loop in NumPy: every number is there to be looked at."""

    name = "numpy"

    def __init__(self, step: Step, batch: int) -> None:
        self.step, self.batch = step, batch

    def load(self, examples: Examples) -> Examples:
        """The examples, where the loop wants them."""
        return examples

    def state(self, state: State) -> State:
        """A state, where the loop wants it."""
        return state

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Another function of the same arrays, as fast as the engine can; its last argument is a plain number."""
        return function

    def advance(
        self, state: State, records: StepMetrics, examples: Examples, order: np.ndarray, start: int, stop: int
    ) -> tuple[State, StepMetrics]:
        """Runs the steps start..stop of an epoch."""
        work = largest_product(self.batch, state["params"])
        with (
            for_products(work),
            np.errstate(all="ignore"),
        ):  # a number that stops being finite is reported by the loop, with its place
            for k in range(start, stop):
                state, record = self.step(state, self.batch_of(examples, order, k))
                if (int(state["step"]) % FLUSH_EVERY) == 0:
                    state = state | {"optimizer_state": without_tiny(state["optimizer_state"])}
                for name, rows in records.items():
                    rows[k] = record[name]
        return state, records

    def single(self, state: State, examples: Examples) -> tuple[State, StepMetrics]:
        """One step on all of the examples."""
        with for_products(largest_product(len(examples), state["params"])), np.errstate(all="ignore"):
            state, measured = self.step(state, (examples.inputs(slice(None)), examples.y, examples.weight))
        if (int(state["step"]) % FLUSH_EVERY) == 0:
            state = state | {"optimizer_state": without_tiny(state["optimizer_state"])}
        return state, measured

    def batch_of(self, examples: Examples, order: np.ndarray, k: int) -> Batch:
        """The examples of step k: inputs, targets, weights."""
        chosen = order[k * self.batch : (k + 1) * self.batch]
        pick = lambda values: in_rows(values[chosen])  # noqa: E731
        return examples.inputs(chosen), each(pick, examples.y), each(pick, examples.weight)


def without_tiny(optimizer_state: Any) -> Any:
    """An optimizer's memory with what is too small to matter set to 0 (Adam's moments of pixels that are never lit)."""
    if isinstance(optimizer_state, dict):
        return {key: without_tiny(value) for key, value in optimizer_state.items()}
    if isinstance(optimizer_state, list):
        return [without_tiny(value) for value in optimizer_state]
    return np.where(np.abs(optimizer_state) < TINY, np.zeros((), optimizer_state.dtype), optimizer_state)
