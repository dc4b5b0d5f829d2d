"""Digits as many people write them and MNIST hardly has them, drawn from a seed: its writers wrote other styles.

A 1 with a long upstroke, a crossed 7, an open or a wide 4, a 9 on a straight leg: what photos from elsewhere hold,
and what a network that knows only MNIST calls something else.
"""

from typing import Any

import numpy as np

from chainrule.images import placing
from chainrule.images.filters import window_mean
from chainrule.images.non_digits import drawn, glyph_strokes

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

# Strokes as in `glyph_strokes`: points on a grid of 10 x 10, "~" before a curve.
STYLES = {
    0: ("~60 21 14 38 68 83 60 41 90", "~50 12 17 49 87 82 50, 92 07", "~50 12 17 49 87 82 50, 82 17", "~40 02 06 39 77 73 40, 81 08", "~50 21 16 39 77 72 50, 90 09"),
    2: ("~12 40 72 64 28 09 37 99", "~03 30 71 64 09 18 39 57 99", "02 40 73 09 99"),
    3: ("10 80 43 74 78 49 18", "~10 80 43 75 78 49 08", "00 80 34, ~34 76 68 39 08"),
    1: ("25 50 59", "14 50 59", "16 50 59", "23 50 59", "~15 33 50, 50 59", "~06 24 50, 50 59", "25 50 59, 29 89", "24 50 48",
        "16 60 49", "07 50 59", "08 40 49", "05 60 49", "~07 26 60 49, 29 79"),
    4: ("20 06 96, 73 79", "30 05 95, 63 69", "60 06 96, 60 69", "~30 26 06, 06 96, 53 59", "40 16 86, 64 69", "~20 15 06 55 95, 80 69", "30 05 65, 74 69",
        "40 15 65, 64 59", "~30 15 36 64 59", "30 06 65, 63 69", "~40 16 35 65, 74 69", "30 16 64 59"),
    7: ("00 90 39, 25 75", "02 00 90 39, 15 75", "~02 10 40 71 90, 90 39, 25 75", "10 80 39, 14 84",
        "~03 00 31 60 90, 90 65 49, 15 85",
        "~02 10 30 71, 71 49, 25 85", "~13 20 40 70, 70 49, 15 75"),
    9: ("~84 40 13 35 83, 81 89", "~83 40 13 45 82, 80 87 69 29", "~82 50 12 44 82, 82 87 59 18", "~83 60 31 24 55 82, 82 79"),
}  # fmt: skip


def drawn_digits(n: int, seed: int) -> tuple[Pixels, "np.ndarray[Any, Any]"]:
    """`n` drawn digits, uint8 (n, 28, 28), placed as MNIST's are, and their labels (n,); the same seed draws the same.

    >>> pictures, labels = drawn_digits(4, seed=1)
    >>> pictures.shape, sorted(set(labels) - set(STYLES))
    ((4, 28, 28), [])
    """
    rng = np.random.default_rng(seed)
    labels = rng.choice(sorted(STYLES), size=n)
    out = []
    for label in labels:
        styles = STYLES[int(label)]
        strokes = glyph_strokes(styles[rng.integers(len(styles))], rng)
        out.append(placing.centred(window_mean(drawn(strokes, rng.uniform(6.0, 15.0)), 1)))
    return np.stack(out), labels
