"""A curve in the terminal: dots, eight in a letter where the terminal has Unicode, with a scale at each side."""

import math
from collections.abc import Sequence

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a Braille letter, row by row


def chart(
    x: Sequence[float], y: Sequence[float], *, log: bool = False, top: float | None = None, width: int = 60, height: int = 10,
    mark: float | None = None, unicode: bool = True,
) -> list[str]:  # fmt: skip
    """The lines that draw y over x, which ascends. log: x by its logarithm. top: higher values are cut off. mark: an x to point at.

    >>> print("\\n".join(chart([0, 1, 2, 3], [0, 1, 2, 3], width=8, height=4, mark=2, unicode=False)))
    3 |      **
      |    **
      |  **
    0 |**
       0    ^ 3
    """
    known = [
        (math.log10(a) if log else float(a), float(b)) for a, b in zip(x, y, strict=True) if math.isfinite(b)
    ]
    if not known:
        return []
    left, right = known[0][0], known[-1][0]
    low = min(b for _, b in known)
    high = max(min(b, top) if top is not None else b for _, b in known)
    across, down = (2 * width, 4 * height) if unicode else (width, height)
    places = [
        ((a - left) / ((right - left) or 1) * (across - 1), (high - b) / ((high - low) or 1) * (down - 1))
        for a, b in known
    ]
    dots = {
        (round(c), round(r))
        for pair in zip(places, places[1:] or places, strict=False)
        for c, r in between(*pair)
        if r >= 0
    }
    ends = f"{high:.3g}", f"{low:.3g}"
    margin = max(map(len, ends))
    lines = []
    for row in range(height):
        letters = "".join(_letter(dots, column, row, unicode) for column in range(width)).rstrip()
        end = ends[0] if row == 0 else ends[1] if row == height - 1 else ""
        lines.append(f"{end:>{margin}} {'│' if unicode else '|'}{letters}".rstrip())
    first, last = f"{x[0]:g}", f"{x[-1]:.2g}"
    foot = [" "] * max(width, len(first) + len(last) + 1)
    foot[: len(first)], foot[len(foot) - len(last) :] = first, last
    if mark is not None and (log is False or mark > 0):
        place = round(((math.log10(mark) if log else mark) - left) / ((right - left) or 1) * (width - 1))
        if 0 <= place < len(foot):
            foot[place] = "▲" if unicode else "^"
    return [*lines, " " * (margin + 2) + "".join(foot).rstrip()]


def between(one: tuple[float, float], other: tuple[float, float]) -> list[tuple[float, float]]:
    """Places on the straight line from one to the other, no more than one apart.

    >>> between((0, 0), (0, 2))
    [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)]
    """
    count = max(1, math.ceil(max(abs(b - a) for a, b in zip(one, other, strict=True))))
    shares = [k / count for k in range(count + 1)]
    return [(one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])) for share in shares]


def _letter(dots: set[tuple[int, int]], column: int, row: int, unicode: bool) -> str:
    if not unicode:
        return "*" if (column, row) in dots else " "
    bits = sum(DOTS[r][c] for r in range(4) for c in range(2) if (2 * column + c, 4 * row + r) in dots)
    return chr(0x2800 + bits) if bits else " "
