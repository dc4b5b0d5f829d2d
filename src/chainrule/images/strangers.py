"""Signs that are no digits, drawn from a seed: letters, marks, scribbles, blots, two digits in one, half a digit.

A network that has only ever seen digits calls everything a digit. Shown these with the answer "all equally
likely", it learns to be unsure, and its confidence can then be used to say "I don't know".
"""

from typing import Any

import numpy as np

from chainrule.images import placing
from chainrule.images.windows import Floats, resized, window_mean

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

# The strokes of each sign on a grid of 10 x 10, pairs of column and row; "~" before a stroke drawn as a curve.
# What a reader takes for a digit is not among them: O, D, I, l, S, Z, z, s, b, g, q, y, i, J, ( and /.
SIGNS = {
    "A": "09 50 99, 26 76",
    "B": "00 09, ~00 70 82 64 04, ~04 75 87 69 09",
    "C": "~93 71 30 02 07 39 69 97",
    "E": "90 00 09 99, 05 75",
    "F": "90 00 09, 05 75",
    "G": "~92 70 30 02 07 39 69 97, 97 95 55",
    "H": "00 09, 90 99, 05 95",
    "K": "00 09, 90 05 99",
    "L": "00 09 99",
    "M": "09 00 55 90 99",
    "N": "09 00 99 90",
    "P": "00 09, ~00 70 82 74 05",
    "Q": "~50 11 04 18 49 88 95 81 50, 66 99",
    "R": "00 09, ~00 70 82 74 05, 45 99",
    "U": "~00 06 39 69 96 90",
    "V": "00 59 90",
    "W": "00 29 53 79 90",
    "X": "00 99, 90 09",
    "Y": "00 55 90, 55 59",
    "T": "00 90, 50 59",
    "a": "~92 62 13 06 19 49 87 92, 92 99",
    "c": "~93 62 25 28 59 89",
    "d": "~95 64 25 18 59 97, 90 99",
    "e": "~06 96 74 33 06 19 59 98",
    "f": "~91 60 42 49, 05 85",
    "h": "00 09, ~06 34 74 86 89",
    "k": "00 09, 83 06 89",
    "m": "03 09, ~05 24 44 49, ~45 64 84 89",
    "n": "03 09, ~05 44 84 89",
    "p": "03 09, ~04 54 86 58 07",
    "r": "03 09, ~05 43 84",
    "t": "40 49 89, 03 83",
    "u": "~03 07 39 79 93, 93 99",
    "v": "03 59 93",
    "w": "03 29 54 79 93",
    "x": "03 99, 93 09",
    "plus": "51 59, 15 95",
    "equals": "03 93, 07 97",
    "tick": "05 39 90",
    "star": "50 59, 08 80, 00 88",
    "hash": "30 38, 60 68, 03 93, 06 96",
    "arrow": "05 95 62, 95 68",
    "wave": "~05 23 47 63 85",
    "square": "00 90 99 09 00",
    "triangle": "50 99 09 50",
    "bar": "05 95",
    "heart": "~59 04 11 42 54, ~59 95 82 62 54",
    "percent": "90 09, ~10 01 12 21 10, ~87 78 89 98 87",
    "ampersand": "~99 41 30 51 07 29 59 86",
    "question": "~12 40 72 44 46, 58 59",
    "pi": "02 92, 32 29, 72 79",
    "lightning": "60 15 65 39",
    "spiral": "~55 65 46 43 74 87 29 04 31 80",
    "cross with bar": "50 59, 13 83, 26 76",
    "zigzag": "07 22 47 62 87",
    "rake": "09 00, 49 40, 89 80, 00 80",
    "ladder": "20 29, 70 79, 22 72, 25 75, 28 78",
}
GRID = 100                          # signs are drawn about this large, then brought to 28 x 28 as digits are


def signs(n: int, seed: int) -> Pixels:
    """`n` drawn signs and scribbles, uint8 (n, 28, 28), placed as digits are; the same seed draws the same.

    >>> signs(3, seed=1).shape
    (3, 28, 28)
    """
    rng = np.random.default_rng(seed)
    names = sorted(SIGNS)
    out = []
    for _ in range(n):
        luck = rng.random()
        if luck < 0.70:
            strokes = sign_strokes(SIGNS[names[rng.integers(len(names))]], rng)
        elif luck < 0.92:
            strokes = scribble(rng)
        else:
            out.append(_placed(blot(rng)))
            continue
        out.append(_placed(drawn(strokes, rng.uniform(5.0, 16.0))))
    return np.stack(out)


def sign_strokes(text: str, rng: np.random.Generator) -> list[Floats]:
    """The strokes of a sign as points (k, 2), every point a little off and the whole turned, stretched and slanted."""
    strokes = []
    for part in text.split(", "):
        points = np.array([[float(p[0]), float(p[1])] for p in part.lstrip("~").split()], np.float32) / 9.0
        points += rng.normal(0.0, 0.035, points.shape)
        strokes.append(curve(points) if part.startswith("~") or rng.random() < 0.15 else points)
    turn = rng.normal(0.0, 0.12)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[rng.uniform(0.5, 1.1), rng.normal(-0.1, 0.15)], [0.0, 1.0]])
    return [(s - 0.5) @ matrix.T.astype(np.float32) for s in strokes]


def scribble(rng: np.random.Generator) -> list[Floats]:
    """One to four wandering strokes."""
    strokes = []
    for _ in range(rng.integers(1, 5)):
        points = rng.random((rng.integers(3, 9), 2)).astype(np.float32) - 0.5
        strokes.append(curve(points) if rng.random() < 0.75 else points)
    return strokes


def curve(points: Floats, steps: int = 8) -> Floats:
    """A smooth line through the points (Catmull and Rom's)."""
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False, dtype=np.float32)[:, None]
    out = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate([*out, points[-1:]]).astype(np.float32)


def drawn(strokes: list[Floats], pen: float) -> Floats:
    """Strokes drawn with a round pen `pen` pixels wide; points are shares of `GRID` around the middle."""
    from PIL import Image, ImageDraw

    points = np.concatenate(strokes)
    low = points.min(0)
    scale = GRID / max(float((points.max(0) - low).max()), 0.05)
    image = Image.new("L", (GRID + 40, GRID + 40))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        line = [(float(x), float(y)) for x, y in (stroke - low) * scale + 20]
        draw.line(line, fill=255, width=max(1, round(pen)), joint="curve")
        for x, y in (line[0], line[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image, np.float32) / np.float32(255)


def blot(rng: np.random.Generator) -> Floats:
    """A patch of smooth noise, cut off at a level: stains, grain, shadows."""
    coarse = rng.random((GRID, GRID)).astype(np.float32)
    soft = window_mean(window_mean(coarse, int(rng.integers(1, 12))), 2)
    return (soft > np.quantile(soft, rng.uniform(0.5, 0.9))).astype(np.float32)


def spoiled(digits: Pixels, labels: np.ndarray[Any, Any], seed: int) -> Pixels:
    """Digits made into none: two side by side, half a 2, 3 or 5, or one lying on its side; uint8 (n, 28, 28).

    digits: uint8 (n, 28, 28), as in MNIST, with their labels. The same seed gives the same.
    """
    rng = np.random.default_rng(seed)
    out = []
    for digit, label in zip(digits, labels, strict=True):
        ink, luck = _own(digit), rng.random()
        if luck < 0.3 and label in (2, 3, 5):
            h = ink.shape[0]
            part = max(4, round(h * rng.uniform(0.4, 0.55)))
            ink = ink[:part] if rng.random() < 0.5 else ink[h - part :]
        elif luck < 0.3 and label not in (0, 8):
            ink = np.rot90(ink, 1 if rng.random() < 0.5 else 3)
        else:
            ink = beside(ink, _own(digits[rng.integers(len(digits))]), int(rng.integers(-2, 4)))
        out.append(_placed(resized(np.ascontiguousarray(ink), ink.shape[1] * 4, ink.shape[0] * 4, "BICUBIC")))
    return np.stack(out)


def _own(digit: Pixels) -> Floats:
    return placing.cropped(digit.astype(np.float32) / np.float32(255))[0]


def beside(left: Floats, right: Floats, gap: int) -> Floats:
    """Two digits in one picture, `gap` columns apart (overlapping when negative)."""
    h = max(left.shape[0], right.shape[0])
    w = left.shape[1] + right.shape[1] + gap
    out = np.zeros((h, max(w, left.shape[1], right.shape[1])), np.float32)
    for ink, at in ((left, 0), (right, max(0, left.shape[1] + gap))):
        top = (h - ink.shape[0]) // 2
        cut = out[top : top + ink.shape[0], at : at + ink.shape[1]]
        np.maximum(cut, ink[:, : cut.shape[1]], out=cut)
    return out


def _placed(ink: Floats) -> Pixels:
    return placing.centred(window_mean(ink, 1))
