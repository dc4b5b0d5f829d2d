"""Boxes, combs and frames around the writing: found, erased, and remembered as the fields of a form.

A field is a patch of paper that ink closes in on four straight sides. Its frame is erased where the ink is no thicker
than the frame itself, so that strokes which cross it stay.
"""

from dataclasses import dataclass

import numpy as np

from chainrule.images.components import Components, Mask, components
from chainrule.images.filters import median, window_max
from chainrule.images.lines import blocks, run_lengths

SIDE = 420  # fields are looked for on a mask of about this size
STRAIGHT = 0.82  # share of a side along which the paper reaches the frame
NEAR = 0.18  # of a side: so far from the box's edge the paper may end
SMALLEST = 9  # pixels of that mask
THICKEST = 0.25  # of a field's height: a thicker frame is a stroke
BESIDE = 0.1  # of a field's smaller side: so far from the place of a missed one its frame may be
MOST = 200  # fields
CRUMB = 0.6  # of a piece of ink lies on a frame: then it is one of the frame's
FRAME = 0.02  # of the picture's side: the same


@dataclass(frozen=True)
class Field:
    """A patch of paper with a frame around it, in pixels of the mask."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns of paper."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows of paper."""
        return self.bottom - self.top

    def holds(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether the middle of a box lies in the field."""
        x, y = (left + right) / 2, (top + bottom) / 2
        return self.left <= x < self.right and self.top <= y < self.bottom


def without_frames(mask: Mask, weak: Mask | None = None) -> tuple[Mask, list[Field]]:
    """The mask without the frames of fields, and the fields that have no field within them.

    `weak` is a mask with a lower threshold, in which a faint frame has no gaps; where `mask` has no field, they are looked for there.

    >>> page = np.zeros((80, 120), bool); page[20:61, 30] = page[20:61, 90] = True
    >>> page[20, 30:91] = page[60, 30:91] = True; page[30:52, 58:62] = True
    >>> rest, fields = without_frames(page)
    >>> int(rest.sum()), len(fields)
    (88, 1)
    """
    found, rest = fields_of(mask), mask.copy()
    for field in found:
        _erase(rest, field)
    if not found and weak is not None:
        found, framed = fields_of(weak), weak.copy()
        for field in found:
            _erase(framed, field)
        rest = without_crumbs(mask, weak & ~framed) if found else rest
    leaves = [f for f in found if not any(_within(g, f) for g in found if g is not f)]
    return rest, leaves


def without_crumbs(mask: Mask, frames: Mask) -> Mask:
    """The mask without the pieces of ink that lie on frames, which are too faint to be whole in it; strokes stay as they are."""
    parts = components(mask)
    on = np.bincount(parts.labels[frames], minlength=len(parts) + 1)[1:]
    return parts.mask(on < CRUMB * parts.area)


def fields_of(mask: Mask) -> list[Field]:
    """All fields, the large ones around others included."""
    h, w = mask.shape
    shrink = max(1, round(max(h, w) / SIDE))
    small = blocks(mask, shrink)
    paper = ~window_max(small, 1) if shrink == 1 else ~small
    edge = 1 if shrink == 1 else 0
    parts = components(np.asarray(paper))
    chosen = np.flatnonzero(
        (parts.width >= SMALLEST) & (parts.height >= SMALLEST)
        & (parts.left > 0) & (parts.top > 0) & (parts.right < paper.shape[1]) & (parts.bottom < paper.shape[0])
        & (parts.area > 0.3 * parts.width * parts.height)
    )  # fmt: skip
    patches = []
    for k in chosen:
        l, t, r, b = int(parts.left[k]), int(parts.top[k]), int(parts.right[k]), int(parts.bottom[k])
        if _rectangular(parts.labels[t:b, l:r] == k + 1):
            patches.append(Field(l - edge, t - edge, r + edge, b + edge))
    if not patches:
        return []
    ink = components(small)
    used = [_used(patch, ink) for patch in patches]
    for _ in patches:  # an empty field beside one in use belongs to the same comb
        used = [
            u or any(v and _beside(p, q) for q, v in zip(patches, used, strict=True))
            for p, u in zip(patches, used, strict=True)
        ]
    kept = completed([p for p, u in zip(patches, used, strict=True) if u], small)
    return [Field(p.left * shrink, p.top * shrink, p.right * shrink, p.bottom * shrink) for p in kept]


def completed(found: list[Field], mask: Mask) -> list[Field]:
    """The fields and those of their combs that were missed: beside a field, as large, with ink along all four sides.

    A digit that crosses its box parts the box's paper, so that it is no patch of its own.

    >>> page = np.zeros((40, 100), bool); page[[10, 30], 10:71] = page[10:31, [10, 30, 50, 70]] = True
    >>> len(completed([Field(11, 11, 30, 30)], page))
    3
    """
    found, at = list(found), 0
    while at < len(found) < MOST:
        field, at = found[at], at + 1
        gaps = [g.left - field.right for g in found if _beside(field, g) and g.left >= field.right]
        step = field.width + min(gaps, default=1)
        for left in (field.left - step, field.left + step):
            new = Field(left, field.top, left + field.width, field.bottom)
            if not any(g.holds(new.left, new.top, new.right, new.bottom) for g in found) and _framed(
                new, mask
            ):
                found.append(new)
    return found


def _framed(field: Field, mask: Mask) -> bool:
    """Whether there is ink along all four sides of a field."""
    near = max(2, round(BESIDE * min(field.width, field.height)))
    l, t, r, b = field.left, field.top, field.right, field.bottom
    if l < near or t < near or r + near > mask.shape[1] or b + near > mask.shape[0]:
        return False
    level = [mask[y - near : y + near, l:r].any(axis=0).mean() for y in (t, b)]
    upright = [mask[t:b, x - near : x + near].any(axis=1).mean() for x in (l, r)]
    return bool(min(*level, *upright) >= STRAIGHT)


def _used(field: Field, ink: Components) -> bool:
    """Whether something is written in a field: the hole of a 0 is no field."""
    inside = (
        (ink.left >= field.left)
        & (ink.right <= field.right)
        & (ink.top >= field.top)
        & (ink.bottom <= field.bottom)
    )
    return bool((inside & (np.maximum(ink.height, ink.width) > 0.25 * min(field.height, field.width))).any())


def _beside(one: Field, other: Field) -> bool:
    """Whether two fields of one height stand next to each other."""
    gap = max(one.left, other.left) - min(one.right, other.right)
    level = abs(one.top - other.top) + abs(one.bottom - other.bottom)
    return 0 <= gap < 0.5 * one.height and level < 0.4 * one.height


def _rectangular(paper: Mask) -> bool:
    """Whether a patch of paper reaches the four sides of its box along most of their length, corners included."""
    h, w = paper.shape
    near_x, near_y = max(2, round(NEAR * w)), max(2, round(NEAR * h))
    sides = (
        paper[:, :near_x].any(axis=1), paper[:, -near_x:].any(axis=1),
        paper[:near_y].any(axis=0), paper[-near_y:].any(axis=0),
    )  # fmt: skip
    corners = (
        paper[:near_y, :near_x], paper[:near_y, -near_x:], paper[-near_y:, :near_x], paper[-near_y:, -near_x:],
    )  # fmt: skip
    return all(s.mean() >= STRAIGHT for s in sides) and sum(bool(c.any()) for c in corners) >= 3


def _within(inner: Field, outer: Field) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and inner.right <= outer.right
        and inner.bottom <= outer.bottom
    )


def _erase(mask: Mask, field: Field) -> None:
    """Erases the four sides of a field's frame, from the paper outwards, where the ink is as thin as the frame."""
    h, w = mask.shape
    reach = max(3, round(min(THICKEST * min(field.width, field.height), FRAME * max(h, w))))
    l, t = max(0, field.left - reach), max(0, field.top - reach)
    r, b = min(w, field.right + reach), min(h, field.bottom + reach)
    window = mask[t:b, l:r]
    erased = _side(window, field.top - t, reach) | _side(window, field.bottom - t, reach)
    across = window.T.copy()
    erased |= (_side(across, field.left - l, reach) | _side(across, field.right - l, reach)).T
    window[erased] = False
    for y in (field.top - t, field.bottom - t):
        for x in (field.left - l, field.right - l):
            _erase_corner(window, erased, y, x, reach)


def _erase_corner(window: Mask, erased: Mask, y: int, x: int, reach: int) -> None:
    """Erases what the two sides leave of their common corner, in which both are long: ink that goes no further."""
    place = slice(max(0, y - reach), y + reach), slice(max(0, x - reach), x + reach)
    corner = window[place]
    left = components(corner)
    h, w = corner.shape
    alone = (left.left > 0) & (left.top > 0) & (left.right < w) & (left.bottom < h)
    beside = np.bincount(left.labels[window_max(erased[place], 1)], minlength=len(left) + 1) > 0
    alone &= beside[1:]
    corner[left.mask(alone)] = False


def _side(window: Mask, at: int, reach: int) -> Mask:
    """The ink of one level side near row `at`."""
    n, _w = window.shape
    near = np.zeros_like(window)
    low, high = max(0, at - reach), min(n, at + reach)
    near[low:high] = window[low:high]
    up, down = run_lengths(window)
    long = np.where(near, up + down - 1, 0)
    thickness = np.where(near, long, n + 1).min(axis=0)
    found = thickness <= n
    if not found.any():
        return np.zeros_like(window)
    typical = median(thickness[found])
    thin: Mask = near & (long <= max(typical + 2.0, 1.6 * typical))
    return thin
