"""The book's letters for the parts of a network: x in, z₁ = x·W₁ + b₁, a₁ = relu(z₁), ..., p at the end.

d before a letter is the derivative of one example's loss by it.
"""

from typing import NamedTuple

import numpy as np

DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Symbols(NamedTuple):
    """Letters by place in the network. ins, outs: of a link's (first) input and (first) output.

    numbers: W₁'s 1; "" for layers without weights.  sources: the letters of all inputs.
    """

    ins: list[str]
    outs: list[str]
    numbers: list[str]
    sources: list[tuple[str, ...]]


def at(symbol: str, shape: tuple[int, ...], unit: int) -> str:
    """One number of an array of one example: z₁[17], or z₁[2, 5].

    >>> at("z₁", (3, 4), 6)
    'z₁[1, 2]'
    >>> at("z₁[5]", (3, 4), 6)                                       # of what stands at time 5
    'z₁[5, 1, 2]'
    """
    place = np.unravel_index(unit, shape) if shape else (0,)
    before = f"{symbol[:-1]}, " if symbol.endswith("]") else f"{symbol}["
    return f"{before}{', '.join(str(int(i)) for i in place)}]"


def place_of(index: tuple[int, ...]) -> str:
    """A weight's place as it is written; "" for an array of one number.

    >>> place_of((3, 4)), place_of(())
    ('[3, 4]', '')
    """
    return str(list(index)) if index else ""


def size(shape: tuple[int, ...]) -> str:
    """A shape as words: (784), (26 × 26 × 8)."""
    return f"({' × '.join(str(n) for n in shape)})"
