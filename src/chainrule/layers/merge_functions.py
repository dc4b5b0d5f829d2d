"""Keras's lower-case doors to the layers that merge: add([a, b]) is Add()([a, b])."""

from typing import Any

from chainrule.layers.concatenation import Concatenate
from chainrule.layers.dot_product import Dot
from chainrule.layers.merging import Add, Average, Maximum, Minimum, Multiply, Subtract


def add(inputs: Any, **settings: Any) -> Any:
    """The sum of several values, as `Add`."""
    return Add(**settings)(inputs)


def average(inputs: Any, **settings: Any) -> Any:
    """The mean of several values, as `Average`."""
    return Average(**settings)(inputs)


def concatenate(inputs: Any, axis: int = -1, **settings: Any) -> Any:
    """Several values one after the other, as `Concatenate`."""
    return Concatenate(axis=axis, **settings)(inputs)


def dot(inputs: Any, axes: Any = -1, **settings: Any) -> Any:
    """The product of two values along an axis, as `Dot`."""
    return Dot(axes=axes, **settings)(inputs)


def maximum(inputs: Any, **settings: Any) -> Any:
    """The larger of several values, as `Maximum`."""
    return Maximum(**settings)(inputs)


def minimum(inputs: Any, **settings: Any) -> Any:
    """The smaller of several values, as `Minimum`."""
    return Minimum(**settings)(inputs)


def multiply(inputs: Any, **settings: Any) -> Any:
    """The product of several values, as `Multiply`."""
    return Multiply(**settings)(inputs)


def subtract(inputs: Any, **settings: Any) -> Any:
    """The first of two values less the second, as `Subtract`."""
    return Subtract(**settings)(inputs)
