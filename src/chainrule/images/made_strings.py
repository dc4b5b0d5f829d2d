"""Strings of digits put together from MNIST's, cut into pieces as `segmentation` cuts them: what is one digit, and what is none.

A reader of single digits does not know halves of digits, or two that touch. It meets them all when a row is cut in
every possible way; so it learns from them, too.
"""

from typing import Any

import numpy as np

from chainrule.images import grouping, placing
from chainrule.images.components import components
from chainrule.images.filters import Floats, resized
from chainrule.images.glyphs import Glyph, common_lean, glyphs
from chainrule.images.preparation import views_of
from chainrule.images.segmentation import Lattice
from chainrule.images.settings import Preparation

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Labels = np.ndarray[Any, Any]

NONE = -1
EACH = 10  # pieces of one string
OWN, FOREIGN = 0.88, 0.1  # a piece with so much of a digit, and at most so much of others, is that digit
LITTLE, MUCH = 0.6, 0.35  # with less of it, or more of others, it is none; between the two nobody can say
NARROW = 0.42  # of its height: a narrower piece of a digit is a 1 to any reader


def string_pieces(digits: Pixels, labels: Labels, n: int, seed: int) -> tuple[Pixels, Labels]:
    """`n` pieces of made strings, uint8 (n, 28, 28), and their labels (n,), -1 for what is no digit; half of each.

    digits: uint8 (m, 28, 28) as in MNIST, with their labels (m,). The same seed makes the same.
    """
    rng = np.random.default_rng(seed)
    settings = Preparation()
    pictures: dict[bool, list[Pixels]] = {True: [], False: []}
    found: list[int] = []
    while min(map(len, pictures.values())) < n // 2:
        chosen = rng.integers(len(digits), size=int(rng.integers(2, 5)))
        owners, masks = string_of([digits[k] for k in chosen], rng)
        pieces = pieces_of(masks)
        for k in rng.permutation(len(pieces))[:EACH]:
            glyph = pieces[k]
            label = label_of(glyph, owners, labels[chosen])
            if label is None or len(pictures[label >= 0]) >= n - n // 2:
                continue
            pictures[label >= 0].append(views_of(glyph.floats(), settings)[rng.integers(len(settings.views))])
            if label >= 0:
                found.append(label)
    some = n // 2
    return np.stack(pictures[True][:some] + pictures[False][: n - some]), np.array(
        found[:some] + [NONE] * (n - some)
    )


def string_of(
    digits: list[Pixels], rng: np.random.Generator
) -> tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """Digits side by side in one hand: the ink of each, bool (h, w), and all ink."""
    height, lean, pen = rng.uniform(14, 64), rng.normal(0.0, 0.12), rng.uniform(0.3, 0.55)
    inks = []
    for digit in digits:
        ink = placing.cropped(digit.astype(np.float32) / np.float32(255))[0]
        scale = height * rng.uniform(0.85, 1.15) / ink.shape[0]
        size = (
            max(2, round(ink.shape[1] * scale * rng.uniform(0.85, 1.2))),
            max(4, round(ink.shape[0] * scale)),
        )
        inks.append(placing.sheared(_resized(ink, *size), lean))
    gaps = [round(height * rng.uniform(-0.2, 0.12)) for _ in inks]
    tops = [round(height * (0.3 + rng.uniform(-0.08, 0.08))) for _ in inks]
    wide = (
        sum(ink.shape[1] for ink in inks) + sum(max(0, g) for g in gaps) + 8 + max(i.shape[1] for i in inks)
    )
    floor = max(ink.shape[0] for ink in inks) + round(0.6 * height) + 4
    masks, left = [], 4
    for ink, gap, top in zip(inks, gaps, tops, strict=True):
        on = np.flatnonzero((ink > 0.4).any(axis=0))
        first, last = (int(on[0]), int(on[-1])) if len(on) else (0, ink.shape[1] - 1)
        at = max(0, left - first)
        mask = np.zeros((floor, wide), bool)
        noisy = ink + rng.normal(0.0, 0.06, ink.shape) * (ink > 0.05)
        mask[top : top + ink.shape[0], at : at + ink.shape[1]] = noisy > pen
        masks.append(mask)
        left = at + last + 1 + gap
    return masks, np.logical_or.reduce(masks)


def pieces_of(mask: np.ndarray[Any, Any]) -> list[Glyph]:
    """All glyphs that the rows of a mask can be cut into."""
    parts = components(mask)
    keep = parts.area > 3
    if not keep.any():
        return []
    lean = common_lean(parts, keep)
    every = glyphs(parts, keep, lean)
    found = grouping.gathered(every, grouping.writing_height(every))
    height = grouping.writing_height(found)
    row = [g for g in found if grouping.plausible(g, height)]
    return Lattice(row, height, lean).candidates if row else []


def label_of(glyph: Glyph, owners: list[np.ndarray[Any, Any]], labels: Labels) -> int | None:
    """The digit that a piece is, -1 for none, None when it is too much of one and too little to say."""
    window = slice(glyph.top, glyph.bottom), slice(glyph.left, glyph.right)
    mine = np.array([(owner[window] & glyph.ink).sum() for owner in owners], float)
    whole = np.array([owner.sum() for owner in owners], float)
    best = int(mine.argmax())
    own, foreign = mine[best] / max(1.0, whole[best]), 1.0 - mine[best] / max(1.0, float(glyph.ink.sum()))
    if own >= OWN and foreign <= FOREIGN:
        return int(labels[best])
    if (own <= LITTLE or foreign >= MUCH) and glyph.width >= NARROW * glyph.height:
        return NONE
    return None


def _resized(ink: Floats, width: int, height: int) -> Floats:
    shrinks = height < ink.shape[0] or width < ink.shape[1]
    out: Floats = np.clip(
        resized(np.ascontiguousarray(ink), width, height, "BOX" if shrinks else "BICUBIC"), 0, 1
    )
    return out
