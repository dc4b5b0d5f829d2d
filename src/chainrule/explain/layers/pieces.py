"""The activations that work number by number, as texts: f and f′ of each piece, in the language of formulas."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from chainrule.activations.smooth import SELU_ALPHA, SELU_SCALE
from chainrule.explain.equations import Equation, equation, given
from chainrule.explain.expressions import computed

NUMBERS = {"scale": SELU_SCALE, "α": SELU_ALPHA, "π": math.pi}


class Piece(NamedTuple):
    """One piece of a function a = f(z). slope: f′, in z and a.

    where: for which z it holds, "" for all that are left.  side: the same in words, where f′ is one number there.
    before: a number that is worked out first, "t" or "Φ".
    """

    where: str
    f: str
    slope: str
    side: str = ""
    before: str = ""


def straight(low: float, high: float, below: str, between: tuple[str, str], above: str) -> tuple[Piece, ...]:
    """Three pieces that meet at low and high; below and above the function does not change."""
    return (
        Piece(f"z >= {high:g}", above, "0", f"not below {high:g}"),
        Piece(f"z > {low:g}", *between, f"between {low:g} and {high:g}"),
        Piece("", below, "0", f"not above {low:g}"),
    )


def from_zero(above: tuple[str, str], below: tuple[str, str], corner: bool = False) -> tuple[Piece, ...]:
    """One piece above 0 and one at or below it. corner: whether it matters on which side z is."""
    sides = ("above 0", "not above 0") if corner else ("", "")
    return Piece("z > 0", *above, sides[0]), Piece("", *below, sides[1])


SIGMOID = "1 / (1 + exp(-z))"
PIECES: dict[str, tuple[Piece, ...]] = {
    "linear": (Piece("", "z", "1"),),
    "relu": from_zero(("max(z, 0)", "1"), ("max(z, 0)", "0"), corner=True),
    "leaky_relu": from_zero(("z", "1"), ("0.2 · z", "0.2"), corner=True),
    "relu6": straight(0, 6, "0", ("z", "1"), "6"),
    "hard_sigmoid": straight(-3, 3, "0", ("z / 6 + 0.5", "1 / 6"), "1"),
    "hard_sigmoid_of_keras_2": straight(-2.5, 2.5, "0", ("0.2 · z + 0.5", "0.2"), "1"),
    "hard_tanh": straight(-1, 1, "-1", ("z", "1"), "1"),
    "sparse_sigmoid": straight(-1, 1, "0", ("z / 2 + 0.5", "0.5"), "1"),
    "hard_silu": (
        Piece("z >= 3", "z", "1", "not below 3"),
        Piece("z > -3", "z · (z / 6 + 0.5)", "(z / 3 + 0.5)"),
        Piece("", "0", "0", "not above -3"),
    ),
    "sparse_plus": (
        Piece("z >= 1", "z", "1", "not below 1"),
        Piece("z > -1", "(z + 1)² / 4", "(z + 1) / 2"),
        Piece("", "0", "0", "not above -1"),
    ),
    "hard_shrink": (
        Piece("abs(z) > 0.5", "z", "1", "further than 0.5 from 0"),
        Piece("", "0", "0", "within 0.5 of 0"),
    ),
    "soft_shrink": (
        Piece("z > 0.5", "z - 0.5", "1", "above 0.5"),
        Piece("z < -0.5", "z + 0.5", "1", "below -0.5"),
        Piece("", "0", "0", "within 0.5 of 0"),
    ),
    "sigmoid": (Piece("", SIGMOID, "a · (1 - a)"),),
    "tanh": (Piece("", "tanh(z)", "(1 - a²)"),),
    "elu": from_zero(("z", "1"), ("exp(z) - 1", "(a + 1)")),
    "celu": from_zero(("z", "1"), ("exp(z) - 1", "(a + 1)")),
    "selu": from_zero(("scale · z", "scale"), ("scale · α · (exp(z) - 1)", "(a + scale · α)")),
    "softplus": from_zero(("log(1 + exp(-z)) + z", SIGMOID), ("log(1 + exp(z))", SIGMOID)),
    "silu": (Piece("", "z / (1 + exp(-z))", f"({SIGMOID} + a / (1 + exp(z)))"),),
    "log_sigmoid": from_zero(
        ("-log(1 + exp(-z))", "1 / (1 + exp(z))"), ("z - log(1 + exp(z))", "1 / (1 + exp(z))")
    ),
    "exponential": (Piece("", "exp(z)", "a"),),
    "softsign": (Piece("", "z / (1 + abs(z))", "1 / (1 + abs(z))²"),),
    "squareplus": (Piece("", "(z + √(z² + 4)) / 2", "(1 + z / √(z² + 4)) / 2"),),
    "tanh_shrink": (Piece("", "z - tanh(z)", "tanh(z)²"),),
    "mish": (Piece("", "z · t", f"(t + z · {SIGMOID} · (1 - t²))", before="t"),),
    "gelu": (Piece("", "z · Φ", "(Φ + z · exp(-z² / 2) / √(2 · π))", before="Φ"),),
}


def piece_at(pieces: tuple[Piece, ...], values: Mapping[str, float]) -> Piece:
    """The piece that holds for a z. values: z, and what else the pieces' conditions name."""
    return next(p for p in pieces if not p.where or computed(p.where, values))


def worked_out_before(name: str, z: float, letters: str) -> list[Equation]:
    """The number that a function needs first; [] where it needs none. letters: how z is called."""
    if name == "t":
        softplus = "log(1 + exp(-z)) + z" if z > 0 else "log(1 + exp(z))"
        return [equation("t", f"tanh({softplus})", {"z": z})._replace(formula=f"tanh(softplus({letters}))")]
    if name == "Φ":
        return [
            given("Φ", math.erfc(-z / math.sqrt(2)) / 2, f"the normal distribution's share below {letters}")
        ]
    return []
