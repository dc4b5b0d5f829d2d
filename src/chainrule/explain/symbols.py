"""The book's letters for the links of a chain: x in, z₁ = x·W₁ + b₁, a₁ = relu(z₁), ..., p at the end.

d before a letter is the derivative of one example's loss by it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chainrule.explain.step import LinkExplained
from chainrule.layers import Activation, Dense, Flatten, InputLayer, LeakyReLU, ReLU, Reshape, Softmax

BENDS = (Activation, ReLU, LeakyReLU, Softmax)
SAME_NUMBERS = (Flatten, Reshape, InputLayer)  # they move numbers about, and change none
DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Symbols(NamedTuple):
    """Letters by place in the chain. ins, outs: of a link's input and output.  numbers: W₁'s 1; 0 before the first."""

    ins: list[str]
    outs: list[str]
    numbers: list[str]


def symbols_of(links: Sequence[LinkExplained]) -> Symbols:
    """Letters for every link of a chain."""
    outs: list[str] = []
    ins: list[str] = []
    numbers: list[str] = []
    count, symbol = 0, "x"
    for i, link in enumerate(links):
        ins.append(symbol)
        count += bool(link.params)
        numbers.append(str(count).translate(DIGITS))
        if isinstance(link.link, SAME_NUMBERS):
            pass
        elif i == len(links) - 1:
            symbol = "p"
        else:
            symbol = ("z" if link.params else "a" if isinstance(link.link, BENDS) else "h") + numbers[-1]
            while symbol in outs:
                symbol = symbol[0] + symbol
        outs.append(symbol)
    return Symbols(ins, outs, numbers)


def at(symbol: str, shape: tuple[int, ...], unit: int) -> str:
    """One number of an array of one example: z₁[17], or z₁[2, 5].

    >>> at("z₁", (3, 4), 6)
    'z₁[1, 2]'
    """
    place = np.unravel_index(unit, shape) if shape else (0,)
    return f"{symbol}[{', '.join(str(int(i)) for i in place)}]"


def legend(links: Sequence[LinkExplained], symbols: Symbols) -> str:
    """The chain in letters: x (784) → dense z₁ (784) → relu a₁ → ... → p (10)."""
    said = [f"x {size(links[0].x.shape[1:])}"] if links else []
    for i, link in enumerate(links):
        if isinstance(link.link, SAME_NUMBERS):
            continue
        name = getattr(link.link, "activation", link.name) if isinstance(link.link, BENDS) else link.name
        numbers = symbols.numbers[i]
        formula = f" = {symbols.ins[i]}·W{numbers} + b{numbers}" if isinstance(link.link, Dense) else ""
        if formula and "bias" not in link.params:
            formula = formula.rpartition(" + ")[0]
        said.append(
            f"{name}: {symbols.outs[i]}{formula}{f' {size(link.y.shape[1:])}' if link.params else ''}"
        )
    return " → ".join(said)


def size(shape: tuple[int, ...]) -> str:
    """A shape as words: (784)."""
    return f"({' × '.join(str(n) for n in shape)})"
