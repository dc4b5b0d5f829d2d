"""From a picture to the digits in it, 28 x 28 each, with every stage kept so that it can be looked at."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.images import clutter, grouping, placing
from chainrule.images.background import background, beside, darkness, ink_is_light
from chainrule.images.binarize import faintest, ink_mask
from chainrule.images.components import Components, Mask, components
from chainrule.images.filters import Floats
from chainrule.images.grey import CHANNELS, grey, mixed
from chainrule.images.grouping import Glyph
from chainrule.images.lines import without_lines
from chainrule.images.mnist_like import is_mnist_like
from chainrule.images.page import unread, unrest
from chainrule.images.reading import Picture, read_picture
from chainrule.images.segmentation import own, separated
from chainrule.images.strokes import stroke_width

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Classify = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]


SMALLEST = 5  # pixels: what is smaller is a speck
MOST_PIECES = 250  # a page of a hundred broken digits has fewer; noise and cloth have more


FORMER_NAMES = {"passing": "mnist_like"}  # as earlier versions stored them


@dataclass(frozen=True)
class Preparation:
    """How pictures are prepared; stored in the model file, so that every door prepares alike.

    The bools switch stages off. Widths are in pixels of the `box`. `views` are the readings of one digit whose
    probabilities are averaged: (finest stroke, widest stroke, share of the slant taken out).

    >>> Preparation.from_dict(Preparation(lines=False).to_dict()).lines
    False
    """

    size: int = 28
    box: int = 20
    mnist_like: bool = True  # an MNIST-like picture passes through unchanged
    colour: bool = True  # the clearest channel; off: brightness
    polarity: bool = True  # light ink found from the picture; off: ink is dark
    background: bool = True  # shadows evened out; off: the paper is the brightest grey
    local: bool = True  # threshold from the neighbourhood; off: half the darkest
    lines: bool = True  # ruled and squared paper taken out
    clutter: bool = True  # specks, borders and edges taken out
    thickness: bool = True  # strokes brought to MNIST's width
    averaging: bool = True  # all views; off: the first
    views: tuple[tuple[float, float, float], ...] = ((2.2, 3.0, 0.0), (2.9, 2.9, 0.0), (2.5, 2.5, 0.5))
    version: int = 1

    STAGES = (
        "mnist_like",
        "colour",
        "polarity",
        "background",
        "local",
        "lines",
        "clutter",
        "thickness",
        "averaging",
    )

    def to_dict(self) -> dict[str, Any]:
        """Settings as plain values that JSON can hold."""
        return {**asdict(self), "views": [list(v) for v in self.views]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Preparation":
        """The settings that `to_dict` wrote; SettingError for a name or a value that does not belong."""
        known = {f.name: f for f in fields(cls)}
        values = {FORMER_NAMES.get(name, name): value for name, value in values.items()}
        for name in values:
            if name not in known:
                raise unknown("preparation setting", name, known)
        changed = dict(values)
        try:
            if "views" in changed:
                changed["views"] = tuple((float(a), float(b), float(c)) for a, b, c in changed["views"])
        except (TypeError, ValueError):
            raise SettingError(f"views: expected rows of three numbers, got {values['views']!r}.") from None
        for name, value in changed.items():
            if name != "views" and type(value) is not type(known[name].default):
                raise SettingError(f"{name}: expected {type(known[name].default).__name__}, got {value!r}.")
        return cls(**changed)

    def without(self, stage: str) -> "Preparation":
        """The same preparation with one stage left out.

        >>> Preparation().without("lines").lines
        False
        """
        if stage not in self.STAGES:
            raise unknown("stage", stage, self.STAGES)
        changed: dict[str, Any] = {stage: False}
        return replace(self, **changed)


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit found: uint8 (28, 28) white on black as in MNIST, its views (v, 28, 28), where it stood.

    `box` is (left, top, right, bottom) in pixels of the upright original; `row` counts from 0.
    """

    pixels: Pixels
    views: Pixels
    box: tuple[int, int, int, int]
    row: int = 0


@dataclass(frozen=True, eq=False)
class Prepared:
    """What was found in a picture: digits in reading order, or the reason why there are none, and all stages.

    unrest: how little the picture is like a page, see `page.unrest`.  unread: the share of the writing beside and
    between the digits that was taken for none.
    """

    picture: Picture
    digits: tuple[Digit, ...] = ()
    refused: str | None = None
    passed: bool = False
    stages: dict[str, Pixels] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unrest: float = 0.0
    unread: float = 0.0

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
        views = np.concatenate([d.views for d in self.digits])
        counts = [len(d.views) for d in self.digits]
        p = np.asarray(classify(views.astype(np.float32) / np.float32(255)))
        ends = np.cumsum(counts)
        return np.stack([p[end - n : end].mean(0) for n, end in zip(counts, ends, strict=True)])


def prepare(
    source: object,
    settings: Preparation | None = None,
    *,
    single: bool = False,
    classify: Classify | None = None,
) -> Prepared:
    """Finds the digits of a picture and brings each to 28 x 28 as MNIST's are.

    source: a `Picture` or anything `read_picture` takes. single: all writing is one digit.
    classify: float32 (m, 28, 28) in 0..1 -> probabilities (m, classes); lets the network judge doubtful cuts.
    Raises DataError when the source cannot be read; a picture without digits comes back with `refused` set.

    >>> page = np.full((90, 60), 250, np.uint8); page[20:70, 28:33] = 40
    >>> found = prepare(page)
    >>> found.digits[0].box, found.digits[0].pixels.shape
    ((28, 20, 33, 70), (28, 28))
    """
    settings = settings or Preparation()
    picture = read_picture(source)
    stages: dict[str, Pixels] = {"read": picture.pixels}
    if settings.mnist_like:
        like = is_mnist_like(picture.pixels, settings.size)
        if like is not None:
            digit = Digit(like, like[None], (0, 0, *picture.size))
            return Prepared(picture, (digit,), None, True, {**stages, "digit": like}, picture.notes)
    notes = list(picture.notes)
    tone, channel = grey(picture.pixels) if settings.colour else (_brightness(picture.pixels), "brightness")
    light = settings.polarity and ink_is_light(tone)
    tone = 255 - tone if light else tone
    stages["grey"] = tone
    notes += [f"ink seen in {channel}"] * (channel not in ("grey", "brightness")) + [
        "light ink on dark"
    ] * light
    ground = (
        background(tone) if settings.background else np.full(tone.shape, np.percentile(tone, 95), np.float32)
    )
    stages["paper"] = _shown(ground / 255)
    outside = beside(ground) if settings.clutter else np.zeros(tone.shape, bool)
    ink = np.where(outside, np.float32(0), darkness(tone, ground))
    stages["ink"] = _shown(ink)
    floor = faintest(ink)
    mask = ink_mask(ink, floor=floor) if settings.local else ink >= 0.5 * np.percentile(ink, 99.5)
    stages["mask"] = _shown(mask)
    reason = nothing_written(ink, mask)
    taken = np.zeros_like(mask)
    if reason is None and settings.lines:
        rest, lines = without_lines(mask, ink >= floor)
        if lines.any():
            taken, mask = mask & ~rest, rest
            stages["lines"] = _shown(mask)
    parts = components(mask)
    keep = clutter.writing(parts, ink, outside) if settings.clutter else np.ones(len(parts), bool)
    reason = reason or too_busy(parts, keep)
    if reason is not None:
        return Prepared(picture, (), reason, False, stages, tuple(notes))
    writing = parts.mask(keep)
    stages["writing"] = _shown(writing)
    if single:
        every = grouping.glyphs(parts, keep)
        whole = every[0]
        for other in every[1:]:
            whole = whole.joined(other)
        found = [whole]
    else:
        parts, found = separated(parts, keep, _judge(settings, classify))
    found = [g for g in found if not grouping.solid(g, stroke_width(own(parts, g)))]
    if found and max(max(g.height, g.width) for g in found) < SMALLEST:
        return Prepared(
            picture, (), "There is no writing in this picture, only specks.", False, stages, tuple(notes)
        )
    digits = tuple(_digit(glyph, parts, picture, settings) for glyph in found)
    if not digits:
        return Prepared(
            picture,
            (),
            "There is ink in this picture, but nothing of a digit's size and shape.",
            False,
            stages,
            tuple(notes),
        )
    stages["digits"] = _boxes(tone, found)
    restless, left = unrest(ink, writing, taken, parts, found), unread(parts, writing, found)
    return Prepared(picture, digits, None, False, stages, tuple(notes), restless, left)


def nothing_written(ink: Floats, mask: Mask) -> str | None:
    """The reason why this picture holds no writing at all, or None."""
    share = float(mask.mean())
    if share < 2e-5 or int(mask.sum()) < 6:
        return "There is no ink in this picture: it is blank, or the writing is too faint to see."
    if share > 0.85:
        return "This picture is dark all over: no paper and no writing can be told apart."
    return None


def too_busy(parts: Components, keep: np.ndarray[Any, Any]) -> str | None:
    """The reason why what was found is texture and not writing, or None."""
    if len(parts) == 0 or not keep.any():
        return "There is no writing in this picture, only specks."
    if int(keep.sum()) > MOST_PIECES:
        return "This picture is full of small marks, as noise, cloth or a photo of things is: no writing was found."
    return None


def views_of(ink: Floats, settings: Preparation) -> Pixels:
    """All readings of one digit's ink, uint8 (v, 28, 28)."""
    fine = placing.sharpened(placing.fitted(ink, settings.box))
    views = settings.views if settings.averaging else settings.views[:1]
    out = []
    for finest, widest, upright in views:
        drawn = placing.widened(fine, finest, widest) if settings.thickness else fine
        if upright:
            drawn = placing.sheared(drawn, upright * placing.slant(drawn))
        out.append(placing.centred(drawn, settings.box, settings.size))
    return np.stack(out)


def _digit(glyph: Glyph, parts: Components, picture: Picture, settings: Preparation) -> Digit:
    views = views_of(own(parts, glyph), settings)
    sx, sy = picture.scale
    box = (
        int(glyph.left * sx),
        int(glyph.top * sy),
        int(np.ceil(glyph.right * sx)),
        int(np.ceil(glyph.bottom * sy)),
    )
    return Digit(views[0], views, box, glyph.row)


def _judge(
    settings: Preparation, classify: Classify | None
) -> Callable[[list[Floats]], np.ndarray[Any, Any]] | None:
    """The network as a judge of pieces of ink: the probability of its best answer for each."""
    if classify is None:
        return None

    def judge(inks: list[Floats]) -> np.ndarray[Any, Any]:
        views = np.concatenate([views_of(i, settings) for i in inks])
        p = np.asarray(classify(views.astype(np.float32) / np.float32(255)))
        sure: np.ndarray[Any, Any] = p.reshape(len(inks), -1, p.shape[1]).mean(1).max(1)
        return sure

    return judge


def _brightness(pixels: Pixels) -> Pixels:
    return pixels if pixels.ndim == 2 else mixed(pixels, CHANNELS["brightness"])


def _shown(values: np.ndarray[Any, Any]) -> Pixels:
    return np.clip(values * 255.0, 0, 255).astype(np.uint8)


def _boxes(tone: Pixels, found: list[Glyph]) -> Pixels:
    """The grey picture with a red frame around every digit."""
    out = np.stack([tone] * 3, axis=2)
    thick = max(1, round(max(tone.shape) / 300))
    for g in found:
        frame = np.zeros(tone.shape, bool)
        frame[
            max(0, g.top - 2 * thick) : g.bottom + 2 * thick, max(0, g.left - 2 * thick) : g.right + 2 * thick
        ] = True
        frame[max(0, g.top - thick) : g.bottom + thick, max(0, g.left - thick) : g.right + thick] = False
        out[frame] = (220, 40, 40)
    return out
