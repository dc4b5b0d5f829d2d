"""One output of the network in a step: what its loss takes, how wrong it was, how much that counts."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.explain.equations import number
from chainrule.explain.symbols import DIGITS
from chainrule.graph import Graph, masks_of, taken, tuple_of
from chainrule.losses.base import Loss, numbers_per_example, rows_per_example
from chainrule.losses.masked import masked
from chainrule.losses.outputs import FusedOutput, Output, fused_output, loss_of
from chainrule.losses.own import Summed


class OpenedOutput:
    """An output with its numbers in this step, (batch, ...).

    name: "" where the network has one output.  which: its place among them.  n: examples.  end: where its values come
    from, and its loss.  z: what the loss takes.  p: the predictions.  y: the targets.  sample_weight: how much each
    example counts, the output's weight included; None where all count 1.  mask: which steps count; None for all.
    losses: one per example; weighted_losses: as they count.  delta: the derivative of the batch's loss by z that comes
    from this output alone.
    """

    def __init__(
        self, graph: Graph, which: int, output: Output, values: list[Any], y: Any, weight: Any, mask: Any
    ) -> None:
        self.which, self.name, self.several = which, output.name, len(graph.outputs) > 1
        self.end: FusedOutput = fused_output(graph, output.loss, which)
        self.z, self.p = (taken([source], values, ()) for source in (self.end.z, self.end.p))
        self.n, self.y, self.mask, self.metrics = len(self.z), y, mask, output.metrics
        counted, _, delta = loss_of(output, self.end.loss, y, self.z, weight, mask)
        self.losses = np.asarray(masked(self.end.loss, mask).values(y, self.z))
        self.weighted_losses, self.delta = np.asarray(counted), np.asarray(delta)
        self.sample_weight = weight
        if output.weight != 1:  # it counts like a weight of every example
            counts = np.full(self.n, output.weight, np.float32)
            self.sample_weight = counts if weight is None else weight * counts

    @property
    def loss(self) -> Loss:
        """The formula of the loss, whether its rows are averaged or added up."""
        loss = self.end.loss
        return loss.inner if isinstance(loss, Summed) else loss

    @property
    def digit(self) -> str:
        """What tells its letters from those of other outputs: p₁, p₂; "" where there is one."""
        return str(self.which + 1).translate(DIGITS) if self.several else ""

    @property
    def at_name(self) -> str:
        """Where, in a line that is about one output of several: " at price"."""
        return f" at {self.name}" if self.several else ""

    def divisor(self, rows: bool) -> float:
        """By how much the sum of an example's terms is divided. rows: a term is one of a row of classes, not of a number.

        The mean over an example's rows (or numbers); with a mask, over the rows that count in the batch, as each example
        has its share of them; with reduction="sum" nothing is averaged, and the batch's mean is undone.
        """
        count_of = rows_per_example if rows else numbers_per_example
        summed = isinstance(self.end.loss, Summed)
        if self.mask is None:
            return count_of(self.z) / (self.n * rows_per_example(self.z) if summed else 1)
        steps = self.z.reshape(-1, *self.z.shape[self.mask.ndim :])  # each step as an example
        return count_of(steps) * (1 / (self.n * rows_per_example(steps)) if summed else self.marked / self.n)

    @property
    def marked(self) -> int:
        """How many steps of the batch the mask marks."""
        return int(np.asarray(self.mask).sum()) or 1

    def counts(self, k: int, unit: int) -> bool:
        """Whether a number of the k-th example (its place in a row) has a part in the loss."""
        if self.mask is None:
            return True
        each = math.prod(self.z.shape[self.mask.ndim :])
        return bool(np.asarray(self.mask[k]).reshape(-1)[unit // each])

    def note(self, k: int) -> str:
        """What is said of a mask beside the loss; "" without one."""
        if self.mask is None:
            return ""
        own = np.asarray(self.mask[k])
        return (
            f"{int(own.sum())} of its {own.size} steps count, {self.marked} in the batch: {number(self.marked / self.n)} an "
            "example"
        )


def opened_outputs(
    graph: Graph, asked: Sequence[Output], values: list[Any], x: Any, y: Any, weight: Any
) -> list[OpenedOutput]:
    """Each output of a network with its numbers. values: what each node gave.  x, y, weight: of the batch."""
    masks = masks_of(graph, values, x)
    ys, weights = tuple_of(y, len(asked)), tuple_of(weight, len(asked))
    return [
        OpenedOutput(graph, i, output, values, ys[i], weights[i], taken([graph.outputs[i]], masks, ()))
        for i, output in enumerate(asked)
    ]
