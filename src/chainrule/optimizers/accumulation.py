"""Gradient accumulation: the gradients of several batches are added up, and the weights move by their mean."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError


class GradientAccumulation:
    """Every n-th batch the weights move, by the mean gradient of the last n; between them nothing but the sum changes.

    a ← a + g, and where n divides the number of batches: the optimizer's rule with g = a / n, then a ← 0. As in Keras.
    """

    slot = "gradient_accumulator"

    def __init__(self, batches: int) -> None:
        if not isinstance(batches, (int, np.integer)) or isinstance(batches, bool) or batches < 2:
            raise SettingError(
                f"gradient_accumulation_steps is a whole number of 2 or more, or None; it got {batches!r}."
            )
        self.batches = int(batches)

    def update(
        self, rule: Callable[..., Any], grads: list[Params], state: dict[str, Any], params: list[Params], step: Array, rate: Array
    ) -> tuple[list[Params], dict[str, Any]]:  # fmt: skip
        """One batch: `rule` is the optimizer's own update. step: batches before this one."""
        summed = [
            {k: state[self.slot][i][k] + g for k, g in layer.items()} for i, layer in enumerate(grads)
        ]  # a ← a + g
        due = (step + 1) % self.batches == 0
        mean = [{k: a / self.batches for k, a in layer.items()} for layer in summed]
        moved, after = rule(mean, state, params, step // self.batches, rate)
        kept = [
            layer | {k: chosen(due, namespace(a).zeros_like(a), a) for k, a in summed[i].items()}
            for i, layer in enumerate(state[self.slot])
        ]
        return chosen(due, moved, params), chosen(due, after, state) | {self.slot: kept}


def chosen(condition: Array, yes: Any, no: Any) -> Any:
    """One of two trees of arrays that are alike, by a condition that is known only when the step runs.

    >>> chosen(np.asarray(True), {"w": np.ones(1)}, {"w": np.zeros(1)})
    {'w': array([1.])}
    """
    if isinstance(yes, dict):
        return {key: chosen(condition, value, no[key]) for key, value in yes.items()}
    if isinstance(yes, list):
        return [chosen(condition, *pair) for pair in zip(yes, no, strict=True)]
    return namespace(yes).where(condition, yes, no)
