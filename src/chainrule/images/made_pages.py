"""Pictures of writing made by the program: digits of MNIST's on paper that has grain, patterns, colours, folds, shadows.

They measure and calibrate how pictures are read; the same seed makes the same.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.images import placing
from chainrule.images.filters import Floats, resized, window_mean
from chainrule.images.made_scenes import scene

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Random = np.random.Generator

PAPERS = ("plain", "grain", "guilloche", "ruled", "squared", "cloudy", "folded", "board")
APART = 0.05  # of its height: so far digits stand apart at least


@dataclass(frozen=True, eq=False)
class Page:
    """A made picture, uint8 (h, w, 3); the digits written on it, "" for none; the kind of its paper."""

    pixels: Pixels
    text: str
    kind: str


def page(inks: list[Floats], text: str, rng: Random, kind: str | None = None, closest: float = APART) -> Page:
    """A page with some ink on it: each of `inks` is (h, w) from 0 to 1, all are written side by side on one line.

    closest: the least gap between two, as a share of their height; below 0 they may overlap.
    """
    kind = kind or str(rng.choice(PAPERS))
    height = float(np.exp(rng.uniform(np.log(18), np.log(110))))
    layer = line_of(inks, height, rng, closest)
    h, w = layer.shape
    pen = (
        rng.uniform(20, 90, 3) if rng.random() < 0.6 else np.array(COLOURS[rng.integers(len(COLOURS))], float)
    )
    ground = paper(kind, h, w, height, rng)
    if kind == "board":
        pen = rng.uniform(200, 250, 3)
    strength = rng.uniform(0.55, 1.0) * layer[..., None]
    picture = ground * (1 - strength) + pen * strength
    return Page(photographed(picture, rng), text, kind)


COLOURS = ((30, 40, 150), (170, 30, 40), (20, 110, 50), (110, 110, 115), (60, 30, 90))


def line_of(inks: list[Floats], height: float, rng: Random, closest: float = APART) -> Floats:
    """The ink of one line of writing with a margin around it, (h, w) from 0 to 1."""
    large = []
    for ink in inks:
        scale = height * rng.uniform(0.9, 1.1) / ink.shape[0]
        size = max(2, round(ink.shape[1] * scale)), max(4, round(ink.shape[0] * scale))
        large.append(np.clip(resized(np.ascontiguousarray(ink), *size, "BICUBIC"), 0, 1))
    if height > 40:  # edges as hard as a pen's
        large = [placing.sharpened(window_mean(i, 1), 0.4) for i in large]
    edge = round(height * rng.uniform(0.12, 1.2)) + 2
    gaps = [round(height * rng.uniform(closest, 0.45)) for _ in large]
    out = np.zeros(
        (
            round(1.35 * height) + 2 * edge,
            sum(i.shape[1] for i in large) + sum(max(0, g) for g in gaps) + 2 * edge,
        ),
        np.float32,
    )
    left = edge
    for ink, gap in zip(large, gaps, strict=True):
        top = edge + round(height * rng.uniform(0.0, 0.15))
        there = out[top : top + ink.shape[0], left : left + ink.shape[1]]
        np.maximum(there, ink[: there.shape[0], : there.shape[1]], out=there)
        left += ink.shape[1] + gap
    return out


def paper(kind: str, h: int, w: int, height: float, rng: Random) -> np.ndarray[Any, Any]:
    """Paper of a kind, float (h, w, 3) from 0 to 255; `height` is that of the writing."""
    light = rng.uniform(165, 252)
    tint = np.array([1.0, 1.0, 1.0]) if rng.random() < 0.6 else rng.uniform(0.8, 1.0, 3)
    y, x = np.indices((h, w), dtype=np.float32)
    tone = np.full((h, w), light, np.float32)
    colour = np.ones(3)
    if kind == "grain":
        tone += window_mean(
            rng.normal(0, rng.uniform(8, 30), (h, w)).astype(np.float32), int(rng.integers(0, 3))
        )
    elif kind == "guilloche":
        for _ in range(int(rng.integers(2, 5))):
            cx, cy, step = rng.uniform(-w, 2 * w), rng.uniform(-h, 2 * h), height * rng.uniform(0.08, 0.3)
            wave = np.sin(np.hypot(x - cx, y - cy) / step * 2 * np.pi)
            tone -= np.float32(rng.uniform(8, 40)) * np.clip(wave - 0.4, 0, 1).astype(np.float32)
    elif kind in ("ruled", "squared"):
        step, thick = max(5.0, height * rng.uniform(0.25, 1.6)), max(1.0, height * rng.uniform(0.01, 0.05))
        lines = (y + rng.uniform(0, step) + rng.normal(0, 0.01) * x) % step < thick
        if kind == "squared":
            lines |= (x + rng.uniform(0, step)) % step < thick
        tone[lines] *= np.float32(rng.uniform(0.6, 0.92))
    elif kind == "cloudy":
        tone *= 1 - np.float32(rng.uniform(0.1, 0.45)) * _clouds(h, w, rng)
    elif kind == "folded":
        edge = x * np.float32(rng.normal()) + y * np.float32(rng.normal()) > rng.uniform(-0.5, 0.5) * w
        tone *= np.where(edge, np.float32(rng.uniform(0.75, 0.97)), np.float32(1))
    elif kind == "board":
        tone[:] = rng.uniform(15, 70)
        tone += 20 * _clouds(h, w, rng)
    if rng.random() < 0.5 and kind != "board":  # a lamp at one side
        tone *= 1 - np.float32(rng.uniform(0, 0.4)) * (x / w if rng.random() < 0.5 else y / h)
    return tone[..., None] * tint * colour


def photographed(picture: np.ndarray[Any, Any], rng: Random) -> Pixels:
    """What a camera or a scanner makes of it: blur, noise, and JPEG's blocks; uint8 (h, w, 3)."""
    from PIL import Image

    if rng.random() < 0.5:
        r = int(rng.integers(1, 2 + min(picture.shape[:2]) // 120))
        picture = np.stack([window_mean(picture[..., c].astype(np.float32), r) for c in range(3)], axis=2)
    picture = picture + rng.normal(0, rng.uniform(0, 7), (*picture.shape[:2], 1))
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=int(rng.integers(35, 95)))
        pixels = np.asarray(Image.open(buffer), np.uint8)
    return np.asarray(pixels, np.uint8)


def digit_pages(
    digits: Pixels, labels: np.ndarray[Any, Any], n: int, seed: int, most: int = 1, closest: float = APART
) -> list[Page]:
    """`n` pages with 1 to `most` of some digits, uint8 (m, 28, 28) as in MNIST, with their labels; closest: as for `page`."""
    rng = np.random.default_rng(seed)
    pages = []
    for _ in range(n):
        chosen = rng.integers(len(digits), size=int(rng.integers(1, most + 1)))
        inks = [placing.cropped(digits[k].astype(np.float32) / np.float32(255))[0] for k in chosen]
        pages.append(page(inks, "".join(str(int(labels[k])) for k in chosen), rng, closest=closest))
    return pages


def small_pages(digits: Pixels, labels: np.ndarray[Any, Any], n: int, seed: int) -> list[Page]:
    """`n` pictures of one digit, 12 to 24 pixels high, of two tones or grey, cut out closely as data sets keep them."""
    rng = np.random.default_rng(seed)
    pages = []
    for k in rng.integers(len(digits), size=n):
        ink = placing.cropped(digits[k].astype(np.float32) / np.float32(255))[0]
        height = int(rng.integers(12, 25))
        wide = ink.shape[1] / ink.shape[0]
        wide = min(max(wide, rng.uniform(0.3, 1.0)), 2 * wide)  # many are stretched
        ink = np.clip(resized(np.ascontiguousarray(ink), max(3, round(height * wide)), height, "BOX"), 0, 1)
        if rng.random() < 0.6:
            ink = (ink > rng.uniform(0.25, 0.55)).astype(np.float32)
        ink = np.pad(ink, int(rng.integers(0, 4)))
        dark, light = rng.uniform(0, 60), rng.uniform(180, 255)
        tone = light - ink * (light - dark) if rng.random() < 0.5 else dark + ink * (light - dark)
        tone = tone + rng.normal(0, rng.choice([0.0, 5.0]), tone.shape)
        pixels = np.repeat(np.clip(tone, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
        pages.append(Page(pixels, str(int(labels[k])), "small"))
    return pages


def empty_pages(n: int, seed: int) -> list[Page]:
    """`n` pictures without a digit: letters, marks and scribbles on paper, paper alone, and what photos of things look like."""
    from chainrule.images.non_digits import drawn_glyphs

    rng = np.random.default_rng(seed)
    pages = []
    for k in range(n):
        if k % 2 == 0:
            pages.append(Page(photographed(scene(rng) if k % 8 else things(rng), rng), "", "things"))
        elif k % 8 == 1:
            h, w = rng.integers(40, 240, 2)
            kind = str(rng.choice(PAPERS))
            pages.append(Page(photographed(paper(kind, int(h), int(w), 60.0, rng), rng), "", "paper alone"))
        else:
            drawn = drawn_glyphs(1 if rng.random() < 0.6 else 3, int(rng.integers(2**31)))
            inks = [placing.cropped(g.astype(np.float32) / np.float32(255))[0] for g in drawn]
            made = page(inks, "", rng)
            pages.append(Page(made.pixels, "", "no digits"))
    return pages


def things(rng: Random) -> np.ndarray[Any, Any]:
    """Round and straight-edged patches of many tones over each other, some of them textured; float (h, w, 3)."""
    h, w = int(rng.integers(60, 260)), int(rng.integers(60, 340))
    y, x = np.indices((h, w)) / max(h, w)
    out = np.full((h, w, 3), rng.uniform(30, 220, 3))
    for _ in range(int(rng.integers(3, 30))):
        (cx, cy), r = rng.random(2), rng.uniform(0.03, 0.4)
        if rng.random() < 0.6:
            inside = (x - cx) ** 2 + (y - cy) ** 2 * rng.uniform(0.3, 3) < r * r
        else:
            a, b = rng.normal(size=2)
            inside = (np.abs(a * (x - cx) + b * (y - cy)) < r * rng.uniform(0.1, 1)) & (
                np.abs(b * (x - cx) - a * (y - cy)) < r
            )
        texture = (
            1 + rng.uniform(0, 0.4) * (_clouds(h, w, rng)[..., None] - 0.5) if rng.random() < 0.5 else 1.0
        )
        out[inside] = (0.25 * out + 0.75 * rng.uniform(0, 255, 3) * texture)[inside]
    return out


def _clouds(h: int, w: int, rng: Random) -> Floats:
    """Smooth noise from 0 to 1."""
    coarse = rng.random((int(rng.integers(3, 12)), int(rng.integers(3, 12)))).astype(np.float32)
    return np.clip(resized(coarse, w, h, "BICUBIC"), 0, 1)


def page_digits(
    digits: Pixels, labels: np.ndarray[Any, Any], n: int, seed: int
) -> tuple[Pixels, np.ndarray[Any, Any]]:
    """`n` digits as they come out of made pages, uint8 (n, 28, 28), and their labels (n,); the same seed makes the same."""
    from chainrule.images.preparation import prepare

    rng = np.random.default_rng(seed)
    pictures: list[Any] = []
    found: list[Any] = []
    while len(found) < n:
        for made in digit_pages(digits, labels, min(200, n), int(rng.integers(2**31))):
            read = prepare(made.pixels).digits
            if len(read) == 1 and len(found) < n:
                pictures.append(read[0].views[rng.integers(len(read[0].views))])
                found.append(int(made.text))
    return np.stack(pictures), np.array(found)
