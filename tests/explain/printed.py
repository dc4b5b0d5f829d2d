"""Reads what `explain` prints and computes it again: a calculator that knows nothing of the code that printed it."""

import ast
import math
import operator
import re
from typing import NamedTuple

FUNCTIONS = {
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "tanh": math.tanh, "max": max, "min": min, "abs": abs,
    "sign": lambda v: (v > 0) - (v < 0),
}  # fmt: skip
OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
WORDS = re.compile(r"[^\W\d_²][\w′]*")
NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")


class Line(NamedTuple):
    """name = formula = numbers = result ≈ engine, as texts; formula, engine may be missing."""

    name: str
    formula: str | None
    numbers: str
    result: str
    engine: str | None


class Computed(NamedTuple):
    """A value, and the size of what was added to get it (which says how large its rounding can be)."""

    value: float
    size: float


def is_numeric(text: str) -> bool:
    """Whether an expression holds numbers and functions only."""
    words = WORDS.findall(re.sub(r"\de[+-]?\d+", "1", text))
    return (
        bool(text.strip())
        and all(word in FUNCTIONS for word in words)
        and "[" not in text
        and "#" not in text
        and "Σ" not in text
    )


def computed(text: str) -> Computed:
    """What an expression comes to."""
    text = text.replace("·", "*").replace("^", "**").replace("²", "**2")
    text = re.sub(r"√([\d.]+(?:e[+-]?\d+)?)", r"sqrt(\1)", text).replace("√(", "sqrt(")
    return walked(ast.parse(text.strip(), mode="eval").body)


def walked(node: ast.expr) -> Computed:
    """One part of an expression."""
    if isinstance(node, ast.Constant):
        return Computed(float(node.value), abs(float(node.value)))
    if isinstance(node, ast.UnaryOp):
        inner = walked(node.operand)
        return Computed(-inner.value, inner.size)
    if isinstance(node, ast.Call):
        inner = [walked(argument) for argument in node.args]
        value = float(FUNCTIONS[node.func.id](*(i.value for i in inner)))
        return Computed(
            value,
            abs(value) + (sum(i.size for i in inner) if node.func.id != "exp" else value * inner[0].size),
        )
    left, right = walked(node.left), walked(node.right)
    value = OPERATIONS[type(node.op)](left.value, right.value)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        return Computed(value, left.size + right.size)
    if isinstance(node.op, ast.Mult):
        return Computed(value, left.size * right.size)
    if isinstance(node.op, ast.Div):
        return Computed(value, left.size / abs(right.value) * max(1.0, right.size / abs(right.value)))
    return Computed(value, abs(value))


def lines(text: str) -> list[Line]:
    """All arithmetic of an account: every line with a '=' in it whose right side is worked out."""
    whole: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if whole and stripped.startswith(("= ", "+ ", "- ", "· ", "/ ")):
            whole[-1] += " " + stripped
        else:
            whole.append(stripped)
    found = []
    for line in whole:
        line = re.sub(r" *([=·≈]) *", r" \1 ", line)
        for piece in re.split(r" {2,}", line):
            if " = " not in piece or piece.startswith("("):
                continue
            *members, last = piece.split(" = ")
            result, _, engine = last.partition(" ≈ ")
            assert not re.fullmatch(r"-?(nan|inf)", result.strip()), piece
            if not NUMBER.fullmatch(result.strip()):
                # what is left is the network in letters, and the head of a table
                assert re.search(r"→|: [pz].* = |= its derivative", line), f"what is this? {piece!r}"
                continue
            if is_numeric(members[-1]):
                name, formula = (members[0], members[-2]) if len(members) > 2 else ("", None)
                found.append(Line(name, formula, members[-1], result.strip(), engine.strip() or None))
            else:
                assert len(members) == 1, f"a formula without its numbers: {piece!r}"
    return found


def given(text: str) -> dict[str, float]:
    """The numbers that are only told: name = number."""
    found = {}
    for line in text.splitlines():
        for piece in re.split(r" {3,}", line.strip()):
            name, equals, value = piece.partition(" = ")
            if equals and NUMBER.fullmatch(value):
                found[name] = float(value)
    return found


LOOSE = {"α", "ahead", "now", "unbias", "Πu"}  # 1 - β^t: float32 has few digits of it in the first steps


def recompute(text: str) -> list[Line]:
    """Recomputes every line; AssertionError names the first that does not hold."""
    found = lines(text)
    for line in found:
        value, size = computed(line.numbers)
        printed = float(line.result)
        assert format(value + 0.0, ".9g") == line.result or abs(value - printed) <= 1.01e-9 * abs(value), (
            f"{line}: {value!r}"
        )
        if line.engine is not None:
            bound = 1e-4 * abs(value) if line.name in LOOSE else 2e-6 * size + 1e-12
            assert abs(float(line.engine) - value) <= bound, (
                f"{line}: the engine is {float(line.engine) - value:g} away, bound {bound:g}"
            )
    return found
