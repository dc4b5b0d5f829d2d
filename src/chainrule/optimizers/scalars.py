"""The numbers of an optimizer beside its learning rate, and an optimizer like another with one of them changed."""

from typing import Any

from chainrule.errors import SettingError, unknown
from chainrule.optimizers.base import Optimizer

SCALARS = ("momentum", "rho", "beta_1", "beta_2", "epsilon", "weight_decay")


def scalars(optimizer: Optimizer) -> dict[str, float]:
    """The numbers that may be changed while it learns, by name.

    >>> from chainrule.optimizers import SGD, Adam
    >>> scalars(Adam())
    {'beta_1': 0.9, 'beta_2': 0.999, 'epsilon': 1e-07}
    >>> scalars(SGD())
    {}
    """
    config = optimizer.get_config()
    found = {name: config[name] for name in SCALARS if isinstance(config.get(name), float)}
    if not found.get("momentum", 1.0):  # nothing is remembered that a momentum could act on
        del found["momentum"]
    return found


def with_scalar(optimizer: Optimizer, name: str, value: Any) -> Optimizer:
    """One like it with another number; SettingError where it has no such number, or the number makes no sense.

    >>> from chainrule.optimizers import Adam
    >>> with_scalar(Adam(), "beta_1", 0.5).get_config()["beta_1"]
    0.5
    """
    known = scalars(optimizer)
    if name not in known:
        raise unknown(f"number of {type(optimizer).__name__}", name, known)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise SettingError(f"{name} must be a number from 0 to 1; it got {value!r}.")
    if name == "epsilon" and not value:
        raise SettingError("epsilon must be above 0.")
    if name == "momentum" and not value:
        raise SettingError("A momentum of 0 forgets what was remembered: choose SGD, which is a fork.")
    made = type(optimizer).from_config(optimizer.get_config() | {name: float(value)})
    made.not_decayed, made.iterations = optimizer.not_decayed, optimizer.iterations
    return made
