"""What a dataclass says of its fields, for values that come from a file."""

from types import UnionType
from typing import Any, get_args, get_origin


def kinds_of(declared: Any) -> tuple[type, ...]:
    """The classes that a field's value may have; a whole number will do for any number.

    >>> kinds_of(str | None), kinds_of(dict[str, float]), kinds_of(float)
    ((<class 'str'>, <class 'NoneType'>), (<class 'dict'>,), (<class 'float'>, <class 'int'>))
    """
    parts = get_args(declared) if isinstance(declared, UnionType) else (get_origin(declared) or declared,)
    return (*parts, int) if float in parts else tuple(parts)
