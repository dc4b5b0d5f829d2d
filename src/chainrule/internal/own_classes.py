"""What is Chainrule's and what is the user's own: classes, functions, and methods written for Keras's arguments."""

from inspect import signature
from typing import Any


def is_ours(thing: Any) -> bool:
    """Whether a class or function is part of Chainrule; what was made without a module is the user's own.

    >>> from chainrule.layers import Dense
    >>> is_ours(Dense), is_ours(print), is_ours(type("Own", (), {"__module__": None}))
    (True, False, False)
    """
    return str(getattr(thing, "__module__", None) or "").startswith("chainrule.")


def overrides(cls: type, name: str, at_most: int) -> bool:
    """Whether a user's own class writes a method that takes at most so many arguments, self counted, as Keras's does.

    >>> Own = type("Own", (), {"__module__": "script", "build": lambda self, input_shape: None})
    >>> overrides(Own, "build", 2), overrides(Own, "build", 1), overrides(Own, "call", 2)
    (True, False, False)
    """
    method = vars(cls).get(name)
    return callable(method) and not is_ours(cls) and len(signature(method).parameters) <= at_most
