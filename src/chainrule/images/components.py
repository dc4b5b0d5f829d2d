"""Connected ink: the pieces of a mask that hang together, found from its runs, in NumPy alone.

A run is a stretch of ink in one row. Runs of neighbouring rows that overlap (corners count) belong together;
every run takes the smallest number among those it touches until nothing changes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Components:
    """`labels` (h, w) int32, 0 where there is no ink; for component k (from 0) the arrays at [k]; label is k + 1.

    `shade` (h, w) is how dark each pixel is, 0.5 at a stroke's edge, where that is known.
    """

    labels: np.ndarray[Any, np.dtype[np.int32]]
    left: Ints
    top: Ints
    right: Ints  # one past the last column
    bottom: Ints
    area: Ints
    shade: np.ndarray[Any, np.dtype[np.float32]] | None = None

    def __len__(self) -> int:
        return len(self.area)

    @property
    def width(self) -> Ints:
        """Columns each component spans."""
        return self.right - self.left

    @property
    def height(self) -> Ints:
        """Rows each component spans."""
        return self.bottom - self.top

    def mask(self, keep: np.ndarray[Any, Any]) -> Mask:
        """The ink of the components chosen: `keep` is one bool for each."""
        table = np.concatenate([[False], np.asarray(keep, bool)])
        found: Mask = table[self.labels]
        return found


def runs(mask: Mask) -> tuple[Ints, Ints, Ints]:
    """Row, first column and one past the last column of every stretch of ink.

    >>> [a.tolist() for a in runs(np.array([[0, 1, 1, 0, 1]], bool))]
    [[0, 0], [1, 4], [3, 5]]
    """
    h, w = mask.shape
    padded = np.zeros((h, w + 2), np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1).ravel()
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return starts // (w + 1), starts % (w + 1), ends % (w + 1)


def components(mask: Mask) -> Components:
    """All 8-connected pieces of ink, numbered in the order in which their first row appears.

    >>> len(components(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]], bool)))
    2
    """
    h, w = mask.shape
    row, start, end = runs(mask)
    n = len(row)
    labels = np.zeros((h, w), np.int32)
    if n == 0:
        none = np.zeros(0, np.int64)
        return Components(labels, none, none, none, none, none)
    # Runs are sorted by (row, column): those of the row above that touch run i lie in one slice, found by bisection.
    base = row * (w + 2)
    first = np.searchsorted(base + end, base - (w + 2) + start, side="left")  # above.end >= start
    last = np.searchsorted(base + start, base - (w + 2) + end, side="right")  # above.start <= end
    count = np.maximum(last - first, 0)
    below = np.repeat(np.arange(n), count)
    above = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    root = np.arange(n)
    while True:
        low = np.minimum(root[below], root[above])
        new = root.copy()
        np.minimum.at(new, root[below], low)
        np.minimum.at(new, root[above], low)
        while True:  # follow to the smallest known
            further = new[new]
            if np.array_equal(further, new):
                break
            new = further
        if np.array_equal(new, root):
            break
        root = new
    first_run = root == np.arange(n)  # of each component; it gives the component its number
    root = (np.cumsum(first_run) - 1)[root]
    k = int(first_run.sum())
    left, top = np.full(k, w), np.full(k, h)
    right, bottom = np.zeros(k, np.int64), np.zeros(k, np.int64)
    np.minimum.at(left, root, start)
    np.maximum.at(right, root, end)
    np.minimum.at(top, root, row)
    np.maximum.at(bottom, root, row + 1)
    area = np.bincount(root, weights=end - start, minlength=k).astype(np.int64)
    # Paint: +label where a run starts, -label after it ends; the running sum along the rows is the picture.
    steps = np.zeros(h * (w + 1), np.int32)
    np.add.at(steps, row * (w + 1) + start, root + 1)
    np.add.at(steps, row * (w + 1) + end, -(root + 1))
    labels = np.cumsum(steps, dtype=np.int32).reshape(h, w + 1)[:, :w]
    return Components(labels, left, top, right, bottom, area)
