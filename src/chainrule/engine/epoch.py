"""An epoch's steps, counted and measured: how many there are, and what each of them measured."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import namespace
from chainrule.backprop import Batch, State, StepMetrics

Step = Callable[[State, Batch], tuple[State, StepMetrics]]


def steps_in(n: int, batch: int) -> int:
    """How many steps an epoch of n examples has."""
    return -(-n // batch)


def empty_records(names: Mapping[str, int] | Sequence[str], steps: int) -> dict[str, np.ndarray]:
    """Room for what an epoch records: for the loss a row [sum, weight] per step, for each metric one of its size."""
    sizes = names if isinstance(names, Mapping) else dict.fromkeys(names, 2)
    return {name: np.zeros((steps, size), np.float32) for name, size in {"loss": 2, **sizes}.items()}


def totals_of(records: StepMetrics) -> dict[str, np.ndarray]:
    """The sums over the steps done so far: what an epoch's figures are made of."""
    return {name: np.asarray(rows, np.float64).sum(axis=0) for name, rows in records.items()}


def on_host(tree: Any) -> Any:
    """NumPy copies of everything in a state or in records."""
    if isinstance(tree, dict):
        return {key: on_host(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [on_host(value) for value in tree]
    return np.array(tree) if namespace(tree) is not np else tree
