"""Exercises that say whether an answer is right."""

from collections.abc import Callable
from typing import Any

ASKED: list[bool] = []  # whether the answers so far were right, the newest last


def check(answer: Any, right: Callable[[Any], Any], hint: str = "") -> bool:
    """Says whether an answer is right, and returns it; for a wrong one there is a hint, and None is no answer yet.

    right: takes the answer. An answer of another form than it expects is a wrong one.

    >>> check(None, lambda it: it == 4)
    No answer yet: the solution is below.
    False
    >>> check(5, lambda it: it == 4, hint="two and two")
    Not yet: two and two
    False
    >>> check(4, lambda it: it == 4)
    Right.
    True
    """
    try:
        known = answer is not None and bool(right(answer))
    except Exception:  # noqa: BLE001 - whatever somebody typed is an answer, and a wrong one
        known = False
    if answer is None:
        print("No answer yet: the solution is below.")
    elif known:
        print("Right.")
    else:
        print(f"Not yet{f': {hint}' if hint else '.'}")
    ASKED.append(known)
    return known
