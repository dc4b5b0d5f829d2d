"""Dates and times of day as numbers: year, month, day, weekday and hour, in the spellings that people use.

2024-01-31 10:30    31.01.2024    1/31/24    31 Jan 2024    Jan 31, 2024    20240131    2024-01    2024 Q1    10:30 pm
"""

import datetime as dt
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = ("year", "month", "day", "weekday", "hour")
ORDERS = ("dmy", "mdy")  # how 03/04/2024 is read
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = "|".join(_MONTHS)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([ap])?\.?m?\.?", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)")
_QUARTER = re.compile(r"(\d{4})[ -]?Q([1-4])", re.IGNORECASE)
_SLASHES = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DAY_MONTH = re.compile(
    rf"(?:[a-z]+,? )?(\d{{1,2}})\.?[- /]({_NAMED})[a-z]*\.?,?[- /](\d{{4}}|\d{{2}})", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"({_NAMED})[a-z]*\.?[- ](\d{{1,2}})(?:st|nd|rd|th)?,?[- ](\d{{4}}|\d{{2}})", re.IGNORECASE
)


def parts(cells: Sequence[str], order: str = "dmy") -> NDArray[np.float64]:
    """Each cell's year, month, day, weekday (Monday is 0) and hour, (n, 5); NaN for what a cell does not say.

    order: "dmy" or "mdy", for dates that begin with neither a year nor a name.

    >>> parts(["2024-01-31 10:30", "5:15 pm", "soon"])
    array([[2.024e+03, 1.000e+00, 3.100e+01, 2.000e+00, 1.050e+01],
           [      nan,       nan,       nan,       nan, 1.725e+01],
           [      nan,       nan,       nan,       nan,       nan]])
    """
    return np.array([_read(cell.strip(), order) for cell in cells], np.float64).reshape(-1, len(PARTS))


def order_of(cells: Sequence[str]) -> str | None:
    """Whether the day or the month comes first where both are numbers; None if the cells allow both readings.

    >>> order_of(["3/4/2024", "3/31/2024"]), order_of(["3.4.2024"]), order_of(["3/4/2024"])
    ('mdy', 'dmy', None)
    """
    found = [match for match in map(_SLASHES.match, cells) if match]
    if not found or any(match[2] == "." or int(match[1]) > 12 for match in found):
        return "dmy"
    return "mdy" if any(int(match[3]) > 12 for match in found) else None


def _read(cell: str, order: str) -> tuple[float, ...]:
    nothing = float("nan")
    date, rest = _date(cell, order)
    clock = _CLOCK.search(rest)
    hour = nothing
    if clock and int(clock[1]) < 24 and int(clock[2]) < 60:
        hour = int(clock[1]) + int(clock[2]) / 60
        if clock[4]:
            hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
    if date is None:
        return (nothing, nothing, nothing, nothing, hour)
    year, month, day = date
    try:
        weekday = dt.date(year, month, day or 1).weekday()
    except ValueError:  # there is no such day
        return (nothing,) * len(PARTS)
    return (year, month, day or nothing, weekday if day else nothing, hour)


def _date(cell: str, order: str) -> tuple[tuple[int, int, int | None] | None, str]:
    """Year, month and day at the beginning of a cell, and what follows them."""
    if found := _YEAR_FIRST.match(cell) or _COMPACT.match(cell):
        date = (int(found[1]), int(found[2]), int(found[3]) if found[3] else None)
    elif found := _QUARTER.match(cell):
        date = (int(found[1]), 3 * int(found[2]) - 2, None)
    elif found := _SLASHES.match(cell):
        first, second = int(found[1]), int(found[3])
        day, month = (first, second) if order == "dmy" else (second, first)
        date = (_year(found[4]), month, day)
    elif found := _DAY_MONTH.match(cell):
        date = (_year(found[3]), 1 + _MONTHS.index(found[2].lower()), int(found[1]))
    elif found := _MONTH_DAY.match(cell):
        date = (_year(found[3]), 1 + _MONTHS.index(found[1].lower()), int(found[2]))
    else:
        return None, cell
    return date, cell[found.end() :]


def _year(digits: str) -> int:
    """Two digits are of 1970 to 2069."""
    return int(digits) if len(digits) == 4 else int(digits) + (1900 if int(digits) >= 70 else 2000)
