"""What does not fit into this machine's memory, said in words."""

import math
import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from chainrule.errors import SettingError

P = ParamSpec("P")
R = TypeVar("R")
UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def physical_memory() -> float:
    """The machine's memory in bytes; infinite where it does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return math.inf


def in_words(size: float) -> str:
    """A number of bytes as one reads it.

    >>> in_words(3.2e13), in_words(500)
    ('32 TB', '500 bytes')
    """
    power = min(len(UNITS) - 1, max(0, int(math.log10(max(1.0, size)) // 3)))
    return f"{size / 1000**power:.3g} {UNITS[power]}"


def must_fit(what: str, shape: Sequence[int], bytes_each: int = 4) -> None:
    """SettingError where an array is larger than this machine's memory.

    >>> must_fit("The weights", (10, 10))
    """
    size, there = float(math.prod(map(int, shape))) * bytes_each, physical_memory()
    if size > there:
        raise SettingError(
            f"{what} of shape {tuple(shape)} would take {in_words(size)}, and this machine has {in_words(there)} of memory. "
            "Is a size much too large?"
        )


def within_memory(function: Callable[P, R]) -> Callable[P, R]:
    """A function that says in words when the memory does not suffice; SettingError names it."""

    @wraps(function)
    def worded(*args: P.args, **settings: P.kwargs) -> R:
        try:
            return function(*args, **settings)
        except MemoryError as problem:
            said = str(problem).rstrip(".") or "the memory is full"
            raise SettingError(
                f"{function.__name__} needs more memory than there is: {said}. Smaller batches, fewer examples at a time or "
                "smaller layers need less."
            ) from None

    return worded
