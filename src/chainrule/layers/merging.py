"""Layers that make one array of several, number by number: Add, Subtract, Multiply, Average, Maximum, Minimum."""

from collections.abc import Sequence
from functools import reduce
from operator import add, mul, or_
from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape


class Merge(Layer):
    """What these layers share: inputs of one shape; an axis of length 1 is stretched to the others' length."""

    at_most: int | None = None  # how many inputs are taken

    def next_mask(self, x: Any, mask: Any) -> Any:
        """Where any input counts; none where one of them has no mask, as in Keras."""
        masks = mask if isinstance(mask, tuple) else (mask,)
        return None if any(one is None for one in masks) else reduce(or_, masks)

    def output_shape_for(self, input_shape: Any) -> Shape:
        shapes = shapes_of(self.label, input_shape, self.at_most)
        ranks = {len(shape) for shape in shapes}
        sizes = [{n for n in axis if n != 1} for axis in zip(*shapes, strict=False)]
        if len(ranks) > 1 or any(len(axis) > 1 for axis in sizes):
            raise ShapeError(
                f"{self.label} takes inputs of one shape; it got {' and '.join(map(str, shapes))}. Bring them to one "
                "shape with Dense, Conv2D or Reshape, or put them side by side with Concatenate."
            )
        return tuple(max(axis, default=1) for axis in sizes)


class Add(Merge):
    """The sum of its inputs: y = x₁ + x₂ + …

    >>> import numpy as np; Add().forward({}, (np.array([[1., 2.]]), np.array([[10., 20.]])))[0]
    array([[11., 22.]])
    """

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        return reduce(add, x), [one.shape for one in x]

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        return tuple(summed_to(dy, shape) for shape in cache)  # dxᵢ = dy


class Subtract(Merge):
    """The first input less the second: y = x₁ - x₂.

    >>> import numpy as np; Subtract().forward({}, (np.array([[1., 2.]]), np.array([[10., 20.]])))[0]
    array([[ -9., -18.]])
    """

    at_most = 2

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x[0] - x[1], (x[0].shape, x[1].shape)

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        return summed_to(dy, cache[0]), summed_to(-dy, cache[1])  # dx₁ = dy, dx₂ = -dy


class Multiply(Merge):
    """The product of its inputs, number by number: y = x₁ · x₂ · …

    >>> import numpy as np; Multiply().forward({}, (np.array([[1., 2.]]), np.array([[10., 20.]])))[0]
    array([[10., 40.]])
    """

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        return reduce(mul, x), x

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        others = [reduce(mul, [*cache[:i], *cache[i + 1 :]]) for i in range(len(cache))]
        return tuple(
            summed_to(dy * o, x.shape) for o, x in zip(others, cache, strict=True)
        )  # dxᵢ = dy Π other x


class Average(Merge):
    """The mean of its inputs: y = (x₁ + x₂ + …) / n.

    >>> import numpy as np; Average().forward({}, (np.array([[1., 2.]]), np.array([[3., 6.]])))[0]
    array([[2., 4.]])
    """

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        return reduce(add, x) / len(x), [one.shape for one in x]

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        return tuple(summed_to(dy / len(cache), shape) for shape in cache)  # dxᵢ = dy / n


class Maximum(Merge):
    """The larger of its inputs at each place; equal ones share the derivative, as in Keras.

    >>> import numpy as np; Maximum().forward({}, (np.array([[1., 20.]]), np.array([[10., 2.]])))[0]
    array([[10., 20.]])
    """

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        best = [x[0]]
        for one in x[1:]:
            best.append(namespace(one).maximum(best[-1], one))
        return best[-1], (x, best)

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        x, best = cache
        return tuple(reversed(list(shared(x, best, dy, sign=1))))


class Minimum(Merge):
    """The smaller of its inputs at each place; equal ones share the derivative, as in Keras.

    >>> import numpy as np; Minimum().forward({}, (np.array([[1., 20.]]), np.array([[10., 2.]])))[0]
    array([[1., 2.]])
    """

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        best = [x[0]]
        for one in x[1:]:
            best.append(namespace(one).minimum(best[-1], one))
        return best[-1], (x, best)

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        x, best = cache
        return tuple(reversed(list(shared(x, best, dy, sign=-1))))


def shared(x: Sequence[Array], best: Sequence[Array], dy: Array, sign: int) -> Any:
    """The derivatives by the inputs, the last first: each comparison sends dy to the winner, half to each of equals."""
    xp = namespace(dy)
    for before, one in zip(reversed(best[:-1]), reversed(x[1:]), strict=True):
        won = xp.where(sign * (one - before) > 0, 1.0, xp.where(one == before, 0.5, 0.0)).astype(dy.dtype)
        yield summed_to(dy * won, one.shape)
        dy = summed_to(dy * (1 - won), before.shape)
    yield dy


def shapes_of(label: str, input_shape: Any, at_most: int | None = None) -> list[Shape]:
    """The shapes of a layer's inputs, or an error where there are not two or more."""
    several = len(input_shape) > 1 and all(isinstance(shape, (tuple, list)) for shape in input_shape)
    if not several or (at_most is not None and len(input_shape) > at_most):
        wanted = "two inputs" if at_most == 2 else "two inputs or more"
        came = f"{len(input_shape)}" if several else "one"
        raise ShapeError(
            f"{label} takes {wanted}, as in {label.split(maxsplit=1)[0]}()([a, b]); it got {came}."
        )
    return [tuple(shape) for shape in input_shape]


def summed_to(d: Array, shape: Shape) -> Array:
    """The derivative by an input that was stretched: the sum over what it was stretched along."""
    axes = tuple(i for i, (n, own) in enumerate(zip(d.shape, shape, strict=True)) if own == 1 and n != 1)
    return d.sum(axis=axes, keepdims=True) if axes else d
