"""One learning step, explained: any of its weights, units, examples and layers with all the arithmetic."""

from typing import Any

import numpy as np

from chainrule.explain.check import Checked, check_weight
from chainrule.explain.example import explain_example
from chainrule.explain.layer import explain_layer
from chainrule.explain.letters import terms_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.overview import explain_step
from chainrule.explain.step_inputs import StepInputs, inputs_of_run, step_inputs
from chainrule.explain.trace import Trace
from chainrule.explain.unit import explain_unit
from chainrule.explain.watching import WatchedLayer
from chainrule.explain.weight import explain_weight
from chainrule.graph import Node
from chainrule.runs import Run

FINITE_OR_NOT = np.errstate(all="ignore")  # a step that diverges is explained like any other


class LinkExplained(OpenedLink):
    """A layer at one node in this step (see `OpenedLink`), with the examples' terms of its gradients."""

    def __init__(self, place: int, node: Node, seen: WatchedLayer, step: OpenedStep) -> None:
        super().__init__(place, node, seen, step)
        self._step = step

    def terms(self, name: str, *index: int) -> np.ndarray:
        """Each example's term of one weight's mean gradient, (batch,) float64: for a Dense x[k, i] · dz[k, j].

        They add up to `data_gradient[name][index]`, but for float32's rounding. SettingError where a layer's output for
        one example depends on the others: there the gradient has no such terms.
        """
        return terms_of(self._step, self, name, self.index(name, index))


class StepExplained(OpenedStep):
    """A learning step of which any number can be explained; the model that it was taken from is as it was.

    Printed, it is the whole step, layer by layer. The numbers themselves are attributes: see `OpenedStep`.
    """

    link_type = LinkExplained

    @FINITE_OR_NOT
    def weight_of(
        self, layer: str | int, name: str, *index: int, example: int | None = None, check: bool = False
    ) -> Trace:
        """How any weight got its next value; `weight` and `bias` are short for the usual ones.

        example: the one whose path is followed, by default the one with the largest share of the gradient.
        check: adds the measured derivative.
        """
        return explain_weight(self, self.link(layer), name, index, example, check)

    def weight(self, layer: str | int, *index: int, example: int | None = None, check: bool = False) -> Trace:
        """How kernel[i, j] of a layer got its next value: from input i to unit j."""
        return self.weight_of(layer, "kernel", *index, example=example, check=check)

    def bias(self, layer: str | int, j: int, example: int | None = None, check: bool = False) -> Trace:
        """How bias[j] of a layer got its next value."""
        return self.weight_of(layer, "bias", j, example=example, check=check)

    @FINITE_OR_NOT
    def neuron(self, layer: str | int, j: int) -> Trace:
        """What unit j of a layer gave for each example, which error reached it, and what it learned."""
        return explain_unit(self, self.link(layer), int(j))

    @FINITE_OR_NOT
    def example(self, k: int) -> Trace:
        """What the network predicted for the k-th example of the batch, and what it learned from it."""
        return explain_example(self, int(k))

    @FINITE_OR_NOT
    def layer(self, name: str | int) -> Trace:
        """A layer's inputs, outputs, errors and gradients in sizes, with the weights that moved most."""
        return explain_layer(self, self.link(name))

    @FINITE_OR_NOT
    def check(self, layer: str | int, name: str, index: tuple[int, ...]) -> Checked:
        """The derivative by one weight, by central differences in float64."""
        return check_weight(
            self.inputs, self.link(layer).place, name, self.link(layer).index(name, tuple(index))
        )

    @FINITE_OR_NOT
    def trace(self) -> Trace:
        """The whole step, layer by layer, in sizes."""
        return explain_step(self)

    def __str__(self) -> str:
        return str(self.trace())

    def _repr_html_(self) -> str:
        return self.trace()._repr_html_()


def step(model: Any, x: Any = None, y: Any = None, sample_weight: Any = None, **more: Any) -> StepExplained:
    """Opens one learning step: of a compiled model with a batch (x, y), of a run with a step's number, or of StepInputs.

    The step is taken by the engine's own functions on NumPy arrays; the model stays as it was. more: see `step_inputs`.
    A run: one of `chainrule.open_run`, of `chainrule.runs`, or a `Replay`.

    >>> import chainrule, numpy as np
    >>> model = chainrule.Sequential([chainrule.layers.Dense(1, use_bias=False, input_shape=(1,))])
    >>> model.set_weights([np.array([[1.0]])])
    >>> model.compile(chainrule.optimizers.SGD(0.1), "mse")
    >>> opened = step(model, [[2.0]], [[5.0]])                   # p = 2, loss = 9, dw = -12
    >>> opened.loss, opened.link("dense").gradient["kernel"]
    (9.0, array([[-12.]], dtype=float32))
    """
    if isinstance(model, StepInputs):
        return StepExplained(model)
    if isinstance(model, Run) or hasattr(model, "chosen"):
        return StepExplained(inputs_of_run(model, x, **more))
    return StepExplained(step_inputs(model, x, y, sample_weight, **more))
