"""Layers that make one array of several, number by number: Add, Subtract, Multiply, Average, Maximum, Minimum."""

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

    As in Keras an input counts as 1 where its mask leaves it out; where all are left out y is 0.

    >>> import numpy as np; Multiply().forward({}, (np.array([[1., 2.]]), np.array([[10., 20.]])))[0]
    array([[10., 40.]])
    """

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        masks = masks_beside(context.mask, x)
        factors = tuple(chosen(mask, one, 1) for mask, one in zip(masks, x, strict=True))
        anywhere = None if any(mask is None for mask in masks) else reduce(or_, masks)
        return chosen(anywhere, reduce(mul, factors), 0), (factors, masks, anywhere)

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        factors, masks, anywhere = cache
        dy = chosen(anywhere, dy, 0)
        others = [reduce(mul, [*factors[:i], *factors[i + 1 :]]) for i in range(len(factors))]
        return tuple(
            summed_to(chosen(mask, dy * o, 0), x.shape)
            for mask, o, x in zip(masks, others, factors, strict=True)
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


class Extreme(Merge):
    """What Maximum and Minimum share: the inputs are compared one after the other, and the better number goes on.

    As in Keras the place of a number that a mask leaves out is taken by the number it would be compared with.
    """

    sign: int  # 1: the larger number is the better one, -1: the smaller

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        masks = masks_beside(context.mask, x)
        xp, best, known, pairs = namespace(x[0]), x[0], masks[0], []
        for one, mask in zip(x[1:], masks[1:], strict=True):
            new = chosen(mask, one, best)
            old = chosen(known, best, new)
            pairs.append((old, new, known, mask, best.shape, one.shape))
            best = xp.maximum(old, new) if self.sign > 0 else xp.minimum(old, new)
            known = None if known is None or mask is None else known | mask
        return best, pairs

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        xp, told = namespace(dy), []
        for old, new, known, mask, best_shape, shape in reversed(cache):
            better = self.sign * (new - old)  # the better number hears dy, equal ones the half of it
            won = xp.where(better > 0, 1.0, xp.where(new == old, 0.5, 0.0)).astype(dy.dtype)
            d_new, d_old = dy * won, dy * (1 - won)
            if known is not None:  # where `known` is False, `old` was `new`
                d_new, d_old = d_new + xp.where(known, 0, d_old), xp.where(known, d_old, 0)
            if mask is not None:  # where `mask` is False, `new` was the best before
                d_new, d_old = xp.where(mask, d_new, 0), d_old + xp.where(mask, 0, d_new)
            told.append(summed_to(d_new, shape))
            dy = summed_to(d_old, best_shape)
        return (dy, *reversed(told))


class Maximum(Extreme):
    """The larger of its inputs at each place; equal ones share the derivative, as in Keras.

    >>> import numpy as np; Maximum().forward({}, (np.array([[1., 20.]]), np.array([[10., 2.]])))[0]
    array([[10., 20.]])
    """

    sign = 1


class Minimum(Extreme):
    """The smaller of its inputs at each place; equal ones share the derivative, as in Keras.

    >>> import numpy as np; Minimum().forward({}, (np.array([[1., 20.]]), np.array([[10., 2.]])))[0]
    array([[1., 2.]])
    """

    sign = -1


def masks_beside(mask: Any, x: Any) -> tuple[Any, ...]:
    """The mask of each input, shaped to stand beside its numbers; None where an input has none."""
    masks = mask if isinstance(mask, tuple) else (mask,) * len(x)
    return tuple(
        None if m is None else m.astype(bool).reshape(*m.shape, *[1] * (one.ndim - m.ndim))
        for m, one in zip(masks, x, strict=True)
    )


def chosen(mask: Any, value: Any, other: Any) -> Any:
    """The value where the mask says so, the other elsewhere; the value where there is no mask."""
    return value if mask is None else namespace(value).where(mask, value, other)


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
