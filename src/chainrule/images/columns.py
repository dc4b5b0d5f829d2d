"""Which pieces of ink belong to the next column: those on or beyond an upright rule close to the picture's edge.

A cell that was cut out of a register or a table shows the rules of its column and, outside them, the ends of what its
neighbours hold.
"""

from typing import Any

import numpy as np

from chainrule.images.components import Components, Ints, Mask
from chainrule.images.lines import straight

Flags = np.ndarray[Any, np.dtype[np.bool_]]

BESIDE = 0.2  # of the sheet's width: a rule so close to its edge has no column of its own beyond it
ALONG = 0.6  # of the height: so far a rule reaches
HALF = 0.5  # so much of its height a piece shares with another of the same row
NEXT = 1.0  # of its height: so close the next piece of the same row stands
ON = 0.015  # of the picture's side: what is so close to a rule was part of it


def beyond_rules(parts: Components, lines: Mask, sheet: tuple[int, int, int, int]) -> Flags:
    """Which components stand on or beyond an upright rule at the left or right edge of the sheet, (n,) bool.

    None do where rules stand in the middle, too: then it is squared paper or a whole table. lines: the ruled lines that were taken out.  sheet: its left, top, right and bottom.

    >>> from chainrule.images.components import components
    >>> page, rules = np.zeros((90, 100), bool), np.zeros((90, 100), bool)
    >>> rules[:, 90] = page[20:50, 95:97] = page[20:50, 40:44] = True
    >>> beyond_rules(components(page), rules, (0, 0, 100, 90)).tolist()
    [False, True]
    """
    found = np.zeros(len(parts), bool)
    on = _on(lines)
    x, y = (parts.left + parts.right) / 2, (parts.top + parts.bottom) / 2
    for side, at, slope in _edge_rules(lines, sheet):
        found |= side * (x - at - slope * y) > -on
    return found


def rows_from_beyond(parts: Components, keep: Flags, lines: Mask, sheet: tuple[int, int, int, int]) -> Flags:
    """Which components belong to a row that the next column's writing runs into, across the rule between both, (n,) bool.

    A neighbour's long word ends in this column. None belongs there unless another row as high stays.
    keep: which components are writing.  lines, sheet: as for `beyond_rules`.

    >>> from chainrule.images.components import components
    >>> page, rules = np.zeros((90, 100), bool), np.zeros((90, 100), bool)
    >>> rules[:, 90] = page[20:50, 40:44] = page[60:85, 70:96] = page[60:85, 50:60] = True
    >>> parts = components(page & ~rules)
    >>> rows_from_beyond(parts, np.array([True, True, True, True]), rules, (0, 0, 100, 90)).tolist()
    [False, True, True, True]
    """
    gone = np.zeros(len(parts), bool)
    on = _on(lines)
    y, tall = (parts.top + parts.bottom) / 2, parts.height
    for side, at, slope in _edge_rules(lines, sheet):
        rule = at + slope * y
        near = np.where(side > 0, parts.right >= rule - 2 * on, parts.left <= rule + 2 * on)
        far = side * ((parts.left + parts.right) / 2 - rule) > -on
        across = far & np.where(side > 0, parts.left <= rule + 2 * on, parts.right >= rule - 2 * on)
        for k in map(int, np.flatnonzero(keep & near & (tall >= 2 * on))):
            through = side * ((parts.right if side > 0 else parts.left)[k] - rule[k]) > on
            gone[k] |= bool(through or (across & (_shared(parts, k) > 0)).any())
    waiting = [int(k) for k in np.flatnonzero(gone)]
    while waiting:  # what stands beside a piece of such a row is of the same row
        k = waiting.pop()
        gap = np.maximum(parts.left - parts.right[k], parts.left[k] - parts.right)
        same = (_shared(parts, k) >= HALF * np.minimum(tall, tall[k])) & (gap <= NEXT * tall[k])
        more = same & keep & ~gone
        waiting += [int(j) for j in np.flatnonzero(more)]
        gone |= more
    stays = keep & ~gone
    if not gone.any() or not stays.any() or tall[stays].max() < HALF * tall[gone].max():
        return np.zeros_like(gone)
    return gone


def _shared(parts: Components, k: int) -> Ints:
    """How many rows each component shares with the component k."""
    shared: Ints = np.minimum(parts.bottom, parts.bottom[k]) - np.maximum(parts.top, parts.top[k])
    return shared


def _on(lines: Mask) -> float:
    """How close to a rule is on it, in pixels."""
    return float(max(1.0, ON * max(lines.shape)))


def _edge_rules(lines: Mask, sheet: tuple[int, int, int, int]) -> list[tuple[int, float, float]]:
    """The upright rules at the sheet's edges: -1 left or 1 right, the column at the top, the slope; none where others stand between."""
    if not lines.any():
        return []
    h = lines.shape[0]
    first, _, last, _ = sheet
    beside = BESIDE * (last - first)
    found = []
    for at, slope in straight(lines.T.copy(), ALONG):
        middle = at + slope * h / 2
        if first + beside <= middle <= last - beside:
            return []
        found.append((-1 if middle < first + beside else 1, at, slope))
    return found
