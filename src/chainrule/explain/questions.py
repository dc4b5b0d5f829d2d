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
from chainrule.explain.moments import Moment
from chainrule.explain.watching import watched_step


class Life(NamedTuple):
    """How often a unit was on: the share of each step's examples. died: the first step from which on it never was."""

    layer: str
    unit: int
    steps: tuple[int, ...]
    active: tuple[float, ...]
    died: int | None

    def __str__(self) -> str:
        first, last = self.steps[0], self.steps[-1]
        if self.died is None:
            return f"Unit {self.unit} of {self.layer} is alive: in step {last} it is on for {self.active[-1]:.0%} of the examples."
        if self.died == first:
            return f"Unit {self.unit} of {self.layer} was never on in the steps {first} to {last}."
        before = self.active[self.steps.index(self.died) - 1]
        return (
            f"Unit {self.unit} of {self.layer} died with step {self.died - 1}: there it was on for {before:.0%} of the examples, "
            f"from step {self.died} to {last} for none. Open step {self.died - 1} to see what pushed it."
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
        return f"Step {self.step} {word} the loss from {number(self.before, 6)} to {number(self.after, 6)}."


def when_died(moments: Iterable[Moment], layer: str, unit: int) -> Life:
    """Follows one unit through some steps: on is an output that is not 0, behind the layer's activation.

    unit: its place on the last axis of the layer's output.
    """
    steps, active = list[int](), list[float]()
    for moment in moments:
        moment = moment.on_host()
        chain, state = list(moment.chain), moment.state
        names = [link.name for link in chain]
        if layer not in names:
            raise unknown("layer", layer, [name for name in names if name])
        place = names.index(layer)
        place += place + 1 < len(chain) and str(names[place + 1]).startswith(f"{layer}:")
        noise = partial(counter_noise, state["seed"], state["step"])
        values, _ = forward_sweep(chain[: place + 1], state["params"], moment.batch[0], noise)
        y = values[-1]
        if not 0 <= unit < y.shape[-1]:
            raise SettingError(
                f"{layer} has {y.shape[-1]} units, 0 to {y.shape[-1] - 1}; there is no unit {unit}."
            )
        steps.append(int(state["step"]))
        active.append(float((np.asarray(y)[..., unit].reshape(len(y), -1) != 0).any(axis=1).mean()))
    if not steps:
        raise SettingError("There are no steps to look at: the range is empty.")
    alive = [i for i, share in enumerate(active) if share > 0]
    after = alive[-1] + 1 if alive else 0
    return Life(layer, unit, tuple(steps), tuple(active), steps[after] if after < len(steps) else None)


def rises(moments: Iterable[Moment], probe: tuple[Any, Any] | None = None) -> list[Rise]:
    """What each step did to the loss of its own batch, or of the examples `probe` = (x, y); as when judging, no noise."""
    found = []
    for moment in moments:
        moment = moment.on_host()
        x, y = moment.batch[:2] if probe is None else (np.asarray(a) for a in probe)
        after = watched_step(moment).state
        losses = [loss_and_gradient(moment, state["params"], x, y)[0] for state in (moment.state, after)]
        found.append(Rise(int(moment.state["step"]), *losses))
    return found


def largest_rise(moments: Iterable[Moment], probe: tuple[Any, Any] | None = None) -> Rise:
    """The step that raised the loss most (or lowered it least)."""
    found = rises(moments, probe)
    if not found:
        raise SettingError("There are no steps to look at: the range is empty.")
    return max(found, key=lambda step: step.rise)
