"""Pictures of numbers as people write them, made from single digits: amounts, dates, forms, tables, registers, lists.

Every kind has something beside the digits that is none: points, slashes, a sign of a currency, boxes, rules, words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.images.filters import Floats, resized
from chainrule.images.made_pages import photographed

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Random = np.random.Generator


@dataclass(frozen=True, eq=False)
class Written:
    """A made picture, uint8 (h, w, 3), the digits on it with `|` between rows, and its kind."""

    pixels: Pixels
    text: str
    kind: str


class Sheet:
    """Paper that is written on: ink from 0 to 1, and rules of a colour below it."""

    def __init__(
        self, digits: Pixels, labels: np.ndarray[Any, Any], rng: Random, width: int, height: int
    ) -> None:
        self.digits, self.labels, self.rng = digits, labels, rng
        self.ink = np.zeros((height, width), np.float32)
        self.rules = np.zeros((height, width), np.float32)
        self.colour = np.array(((200, 60, 50), (90, 130, 190), (150, 150, 150))[int(rng.integers(3))], float)

    def digit(self, left: float, top: float, height: int) -> tuple[str, int]:
        """Writes one of the digits; its name, and the column after it."""
        k = int(self.rng.integers(len(self.digits)))
        ink = self.digits[k].astype(np.float32) / 255
        rows, columns = np.flatnonzero((ink > 0.3).any(1)), np.flatnonzero((ink > 0.3).any(0))
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        wide = max(4, round(height * ink.shape[1] / ink.shape[0]))
        self.put(resized(np.ascontiguousarray(ink), wide, height, "BICUBIC"), int(left), int(top))
        return str(self.labels[k]), int(left) + wide

    def put(self, ink: Floats, left: int, top: int) -> None:
        """Ink onto the paper; what is beyond its edge is lost."""
        window = self.ink[top : top + ink.shape[0], left : left + ink.shape[1]]
        np.maximum(window, np.clip(ink[: window.shape[0], : window.shape[1]], 0, 1), out=window)

    def stroke(self, *points: tuple[float, float], pen: float = 4.0, rule: bool = False) -> None:
        """A line through some points (x, y), in ink or as a printed rule."""
        from PIL import Image, ImageDraw

        image = Image.new("L", (self.ink.shape[1] * 2, self.ink.shape[0] * 2))
        ImageDraw.Draw(image).line(
            [(2 * x, 2 * y) for x, y in points], 255, max(1, round(2 * pen)), joint="curve"
        )
        drawn = np.asarray(image.resize(self.ink.shape[::-1], Image.Resampling.BOX), np.float32) / 255
        np.maximum(self.rules if rule else self.ink, drawn, out=self.rules if rule else self.ink)

    def word(self, text: str, left: int, top: int, size: int) -> int:
        """A printed word; the column after it."""
        from PIL import Image, ImageDraw, ImageFont

        font = ImageFont.load_default(size)
        box = font.getbbox(text)
        image = Image.new("L", (int(box[2]) + 2, int(box[3]) + 2))
        ImageDraw.Draw(image).text((0, 0), text, 255, font)
        self.put(np.asarray(image, np.float32) / 255, left, top)
        return left + int(box[2])

    def number(self, n: int, left: float, top: float, height: int, gap: float = 0.25) -> tuple[str, float]:
        """Some digits side by side; their names, and the column after them."""
        text = ""
        for _ in range(n):
            name, left = self.digit(left, top + self.rng.normal(0, 0.04) * height, height)
            text, left = text + name, left + gap * height
        return text, left

    def seen(self) -> Pixels:
        """The sheet through a camera."""
        rng = self.rng
        ground = np.array([rng.uniform(205, 250)] * 3) - rng.uniform(0, 14, 3)
        shade = 1 - rng.uniform(0, 0.15) * np.linspace(0, 1, self.ink.shape[1])[None, :, None]
        out = ground * (1 - self.rules[..., None]) + self.colour * self.rules[..., None]
        pen = np.array((rng.uniform(20, 70), rng.uniform(20, 70), rng.uniform(40, 120)))
        out = (out * (1 - self.ink[..., None]) + pen * self.ink[..., None]) * shade
        return photographed(out, rng)


def amount(s: Sheet) -> str:
    """12.345,67 with the sign of a currency before or after it."""
    h = int(s.rng.integers(34, 60))
    left, top = 20.0, 25
    before = bool(s.rng.integers(2))
    sign = ("$", "EUR", "kr")[int(s.rng.integers(3))]
    if before:
        left = s.word(sign, int(left), top - h // 6, round(1.1 * h)) + 0.3 * h
    text, left = s.number(int(s.rng.integers(1, 4)), left, top, h)
    s.stroke((left, top + h - 2), (left + 2, top + h + 1), pen=h / 10)
    more, left = s.number(2, left + 0.3 * h, top, h)
    if not before:
        s.word(sign, int(left + 0.1 * h), top - h // 6, round(1.1 * h))
    return text + more


def date(s: Sheet) -> str:
    """12/05/24 or 12-05-24."""
    h, left, text = int(s.rng.integers(34, 56)), 20.0, ""
    slash = bool(s.rng.integers(2))
    for k in range(3):
        more, left = s.number(2, left, 28, h, 0.2)
        text += more
        if k < 2 and slash:
            s.stroke((left + 0.42 * h, 18), (left, 34 + h), pen=h / 12)
        elif k < 2:
            s.stroke((left, 28 + h / 2), (left + 0.35 * h, 28 + h / 2), pen=h / 12)
        left += 0.65 * h
    return text


def negative(s: Sheet) -> str:
    """-123."""
    h = int(s.rng.integers(34, 60))
    s.stroke((20, 25 + h / 2), (20 + 0.5 * h, 25 + h / 2), pen=h / 11)
    return s.number(int(s.rng.integers(1, 5)), 20 + 0.85 * h, 25, h)[0]


def comb(s: Sheet) -> str:
    """Digits in the fields of a comb, with a word before it."""
    h, n = int(s.rng.integers(30, 48)), int(s.rng.integers(3, 7))
    side = 1.6 * h
    left = s.word(("Amount", "Total", "Nr.")[int(s.rng.integers(3))], 10, 40, round(0.6 * h)) + 14
    for k in range(n + 1):
        s.stroke((left + k * side, 20), (left + k * side, 20 + side), pen=2, rule=True)
    for y in (20, 20 + side):
        s.stroke((left, y), (left + n * side, y), pen=2, rule=True)
    return "".join(s.digit(left + k * side + 0.35 * h, 20 + 0.3 * h, h)[0] for k in range(n))


def squared(s: Sheet) -> str:
    """A number on squared paper."""
    step = int(s.rng.integers(18, 30))
    for x in range(5, s.ink.shape[1], step):
        s.stroke((x, 0), (x, s.ink.shape[0]), pen=1.2, rule=True)
    for y in range(7, s.ink.shape[0], step):
        s.stroke((0, y), (s.ink.shape[1], y), pen=1.2, rule=True)
    return s.number(int(s.rng.integers(2, 6)), 20, 25, int(s.rng.integers(40, 60)))[0]


def lines(s: Sheet) -> str:
    """Three numbers below each other, on ruled paper or none."""
    h = int(s.rng.integers(26, 36))
    ruled = bool(s.rng.integers(2))
    found = []
    for k in range(3):
        y = 12 + k * 1.8 * h
        found.append(s.number(int(s.rng.integers(2, 6)), 20, y, h)[0])
        if ruled:
            s.stroke((0, y + 1.25 * h), (s.ink.shape[1], y + 1.25 * h), pen=1.5, rule=True)
    return "|".join(found)


def touching(s: Sheet) -> str:
    """Digits that touch or nearly do."""
    return s.number(int(s.rng.integers(2, 6)), 20, 25, int(s.rng.integers(34, 60)), -0.06)[0]


def register(s: Sheet) -> str:
    """A number in a column of a printed book: the dark beside the page, rules, a small printed line below."""
    h = int(s.rng.integers(18, 30))
    w = s.ink.shape[1]
    s.put(np.ones((s.ink.shape[0], w // 4), np.float32), 0, 0)
    s.stroke((0.8 * w, 0), (0.8 * w, s.ink.shape[0]), pen=2)
    s.stroke((w // 4, 12), (w, 12), pen=2)
    for y in range(12, s.ink.shape[0], 45):
        s.stroke((w // 4, y), (w, y), pen=0.8, rule=True)
    s.word("Printed for the", w // 3, s.ink.shape[0] - 24, 12)
    top = float(s.rng.uniform(30, s.ink.shape[0] - 90))
    text, end = s.number(2, 0.42 * w, top, h, 0.2)
    if s.rng.integers(2):
        s.stroke((0.42 * w, top + 1.3 * h), (end, top + 1.25 * h), pen=h / 10)
    return text


KINDS: dict[str, tuple[Callable[[Sheet], str], int, int]] = {
    "amounts with a currency": (amount, 480, 120), "dates": (date, 640, 120), "negative numbers": (negative, 420, 120),
    "combs beside a word": (comb, 640, 120), "squared paper": (squared, 420, 120), "three lines": (lines, 300, 200),
    "digits that touch": (touching, 360, 120), "registers": (register, 200, 260),
}  # fmt: skip


def strings(digits: Pixels, labels: np.ndarray[Any, Any], each: int, seed: int) -> list[Written]:
    """`each` pictures of every kind, from digits uint8 (m, 28, 28) and labels (m,); the same seed makes the same."""
    found = []
    for number, (kind, (write, width, height)) in enumerate(KINDS.items()):
        rng = np.random.default_rng([seed, number])
        for _ in range(each):
            sheet = Sheet(digits, labels, rng, width, height)
            text = write(sheet)
            found.append(Written(sheet.seen(), text, kind))
    return found
