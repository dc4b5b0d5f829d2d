"""What is ink but not writing: specks, the edge of the sheet, the dark beside it, shadows at the border."""

from typing import Any

import numpy as np

from chainrule.images.broken_rules import of_broken_rules
from chainrule.images.components import Components
from chainrule.images.filters import Floats, window_max

Flags = np.ndarray[Any, np.dtype[np.bool_]]


def levels(parts: Components, ink: Floats) -> Floats:
    """How dark each component is: the mean darkness of its pixels."""
    total = np.bincount(parts.labels.ravel(), weights=ink.ravel(), minlength=len(parts) + 1)[1:]
    return (total / np.maximum(parts.area, 1)).astype(np.float32)


def contact(parts: Components, outside: Flags) -> tuple[Floats, Flags]:
    """The share of the picture's side that each component occupies where it touches the edge, and whether it touches."""
    labels = parts.labels
    h, w = labels.shape
    share = np.zeros(len(parts) + 1, np.float32)
    for edge, length in ((labels[0], w), (labels[-1], w), (labels[:, 0], h), (labels[:, -1], h)):
        share = np.maximum(share, np.bincount(edge, minlength=len(parts) + 1) / length)
    touching = share > 0
    if outside.any():
        near = window_max(outside, max(1, round(0.006 * max(h, w))))
        touching |= np.bincount(labels[near], minlength=len(parts) + 1) > 0
    return share[1:].astype(np.float32), touching[1:]


def beside_edge(parts: Components, outside: Flags) -> Flags:
    """Upright slivers close to the left or right edge of the sheet: what is left of a fold, a rule or a gutter."""
    h, w = parts.labels.shape
    near = max(1, round(0.04 * max(h, w)))
    off = np.zeros((h, w), bool)
    off[:, : near // 2], off[:, w - near // 2 :] = True, True
    if outside.any():
        off |= window_max(outside, 0, near)
    close = np.bincount(parts.labels[off], minlength=len(parts) + 1)[1:] > 0.5 * parts.area
    return close & (parts.width < 0.3 * parts.height)


def outlines(parts: Components) -> Floats:
    """The length of each component's outline: crossings along rows and columns, times pi/4."""
    labels = np.pad(parts.labels, 1)
    count = np.zeros(len(parts) + 1)
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        differ = one != other
        count += np.bincount(one[differ], minlength=len(count)) + np.bincount(
            other[differ], minlength=len(count)
        )
    return (count[1:] * np.pi / 4).astype(np.float32)


def writing(parts: Components, ink: Floats, outside: Flags) -> Flags:
    """Which components are writing. What touches the edge goes when something better stands inside.

    Sizes are compared with the largest writing, darkness with its darkness; nothing is judged in pixels alone.
    """
    n = len(parts)
    if n == 0:
        return np.zeros(0, bool)
    h, w = parts.labels.shape
    longest = np.maximum(parts.width, parts.height)
    level = levels(parts, ink)
    share, touching = contact(parts, outside)
    slivers = beside_edge(parts, outside)
    touching |= slivers
    inside = ~touching
    big = longest >= max(6.0, 0.05 * float(np.sqrt((~outside).sum())))
    solid = parts.area / (parts.width * parts.height)
    strip = (np.minimum(parts.width, parts.height) < 0.06 * longest) | (
        (longest > 0.9 * max(h, w)) & (solid < 0.02)
    )
    good = inside & big & ~strip & (level > 0.25 * level[big & ~strip].max(initial=0.0))
    keep = ~of_broken_rules(parts)
    if outside.any() and (keep & ~slivers).any():
        keep &= ~slivers
    good &= keep
    pen = 2.0 * parts.area / np.maximum(outlines(parts), 1.0)
    stroke = big & ~strip & (pen > 0.03 * longest) & (pen < 0.25 * longest) & (solid < 0.75)
    filling = (
        touching
        & stroke
        & (longest > 2.5 * longest[good].max(initial=0.0))
        & (parts.width > 0.6 * w)
        & (parts.height > 0.6 * h)
    )
    only_specks = (
        good.any()
        and parts.area[touching & stroke & (share < 0.2)].max(initial=0) > 10 * parts.area[good].sum()
    )
    if good.any() and not filling.any() and not only_specks:  # else the digit itself fills its picture
        largest = longest[good].max()
        edge_ink = touching & (
            (longest < 0.55 * largest)
            | (share > 0.3)
            | (solid > 0.7)
            | strip
            | (np.minimum(parts.width, parts.height) < 0.12 * largest)
        )
        keep &= ~edge_ink
        keep &= ~(touching & (longest > 3.0 * largest))
    main = keep & big
    if not main.any():
        main = keep
    reference = float(longest[main].max())
    darkest = float(level[main & (longest >= 0.4 * reference)].max())
    keep &= longest >= 0.06 * reference
    keep &= parts.area >= 0.002 * parts.area[main].max()
    keep &= level >= 0.33 * darkest
    return keep
