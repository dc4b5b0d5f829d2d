"""Patches (im2col): what a window sees at each of its places, so that a convolution is one matrix product.

    patches             x (batch, *sizes, channels)              -> (batch, *places, cells, channels)
    patches_transposed  dpatches (batch, *places, cells, channels) -> dx: every cell gives its derivative back

`cells` counts the cells of the window row by row. Each function is the other's transpose: Σ patches(x) · d is
Σ x · patches_transposed(d).
"""

from chainrule.arrays import Array, namespace
from chainrule.layers.naming import Shape
from chainrule.layers.window import Window


def padded(x: Array, window: Window, fill: float = 0.0) -> Array:
    """The input with the margins that the window needs around its spatial axes."""
    margins = window.margins(tuple(x.shape[1:-1]))
    if not any(map(any, margins)):
        return x
    return namespace(x).pad(x, [(0, 0), *margins, (0, 0)], constant_values=fill)


def cells_of(x: Array, window: Window, fill: float = 0.0) -> list[Array]:
    """For each cell of the window the values that it meets, (batch, *places, channels): strided slices of x."""
    places = window.places(tuple(x.shape[1:-1]))
    x = padded(x, window, fill)
    return [x[(slice(None), *where)] for where in window.cells(places)]


def patches(x: Array, window: Window) -> Array:
    """What the window sees at each place.

    >>> import numpy as np
    >>> x = np.arange(9.).reshape(1, 3, 3, 1)
    >>> patches(x, Window((2, 2), (1, 1), (1, 1), "valid"))[0, 0, 1, :, 0]       # first row, second place
    array([1., 2., 4., 5.])
    """
    return namespace(x).stack(cells_of(x, window), axis=-2)


def patches_transposed(d: Array, window: Window, sizes: Shape) -> Array:
    """The derivative by x from the one by its patches: each number of x sums over the patches that hold it."""
    places, channels = d.shape[1:-2], d.shape[-1]
    d = d.reshape(d.shape[0], *places, *window.size, channels)
    rank = len(sizes)
    margins = window.margins(sizes)
    for axis in reversed(range(rank)):  # one axis after the other: its cells are laid out and added up
        total = sizes[axis] + sum(margins[axis])
        cell_axis = 1 + rank + axis  # those behind it are summed already
        d = overlap_add(d, 1 + axis, cell_axis, window.strides[axis], window.dilation[axis], total)
    inside = tuple(slice(before, before + n) for (before, _), n in zip(margins, sizes, strict=True))
    return d[(slice(None), *inside)] if any(map(any, margins)) else d


def overlap_add(d: Array, axis: int, cell_axis: int, stride: int, dilation: int, total: int) -> Array:
    """Lays the cells of one axis at place · stride + cell · dilation and adds up what falls together.

    d: places on `axis`, cells on `cell_axis`, which goes away; `axis` then has `total` numbers.
    """
    xp = namespace(d)
    shape = list(d.shape)
    places, cells = shape[axis], shape[cell_axis]
    if stride == cells and dilation == 1:  # side by side: nothing falls together
        d = xp.moveaxis(d, cell_axis, axis + 1)
        d = d.reshape(*d.shape[:axis], places * cells, *d.shape[axis + 2 :])
        return pad_axis(d, axis, 0, total)
    summed = None
    for cell in range(cells):
        one = d[(slice(None),) * cell_axis + (cell,)]
        one = pad_axis(spread(one, axis, stride), axis, cell * dilation, total)
        summed = one if summed is None else summed + one
    return summed


def spread(x: Array, axis: int, stride: int) -> Array:
    """The numbers along an axis with stride - 1 zeros between them: 1, 2 -> 1, 0, 2 for stride 2."""
    if stride == 1:
        return x
    n = x.shape[axis]
    between = [(0, 0)] * (x.ndim + 1)
    between[axis + 1] = (0, stride - 1)
    x = namespace(x).pad(namespace(x).expand_dims(x, axis + 1), between)
    x = x.reshape(*x.shape[:axis], n * stride, *x.shape[axis + 2 :])
    return x[(slice(None),) * axis + (slice(0, (n - 1) * stride + 1),)]


def pad_axis(x: Array, axis: int, before: int, total: int) -> Array:
    """x with zeros before and after one axis, which then has `total` numbers."""
    margins = [(0, 0)] * x.ndim
    margins[axis] = (before, total - before - x.shape[axis])
    return namespace(x).pad(x, margins) if any(margins[axis]) else x
