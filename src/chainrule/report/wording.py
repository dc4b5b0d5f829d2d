"""Numbers and things as the page words them."""

import math
from typing import Any

import numpy as np

from chainrule.internal.plain_numbers import share_of

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def per_cent(share: float, digits: int = 2) -> str:
    r"""A share as people read it, on one line; one that is not quite all or nothing is not rounded to that.

    >>> per_cent(0.98104), per_cent(0.99999, 1), per_cent(0.00001, 1), per_cent(1.0, 0)
    ('98.10\xa0%', '>\xa099.9\xa0%', '<\xa00.1\xa0%', '100\xa0%')
    """
    least = 10.0**-digits
    if 0 < share < least / 200:
        return f"<\u00a0{least:.{digits}f}\u00a0%"
    if 1 - least / 200 < share < 1:
        return f">\u00a0{100 - least:.{digits}f}\u00a0%"
    return f"{100 * share:.{digits}f}\u00a0%"


def share(of_all: float, examples: int) -> str:
    r"""A share of so many examples, with as many digits as their count supports.

    >>> share(11 / 12, 12), share(0.98406, 10_000)
    ('92\xa0%', '98.41\xa0%')
    """
    return share_of(of_all, examples).replace(" ", "\u00a0")


def probability(p: Any, digits: int = 1) -> str:
    r"""What a network says, which is never quite sure: 1 is only what float32 makes of it.

    >>> probability(1.0), probability(0.5, 0)
    ('>\xa099.9\xa0%', '50\xa0%')
    """
    return per_cent(min(max(float(p), 1e-12), 1 - 1e-12), digits)


def count(n: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> count(1, "epoch"), count(5625, "step"), count(2, "class", "classes")
    ('1 epoch', '5,625 steps', '2 classes')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def number(value: float, digits: int = 4) -> str:
    """A number with so many digits that count; only what is very large or small is written with a power of ten.

    >>> number(0.0512345), number(123456.0), number(2.0), number(321.0, 2)
    ('0.05123', '123,500', '2', '320')
    >>> number(-6.447e-9, 2), number(3.2e12)
    ('-6.4 × 10⁻⁹', '3.2 × 10¹²')
    """
    if not math.isfinite(value):
        return "not finite"
    rounded = float(f"{value:.{digits}g}")
    if abs(rounded) >= 1000 and abs(rounded) < 1e9:
        return f"{rounded:,.0f}"
    if rounded == 0 or 1e-4 <= abs(rounded) < 1000:
        return np.format_float_positional(rounded, trim="-")
    factor, power = f"{rounded:.{digits - 1}e}".split("e")
    factor = factor.rstrip("0").rstrip(".") if "." in factor else factor
    return f"{factor} × 10{str(int(power)).translate(RAISED)}"


def duration(seconds: float) -> str:
    """A time.

    >>> duration(0.4), duration(15.2), duration(75), duration(3700)
    ('0.4 s', '15 s', '1 min 15 s', '1 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.5 else f"{seconds:.0f} s"
    whole = round(seconds)
    return (
        f"{whole // 60} min {whole % 60} s"
        if whole < 3600
        else f"{whole // 3600} h {round(whole % 3600 / 60)} min"
    )


def date(iso: str) -> str:
    """A day and an hour, from ISO 8601.

    >>> date("2026-11-23T10:35:00+00:00")
    '23 November 2026, 10:35'
    """
    from datetime import datetime

    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}, {when:%H:%M}"


MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
