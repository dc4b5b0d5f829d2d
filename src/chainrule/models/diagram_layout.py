"""Where the boxes of a diagram stand: in rows by their longest way from an input, in each row near to what feeds them.

An arrow that passes rows gets an empty place in each of them, so that it crosses no box.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

LETTER, LINE, PADDING, GAP_X, GAP_Y = 7.0, 16.0, 9.0, 28.0, 34.0  # in units of 1/96 inch
SWEEPS = 8  # how often the order within the rows is improved, down and up


class Box(NamedTuple):
    """A box: its middle, its size, its lines of text."""

    x: float
    y: float
    width: float
    height: float
    text: list[str]


class Plan(NamedTuple):
    """A diagram ready to be drawn: its size, its boxes, the corners of each arrow."""

    width: float
    height: float
    boxes: list[Box]
    arrows: list[list[tuple[float, float]]]


def planned(texts: list[list[str]], arrows: list[tuple[int, int]], sideways: bool = False) -> Plan:
    """Places for boxes with these texts, and the ways of the arrows between them.

    >>> plan = planned([["a"], ["b"]], [(0, 1)])
    >>> [box.y for box in plan.boxes] == sorted(box.y for box in plan.boxes), len(plan.arrows)
    (True, 1)
    """
    sizes = [
        (max(map(len, text)) * LETTER + 2 * PADDING, len(text) * LINE + 2 * PADDING - 4) for text in texts
    ]
    across = [h if sideways else w for w, h in sizes]  # along a row
    along = [w if sideways else h for w, h in sizes]  # from row to row
    rows = rows_of(len(texts), arrows)
    ways: list[list[int]] = []
    links: list[tuple[int, int]] = []
    for start, end in arrows:  # an arrow over several rows goes by empty places
        way = [start]
        for row in range(rows[start] + 1, rows[end]):
            way.append(len(rows))
            rows.append(row)
            across.append(0.0)
            along.append(0.0)
        way.append(end)
        ways.append(way)
        links += list(pairwise(way))
    order = ordered(rows, links)
    place = spread(order, across, links)
    heights = [max(along[i] for i in row) for row in order]
    middles, top = [], PADDING
    for height in heights:
        middles.append(top + height / 2)
        top += height + GAP_Y
    wide = max(place[i] + across[i] / 2 for i in range(len(rows))) + PADDING
    high = top - GAP_Y + PADDING

    def point(a: float, b: float) -> tuple[float, float]:
        return (b, a) if sideways else (a, b)

    boxes = [Box(*point(place[i], middles[rows[i]]), *sizes[i], text) for i, text in enumerate(texts)]
    drawn = []
    for way in ways:
        corners = []
        for i in way:  # straight through the row that it leaves, passes or enters; aside only between rows
            middle, half = middles[rows[i]], heights[rows[i]] / 2
            above = [] if i == way[0] else [middle - half, middle - along[i] / 2]
            below = [] if i == way[-1] else [middle + along[i] / 2, middle + half]
            corners += [point(place[i], y) for y in (*above, *below)]
        drawn.append(corners)
    return Plan(*point(wide, high), boxes, drawn)


def rows_of(count: int, arrows: list[tuple[int, int]]) -> list[int]:
    """The row of each box: its longest way from a box that nothing feeds. Boxes come after those that feed them."""
    rows = [0] * count
    for start, end in sorted(arrows, key=lambda pair: pair[1]):
        rows[end] = max(rows[end], rows[start] + 1)
    return rows


def ordered(rows: list[int], links: list[tuple[int, int]]) -> list[list[int]]:
    """The boxes of each row from left to right: by the mean place of their neighbours, row by row, down and up."""
    order: list[list[int]] = [[] for _ in range(max(rows) + 1)]
    for i, row in enumerate(rows):
        order[row].append(i)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours: dict[int, list[int]] = {i: [] for i in range(len(rows))}
        for start, end in links:
            neighbours[end if down else start].append(start if down else end)
        for boxes in order if down else reversed(order):
            place = {i: k for one in order for k, i in enumerate(one)}
            boxes.sort(
                key=lambda i: (
                    sum(place[n] for n in neighbours[i]) / len(neighbours[i]) if neighbours[i] else place[i]
                )
            )
    return order


def spread(order: list[list[int]], across: Sequence[float], links: list[tuple[int, int]]) -> dict[int, float]:
    """The middle of each box along its row: as near to its neighbours as the boxes beside it allow."""
    place: dict[int, float] = {}
    for row in order:
        left = PADDING
        for i in row:
            place[i] = left + across[i] / 2
            left += across[i] + GAP_X
    neighbours: dict[int, list[int]] = {i: [] for row in order for i in row}
    for start, end in links:
        neighbours[start].append(end)
        neighbours[end].append(start)
    for _ in range(SWEEPS):
        for row in order:
            wanted = [
                sum(place[n] for n in neighbours[i]) / len(neighbours[i]) if neighbours[i] else place[i]
                for i in row
            ]
            apart(row, wanted, across, place)
    least = min(place[i] - across[i] / 2 for i in place)
    return {i: x - least + PADDING for i, x in place.items()}


def apart(row: list[int], wanted: list[float], across: Sequence[float], place: dict[int, float]) -> None:
    """Puts a row's boxes where they are wanted, pushed aside only as far as those before them reach; then back as a whole."""
    right = float("-inf")
    for i, x in zip(row, wanted, strict=True):
        place[i] = max(x, right + across[i] / 2)
        right = place[i] + across[i] / 2 + GAP_X
    shift = sum(x - place[i] for i, x in zip(row, wanted, strict=True)) / len(row)
    for i in row:
        place[i] += shift
