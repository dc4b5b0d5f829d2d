"""A small language of formulas: numbers, names, + - · / ^ ² √, comparisons, and, or, not, a few functions.

Equations are computed with it from the very text that is printed, and conditions on a run's metrics are read with it.
A text is parsed into a tree and the tree is walked; nothing of it is ever run as a program.

    either     = both {"or" both}                     sum      = product {("+" | "-") product}
    both       = negation {"and" negation}            product  = sign {("·" | "/") sign}
    negation   = {"not"} comparison                   sign     = {"-"} power
    comparison = sum {("<" | "<=" | "==" ...) sum}    power    = root ["²" | "^" sign]
    root       = "√" root | number | name | function "(" either {"," either} ")" | "(" either ")"
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import SettingError, unknown

LONGEST, DEEPEST = 2_000, 60  # characters; brackets, signs and roots within each other

TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?:inf|nan)(?!(?!²)[\w′]))
  | (?P<name>[^\W\d²](?:(?!²)[\w′:])*(?:\[[^\]]*\])?)
  | (?P<sign><=|>=|==|!=|\*\*|[-−+*·×/^²√(),<>])
    )""",
    re.VERBOSE,
)
SAME = {"−": "-", "*": "·", "×": "·", "**": "^"}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sign": np.sign, "tanh": np.tanh,
    "max": np.maximum, "min": np.minimum, "isnan": np.isnan, "isfinite": np.isfinite,
}  # fmt: skip
COMPARISONS: dict[str, Callable[..., Any]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "·": np.multiply, "/": np.divide, "^": np.power,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
    "negative": np.negative, "√": np.sqrt, "²": np.square,
} | COMPARISONS | FUNCTIONS  # fmt: skip


class Token(NamedTuple):
    """A piece of a text: what kind it is, what it says, at which character it begins."""

    kind: str  # number, name, sign, or end
    text: str
    place: int


class Tree(NamedTuple):
    """What was read: a number, a name, or an operation on other trees."""

    kind: str  # number, name, or a key of OPERATIONS
    value: Any
    parts: tuple["Tree", ...]
    place: int


def tokens(text: str, what: str = "expression") -> list[Token]:
    """The pieces of a text.

    >>> [token.text for token in tokens("0.9 · m′ > 2")]
    ['0.9', '·', 'm′', '>', '2', '']
    """
    if len(text) > LONGEST:
        raise SettingError(f"The {what} has {len(text)} characters; it may have {LONGEST}.")
    found, place = [], 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if match is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise unreadable(text, place, f"{text[place]!r} has no meaning here", what)
        kind = str(match.lastgroup)
        written = match[kind]
        found.append(Token(kind, SAME.get(written, written), match.start(kind)))
        place = match.end()
    return [*found, Token("end", "", len(text.rstrip()))]


def unreadable(text: str, place: int, problem: str, what: str = "expression") -> SettingError:
    """The error that points at a character of a text."""
    end = "" if problem.endswith("?") else "."
    return SettingError(f"The {what} cannot be read: {problem}{end}\n    {text}\n    {' ' * place}^")


class Parser:
    """Reads a text from left to right; each method reads one rule of the grammar above."""

    def __init__(self, text: str, what: str = "expression") -> None:
        self.text, self.what = text, what
        self.tokens, self.at, self.depth = tokens(text, what), 0, 0

    @property
    def next(self) -> Token:
        """The piece that comes next."""
        return self.tokens[self.at]

    def take(self, *wanted: str) -> Token | None:
        """The next piece, if it is one of the signs or words wanted."""
        token = self.next
        if token.text not in wanted or token.kind in ("number", "end"):
            return None
        self.at += 1
        return token

    def fail(self, problem: str) -> SettingError:
        """The error that points at the next piece."""
        return unreadable(self.text, self.next.place, problem, self.what)

    def all(self) -> Tree:
        """The whole text."""
        tree = self.either()
        if self.next.kind != "end":
            raise self.fail(
                f"{self.next.text!r} comes where an operator (such as > or and) or the end was expected"
            )
        return tree

    def either(self) -> Tree:
        return self.chain(self.both, "or")

    def both(self) -> Tree:
        return self.chain(self.negation, "and")

    def negation(self) -> Tree:
        return self.prefixed("not", "not", self.negation, self.comparison)

    def comparison(self) -> Tree:
        """a < b, or a < b < c, which holds when both do."""
        left, found = self.sum(), []
        while token := self.take(*COMPARISONS):
            right = self.sum()
            found.append(Tree(token.text, None, (left, right), token.place))
            left = right
        whole = found[0] if found else left
        for more in found[1:]:
            whole = Tree("and", None, (whole, more), more.place)
        return whole

    def sum(self) -> Tree:
        return self.chain(self.product, "+", "-")

    def product(self) -> Tree:
        return self.chain(self.sign, "·", "/")

    def sign(self) -> Tree:
        return self.prefixed("-", "negative", self.sign, self.power)

    def power(self) -> Tree:
        base = self.root()
        if token := self.take("²"):
            return Tree("²", None, (base,), token.place)
        if token := self.take("^"):
            return Tree("^", None, (base, self.deeper(self.sign)), token.place)
        return base

    def root(self) -> Tree:
        return self.prefixed("√", "√", self.root, self.atom)

    def atom(self) -> Tree:
        """A number, a name, a function of something, or something in brackets."""
        token = self.next
        if token.kind == "number":
            self.at += 1
            return Tree("number", float(token.text), (), token.place)
        if token.kind == "name" and token.text not in ("and", "or", "not"):
            self.at += 1
            if not self.take("("):
                return Tree("name", token.text, (), token.place)
            parts = [self.deeper(self.either)]
            while self.take(","):
                parts.append(self.deeper(self.either))
            self.close()
            return self.call(token, tuple(parts))
        if self.take("("):
            tree = self.deeper(self.either)
            self.close()
            return tree
        raise self.fail(
            "a number, a name or '(' was expected" + ("" if token.kind == "end" else f", not {token.text!r}")
        )

    def call(self, token: Token, parts: tuple[Tree, ...]) -> Tree:
        """A function of one or two numbers."""
        if token.text not in FUNCTIONS:
            problem = str(unknown("function", token.text, FUNCTIONS)).rstrip(".")
            raise unreadable(self.text, token.place, problem, self.what)
        while token.text in ("max", "min") and len(parts) > 2:  # of several numbers
            parts = (Tree(token.text, None, parts[:2], token.place), *parts[2:])
        if len(parts) != FUNCTIONS[token.text].nin:  # type: ignore[attr-defined]
            raise unreadable(
                self.text, token.place, f"{token.text} takes another count of numbers", self.what
            )
        return Tree(token.text, None, parts, token.place)

    def close(self) -> None:
        if not self.take(")"):
            raise self.fail("')' was expected")

    def chain(self, part: Callable[[], Tree], *operators: str) -> Tree:
        """part {operator part}, taken from left to right."""
        tree = part()
        while token := self.take(*operators):
            tree = Tree(token.text, None, (tree, part()), token.place)
        return tree

    def prefixed(
        self, sign: str, kind: str, operand: Callable[[], Tree], otherwise: Callable[[], Tree]
    ) -> Tree:
        """{sign} part."""
        token = self.take(sign)
        return Tree(kind, None, (self.deeper(operand),), token.place) if token else otherwise()

    def deeper(self, part: Callable[[], Tree]) -> Tree:
        """A part of a part: refuses texts that nest endlessly."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail("it is nested too deeply")
        tree = part()
        self.depth -= 1
        return tree


def names_in(tree: Tree) -> list[Tree]:
    """All names of a tree, from left to right."""
    return [tree] if tree.kind == "name" else [name for part in tree.parts for name in names_in(part)]


def value_of(tree: Tree, values: Mapping[str, Any]) -> Any:
    """What a tree comes to, in float64; names stand for numbers or for arrays of one shape."""
    if tree.kind == "number":
        return np.float64(tree.value)
    if tree.kind == "name":
        if tree.value not in values:
            raise unknown("number", tree.value, values)
        return values[tree.value]
    with np.errstate(all="ignore"):
        return OPERATIONS[tree.kind](*(value_of(part, values) for part in tree.parts))


def size_of(tree: Tree) -> float:
    """How large the numbers are that a result is made of: the sum of the sizes of all that was added to get it.

    Rounding in float32 can move the result by some 1e-7 of this; where terms cancel, that is far more than 1e-7 of the
    result itself.

    >>> size_of(Parser("1000 - 999.5").all())
    1999.5
    """
    return magnitude(tree)[1]


def magnitude(tree: Tree) -> tuple[float, float]:
    """A tree's value and its size (see `size_of`)."""
    value = float(value_of(tree, {}))
    if tree.kind in ("number", "name"):
        return value, abs(value)
    inner = [magnitude(part) for part in tree.parts]
    sizes = [size for _, size in inner]
    with np.errstate(all="ignore"):
        if tree.kind in ("+", "-", "max", "min"):
            return value, sum(sizes)
        if tree.kind in ("·", "²"):
            return value, sizes[0] * sizes[-1]
        if tree.kind == "/":
            (_, up), (below, down) = inner
            return value, float(np.divide(up * max(1.0, down / abs(below)) if below else np.inf, abs(below)))
        if tree.kind == "exp":
            return value, abs(value) * (1 + sizes[0])
        if tree.kind in ("√", "sqrt"):
            return value, max(abs(value), sizes[0] / (2 * abs(value)) if value else sizes[0])
        if tree.kind == "^":
            return value, abs(value) * (1 + abs(inner[1][0]))
        if tree.kind == "log":
            (at, size), *_ = inner
            return value, abs(value) + (size / abs(at) if at else np.inf)
    return value, max(abs(value), *sizes) if tree.kind in ("negative", "abs", "tanh", "sign") else abs(value)


def computed(text: str, values: Mapping[str, Any] | None = None) -> float:
    """What a text comes to.

    >>> computed("0.9 · m + (1 - 0.9) · 2²", {"m": 4})
    4.0
    """
    return float(value_of(Parser(text).all(), values or {}))
