"""Values as JSON text and back: bounded, standard, and with the three numbers that JSON does not have.

A number that is not finite is written as the string "NaN", "Infinity" or "-Infinity".
"""

import json
import math
from typing import Any

from chainrule.errors import FileError, SettingError

BYTES = 64 << 20  # no text of a run is near this; a file that is has been damaged or made to harm
NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def plain(value: Any, what: str = "value") -> Any:
    """A value as JSON can hold it: dicts with text as keys, lists, text, numbers, booleans, None.

    Tuples become lists, NumPy's numbers Python's, numbers that are not finite their names. SettingError for others.

    >>> plain({"hidden": (784, 100), "best": math.inf})
    {'hidden': [784, 100], 'best': 'Infinity'}
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(entry, f"{what}.{key}") for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry, f"{what}[{i}]") for i, entry in enumerate(value)]
    if hasattr(value, "tolist") and not isinstance(value, type):  # NumPy's and JAX's numbers and arrays
        return plain(value.tolist(), what)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity"
    raise SettingError(
        f"{what} is a {type(value).__name__}; a run records text, numbers, lists and dicts of them."
    )


def numbers(value: Any) -> Any:
    """The reverse for figures: the three names become numbers again.

    >>> numbers({"loss": "NaN", "steps": [1, "-Infinity"]})
    {'loss': nan, 'steps': [1, -inf]}
    """
    if isinstance(value, dict):
        return {key: numbers(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [numbers(entry) for entry in value]
    return NAMES.get(value, value) if isinstance(value, str) else value


def text(value: Any, indent: int | None = None) -> str:
    """A value as JSON text."""
    return json.dumps(
        plain(value),
        ensure_ascii=False,
        allow_nan=False,
        indent=indent,
        separators=None if indent else (",", ":"),
    )


def parse(data: bytes | str, what: str) -> dict[str, Any]:
    """The object that a JSON text holds; FileError, beginning with `what`, when it holds none."""
    if len(data) > BYTES:
        raise FileError(f"{what} has {len(data):,} bytes; at most {BYTES:,} are read.")
    try:
        value = json.loads(data if isinstance(data, str) else data.decode())
    except (ValueError, RecursionError) as problem:
        raise FileError(f"{what} is damaged: it is not JSON ({type(problem).__name__}).") from None
    if not isinstance(value, dict):
        raise FileError(f"{what} is damaged: it holds no JSON object.")
    return value


def entry(stored: dict[str, Any], name: str, kind: type | tuple[type, ...], what: str) -> Any:
    """One entry of an object, if it is of the right kind; FileError otherwise."""
    value = stored.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise FileError(
            f"{what} is damaged: its {name!r} is {'missing' if name not in stored else 'not what it should be'}."
        )
    return value
