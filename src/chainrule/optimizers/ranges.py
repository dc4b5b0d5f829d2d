"""Which values the settings of an optimizer may have: outside of these the formula means nothing, or divides by zero."""

import math
from typing import Any

from chainrule.errors import SettingError

# name -> (lowest, highest, whether these two are allowed)
RANGES: dict[str, tuple[float, float, bool, bool]] = {
    "epsilon": (0.0, math.inf, True, False),
    "weight_decay": (0.0, math.inf, True, False),
    "beta_1": (0.0, 1.0, True, False),
    "beta_2": (0.0, 1.0, True, False),
    "rho": (0.0, 1.0, True, False),
    "momentum": (0.0, 1.0, True, True),
    "clipnorm": (0.0, math.inf, False, False),
    "clipvalue": (0.0, math.inf, False, False),
    "global_clipnorm": (0.0, math.inf, False, False),
    "initial_accumulator_value": (0.0, math.inf, True, False),
    "ema_momentum": (0.0, 1.0, True, True),
}
MAY_BE_UNSET = {"weight_decay", "clipnorm", "clipvalue", "global_clipnorm"}


def check_ranges(kind: str, settings: dict[str, Any]) -> None:
    """Raises SettingError for a setting that no step can be computed with; None stands for "not set", where that can be.

    >>> check_ranges("Adam", {"beta_1": 0.9, "weight_decay": None})
    """
    for name, value in settings.items():
        if name not in RANGES or (value is None and name in MAY_BE_UNSET):
            continue
        low, high, with_low, with_high = RANGES[name]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not (
            low < value < high or (value == low and with_low) or (value == high and with_high)
        ):
            reach = f"from {low:g}" if with_low else f"above {low:g}"
            end = " and finite" if high == math.inf else f" {'to' if with_high else 'to below'} {high:g}"
            raise SettingError(f"{kind}: {name} must be {reach}{end}; it is {value!r}.")
