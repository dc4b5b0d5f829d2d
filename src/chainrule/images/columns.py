"""Which pieces of ink belong to the next column: those on or beyond an upright rule close to the picture's edge.

A cell that was cut out of a register or a table shows the rules of its column and, outside them, the ends of what its
neighbours hold.
"""

from typing import Any

import numpy as np

from chainrule.images.components import Components, Mask
from chainrule.images.lines import straight

Flags = np.ndarray[Any, np.dtype[np.bool_]]

BESIDE = 0.2  # of the sheet's width: a rule so close to its edge has no column of its own beyond it
ALONG = 0.6  # of the height: so far a rule reaches
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
    h, w = lines.shape
    if not lines.any():
        return found
    first, _, last, _ = sheet
    beside, on = BESIDE * (last - first), max(1.0, ON * max(h, w))
    x, y = (parts.left + parts.right) / 2, (parts.top + parts.bottom) / 2
    for at_top, slope in straight(lines.T.copy(), ALONG):
        middle = at_top + slope * h / 2
        rule = at_top + slope * y
        if middle < first + beside:
            found |= x < rule + on
        elif middle > last - beside:
            found |= x > rule - on
        else:
            return np.zeros_like(found)
    return found
