"""Digits, letters, words and signs of currencies in printed fonts, and digits of seven bars as displays have them; drawn from a seed.

The fonts are those that come with matplotlib, and Pillow's own.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.images import placing
from chainrule.images.filters import Floats, window_mean
from chainrule.images.glyph_strokes import CURRENCIES
from chainrule.images.non_digits import drawn, glyph_strokes
from chainrule.images.preparation import views_of
from chainrule.images.settings import Preparation

Random = np.random.Generator
NAMES = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSerif",
         "DejaVuSerif-Bold", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10", "cmb10")  # fmt: skip
# What a reader takes for a digit is not among them: O, D, I, l, S, Z, z, s, b, g, q, y, i, j, J, o
LETTERS = "ACEFGHKLMNPQRTUVWXYacdefhkmnprtuvwx$%&#@+=?"
OTHERS = "€£¥¢ßÄÖÜäöüéñΔΣπλ"  # only the first fonts have them
FIRST = 10
WORDS = [
    "the",
    "and",
    "that",
    "have",
    "with",
    "from",
    "what",
    "were",
    "when",
    "your",
    "said",
    "there",
    "which",
    "their",
    "time",
    "will",
    "about",
    "many",
    "then",
    "them",
    "write",
    "would",
    "like",
    "these",
    "her",
    "long",
    "make",
    "thing",
    "see",
    "him",
    "two",
    "has",
    "look",
    "more",
    "day",
    "could",
    "come",
    "did",
    "number",
    "sound",
    "most",
    "people",
    "over",
    "know",
    "water",
    "than",
    "call",
    "first",
    "who",
    "may",
    "down",
    "side",
    "been",
    "now",
    "find",
]
BARS = {  # top, upper left, upper right, middle, lower left, lower right, bottom
    0: "1110111", 1: "0010010", 2: "1011101", 3: "1011011", 4: "0111010", 5: "1101011", 6: "1101111", 7: "1010010", 8: "1111111", 9: "1111011",
}  # fmt: skip


@cache
def fonts(size: int = 64) -> tuple[Any, ...]:
    """The fonts, one after the other."""
    import matplotlib as mpl
    from PIL import ImageFont

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    found: list[Any] = [ImageFont.truetype(str(folder / f"{name}.ttf"), size) for name in NAMES]
    return (*found, ImageFont.load_default(size))


def ink_of(text: str, rng: Random) -> Floats:
    """Some text in one of the fonts, (h, w) from 0 to 1, cropped."""
    from PIL import Image, ImageDraw

    font = fonts()[rng.integers(FIRST if text in OTHERS else len(fonts()))]
    image = Image.new("L", (80 * len(text) + 80, 160))
    ImageDraw.Draw(image).text((40, 30), text, fill=255, font=font)
    return placing.cropped(np.asarray(image, np.float32) / np.float32(255))[0]


def bars(digit: int, rng: Random) -> Floats:
    """A digit of seven bars, (h, w) from 0 to 1, with gaps between the bars or without."""
    h, w, pen = 96, int(rng.integers(44, 60)), int(rng.integers(7, 15))
    gap = int(rng.integers(0, 4))
    out = np.zeros((h, w), np.float32)
    middle = h // 2 - pen // 2
    places = (
        (0, pen, pen * (gap > 0), w - pen * (gap > 0)), (0, h // 2, 0, pen), (0, h // 2, w - pen, w),
        (middle, middle + pen, pen * (gap > 0), w - pen * (gap > 0)), (h // 2, h, 0, pen), (h // 2, h, w - pen, w),
        (h - pen, h, pen * (gap > 0), w - pen * (gap > 0)),
    )  # fmt: skip
    for on, (top, bottom, left, right) in zip(BARS[digit], places, strict=True):
        if on == "1":
            out[top + gap : bottom - gap, left + gap : right - gap] = 1
    return placing.cropped(placing.sheared(np.pad(out, 2), rng.choice([0.0, 0.1, 0.17])))[0]


def printed_digits(n: int, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """`n` printed digits, a third of seven bars, uint8 (n, 28, 28), and their labels (n,)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, n)
    return np.stack(
        [_view(bars(int(k), rng) if rng.random() < 0.35 else ink_of(str(k), rng), rng) for k in labels]
    ), labels


def printed_letters(n: int, seed: int) -> np.ndarray[Any, Any]:
    """`n` printed letters and signs that no reader should take for digits, and pairs of letters, uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        text = str(rng.choice(list(LETTERS + OTHERS)))
        if rng.random() < 0.25:
            word = str(rng.choice(WORDS))
            at = int(rng.integers(0, len(word) - 1))
            text = word[at : at + 2] if set(word[at : at + 2]) & set(LETTERS) else text
        out.append(_view(ink_of(text, rng), rng))
    return np.stack(out)


def currency_signs(n: int, seed: int) -> np.ndarray[Any, Any]:
    """`n` signs of currencies, printed or written by hand, two of three a dollar's, uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n):
        sign = "$" if rng.random() < 0.67 else str(rng.choice(list("€£¥¢")))
        if rng.random() < 0.5:
            styles = CURRENCIES[sign]
            ink = drawn(glyph_strokes(styles[rng.integers(len(styles))], rng), rng.uniform(4.0, 14.0))
        else:
            ink = ink_of(sign, rng)
        out.append(_view(ink, rng))
    return np.stack(out)


def _view(ink: Floats, rng: Random) -> np.ndarray[Any, Any]:
    settings = Preparation()
    soft = window_mean(ink, int(rng.integers(0, 3)))
    on = (soft > rng.uniform(0.3, 0.6)).astype(np.float32)
    return views_of(on if on.any() else ink, settings)[rng.integers(len(settings.views))]
