"""One line of arithmetic: a formula, the same with numbers plugged in, and what that comes to.

The result is computed in float64 from the numbers as they are printed, so that whoever recomputes a line gets what it
says. What the engine had in float32 stands beside it (`engine`). Where the two differ by more than rounding, the line
is false (`agrees`): it does not describe what the engine did, and every way of printing it says so.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from chainrule.explain.expressions import FUNCTIONS, TOKEN, Parser, size_of, value_of

DIGITS = 9  # as many as it takes to tell every float32 from its neighbours
ROUNDING = 1e-5  # of the size of the numbers in a line: what float32 and the order of a long sum can do to its result


class Equation(NamedTuple):
    """name = formula = numbers = value (≈ engine, in float32).

    formula and numbers may be empty: then the value is a given one.  size: of the numbers that were added to get it,
    those that are printed as one rest included; rounding is measured by it.
    """

    name: str
    formula: str
    numbers: str
    value: float
    engine: float | None = None
    note: str = ""
    size: float = 0.0

    @property
    def used(self) -> float:
        """The number that later lines use: the engine's own, where it is known."""
        return self.value if self.engine is None else self.engine

    @property
    def distance(self) -> float:
        """How far the engine's number is from the value."""
        return 0.0 if self.engine is None else self.engine - self.value

    @property
    def agrees(self) -> bool:
        """Whether the formula gives what the engine had, within rounding; a given number always does."""
        if self.engine is None or not self.numbers:
            return True
        if math.isnan(self.value) or math.isnan(self.engine):
            return math.isnan(self.value) and math.isnan(self.engine)
        if math.isinf(self.value) or math.isinf(self.engine):  # float32 overflows where float64 does not
            return abs(self.value) > 1e38 or abs(self.engine) > 1e38
        return abs(self.distance) <= ROUNDING * max(self.size, abs(self.value)) + 1e-37


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
    nines = 0 if not gap < 0.1 or gap == 0 else -math.floor(math.log10(gap)) - 1
    return number(value, min(17, DIGITS + nines))


def rounded(value: Any) -> float:
    """A number as it is printed.

    >>> rounded(1 / 3)
    0.333333333
    """
    return float(number(value))


def short(value: float) -> str:
    """A size, for which three digits are enough; a dash where there is none.

    >>> short(0.0123456), short(float("nan"))
    ('0.0123', '-')
    """
    return "-" if math.isnan(value) else number(value, 3)


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


def finished(
    name: str, formula: str, numbers: str, engine: Any = None, note: str = "", size: float = 0.0
) -> Equation:
    """An equation whose numbers are written out; computes what they come to. size: of terms that `numbers` sums up."""
    tree = Parser(numbers).all()
    value = rounded(value_of(tree, {}))
    if engine is None or rounded(engine) == value or (math.isnan(value) and math.isnan(float(engine))):
        return Equation(name, formula, numbers, value, None, note)
    return Equation(name, formula, numbers, value, rounded(engine), note, max(size, size_of(tree)))


def weighted_sum(terms: list[tuple[Any, ...]], rest: float | None = None) -> str:
    """The numbers of a sum of products: terms are tuples of factors.

    >>> weighted_sum([(2, -3), (-1,)], rest=0.5)
    '2 · (-3) + (-1) + 0.5'
    """

    def bracketed(text: str, first: bool) -> str:
        return f"({text})" if text.startswith("-") and not first else text

    parts: list[str] = []
    for term in [*terms, *([(rest,)] if rest is not None else [])]:
        factors = [number(factor) if not isinstance(factor, str) else factor for factor in term]
        parts.append(" · ".join(bracketed(f, not parts and i == 0) for i, f in enumerate(factors)))
    return " + ".join(parts) or "0"
