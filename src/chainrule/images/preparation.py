"""From a picture to the digits in it, 28 x 28 each, with every stage kept so that it can be looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.images import clutter, placing, skew
from chainrule.images.background import background, beside, darkness, ink_is_light, sheet_in
from chainrule.images.binarize import faintest, ink_level, shade_of
from chainrule.images.coloured_frames import without_coloured_frames
from chainrule.images.columns import beyond_rules, rows_from_beyond
from chainrule.images.components import Components, Mask, components
from chainrule.images.fields import Field, without_frames
from chainrule.images.filters import Floats, percentile
from chainrule.images.glyphs import Glyph, glyphs, joined
from chainrule.images.grey import CHANNELS, grey, mixed
from chainrule.images.lines import without_lines
from chainrule.images.looks import FIRST_LOOK, OTHER_LOOKS, UNSURE, better, doubtful
from chainrule.images.marks import is_stroke
from chainrule.images.mnist_like import is_mnist_like
from chainrule.images.no_writing import nothing_written, too_busy
from chainrule.images.page import elsewhere, unevenness, unread, unrest
from chainrule.images.reading import Picture, read_picture
from chainrule.images.segmentation import IN_FIELDS, Segmented, separated
from chainrule.images.settings import Preparation
from chainrule.images.underlines import without_underlines

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Classify = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
Box = tuple[int, int, int, int]

SMALLEST = 5  # pixels: what is smaller is a speck
NARROW = 0.4  # of its height: so narrow a digit is hardly more than a stroke
TINY = 40  # pixels: a digit may fill so small a picture, and then nothing tells the ink from the ground but reading it
HALF_SURE, QUITE_SURE = 0.5, 0.8


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit found: uint8 (28, 28) white on black as in MNIST, its views (v, 28, 28), where it stood.

    `box` is (left, top, right, bottom) in pixels of the upright original; `row` counts from 0. `cut` is how doubtful the
    cuts were by which it was parted from others, 0 where there were none. `uneven` is how much its ink's darkness varies.
    `stroke` is whether it is one plain stroke, or as narrow, as a 1 is, and as edges of things are.
    """

    pixels: Pixels
    views: Pixels
    box: Box
    row: int = 0
    cut: float = 0.0
    uneven: float = 0.0
    stroke: bool = False


@dataclass(frozen=True)
class Mark:
    """A glyph that is no digit: its kind ("minus", "slash", "point", "other" …), where it stood, and its row."""

    kind: str
    box: Box
    row: int = 0


@dataclass(frozen=True, eq=False)
class Prepared:
    """What was found in a picture: digits in reading order, or the reason why there are none, and all stages.

    marks: glyphs that are no digits.  unrest: how little the picture is like a page, see `page.unrest`.  unread: the
    share of the writing beside and between the digits that was taken for none.  elsewhere: the same of all writing.
    """

    picture: Picture
    digits: tuple[Digit, ...] = ()
    refused: str | None = None
    passed: bool = False
    stages: dict[str, Pixels] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unrest: float = 0.0
    unread: float = 0.0
    marks: tuple[Mark, ...] = ()
    elsewhere: float = 0.0

    def text(self, labels: "list[int] | list[str]") -> str:
        """Labels, one a digit, as one line: `|` between rows."""
        out = ""
        for k, (digit, label) in enumerate(zip(self.digits, labels, strict=True)):
            out += ("|" if k and digit.row != self.digits[k - 1].row else "") + str(label)
        return out

    def probabilities(self, classify: Classify) -> np.ndarray[Any, Any]:
        """The network's answer for every digit, (n, classes): the mean over its views.

        `classify` takes float32 (m, 28, 28) from 0 to 1.
        """
        return np.stack([p.mean(axis=0) for p in self.view_probabilities(classify)])

    def view_probabilities(self, classify: Classify) -> list[np.ndarray[Any, Any]]:
        """The network's answer for every view of every digit, (views, classes) each."""
        views = np.concatenate([d.views for d in self.digits])
        p = np.asarray(classify(views.astype(np.float32) / np.float32(255)))
        return np.split(p, np.cumsum([len(d.views) for d in self.digits])[:-1])


def prepare(
    source: object,
    settings: Preparation | None = None,
    *,
    single: bool = False,
    classify: Classify | None = None,
) -> Prepared:
    """Finds the digits of a picture and brings each to 28 x 28 as MNIST's are.

    source: a `Picture` or anything `read_picture` takes. single: all writing is one digit.
    classify: float32 (m, 28, 28) in 0..1 -> probabilities (m, classes); lets the network decide where digits part.
    Raises DataError when the source cannot be read; a picture without digits comes back with `refused` set.

    >>> page = np.full((90, 60), 250, np.uint8); page[20:70, 28:33] = 40
    >>> found = prepare(page)
    >>> found.digits[0].box, found.digits[0].pixels.shape
    ((28, 20, 33, 70), (28, 28))
    """
    settings = settings or Preparation()
    picture = read_picture(source)
    found = _prepared(picture, settings, single, classify)
    if classify is None or found.passed or not settings.polarity or max(picture.pixels.shape[:2]) > TINY:
        return found
    first = _surest(found, classify)
    if first >= HALF_SURE:
        return found
    other = _prepared(picture, settings, single, classify, turned_over=True)
    return other if len(other.digits) == 1 and _surest(other, classify) > max(QUITE_SURE, first) else found


def _surest(found: Prepared, classify: Classify) -> float:
    """How sure the network is of the digit that it is surest of, 0 where there is none."""
    return float(found.probabilities(classify).max()) if found.digits else 0.0


def _prepared(
    picture: Picture,
    settings: Preparation,
    single: bool,
    classify: Classify | None,
    turned_over: bool = False,
) -> Prepared:
    """What `prepare` gives; turned_over: as if light were dark."""
    stages: dict[str, Pixels] = {"read": picture.pixels}
    if settings.mnist_like:
        like = is_mnist_like(picture.pixels, settings.size)
        if like is not None:
            digit = Digit(like, like[None], (0, 0, *picture.size))
            return Prepared(picture, (digit,), None, True, {**stages, "digit": like}, picture.notes)
    notes = list(picture.notes)
    tone, channel = grey(picture.pixels) if settings.colour else (_brightness(picture.pixels), "brightness")
    light = settings.polarity and ink_is_light(tone) != turned_over
    tone = 255 - tone if light else tone
    stages["grey"] = tone
    notes += [f"ink seen in {channel}"] * (channel not in ("grey", "brightness"))
    notes += ["light ink on dark"] * light
    ground = (
        background(tone) if settings.background else np.full(tone.shape, percentile(tone, 95), np.float32)
    )
    stages["paper"] = _shown(ground / 255)
    outside = beside(ground) if settings.clutter else np.zeros(tone.shape, bool)
    ink = np.where(outside, np.float32(0), darkness(tone, ground))
    stages["ink"] = _shown(ink)
    floor = faintest(ink)
    judge = None if classify is None else _judge(settings, classify)
    seen = _written(ink, floor, FIRST_LOOK, outside, settings, picture.pixels)
    found, angle, turned = Segmented([], []), 0.0, tone.shape
    if seen.reason is None and single:
        found = Segmented([joined(glyphs(seen.parts, seen.keep))], [], 0.0)
    elif seen.reason is None:
        found, angle, turned = _segmented(seen, judge)
        if judge is not None and settings.local and doubtful(found) and seen.keep.sum() <= FEW:
            for look in OTHER_LOOKS:
                again = _written(ink, floor, look, outside, settings, picture.pixels)
                if again.reason is None:
                    other, turn, _ = _segmented(again, judge)
                    if turn == 0.0 and better(other, found):
                        seen, found, angle = again, other, 0.0
    stages["mask"] = _shown(seen.mask)
    if seen.taken.any():
        stages["lines"] = _shown(seen.mask & ~seen.taken)
    if seen.reason is not None:
        return Prepared(picture, (), seen.reason, False, stages, tuple(notes))
    mask, taken, writing = seen.mask, seen.taken, seen.parts.mask(seen.keep)
    stages["writing"] = _shown(writing)
    notes += [f"writing that rises by {angle:.0f} degrees, turned level"] * (angle != 0.0)
    digits, reason = found.digits, None
    if digits and max(max(g.height, g.width) for g in digits) < SMALLEST:
        reason = "There is no writing in this picture, only specks."
    elif not digits:
        reason = "There is ink in this picture, but nothing of a digit's size and shape."
    if reason is not None:
        return Prepared(picture, (), reason, False, stages, tuple(notes))

    def before(g: Glyph) -> Box:
        return g.box if angle == 0.0 else skew.box_before(g.box, angle, mask.shape, turned)

    boxes = [before(g) for g in digits]
    stages["digits"] = _boxes(tone, boxes)
    inks = [g.floats() for g in digits]

    def found_digit(g: Glyph, box: Box) -> Digit:
        views = views_of(g.shaded(), settings)
        left, top, right, bottom = box
        there = ink[top:bottom, left:right]
        uneven = unevenness(there, writing[top:bottom, left:right] if angle else g.ink)
        return Digit(
            views[0],
            views,
            _original(box, picture),
            g.row,
            g.cut,
            uneven,
            is_stroke(g) or g.width <= NARROW * g.height,
        )

    meant = writing
    if found.in_fields:  # what is beside them is the form's
        meant = np.zeros_like(writing)
        for f in seen.fields:
            window = slice(f.top, f.bottom), slice(f.left, f.right)
            meant[window] = writing[window]
    return Prepared(
        picture,
        tuple(found_digit(*one) for one in zip(digits, boxes, strict=True)),
        None, False, stages, tuple(notes),
        unrest(ink, writing, taken, boxes, inks), unread(meant, boxes, inks),
        tuple(Mark(g.kind, _original(before(g), picture), g.row) for g in found.marks),
        elsewhere(meant, inks),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Written:
    """What of a picture is writing: the mask, the lines taken from it, its pieces and which are kept; or why there is none."""

    mask: Mask
    taken: Mask
    fields: list[Field]
    parts: Components
    keep: np.ndarray[Any, Any]
    reason: str | None


def _written(
    ink: Floats,
    floor: float,
    look: tuple[float, float],
    outside: Mask,
    settings: Preparation,
    pixels: Pixels,
) -> _Written:
    """What is dark enough beside what is near it, and beside all, without lines, frames and clutter."""
    near, of_all = look
    if not settings.local:
        level = np.full(ink.shape, max(1e-3, 0.5 * percentile(ink, 99.5)), np.float32)
    elif of_all and (ink >= floor).any():
        level = ink_level(ink, near, max(floor, of_all * percentile(ink[ink >= floor], 98)))
    else:
        level = ink_level(ink, near, floor)
    mask = np.asarray(ink >= level)
    reason = nothing_written(ink, mask)
    rest = mask
    fields: list[Field] = []
    if reason is None and settings.lines:
        left, top, right, bottom = sheet_in(outside)
        window = slice(top, bottom), slice(left, right)
        unruled = mask.copy()
        unruled[window] = without_lines(mask[window], ink[window] >= floor, ink[window])[0]
        rest, fields = without_frames(unruled, ink >= floor)
        rest = without_coloured_frames(unruled, rest, fields, pixels)
    parts = replace(components(rest), shade=shade_of(ink, level))
    keep = clutter.writing(parts, ink, outside) if settings.clutter else np.ones(len(parts), bool)
    if settings.clutter and settings.lines:
        sheet, rules = sheet_in(outside), mask & ~rest
        own = keep & ~beyond_rules(parts, rules, sheet)
        own &= ~rows_from_beyond(parts, own, rules, sheet)
        keep = own if own.any() else keep
    return _Written(mask, mask & ~rest, fields, parts, keep, reason or too_busy(parts, keep))


def _segmented(seen: _Written, judge: Any) -> tuple[Segmented, float, tuple[int, ...]]:
    """The digits and the other glyphs, the angle by which the writing was turned, and the shape it then had."""
    parts, keep, fields, shape = seen.parts, seen.keep, seen.fields, seen.mask.shape
    every = glyphs(parts, keep)
    inside = [g for g in every if any(f.holds(*g.box) for f in fields)]
    if inside and judge is not None:  # a form: digits are what stands in its fields
        within = np.zeros(len(parts), bool)
        middle = (parts.left + parts.right) / 2, (parts.top + parts.bottom) / 2
        for f in fields:
            within |= (
                (f.left <= middle[0]) & (middle[0] < f.right) & (f.top <= middle[1]) & (middle[1] < f.bottom)
            )
        found = separated(parts, keep & within, judge, IN_FIELDS)
        if found.surest >= FIELD_SURE:
            others = [replace(g, kind="other") for g in glyphs(parts, keep & ~within)]
            return replace(found, marks=found.marks + others, in_fields=True), 0.0, shape
    found = separated(parts, keep, judge)
    if judge is not None and found.score < UNSURE:
        rest = without_underlines(parts, keep, shape)
        if rest is not None:
            left = replace(components(rest), shade=parts.shade)
            other = separated(left, np.asarray(left.area > 2), judge)
            found = other if other.score > found.score + 0.1 else found
    angle = (
        0.0 if judge is None else skew.angle_of(found.digits + [m for m in found.marks if m.kind == "other"])
    )
    if angle != 0.0:
        turned = skew.level(parts.mask(keep), angle)
        other_parts = components(turned)
        other = separated(other_parts, np.asarray(other_parts.area > 4), judge)
        if other.score > found.score and other.read > NO_LESS * found.read:
            return other, angle, turned.shape
    return found, 0.0, shape


NO_LESS = 0.85  # so much as is read of writing as it stands must be read of it turned level
FEW = 40  # pieces of writing: with more, no other way is tried
FIELD_SURE = 0.6  # fields in which no glyph is read at least so surely are no fields for digits


def views_of(ink: Floats, settings: Preparation, most: int | None = None) -> Pixels:
    """All readings of one digit's ink, or the first `most`; uint8 (v, 28, 28)."""
    fine = placing.sharpened(placing.fitted(ink, settings.box))
    views = settings.views[:most] if settings.averaging else settings.views[:1]
    out = []
    for finest, widest, upright in views:
        drawn = placing.widened(fine, finest, widest) if settings.thickness else fine
        if upright:
            drawn = placing.sheared(drawn, upright * placing.slant(drawn))
        out.append(placing.centred(drawn, settings.box, settings.size))
    return np.stack(out)


def _original(box: Box, picture: Picture) -> Box:
    """A box of the mask in pixels of the upright original."""
    sx, sy = picture.scale
    left, top, right, bottom = box
    return int(left * sx), int(top * sy), int(np.ceil(right * sx)), int(np.ceil(bottom * sy))


def _judge(settings: Preparation, classify: Classify) -> Callable[[list[Floats]], np.ndarray[Any, Any]]:
    """The network as a judge of pieces of ink: how surely each is one digit, from 0 (all equally likely) to 1."""

    def judge(inks: list[Floats]) -> np.ndarray[Any, Any]:
        views = np.concatenate([views_of(i, settings, 1) for i in inks])
        p = np.asarray(classify(views.astype(np.float32) / np.float32(255)))
        chance = 1.0 / p.shape[1]
        sure: np.ndarray[Any, Any] = (p.max(axis=1) - chance) / (1.0 - chance)
        return sure

    return judge


def _brightness(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else mixed(pixels, CHANNELS["brightness"])


def _shown(values: np.ndarray[Any, Any]) -> Pixels:
    return np.clip(values * 255.0, 0, 255).astype(np.uint8)


def _boxes(tone: Pixels, boxes: list[Box]) -> Pixels:
    """The grey picture with a red frame around every digit."""
    out = np.stack([tone] * 3, axis=2)
    thick = max(1, round(max(tone.shape) / 300))
    for left, top, right, bottom in boxes:
        for far, near in ((2 * thick, thick),):
            window = out[max(0, top - far) : bottom + far, max(0, left - far) : right + far]
            height, width = window.shape[:2]
            frame, edge = np.ones((height, width), bool), far - near
            frame[edge : height - edge, edge : width - edge] = False
            window[frame] = (220, 40, 40)
    return out
