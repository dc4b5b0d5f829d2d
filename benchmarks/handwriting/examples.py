"""What the bundled digit reader learned from: MNIST's training digits and what is made from them, part by part, from seeds.

Every part is a pair: pictures uint8 (n, 28, 28) and labels (n,), `NONE` for what is no digit. No collected picture is among them.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.handwriting.printed import currency_signs, printed_digits, printed_letters
from chainrule.images.made_digits import coarse, disturbed, joined_to_neighbours, slanted, stretched
from chainrule.images.made_pages import page_digits
from chainrule.images.made_strings import string_pieces
from chainrule.images.non_digits import drawn_glyphs, spoiled
from chainrule.images.writing_styles import JOINED, drawn_digits

Examples = tuple[np.ndarray, np.ndarray]

NONE = 10  # the label of what is no digit


def split() -> tuple[np.ndarray, np.ndarray]:
    """Which of MNIST's 60,000 training digits are held back to compare and to calibrate, and which are learned from."""
    order = np.random.default_rng(5).permutation(60_000)
    return order[:4800], np.sort(order[4800:])


def none(pictures: np.ndarray) -> Examples:
    """Pictures of no digit."""
    return pictures, np.full(len(pictures), NONE)


def parts(x: np.ndarray, y: np.ndarray) -> dict[str, Callable[[], Examples]]:
    """How each part is made from digits uint8 (n, 28, 28) and their labels (n,)."""

    def of(make: Callable[[np.ndarray, int], np.ndarray], n: int, seed: int) -> Callable[[], Examples]:
        def made() -> Examples:
            some = np.random.default_rng([7, seed]).choice(len(x), n, replace=False)
            return make(x[some], seed), y[some]

        return made

    def pieces() -> Examples:
        pictures, labels = string_pieces(x, y, 36_000, 3)
        return pictures, np.where(labels < 0, NONE, labels)

    def halves() -> Examples:
        some = np.random.default_rng([7, 8]).choice(len(x), 4_000, replace=False)
        return none(spoiled(x[some], y[some], 8))

    def styles() -> Examples:
        pictures, labels = drawn_digits(12_500, 13)
        pictures[:5_000] = stretched(pictures[:5_000], 14)
        return pictures, labels

    def joined() -> Examples:
        pictures, labels = drawn_digits(16_000, 17, JOINED)
        pictures[:3_000] = coarse(pictures[:3_000], 18)
        pictures[3_000:8_000] = stretched(pictures[3_000:8_000], 20)
        pictures[8_000:12_000] = slanted(pictures[8_000:12_000], 21)
        return pictures, labels

    return {
        "MNIST's digits": lambda: (x, y),
        "of few pixels": of(coarse, 12_000, 1),
        "with gaps, rules, specks or an edge of a neighbour": of(disturbed, 14_000, 2),
        "as wide as high": of(stretched, 12_000, 4),
        "with a stroke that goes on": of(joined_to_neighbours, 12_000, 19),
        "that lean far": of(slanted, 6_000, 22),
        "from made pages": lambda: page_digits(x, y, 8_000, 5),
        "pieces of made strings": pieces,
        "in other styles": styles,
        "in joined hands": joined,
        "printed": lambda: printed_digits(4_000, 15),
        "halves of digits, and two in one": halves,
        "letters, marks, scribbles and shapes": lambda: none(drawn_glyphs(11_000, 6)),
        "printed letters": lambda: none(printed_letters(5_000, 16)),
        "signs of currencies": lambda: none(currency_signs(5_000, 23)),
    }


def all_examples(x: np.ndarray, y: np.ndarray, kept: Path | None = None) -> Examples:
    """All parts, one after the other. kept: a folder where each is stored once it is made, and from which it is taken."""
    found = []
    for name, make in parts(x, y).items():
        path = None if kept is None else kept / f"{name}.npz"
        if path is not None and path.exists():
            stored = np.load(path)
            found.append((stored["x"], stored["y"]))
            continue
        pictures, labels = make()
        found.append((pictures, labels))
        print(f"{len(labels):6,} {name}", flush=True)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, x=pictures, y=labels)
    return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found]).astype(np.int32)
