"""Convolutions: one small kernel at every position, so that a weight meets an input at each of them."""

from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.explain.layers.sums import Meetings, WeightedSums
from chainrule.explain.layers.view import Index
from chainrule.explain.opened import OpenedLink
from chainrule.explain.symbols import Symbols
from chainrule.layers.patches import patches
from chainrule.layers.window import Window


@lru_cache(maxsize=64)
def seen_by(window: Window, shape: tuple[int, ...]) -> np.ndarray:
    """Which input each cell of the window meets at each position: (positions, cells · channels); -1 for the margin.

    >>> seen_by(Window((2,), (1,), (1,), "valid"), (3, 1)).tolist()
    [[0, 1], [1, 2]]
    """
    size = int(np.prod(shape))
    numbered = np.arange(1, size + 1).reshape(1, *shape)
    found = np.asarray(patches(numbered, window))
    return found.reshape(int(np.prod(found.shape[1:-2])), -1) - 1


class KernelSums(WeightedSums):
    """A kernel that meets patches. sign: between the input and the kernel in the network's line."""

    sign = "∗"

    def expression(self, link: OpenedLink, symbols: Symbols) -> str:
        number_ = symbols.numbers[link.place]
        bias = f" + b{number_}" if "bias" in link.params else ""
        return f"{symbols.ins[link.place]} {self.sign} W{number_}{bias}"


class ConvolutionFormulas(KernelSums):
    """z[position, f] = Σ over the patch x · K[cell, channel, f] + b[f]."""

    def seen(self, link: OpenedLink) -> np.ndarray:
        """The inputs that each position's patch holds; see `seen_by`."""
        return seen_by(link.link.window, tuple(link.x.shape[1:]))

    def patch_shape(self, link: OpenedLink) -> tuple[int, ...]:
        """The cells and channels of a patch."""
        return tuple(link.params["kernel"].shape[:-1])

    def into(self, link: OpenedLink, unit: int) -> Meetings:
        filters = int(link.params["kernel"].shape[-1])
        position, f = divmod(unit, filters)
        patch = self.seen(link)[position]
        columns = np.flatnonzero(patch >= 0)
        kernel = [(*self.cell(link, c), f) for c in columns]
        return Meetings(patch[columns], kernel, np.full(len(columns), unit))

    def out_of(self, link: OpenedLink, unit: int) -> Meetings:
        filters = int(link.params["kernel"].shape[-1])
        positions, columns = np.nonzero(self.seen(link) == unit)
        kernel = [(*self.cell(link, c), f) for c in columns for f in range(filters)]
        outputs = (positions[:, None] * filters + np.arange(filters)).reshape(-1)
        return Meetings(np.full(len(outputs), unit), kernel, outputs)

    def of_weight(self, link: OpenedLink, index: Index) -> Meetings:
        filters = int(link.params["kernel"].shape[-1])
        column = int(np.ravel_multi_index(index[:-1], self.patch_shape(link)))
        met = self.seen(link)[:, column]
        positions = np.flatnonzero(met >= 0)
        return Meetings(met[positions], [index] * len(positions), positions * filters + index[-1])

    def cell(self, link: OpenedLink, column: Any) -> tuple[int, ...]:
        """The cell and channel of one column of the patches."""
        return tuple(int(i) for i in np.unravel_index(int(column), self.patch_shape(link)))


class DepthwiseFormulas(ConvolutionFormulas):
    """z[position, c · m + j] = Σ over the cells of channel c: x · K[cell, c, j] + b: every channel has its own kernels."""

    def output(self, link: OpenedLink, position: Any, c: Any, j: int) -> Any:
        """The place of an output, as in a row. c: the channel; j: which of its kernels."""
        channels, each = link.params["kernel"].shape[-2:]
        return position * int(channels * each) + c * int(each) + j

    def into(self, link: OpenedLink, unit: int) -> Meetings:
        channels, each = (int(n) for n in link.params["kernel"].shape[-2:])
        position, rest = divmod(unit, channels * each)
        c, j = divmod(rest, each)
        patch = self.seen(link)[position]
        columns = [i for i in np.flatnonzero(patch >= 0) if i % channels == c]
        return Meetings(
            patch[columns], [(*self.cell(link, i), j) for i in columns], np.full(len(columns), unit)
        )

    def out_of(self, link: OpenedLink, unit: int) -> Meetings:
        channels, each = (int(n) for n in link.params["kernel"].shape[-2:])
        positions, columns = np.nonzero(self.seen(link) == unit)
        pairs = [(p, i, j) for p, i in zip(positions, columns, strict=True) for j in range(each)]
        outputs = np.array([self.output(link, p, i % channels, j) for p, i, j in pairs], int)
        return Meetings(np.full(len(pairs), unit), [(*self.cell(link, i), j) for _, i, j in pairs], outputs)

    def of_weight(self, link: OpenedLink, index: Index) -> Meetings:
        column = int(np.ravel_multi_index(index[:-1], self.patch_shape(link)))
        met = self.seen(link)[:, column]
        positions = np.flatnonzero(met >= 0)
        outputs = self.output(link, positions, index[-2], index[-1])
        return Meetings(met[positions], [index] * len(positions), outputs)


class TransposedFormulas(KernelSums):
    """z[o, f] = Σ over the numbers whose patches reach o: x[i, c] · K[cell, f, c] + b[f]."""

    sign = "∗ᵀ"

    def reached(self, link: OpenedLink) -> np.ndarray:
        """Which place of the output each cell of each position's patch goes to: (positions, cells); -1 for none."""
        sizes = link.y.shape[1:-1]
        numbered = np.arange(1, int(np.prod(sizes)) + 1).reshape(1, *sizes, 1)
        found = np.asarray(link.link.at_patches(numbered, np.asarray(link.x[:1])))
        return found.reshape(int(np.prod(link.x.shape[1:-1])), -1) - 1

    def sizes(self, link: OpenedLink) -> tuple[tuple[int, ...], int, int]:
        """The window's size, filters and channels."""
        *size, filters, channels = (int(n) for n in link.params["kernel"].shape)
        return tuple(size), filters, channels

    def cell(self, link: OpenedLink, column: Any) -> tuple[int, ...]:
        """A cell of the window."""
        return tuple(int(i) for i in np.unravel_index(int(column), self.sizes(link)[0]))

    def into(self, link: OpenedLink, unit: int) -> Meetings:
        _, filters, channels = self.sizes(link)
        place, f = divmod(unit, filters)
        pairs = [
            (p, column, c) for p, column in np.argwhere(self.reached(link) == place) for c in range(channels)
        ]
        inputs = np.array([p * channels + c for p, _, c in pairs], int)
        kernel = [(*self.cell(link, column), f, c) for _, column, c in pairs]
        return Meetings(inputs, kernel, np.full(len(pairs), unit))

    def out_of(self, link: OpenedLink, unit: int) -> Meetings:
        _, filters, channels = self.sizes(link)
        position, c = divmod(unit, channels)
        places = self.reached(link)[position]
        pairs = [
            (int(places[column]), column, f) for column in np.flatnonzero(places >= 0) for f in range(filters)
        ]
        kernel = [(*self.cell(link, column), f, c) for _, column, f in pairs]
        outputs = np.array([place * filters + f for place, _, f in pairs], int)
        return Meetings(np.full(len(pairs), unit), kernel, outputs)

    def of_weight(self, link: OpenedLink, index: Index) -> Meetings:
        size, filters, channels = self.sizes(link)
        places = self.reached(link)[:, int(np.ravel_multi_index(index[:-2], size))]
        positions = np.flatnonzero(places >= 0)
        outputs = places[positions] * filters + index[-2]
        return Meetings(positions * channels + index[-1], [index] * len(positions), outputs)
