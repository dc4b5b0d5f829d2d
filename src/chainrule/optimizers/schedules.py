"""Learning rates that change with the step number. Keras's names and formulas, and one of ours, OneCycle."""

import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, unknown
from chainrule.internal import absent
from chainrule.internal.custom_objects import custom_object_scope, find
from chainrule.internal.own_classes import is_ours

__all__ = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule", "OneCycle",
    "PiecewiseConstantDecay", "PolynomialDecay", "deserialize", "serialize",
]  # fmt: skip


class LearningRateSchedule:
    """A rate that depends on the step: schedule(step) -> rate.

    >>> float(ExponentialDecay(1.0, decay_steps=10, decay_rate=0.5)(20))
    0.25
    >>> [float(ExponentialDecay(1.0, 10, 0.5)(step)) for step in np.arange(0, 30, 10)]
    [1.0, 0.5, 0.25]
    """

    def __call__(self, step: Any) -> Array:
        """The rate at a step, counted from 0, in the type that the step comes in (float32 for a whole or plain number)."""
        if not hasattr(step, "__array_namespace__"):
            step = np.asarray(step, dtype=np.float32)
        elif step.dtype.kind in "iub":  # whole numbers, as np.arange has them
            step = step.astype(np.float32)
        return self.at(step)

    def at(self, step: Array) -> Array:
        """The rate at a step given as an array of one number."""
        raise NotImplementedError(f"{type(self).__name__} does not say its rate: write at(step).")

    def __float__(self) -> float:
        """A schedule is no number: refused, with the way to one."""
        raise SettingError(
            f"{type(self).__name__} is a schedule, no number: the rate of the next step is "
            "optimizer.learning_rate(optimizer.iterations)."
        )

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A schedule with the settings that `get_config` gave.

        >>> ExponentialDecay.from_config(ExponentialDecay(1.0, 10, 0.5).get_config()).decay_rate
        0.5
        """
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """rate = initial · decay_rate^(step / decay_steps); staircase: only at every full decay_steps."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        positive("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def at(self, step: Array) -> Array:
        xp = namespace(step)
        periods = step / self.decay_steps
        periods = xp.floor(periods) if self.staircase else periods
        return self.initial_learning_rate * xp.power(xp.asarray(self.decay_rate, dtype=step.dtype), periods)


class InverseTimeDecay(LearningRateSchedule):
    """rate = initial / (1 + decay_rate · step / decay_steps)."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        positive("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def at(self, step: Array) -> Array:
        periods = step / self.decay_steps
        periods = namespace(step).floor(periods) if self.staircase else periods
        return self.initial_learning_rate / (1 + self.decay_rate * periods)


class PolynomialDecay(LearningRateSchedule):
    """rate = (initial - end) · (1 - step / decay_steps)^power + end; power 1 is a straight line.

    cycle: begins again after decay_steps, each time for one decay_steps longer.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        positive("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = (
            end_learning_rate,
            power,
            bool(cycle),
            name,
        )

    def at(self, step: Array) -> Array:
        xp = namespace(step)
        share = step / self.decay_steps
        left = 1 - (share / xp.maximum(xp.ceil(share), 1) if self.cycle else xp.minimum(share, 1))
        return (
            self.initial_learning_rate - self.end_learning_rate
        ) * left**self.power + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """Half a cosine from initial down to alpha · initial, if asked for after a straight warm-up to warmup_target.

    Loshchilov and Hutter (2017).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        positive("decay_steps", decay_steps)
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    def at(self, step: Array) -> Array:
        xp = namespace(step)
        warm = self.warmup_target is not None
        top = self.warmup_target if self.warmup_target is not None else self.initial_learning_rate
        begun = step - self.warmup_steps if warm else step
        share = xp.clip(begun / self.decay_steps, 0, 1)
        rate = top * ((1 - self.alpha) * 0.5 * (1 + xp.cos(math.pi * share)) + self.alpha)
        if not warm or not self.warmup_steps:
            return rate
        rising = self.initial_learning_rate + (top - self.initial_learning_rate) * step / self.warmup_steps
        return xp.where(step < self.warmup_steps, rising, rate)


class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine down, again and again: each period t_mul times as long and m_mul times as high as the one before.

    Loshchilov and Hutter (2017).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        positive("first_decay_steps", first_decay_steps)
        positive("t_mul", t_mul)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def at(self, step: Array) -> Array:
        xp = namespace(step)
        share = step / self.first_decay_steps
        if self.t_mul == 1:
            restarts = xp.floor(share)
            share = share - restarts
        else:  # after k periods 1 + t + … + t^(k - 1) = (1 - t^k) / (1 - t) first periods have passed
            restarts = xp.floor(xp.log(1 - share * (1 - self.t_mul)) / math.log(self.t_mul))
            length = xp.power(xp.asarray(self.t_mul, dtype=step.dtype), restarts)
            share = (share - (1 - length) / (1 - self.t_mul)) / length
        height = xp.power(xp.asarray(self.m_mul, dtype=step.dtype), restarts)
        cosine = 0.5 * height * (1 + xp.cos(math.pi * share))
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and with step boundaries[0], values[1] up to boundaries[1], ..., the last value after that."""

    def __init__(self, boundaries: Any, values: Any, name: str = "PiecewiseConstant") -> None:
        self.boundaries, self.values, self.name = list(boundaries), list(values), name
        if len(self.values) != len(self.boundaries) + 1:
            raise SettingError(
                f"PiecewiseConstantDecay needs one value more than boundaries; it got {len(self.boundaries)} "
                f"boundaries and {len(self.values)} values."
            )
        if self.boundaries != sorted(self.boundaries):
            raise SettingError(
                f"PiecewiseConstantDecay needs boundaries that rise; they are {self.boundaries}."
            )

    def at(self, step: Array) -> Array:
        xp = namespace(step)
        rate = xp.asarray(self.values[0], dtype=step.dtype)
        for boundary, value in zip(self.boundaries, self.values[1:], strict=True):
            rate = xp.where(step > boundary, xp.asarray(value, dtype=step.dtype), rate)
        return rate


class OneCycle(LearningRateSchedule):
    """A straight rise from initial to peak over warmup_steps, then a straight fall to end at total_steps.

    Each step has the rate of its middle. Smith and Topin (2018), "Super-Convergence", without the momentum part;
    Keras has no name for it.
    """

    def __init__(
        self,
        peak_learning_rate: float,
        total_steps: int,
        warmup_steps: int = 0,
        initial_learning_rate: float = 0.0,
        end_learning_rate: float = 0.0,
        name: str = "OneCycle",
    ) -> None:
        positive("total_steps", total_steps)
        if not 0 <= warmup_steps < total_steps:
            raise SettingError(
                f"OneCycle needs warmup_steps from 0 to below total_steps; it got {warmup_steps}."
            )
        self.peak_learning_rate, self.total_steps, self.warmup_steps = (
            peak_learning_rate,
            total_steps,
            warmup_steps,
        )
        self.initial_learning_rate, self.end_learning_rate, self.name = (
            initial_learning_rate,
            end_learning_rate,
            name,
        )

    def at(self, step: Array) -> Array:
        xp = namespace(step)
        rise = (step + 0.5) / max(1, self.warmup_steps)  # the rate at the middle of the step
        fall = xp.clip((self.total_steps - step - 0.5) / (self.total_steps - self.warmup_steps), 0, 1)
        rising = self.initial_learning_rate + (self.peak_learning_rate - self.initial_learning_rate) * rise
        falling = self.end_learning_rate + (self.peak_learning_rate - self.end_learning_rate) * fall
        return xp.where(step < self.warmup_steps, rising, falling)


CLASSES: dict[str, type[LearningRateSchedule]] = {
    kind.__name__: kind
    for kind in (
        ExponentialDecay,
        InverseTimeDecay,
        PolynomialDecay,
        CosineDecay,
        CosineDecayRestarts,
        PiecewiseConstantDecay,
        OneCycle,
    )
}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """How a schedule is written to a file."""
    schedule = learning_rate_schedule
    return {"class_name": type(schedule).__name__, "config": schedule.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> LearningRateSchedule:
    """A schedule from its stored form; SettingError where it cannot be built from it."""
    name, settings = stored(config)
    with custom_object_scope(custom_objects or {}):
        kind = CLASSES.get(name) or find(name)
    if kind is None:
        raise unknown("learning rate schedule", name, CLASSES)
    try:
        made: LearningRateSchedule = kind(**settings)
    except TypeError as problem:
        raise SettingError(f"The schedule {name} cannot be built from its settings: {problem}.") from None
    return made


def stored(entry: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The class's name and the settings of a stored object; SettingError where the settings are none.

    >>> stored({"class_name": "SGD", "config": {"momentum": 0.9}}), stored({"class_name": "SGD"})
    (('SGD', {'momentum': 0.9}), ('SGD', {}))
    """
    name, settings = str(entry.get("class_name")), entry.get("config")
    if settings is not None and not isinstance(settings, dict):
        raise SettingError(
            f"The settings of a stored {name:.40} are names with their values; it got {settings!r:.40}."
        )
    return name, dict(settings or {})


def must_begin_finite(schedule: LearningRateSchedule) -> None:
    """SettingError where a schedule of ours begins with a rate that no step can be taken with.

    >>> must_begin_finite(ExponentialDecay(0.1, 10, 0.5))
    """
    if not is_ours(type(schedule)):
        return
    rate = float(schedule(0))
    if not 0 <= rate < math.inf:
        raise SettingError(
            f"{type(schedule).__name__} begins with a learning rate of {rate!r}; it must be 0 or more and finite."
        )


def positive(setting: str, value: float) -> None:
    """Refuses a length that is not above 0."""
    if not value > 0:
        raise SettingError(f"{setting} must be above 0; it is {value!r}.")


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("optimizers.schedules", __all__)
