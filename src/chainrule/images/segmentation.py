"""From pieces of ink to digits: every row is cut into more pieces than there are digits, and the best way to read it is found.

Pieces next to each other are put together in all ways that could make a digit, and the network says how surely each is
one. The best path through a row is the reading whose glyphs are surest, cuts through strokes and joins over gaps paid
for. Without a network only geometry decides.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.images import grouping
from chainrule.images.components import Components, Mask
from chainrule.images.filters import Floats
from chainrule.images.glyphs import Glyph, common_lean, glyphs, joined, solid
from chainrule.images.marks import kind_of, paired, without_marks
from chainrule.images.seams import Piece, pieces_of, profile
from chainrule.images.strokes import stroke_width
from chainrule.images.words import without_words

Judge = Callable[
    [list[Floats]], np.ndarray[Any, Any]
]  # pieces of ink -> how surely each is one digit, 0 to 1

WIDE = 1.15  # wider than this, as a share of its height, a glyph is two, where nobody can be asked
MAYBE_WIDE = 0.62  # the same where the network decides
ALONE_WIDE = 0.9  # the same where it stands alone on its paper: it may be an H or a U as well as 11
LONGEST = 7  # pieces in one glyph
DIGIT_WIDTH = 0.8  # of the height: to leave out what is wider is to leave out several digits
LEAST = 0.02  # no glyph is less likely a digit than this
DOUBTFUL = 0.4
SURE = 0.75  # surely a digit
HALF = 0.5  # a row in which glyphs are less sure than this on average, and none is sure, is a word
CLEAR = 0.9  # beside a row of which more is sure, one with other things in it and no more than half sure is a word
WHOLE = 1.35  # writing at most this wide, as a share of its height, may be one digit in pieces


@dataclass(frozen=True)
class Costs:
    """What a path pays, in logarithms of a probability."""

    cut: float = 0.35  # for a seam, and once more for the share of the height that is cut through
    gap: float = 2.0  # for joining over a gap as wide as the writing is high
    both: float = 1.5  # for joining over a gap what was cut off: a letter's part with the next letter
    mark: float = 1.6  # for taking a glyph as tall as the writing for none


COSTS = Costs()
IN_FIELDS = Costs(mark=4.0)  # what stands in the fields of a form is meant to be a digit
ALL = Costs(mark=20.0)  # everything is meant to be a digit
ALONE_CUT = 1.0  # what a seam costs where the writing is one piece: many letters are two strokes


@dataclass(frozen=True)
class Segmented:
    """The digits in reading order, the other glyphs, each with its kind, and how good the reading is.

    score: the mean logarithm of how surely each glyph as large as a digit is one.  surest, least: the best and the worst
    digit's, 0 to 1.
    read: how much is read: the sum over the digits of how surely each is one, less what a doubtful one is worth.
    in_fields: whether they stand in the fields of a form, so that what is written beside them belongs to the form.
    """

    digits: list[Glyph]
    marks: list[Glyph]
    score: float = 0.0
    surest: float = 0.0
    read: float = 0.0
    in_fields: bool = False
    least: float = 0.0


def separated(
    parts: Components, keep: np.ndarray[Any, Any], judge: Judge | None, costs: Costs = COSTS
) -> Segmented:
    """The digits among the pieces kept, and what stands beside them."""
    if not keep.any():
        return Segmented([], [], -np.inf)
    lean = common_lean(parts, keep)
    every = glyphs(parts, keep, lean)
    found = grouping.gathered(every, grouping.writing_height(every))
    height = grouping.writing_height(found)
    pieces = [g for g in found if grouping.plausible(g, height)] or found
    marks = [g for g in found if not any(g is p for p in pieces)]
    pieces = grouping.rows(pieces)
    if judge is None:
        halves = [half for g in strokes_only(pieces) for half in _halves(g, height, lean)]
        return Segmented(grouping.rows(halves), _named(marks, pieces))
    digits, others, score, sure = _read(strokes_only(pieces), height, lean, judge, costs)
    one = _in_one(every, digits, others, marks, score, judge)
    if one is not None:
        return Segmented([one[0]], [], float(np.log(one[1])), one[1], worth([one[1]]), least=one[1])
    digits, tall = without_marks(digits)
    others += tall + marks
    return Segmented(
        grouping.rows(digits),
        _named(others, digits),
        score,
        max([0.0, *sure]),
        worth(sure),
        least=min(sure, default=0.0),
    )


def worth(sure: list[float]) -> float:
    """How much is read where digits are so surely ones: one that is less sure than `DOUBTFUL` is worth less than none.

    >>> round(worth([0.9, 0.9]), 2), round(worth([0.9, 0.1]), 2)
    (1.0, 0.3)
    """
    return float(sum(max(p - DOUBTFUL, -0.2) for p in sure))


def _named(marks: list[Glyph], digits: list[Glyph]) -> list[Glyph]:
    """The glyphs that are no digits with their kinds, left to right; what is too small to be anything is left out."""
    named = paired([replace(g, kind=kind_of(g, digits)) for g in marks])
    return sorted((g for g in named if g.kind != "speck"), key=lambda g: (g.start, g.top))


def _read(
    pieces: list[Glyph], height: float, lean: float, judge: Judge, costs: Costs
) -> tuple[list[Glyph], list[Glyph], float, list[float]]:
    """The best path through every row: digits, other glyphs, the mean logarithm on rows with digits, how sure these are."""
    rows: dict[int, list[Glyph]] = {}
    for piece in pieces:
        rows.setdefault(piece.row, []).append(piece)
    least = ALONE_WIDE if len(pieces) == 1 else MAYBE_WIDE
    lattices = [Lattice(row, height, lean, least, costs) for row in rows.values()]
    inks = [glyph.shaded() for lattice in lattices for glyph in lattice.candidates]
    sure = judge(inks) if inks else np.zeros(0)
    digits, others, beside, total, every, at = [], [], [], 0.0, [], 0
    paths, judged = [], []
    for lattice in lattices:
        own = sure[at : at + len(lattice.candidates)]
        at += len(own)
        path = lattice.best(own)
        shared = lattice.sharing() if any(p < SURE for _, p in path) else []
        if shared:  # not surely read: digits may overlap
            own = np.concatenate([own, judge([glyph.shaded() for glyph in shared])])
            path = lattice.best(own)
        judged.append(own)
        paths.append(without_words(path))
    clear = any(len(path) >= 3 and _share_sure(path) > CLEAR for path in paths)
    for path in paths:
        certain = [p for g, p in path if g.kind == "digit"]
        unsure = max(certain, default=0.0) < SURE and sum(certain) < HALF * len(path)
        words = clear and len(certain) < len(path) and _share_sure(path) <= HALF
        if len(paths) > 1 and (unsure or words):  # a row of other things, when others have digits
            beside += [replace(g, kind="other") for g, _ in path]
            continue
        total += sum(np.log(max(p, LEAST)) for _, p in path)
        digits += [g for g, _ in path if g.kind == "digit"]
        others += [g for g, _ in path if g.kind != "digit"]
        every += certain
    if not digits and (others or beside):  # no row has a sure one: then all is read as well as may be
        total = 0.0
        for lattice, own in zip(lattices, judged, strict=True):
            path = lattice.best(own, ALL)
            total += sum(np.log(max(p, LEAST)) for _, p in path)
            digits += [replace(g, kind="digit") for g, _ in path]
            every += [p for _, p in path]
        others, beside = [], []
    return digits, others + beside, total / max(1, len(digits) + len(others)), every


def _share_sure(path: list[tuple[Glyph, float]]) -> float:
    """Which share of a row's glyphs are surely digits."""
    return sum(g.kind == "digit" and p >= SURE for g, p in path) / len(path)


def _in_one(
    every: list[Glyph],
    digits: list[Glyph],
    others: list[Glyph],
    marks: list[Glyph],
    score: float,
    judge: Judge,
) -> tuple[Glyph, float] | None:
    """All writing as one digit in pieces, when it is as compact as one and is read more surely so; else None."""
    if len(every) < 2 or (len(digits) == 1 and not others and not marks):
        return None
    whole = joined(every)
    if max(whole.height, whole.width) > WHOLE * 1.6 * min(whole.height, whole.width) or len(every) > 40:
        return None
    if whole.width > WHOLE * whole.height:
        return None
    sure = float(judge([whole.shaded()])[0])
    left_out = sum(int(g.ink.sum()) for g in others + marks) / max(1, int(whole.ink.sum()))
    return (whole, sure) if sure >= SURE and np.log(sure) > score - 4.0 * left_out + 0.1 else None


class Lattice:
    """One row cut into pieces, and the glyphs that runs of pieces next to each other make."""

    def __init__(
        self, row: list[Glyph], height: float, lean: float, least: float = MAYBE_WIDE, costs: Costs = COSTS
    ) -> None:
        self.alone, self.costs = len(row) == 1, costs
        self.pieces: list[Piece] = []
        whole: list[tuple[int, int]] = []
        for glyph in sorted(row, key=lambda g: (g.start, g.top)):
            first = len(self.pieces)
            self.pieces += pieces_of(glyph, height, lean, least)
            whole.append((first, len(self.pieces)))
        # before each piece: the ink cut through as a share of the height; -1 for none
        self.cuts = [piece.crossed for piece in self.pieces]
        self.height = height
        self.candidates: list[Glyph] = []
        self.spans: list[tuple[int, int]] = []
        self.whole = set(whole)
        for i in range(len(self.pieces)):
            glyph = self.pieces[i].glyph
            for j in range(i + 1, min(i + LONGEST, len(self.pieces)) + 1):
                if j > i + 1:
                    glyph = glyph.joined(self.pieces[j - 1].glyph)
                wide = glyph.stop - glyph.start
                if (i, j) not in self.whole and wide > 1.5 * max(height, 0.7 * glyph.height):
                    break
                self.candidates.append(glyph)
                self.spans.append((i, j))
        have = set(self.spans)
        for i, j in whole:
            if (i, j) not in have:
                self.candidates.append(joined([piece.glyph for piece in self.pieces[i:j]]))
                self.spans.append((i, j))

    def sharing(self) -> list[Glyph]:
        """The cut glyphs with what they may share with their neighbours: more candidates, at the end."""
        first = len(self.candidates)
        for (i, j), glyph in list(zip(self.spans, self.candidates, strict=True)):
            after = self.pieces[j] if j < len(self.pieces) else None
            strips = [self.pieces[i].left_of_seam, after.right_of_seam if after else None]
            ink = [strip for strip in strips if strip is not None]
            if ink:
                self.candidates.append(joined([glyph, *ink]))
                self.spans.append((i, j))
        return self.candidates[first:]

    def best(self, sure: np.ndarray[Any, Any], costs: Costs | None = None) -> list[tuple[Glyph, float]]:
        """The glyphs of the best path and how surely each is a digit; kind "other" for what is taken for none."""
        n, mark = len(self.pieces), (costs or self.costs).mark
        score, step = np.full(n + 1, -np.inf), [(0, -1, "digit")] * (n + 1)
        score[0] = 0.0
        order = sorted(range(len(self.spans)), key=lambda k: self.spans[k])
        for k in order:
            i, j = self.spans[k]
            p = float(np.clip(sure[k], LEAST, 1.0))
            paid = self._paid(i, j)
            wide = self.candidates[k].stop - self.candidates[k].start
            several = max(1.0, wide / max(self.height, self.candidates[k].height))
            options = [("digit", several * np.log(p) - paid)]  # as many digits read as badly
            if (i, j) in self.whole:
                glyph = self.candidates[k]
                tall = min(1.0, glyph.height / self.height) ** 2
                tall *= max(1.0, (glyph.stop - glyph.start) / min(self.height, glyph.height) / DIGIT_WIDTH)
                options.append(("other", np.log(max(1.0 - p, LEAST)) - mark * tall))
            for kind, gained in options:
                if score[i] + gained > score[j]:
                    score[j], step[j] = score[i] + gained, (i, k, kind)
        path, j = [], n
        while j > 0:
            i, k, kind = step[j]
            ends = [self.cuts[c] for c in (i, j) if c < n and self.cuts[c] >= 0]
            cut = max((COSTS.cut + crossed for crossed in ends), default=0.0)
            path.append((replace(self.candidates[k], kind=kind, cut=cut), float(sure[k])))
            j = i
        return path[::-1]

    def _paid(self, i: int, j: int) -> float:
        """What a glyph pays for the seam at its left end and for the gaps within."""
        parted = self.cuts[i] >= 0 or (j < len(self.cuts) and self.cuts[j] >= 0)
        paid = 0.0 if self.cuts[i] < 0 else (ALONE_CUT if self.alone else COSTS.cut) + self.cuts[i]
        for k in range(i + 1, j):
            if self.cuts[k] < 0:
                gap = self.pieces[k].glyph.start - max(p.glyph.stop for p in self.pieces[i:k])
                paid += COSTS.both * parted + 0.2 + COSTS.gap * max(0.0, gap) / self.height
        return paid


def _halves(glyph: Glyph, height: float, lean: float) -> list[Glyph]:
    """A glyph cut at its thinnest seam when it is too wide for one; else as it is. For where no network is asked."""
    wide = (glyph.stop - glyph.start) / max(glyph.height, 0.8 * height)
    if wide < WIDE or glyph.height < 6:
        return [glyph]
    upright, ink = profile(glyph, lean)
    w = len(ink)
    central = ink * (1.0 + 0.5 * np.abs(np.arange(w) - w / 2) / w)
    first, last = int(0.2 * w), int(0.8 * w)
    if last - first < 3 or central[first:last].min() >= 0.3 * glyph.height:
        return [glyph]
    seam = first + int(central[first:last].argmin())
    sides = [glyph.part(upright < seam, lean), glyph.part(upright >= seam, lean)]
    return [g for side in sides if side is not None for g in _halves(side, height, lean)]


def strokes_only(found: list[Glyph]) -> list[Glyph]:
    """Without blots."""
    return [g for g in found if not solid(g, stroke_width(g.floats()))]


def mask_of(found: list[Glyph], shape: tuple[int, ...]) -> Mask:
    """The ink of some glyphs in a picture of a shape."""
    mask = np.zeros(shape, bool)
    for g in found:
        mask[g.top : g.bottom, g.left : g.right] |= g.ink
    return mask
