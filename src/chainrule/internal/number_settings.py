"""Settings that are one number: a slope, a share, a penalty."""

from typing import Any

import numpy as np

from chainrule.errors import SettingError


def is_number(value: Any) -> bool:
    """Whether a setting is one plain number; True and False are none.

    >>> is_number(np.float32(0.5)), is_number(True), is_number("1")
    (True, False, False)
    """
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def number_setting(owner: str, setting: str, value: Any, at_least: float | None = None) -> float:
    """The setting as a float; SettingError where it is no number, or less than it may be.

    >>> number_setting("LeakyReLU", "negative_slope", 1, at_least=0)
    1.0
    """
    plain = is_number(value) or (isinstance(value, np.ndarray) and value.ndim == 0)
    if not plain or (at_least is not None and not value >= at_least):
        least = "" if at_least is None else f" of {at_least:g} or more"
        raise SettingError(f"{owner} needs a number{least} as {setting}; it got {value!r}.")
    return float(value)


def whole_setting(owner: str, setting: str, value: Any) -> int:
    """The setting as a whole number; SettingError where it is none.

    >>> whole_setting("Concatenate", "axis", np.int64(-1))
    -1
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
        raise SettingError(f"{owner} needs a whole number as {setting}; it got {value!r}.")
    return int(value)
