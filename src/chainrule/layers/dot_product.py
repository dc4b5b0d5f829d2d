"""Dot: the dot products of two inputs along an axis of each."""

import math
from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.merging import shapes_of
from chainrule.layers.naming import Shape
from chainrule.layers.standardization import axis_of


class Dot(Layer):
    """Dot products of the vectors along `axes` of two inputs.   (batch, n), (batch, n) -> (batch, 1)

    axes: one axis for both inputs, or one for each; 1 is the first after the examples.  normalize: divides by the
    lengths, which gives the cosine of the angle.

    >>> import numpy as np; Dot(axes=1).forward({}, (np.array([[1., 2.]]), np.array([[3., 4.]])))[0]
    array([[11.]])
    """

    def __init__(self, axes: Any, normalize: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        both = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
        if len(both) != 2 or not all(isinstance(axis, int) and not isinstance(axis, bool) for axis in both):
            raise SettingError(f"Dot needs axes, a whole number or two of them; it got {axes!r}.")
        self.axes = list(axes) if isinstance(axes, (list, tuple)) else axes
        self.both, self.normalize = both, bool(normalize)

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        a, b = (
            vectors(one, axis_of(self.label, axis, one.ndim)) for one, axis in zip(x, self.both, strict=True)
        )
        lengths = None
        if self.normalize:
            lengths = tuple(length(v) for v in (a, b))
            a, b = a / lengths[0], b / lengths[1]
        shape = (x[0].shape[0], *self.output_shape_for((tuple(x[0].shape[1:]), tuple(x[1].shape[1:]))))
        y = a @ b.swapaxes(-1, -2)  # y = A Bᵀ, one row for each vector of the first input
        return y.reshape(shape), (a, b, lengths, x[0].shape, x[1].shape)

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        a, b, lengths, *shapes = cache
        dy = dy.reshape(a.shape[0], a.shape[1], b.shape[1])
        da, db = dy @ b, dy.swapaxes(-1, -2) @ a  # dA = dy B, dB = dyᵀ A
        if lengths is not None:
            da, db = d_unit(da, a, lengths[0]), d_unit(db, b, lengths[1])
        axes = [axis_of(self.label, axis, len(shape)) for axis, shape in zip(self.both, shapes, strict=True)]
        return tuple(arranged(d, *each) for d, *each in zip((da, db), axes, shapes, strict=True))

    def next_mask(self, x: Any, mask: Any) -> Any:
        return None  # times are no axis of its own any more

    def output_shape_for(self, input_shape: Any) -> Shape:
        first, second = shapes_of(self.label, input_shape, at_most=2)
        i, j = (
            axis_of(self.label, axis, len(s) + 1) - 1
            for axis, s in zip(self.both, (first, second), strict=True)
        )
        if first[i] != second[j]:
            raise ShapeError(
                f"{self.label} takes inputs with equally many numbers along its axes {self.axes}; it got {first} and "
                f"{second}."
            )
        return (*first[:i], *first[i + 1 :], *second[:j], *second[j + 1 :]) or (1,)

    def multiplications(self, input_shape: Any) -> int:
        """Products per example: every dot product takes one per number of its vectors."""
        first, _ = shapes_of(self.label, input_shape, at_most=2)
        along = first[axis_of(self.label, self.both[0], len(first) + 1) - 1]
        return math.prod(self.output_shape_for(input_shape)) * along

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axes": self.axes, "normalize": self.normalize}


def vectors(x: Array, axis: int) -> Array:
    """The vectors along an axis as rows: (batch, others, n)."""
    x = namespace(x).moveaxis(x, axis, -1)
    return x.reshape(x.shape[0], math.prod(x.shape[1:-1]), x.shape[-1])


def arranged(rows: Array, axis: int, shape: Shape) -> Array:
    """The way back: rows of vectors to an array of this shape, with the vectors along the axis."""
    others = [n for i, n in enumerate(shape) if i != axis]
    return namespace(rows).moveaxis(rows.reshape(*others, shape[axis]), -1, axis)


def length(v: Array) -> Array:
    """√ Σ v² of each row, kept away from 0."""
    xp = namespace(v)
    return xp.maximum(xp.sqrt(xp.sum(v * v, axis=-1, keepdims=True)), 1e-12)


def d_unit(d: Array, unit: Array, r: Array) -> Array:
    """The derivative by v, from the one by u = v / |v|: (d - u Σ d u) / |v|."""
    return (d - unit * namespace(d).sum(d * unit, axis=-1, keepdims=True)) / r
