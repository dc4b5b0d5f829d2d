"""JSON from files of anybody: parsed within bounds, so that no text can cost more than it is worth."""

import json
import math
from collections import Counter
from typing import Any, NoReturn

from chainrule.errors import FileError

BYTES = 8 << 20  # the configuration of 10,000 layers is about 6 MB
PARTS, VALUES = (
    150_000,
    600_000,
)  # objects and lists, and what they hold: the same 10,000 layers have two thirds of that
DEPTH = 64
STRING = 64 << 10


def parse(text: bytes | str, what: str) -> Any:
    """The value of a JSON text; `what` names it in errors.

    Refused: more than 8 MB or 600,000 values, depth over 64, strings over 64 kB, a key given twice, NaN and infinities.

    >>> parse('{"units": 10}', "config.json")
    {'units': 10}
    """
    if len(text) > BYTES:
        raise FileError(f"has a {what} of {len(text):,} bytes; at most {BYTES:,} are read.")
    raw = text if isinstance(text, bytes) else text.encode()
    if raw.count(b"{") + raw.count(b"[") > PARTS or raw.count(b",") > VALUES:
        raise FileError(f"has a {what} of more than {PARTS:,} parts or {VALUES:,} values.")

    def refuse(name: str) -> NoReturn:
        raise FileError(f"has {name} in its {what}; JSON knows only ordinary numbers.")

    def number(digits: str) -> float:
        value = float(digits)
        return value if math.isfinite(value) else refuse(digits[:20])

    def integer(digits: str) -> int:
        if len(digits) > 20:
            raise FileError(f"has a number of {len(digits)} digits in its {what}; at most 19 are read.")
        return int(digits)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            counts = Counter(key for key, _ in items)
            twice = counts.most_common(1)[0][0]
            raise FileError(f"gives {twice[:80]!r} twice in its {what}; nobody can say which one counts.")
        return found

    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(
            text, parse_constant=refuse, parse_float=number, parse_int=integer, object_pairs_hook=pairs
        )
    except RecursionError:
        raise FileError(f"has a {what} nested far deeper than {DEPTH} levels.") from None
    except json.JSONDecodeError as problem:
        raise FileError(
            f"has a {what} that is not JSON: {problem.msg} at character {problem.pos:,}."
        ) from None
    except UnicodeDecodeError:
        raise FileError(f"has a {what} that is not text in UTF-8.") from None
    _bounded(value, what)
    return value


def parse_object(text: bytes | str, what: str) -> dict[str, Any]:
    """Like `parse`, for a text that has to be a JSON object."""
    value = parse(text, what)
    if not isinstance(value, dict):
        raise FileError(f"has a {what} that is not a JSON object.")
    return value


def _bounded(value: Any, what: str) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise FileError(f"has a {what} nested deeper than {DEPTH} levels.")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.keys()
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str) and len(item) > STRING:
                raise FileError(
                    f"has a string of {len(item):,} characters in its {what}; at most {STRING:,} are read."
                )
        level = below
