"""Glyphs that are no digits, drawn from a seed: letters, marks, scribbles, shapes, blots, two digits in one, half a digit.

A network that has only ever seen digits calls everything a digit. Shown these with the answer "all equally
likely", it learns to be unsure, and its confidence can then be used to say "I don't know".
"""

from typing import Any

import numpy as np

from chainrule.images import placing
from chainrule.images.filters import Floats, resized, window_mean
from chainrule.images.glyph_strokes import LETTERS, MARKS

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

GRID = 100  # glyphs are drawn about this large, then brought to 28 x 28 as digits are


def drawn_glyphs(n: int, seed: int) -> Pixels:
    """`n` drawn glyphs and scribbles, uint8 (n, 28, 28), placed as digits are; the same seed draws the same.

    >>> drawn_glyphs(3, seed=1).shape
    (3, 28, 28)
    """
    rng = np.random.default_rng(seed)
    letters, marks = list(LETTERS.values()), list(MARKS.values())
    out = []
    for _ in range(n):
        chance = rng.random()
        if chance < 0.55:
            styles = letters[rng.integers(len(letters))]
            strokes = glyph_strokes(styles[rng.integers(len(styles))], rng)
        elif chance < 0.68:
            strokes = glyph_strokes(marks[rng.integers(len(marks))], rng)
        elif chance < 0.80:
            strokes = scribble(rng)
        elif chance < 0.90:
            strokes = polygon(rng) if rng.random() < 0.6 else spiral(rng)
        else:
            out.append(_placed(blot(rng)))
            continue
        out.append(_placed(drawn(strokes, rng.uniform(5.0, 16.0))))
    return np.stack(out)


def glyph_strokes(text: str, rng: np.random.Generator) -> list[Floats]:
    """The strokes of a sign as points (k, 2), every point a little off and the whole turned, stretched and slanted."""
    strokes = []
    for part in text.split(", "):
        points = np.array([[float(p[0]), float(p[1])] for p in part.lstrip("~").split()], np.float32) / 9.0
        points += rng.normal(0.0, rng.uniform(0.02, 0.06), points.shape)
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


def polygon(rng: np.random.Generator) -> list[Floats]:
    """A shape of three to six corners, now and then with a second one."""
    strokes = []
    for _ in range(1 if rng.random() < 0.7 else 2):
        corners = int(rng.integers(3, 7))
        angle = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners + rng.uniform(
            0, 2 * np.pi
        )
        points = np.stack([rng.uniform(0.6, 1.0) * np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(
            0.3, 0.5
        )
        strokes.append(np.concatenate([points, points[:1]]).astype(np.float32))
    return strokes


def spiral(rng: np.random.Generator) -> list[Floats]:
    """A line that winds outwards, one and a half to six times around."""
    turns = rng.uniform(1.5, 6.0)
    t = np.linspace(0.0, 1.0, int(turns * 16), dtype=np.float32)
    angle = (t * turns + rng.random()) * 2 * np.pi * (1 if rng.random() < 0.5 else -1)
    radius = (rng.uniform(0.0, 0.15) + t) * 0.45
    return [
        np.stack([radius * np.cos(angle), rng.uniform(0.7, 1.0) * radius * np.sin(angle)], axis=1).astype(
            np.float32
        )
    ]


def curve(points: Floats, steps: int = 8) -> Floats:
    """A smooth line through the points (Catmull and Rom's)."""
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False, dtype=np.float32)[:, None]
    out = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        out.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
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
    """A patch of smooth noise, cut off at a level: stains, grain, shadows; or the parts of round things cut by another."""
    if rng.random() < 0.4:
        return rounds(rng)
    coarse = rng.random((GRID, GRID)).astype(np.float32)
    soft = window_mean(window_mean(coarse, int(rng.integers(1, 12))), 2)
    return (soft > np.quantile(soft, rng.uniform(0.5, 0.9))).astype(np.float32)


def rounds(rng: np.random.Generator) -> Floats:
    """A disc or an oval with another one taken away: half moons, crescents, lenses, as photos of things have."""
    y, x = (np.indices((GRID, GRID)) / GRID - 0.5).astype(np.float32)

    def oval() -> Floats:
        (cx, cy), (a, b) = rng.uniform(-0.25, 0.25, 2), rng.uniform(0.12, 0.45, 2)
        inside: Floats = (((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1).astype(np.float32)
        return inside

    first, second = oval(), oval()
    shape = placing.cropped(first * (1 - second))[0]
    return (
        shape if min(shape.shape) > 0.35 * max(shape.shape) else rounds(rng)
    )  # a narrow one is a 1 of a broad pen


def spoiled(digits: Pixels, labels: np.ndarray[Any, Any], seed: int) -> Pixels:
    """Digits made into none: two side by side, half a 2, 3 or 5, or one lying on its side; uint8 (n, 28, 28).

    digits: uint8 (n, 28, 28), as in MNIST, with their labels. The same seed gives the same.
    """
    rng = np.random.default_rng(seed)
    out = []
    for digit, label in zip(digits, labels, strict=True):
        ink, chance = _own(digit), rng.random()
        if chance < 0.3 and label in (2, 3, 5):
            h = ink.shape[0]
            part = max(4, round(h * rng.uniform(0.4, 0.55)))
            ink = ink[:part] if rng.random() < 0.5 else ink[h - part :]
        elif chance < 0.3 and label not in (0, 8):
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
