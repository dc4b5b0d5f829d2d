"""Where ink of several digits that touch may be cut: along paths from top to bottom that cross little of it.

Digits that overlap share ink: so of each seam the ink close to it is kept, too, which may belong to either side.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.images.components import Mask
from chainrule.images.glyphs import Glyph

THIN = 0.34  # a seam crosses at most this much ink, as a share of the writing's height
SEAMS = 6  # seams in one piece
BAND = 0.2  # a seam keeps so close to its column, as a share of the writing's height
ASIDE = 0.15  # what a step aside costs a seam, in pixels of ink
OVERLAP = 0.06  # of the writing's height: so far digits that were cut apart may reach over the seam


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of ink, and the seam before it. crossed: how much ink that crosses, as a share of the height; -1 where there is none.

    left_of_seam, right_of_seam: the ink close to the seam: what may be shared by the digits on both sides of it.
    """

    glyph: Glyph
    crossed: float = -1.0
    left_of_seam: Glyph | None = None
    right_of_seam: Glyph | None = None


def pieces_of(glyph: Glyph, height: float, lean: float, least: float) -> list[Piece]:
    """A glyph cut at every seam where two digits might touch; whole where it is narrower than `least` of its height.

    height, lean: of the writing.
    """
    wide = glyph.stop - glyph.start
    if wide < least * max(glyph.height, 0.8 * height) or glyph.height < 6:
        return [Piece(glyph)]
    upright, columns = profile(glyph, lean)
    ink = np.zeros((glyph.height, len(columns)), bool)
    rows, _ = np.nonzero(glyph.ink)
    ink[rows, upright[glyph.ink]] = True
    pieces: list[Piece] = []
    left, crossed = np.full(glyph.height, -glyph.width), -1.0
    row, reach = np.arange(glyph.height), max(1, round(OVERLAP * height))
    for seam, through in [*seams(ink, height), (np.full(glyph.height, len(columns)), 0.0)]:
        seam = np.maximum(seam, left)
        low = left[row][:, None]
        part = glyph.part((upright >= low) & (upright < seam[row][:, None]), lean)
        if part is not None:
            before, after = (
                None if crossed < 0 else glyph.part(near, lean)
                for near in (
                    (upright < low) & (upright >= low - reach),
                    (upright >= low) & (upright < low + reach),
                )
            )
            pieces.append(Piece(part, crossed, before, after))
            crossed = 0.0
        crossed, left = max(crossed, through), seam
    return pieces


def profile(glyph: Glyph, lean: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Each pixel's column after the lean is taken out, from 0 for the first ink; and the ink in each such column."""
    rows, columns = np.indices(glyph.ink.shape)
    upright = np.rint(columns + lean * rows).astype(int)
    low = int(upright[glyph.ink].min())
    return upright - low, np.bincount(upright[glyph.ink] - low).astype(float)


def seams(ink: Mask, height: float) -> list[tuple[np.ndarray[Any, Any], float]]:
    """Where to cut upright ink: for each row the first column of the right side; and the ink crossed, as a share of the height.

    Around columns at even steps, and around those with least ink, the path from top to bottom that crosses least ink.
    """
    _h, w = ink.shape
    band = max(2, round(BAND * height))
    smooth = np.convolve(np.pad(ink.sum(axis=0).astype(float), 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    margin = max(2, round(0.15 * height))
    thin = [
        c for c in range(margin, w - margin) if smooth[c] == smooth[max(0, c - band) : c + band + 1].min()
    ]
    steps = list(range(margin + band, w - margin, 2 * band))
    found: list[tuple[float, np.ndarray[Any, Any]]] = []
    for middle, near in [(c, max(1, band // 2)) for c in thin] + [(c, band) for c in steps]:
        low, high = max(1, middle - near), min(w - 1, middle + near + 1)
        if high - low >= 1:
            path, crossed = _path(ink[:, low:high])
            found.append((crossed / height, path + low))
    chosen: list[tuple[np.ndarray[Any, Any], float]] = []
    for crossed, path in sorted(found, key=lambda f: f[0]):
        if crossed > THIN or len(chosen) == SEAMS * max(1, round(w / height / 1.5)):
            break
        if all(np.abs(path - other).mean() >= 0.15 * height for other, _ in chosen):
            chosen.append((path, crossed))
    return sorted(chosen, key=lambda c: float(c[0].mean()))


def _path(ink: Mask) -> tuple[np.ndarray[Any, Any], float]:
    """The way from the top row to the bottom, one column aside at most a row, that crosses least ink; and how much."""
    h, w = ink.shape
    cost = ink[0] + ASIDE * np.abs(np.arange(w) - w // 2) / max(1, w)
    back = np.zeros((h, w), np.int8)
    wide = np.full(w + 2, np.inf)
    for y in range(1, h):
        wide[1:-1] = cost
        left, right = wide[:-2] + ASIDE, wide[2:] + ASIDE
        back[y] = np.where((left <= cost) & (left <= right), -1, np.where(cost <= right, 0, 1))
        cost = np.minimum(np.minimum(left, right), cost) + ink[y]
    path = np.zeros(h, int)
    path[-1] = int(cost.argmin())
    for y in range(h - 1, 0, -1):
        path[y - 1] = path[y] + back[y, path[y]]
    return path, float(ink[np.arange(h), path].sum())
