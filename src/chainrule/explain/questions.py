"""Questions about some steps: when did this unit die, which step raised the loss most."""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import counter_noise
from chainrule.backprop import forward_sweep
from chainrule.errors import SettingError, unknown
from chainrule.explain.equations import number
from chainrule.explain.influence import loss_and_gradient
from chainrule.explain.sizes import way_to_activation
from chainrule.explain.step_inputs import StepInputs, arrays
from chainrule.explain.watching import watched_step
from chainrule.graph import as_graph

NO_STEPS = "There are no steps to look at: the range is empty."


class Life(NamedTuple):
    """How often a unit was on: the share of each step's examples. died: the first step from which on it never was.

    not_a_number: the first step in which it answers nan, where learning diverged; that counts neither as on nor as death.
    """

    layer: str
    unit: int
    steps: tuple[int, ...]
    active: tuple[float, ...]
    died: int | None
    not_a_number: int | None = None

    def __str__(self) -> str:
        first, last = self.steps[0], self.steps[-1]
        if self.not_a_number is not None:
            return (
                f"Unit {self.unit} of {self.layer} answers nan from step {self.not_a_number} on: learning diverged. "
                f"Explain step {max(first, self.not_a_number - 1)} to see why."
            )
        if self.died is None:
            return f"Unit {self.unit} of {self.layer} is alive: in step {last} it is on for {self.active[-1]:.0%} of the examples."
        if self.died == first:
            return f"Unit {self.unit} of {self.layer} was never on in the steps {first} to {last}."
        before = self.active[self.steps.index(self.died) - 1]
        return (
            f"Unit {self.unit} of {self.layer} died with step {self.died - 1}: there it was on for {before:.0%} of the examples, "
            f"from step {self.died} to {last} for none. Explain step {self.died - 1} to see why."
        )


class Rise(NamedTuple):
    """One step, and the loss of the same examples before and after it."""

    step: int
    before: float
    after: float

    @property
    def rise(self) -> float:
        """By how much the step raised the loss; negative when it lowered it."""
        return self.after - self.before

    def __str__(self) -> str:
        word = "raised" if self.rise > 0 else "lowered"
        return (
            f"Step {self.step} {word} the loss from {number(self.before, 6)} to {number(self.after, 6)} "
            "(the mean over its examples, without dropout, penalties and sample weights)."
        )


@np.errstate(all="ignore")  # a network that diverges is followed like any other
def when_died(steps: Iterable[StepInputs], layer: str, unit: int) -> Life:
    """Follows one unit through some steps: on is an output that is not 0, behind the activation that follows the layer.

    unit: its place on the last axis of the layer's output.
    """
    numbers, active = list[int](), list[float]()
    for inputs in steps:
        inputs = inputs.on_host()
        graph, state = as_graph(inputs.network), inputs.state
        names = graph.names
        if layer not in names:
            raise unknown("layer", layer, names)
        place = names.index(layer)
        place = [place, *way_to_activation(graph, place)][-1]
        noise = partial(counter_noise, state["seed"], state["step"])
        y = forward_sweep(graph, state["params"], inputs.batch[0], noise)[0][place]
        if not 0 <= unit < y.shape[-1]:
            raise SettingError(
                f"{layer} has {y.shape[-1]} units, 0 to {y.shape[-1] - 1}; there is no unit {unit}."
            )
        numbers.append(int(state["step"]))
        answers = np.asarray(y)[..., unit].reshape(len(y), -1)
        if np.isnan(answers).any():
            return Life(layer, unit, tuple(numbers), (*active, float("nan")), None, numbers[-1])
        active.append(float((answers != 0).any(axis=1).mean()))
    if not numbers:
        raise SettingError(NO_STEPS)
    alive = [i for i, share in enumerate(active) if share > 0]
    after = alive[-1] + 1 if alive else 0
    return Life(layer, unit, tuple(numbers), tuple(active), numbers[after] if after < len(numbers) else None)


def rises(steps: Iterable[StepInputs], probe: tuple[Any, Any] | None = None) -> list[Rise]:
    """What each step did to the loss of its own batch, or of the examples `probe` = (x, y).

    The loss as `evaluate` has it: without dropout, penalties and sample weights.
    """
    found = []
    for inputs in steps:
        inputs = inputs.on_host()
        x, y = inputs.batch[:2] if probe is None else map(arrays, probe)
        after = watched_step(inputs).state
        losses = [loss_and_gradient(inputs, state["params"], x, y)[0] for state in (inputs.state, after)]
        found.append(Rise(int(inputs.state["step"]), *losses))
    return found


def largest_rise(steps: Iterable[StepInputs], probe: tuple[Any, Any] | None = None) -> Rise:
    """The step that raised the loss most (or lowered it least)."""
    found = rises(steps, probe)
    if not found:
        raise SettingError(NO_STEPS)
    return max(found, key=lambda step: step.rise)
