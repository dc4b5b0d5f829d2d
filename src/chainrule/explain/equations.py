"""One line of arithmetic: a formula, the same with numbers plugged in, and what that comes to.

The result is computed in float64 from the numbers as they are printed, so that whoever recomputes a line from the
paper gets what the paper says. What the engine had in float32 stands beside it (`engine`), with the distance.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from chainrule.explain.expressions import FUNCTIONS, TOKEN, computed

DIGITS = 9  # as many as it takes to tell every float32 from its neighbours


class Equation(NamedTuple):
    """name = formula = numbers = value (≈ engine, in float32).

    formula and numbers may be empty: then the value is a given one.
    """

    name: str
    formula: str
    numbers: str
    value: float
    engine: float | None = None
    note: str = ""

    @property
    def used(self) -> float:
        """The number that later lines go on with: the engine's own, where it is known."""
        return self.value if self.engine is None else self.engine

    @property
    def distance(self) -> float:
        """How far the engine's number is from the value."""
        return 0.0 if self.engine is None else self.engine - self.value


def number(value: Any, digits: int = DIGITS) -> str:
    """A number with nine significant digits, which tell every float32 from its neighbours.

    >>> number(0.1), number(-0.0), number(3), number(1 / 3)
    ('0.1', '0', '3', '0.333333333')
    """
    return format(float(value) + 0.0, f".{digits}g")


def near_one(value: Any) -> str:
    """A number with as many digits as its distance from 1 (or -1) needs to keep nine: for p - y.

    >>> near_one(0.99999970197677612), near_one(0.25)
    ('0.999999701976776', '0.25')
    """
    gap = abs(1 - abs(float(value)))
    nines = 0 if gap >= 0.1 or gap == 0 else -math.floor(math.log10(gap)) - 1
    return number(value, min(17, DIGITS + nines))


def rounded(value: Any) -> float:
    """A number as it is printed."""
    return float(number(value))


def given(name: str, value: Any, note: str = "") -> Equation:
    """A number that the engine had and that is not worked out here."""
    return Equation(name, "", "", rounded(value), note=note)


def equation(
    name: str, formula: str, values: Mapping[str, Any], engine: Any = None, note: str = ""
) -> Equation:
    """A formula with numbers plugged in for its names. values: numbers, or texts that are numbers already.

    >>> equation("w′", "w - η · g", {"w": 1, "η": 0.5, "g": -0.25}).numbers
    '1 - 0.5 · (-0.25)'
    """
    numbers, place = "", 0
    for token in TOKEN.finditer(formula):
        name_found = token["name"]
        if not name_found or (name_found in FUNCTIONS and name_found not in values):
            continue
        value = values[name_found]
        written = value if isinstance(value, str) else number(value)
        before = formula[: token.start("name")].rstrip()[-1:]
        after = formula[token.end() :].lstrip()[:1]
        alone = before in ("", "(", ",") and after not in (
            "²",
            "^",
        )  # no sign that a minus could be mistaken for
        numbers += formula[place : token.start("name")]
        numbers += f"({written})" if written.startswith("-") and not alone else written
        place = token.end("name")
    return finished(name, formula, numbers + formula[place:], engine, note)


def finished(name: str, formula: str, numbers: str, engine: Any = None, note: str = "") -> Equation:
    """An equation whose numbers are written out; computes what they come to."""
    value = rounded(computed(numbers))
    known = None if engine is None or rounded(engine) == value else rounded(engine)
    return Equation(name, formula, numbers, value, known, note)


def weighed_sum(terms: list[tuple[Any, ...]], rest: float | None = None) -> str:
    """The numbers of a sum of products: terms are tuples of factors.

    >>> weighed_sum([(2, -3), (-1,)], rest=0.5)
    '2 · (-3) + (-1) + 0.5'
    """

    def bracketed(text: str, first: bool) -> str:
        return f"({text})" if text.startswith("-") and not first else text

    parts: list[str] = []
    for term in [*terms, *([(rest,)] if rest is not None else [])]:
        factors = [number(factor) if not isinstance(factor, str) else factor for factor in term]
        parts.append(" · ".join(bracketed(f, not parts and i == 0) for i, f in enumerate(factors)))
    return " + ".join(parts) or "0"
