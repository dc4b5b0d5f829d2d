"""Learning rates that change: worked by hand at their beginnings, corners and ends."""

import math

import numpy as np
import pytest

from chainrule import optimizers
from chainrule.errors import SettingError
from chainrule.optimizers import SGD, schedules
from chainrule.optimizers.schedules import (
    CLASSES,
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

BY_HAND = [
    (ExponentialDecay(0.8, 10, 0.5), {0: 0.8, 10: 0.4, 15: 0.8 * 0.5**1.5, 30: 0.1}),
    (ExponentialDecay(0.8, 10, 0.5, staircase=True), {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2}),
    (InverseTimeDecay(0.8, 10, 0.5), {0: 0.8, 10: 0.8 / 1.5, 15: 0.8 / 1.75, 20: 0.4}),
    (InverseTimeDecay(0.8, 10, 0.5, staircase=True), {0: 0.8, 9: 0.8, 10: 0.8 / 1.5, 19: 0.8 / 1.5, 20: 0.4}),
    (PolynomialDecay(0.9, 10, 0.1), {0: 0.9, 5: 0.5, 10: 0.1, 99: 0.1}),
    (PolynomialDecay(0.9, 10, 0.1, power=2.0), {0: 0.9, 5: 0.3, 10: 0.1, 99: 0.1}),
    (PolynomialDecay(0.9, 10), {10: 0.0001}),
    (
        PolynomialDecay(0.9, 10, 0.1, cycle=True),
        {0: 0.9, 5: 0.5, 10: 0.1, 15: 0.3, 20: 0.1, 25: 0.9 - 0.8 * 25 / 30},
    ),
    (CosineDecayRestarts(0.8, 10), {0: 0.8, 5: 0.4, 10: 0.8, 20: 0.4, 30: 0.8, 50: 0.4}),
    (
        CosineDecayRestarts(0.8, 10, t_mul=3.0),
        {5: 0.4, 20: 0.6, 25: 0.4, 30: 0.2},
    ),  # the second period has 30 steps
    (
        CosineDecayRestarts(0.8, 10, t_mul=1.0, m_mul=0.5, alpha=0.25),
        {0: 0.8, 5: 0.5, 10: 0.5, 15: 0.35, 20: 0.35},
    ),
    (CosineDecay(0.8, 10), {0: 0.8, 5: 0.4, 10: 0.0, 99: 0.0, 3: 0.4 * (1 + math.cos(0.3 * math.pi))}),
    (CosineDecay(0.8, 10, alpha=0.25), {0: 0.8, 5: 0.5, 10: 0.2, 99: 0.2}),
    (
        CosineDecay(0.1, 10, warmup_target=0.5, warmup_steps=4),
        {0: 0.1, 2: 0.3, 4: 0.5, 9: 0.25, 14: 0.0, 99: 0.0},
    ),
    (CosineDecay(0.1, 10, 0.5, warmup_target=0.5, warmup_steps=4), {4: 0.5, 9: 0.375, 14: 0.25}),
    (CosineDecay(0.8, 10, warmup_steps=5), {0: 0.8, 5: 0.4, 10: 0.0}),
    (ExponentialDecay(0.8, 1, 0.5), {1: 0.4, 2: 0.2}),
    (OneCycle(0.8, 10, 1), {0: 0.4}),
    (CosineDecay(0.1, 10, warmup_target=0.5), {0: 0.5, 5: 0.25, 10: 0.0}),
    (PiecewiseConstantDecay([3, 7], [0.9, 0.5, 0.1]), {0: 0.9, 3: 0.9, 4: 0.5, 7: 0.5, 8: 0.1, 99: 0.1}),
    (
        OneCycle(0.8, 12, 4),
        {0: 0.1, 1: 0.3, 3: 0.7, 4: 0.75, 8: 0.35, 11: 0.05, 12: 0.0, 99: 0.0},
    ),  # mid-step
    (OneCycle(0.8, 12, 4, 0.4, 0.2), {0: 0.45, 3: 0.75, 4: 0.7625, 8: 0.4625, 12: 0.2}),
    (OneCycle(0.8, 10), {0: 0.76, 5: 0.36, 9: 0.04, 10: 0.0}),
]


@pytest.mark.parametrize(("schedule", "rates"), BY_HAND, ids=lambda value: getattr(value, "name", ""))
def test_rates_worked_by_hand(schedule, rates, xp) -> None:
    """Every schedule's rate at chosen steps, on both libraries and for a plain number; nothing is divided by 0."""
    for step, rate in rates.items():
        with np.errstate(all="raise"):
            assert float(schedule(np.asarray(step, np.float64))) == pytest.approx(rate, rel=1e-12, abs=1e-16)
        for given in (step, xp.asarray(np.float32(step))):
            answer = schedule(given)
            assert float(answer) == pytest.approx(rate, rel=1e-6, abs=1e-7)
            assert answer.dtype == np.float32


def test_every_schedule_is_worked_by_hand() -> None:
    """A schedule that is added must appear among those above."""
    assert {type(schedule).__name__ for schedule, _ in BY_HAND} == set(CLASSES)


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in BY_HAND])
def test_a_schedule_survives_being_written_down(schedule) -> None:
    """Stored and read again, alone or inside an optimizer, a schedule gives the same rates."""
    again = schedules.deserialize(schedules.serialize(schedule))
    assert vars(again) == vars(schedule)
    inside = SGD.from_config(SGD(schedule).get_config()).learning_rate
    assert vars(inside) == vars(schedule)


def test_an_optimizer_follows_its_schedule() -> None:
    """rate_at asks the schedule with the step's number; a plain rate comes from the loop."""
    follows = SGD(PiecewiseConstantDecay([0], [0.5, 0.25]))
    held = np.asarray(0.125, np.float32)
    assert [float(follows.rate_at(np.asarray(k), held)) for k in (0, 1)] == [0.5, 0.25]
    assert float(SGD(0.5).rate_at(np.asarray(3), held)) == 0.125


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps must be above 0"),
        (lambda: InverseTimeDecay(0.1, 0, 0.5), "decay_steps must be above 0"),
        (lambda: PolynomialDecay(0.1, 0), "decay_steps must be above 0"),
        (lambda: OneCycle(0.1, 0), "total_steps must be above 0"),
        (lambda: CosineDecay(0.1, -1), "decay_steps must be above 0"),
        (lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one value more than boundaries"),
        (lambda: OneCycle(0.1, 10, 10), "below total_steps"),
        (lambda: OneCycle(0.1, 10, -1), "below total_steps"),
        (lambda: schedules.deserialize({"class_name": "Nope"}), "no learning rate schedule called 'Nope'"),
    ],
)
def test_what_can_not_be_is_refused(make, words) -> None:
    """Impossible settings are refused by name."""
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize("config", ["x", [1], 7, True, {"speed": 1}])
def test_a_stored_schedule_or_optimizer_whose_settings_are_none_is_refused(config) -> None:
    """Of files and runs by other hands: named in one sentence."""
    with pytest.raises(SettingError, match="ExponentialDecay"):
        schedules.deserialize({"class_name": "ExponentialDecay", "config": config})
    with pytest.raises(SettingError, match="SGD|ExponentialDecay"):
        optimizers.get({"class_name": "SGD", "config": config})
    with pytest.raises(SettingError, match="ExponentialDecay"):
        optimizers.get(
            {
                "class_name": "SGD",
                "config": {"learning_rate": {"class_name": "ExponentialDecay", "config": config}},
            }
        )
