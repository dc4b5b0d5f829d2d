"""What is left of an upright rule or a fold in pieces: hair lines that continue each other. Each alone looks like a 1."""

from typing import Any

import numpy as np

from chainrule.images.components import Components

Flags = np.ndarray[Any, np.dtype[np.bool_]]

THIN = 14.0  # times longer than wide
SLOPE = 0.12  # columns a row at most
OFF = 2.0  # pixels, or pens, that a piece may lie beside the line of another
MOST = 60  # pieces that are compared


def of_broken_rules(parts: Components, tall: float = 8.0) -> Flags:
    """Which components are upright hair lines of which another continues the first, (n,) bool.

    A column of ones is none: people do not write them as one straight line, nor so thin.

    >>> from chainrule.images.components import components
    >>> page = np.zeros((200, 60), bool); page[10:60, 30] = page[80:140, 31] = True; page[20:50, 10:14] = True
    >>> of_broken_rules(components(page)).tolist()
    [True, False, True]
    """
    pen = parts.area / np.maximum(parts.height, 1)
    thin = (parts.height >= np.maximum(tall, THIN * pen)) & (parts.width <= pen + 1 + SLOPE * parts.height)
    found = np.zeros(len(parts), bool)
    places = np.flatnonzero(thin)
    if not 2 <= len(places) <= MOST:
        return found
    x, y = (parts.left + parts.right) / 2, (parts.top + parts.bottom) / 2
    for k, i in enumerate(places):
        for j in places[k + 1 :]:
            apart = max(parts.top[i], parts.top[j]) - min(parts.bottom[i], parts.bottom[j])
            slope = (x[j] - x[i]) / max(1.0, abs(y[j] - y[i]))
            off = OFF * max(1.0, float(pen[i]), float(pen[j]))
            if (
                apart >= 0
                and abs(slope) <= SLOPE
                and all(abs(parts.width[m] - pen[m] - abs(slope) * parts.height[m]) <= off for m in (i, j))
            ):
                found[i] = found[j] = True
    return found
