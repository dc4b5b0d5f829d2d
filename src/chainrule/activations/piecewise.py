"""Activations made of straight pieces and parabolas, each beside its derivative."""

from chainrule.arrays import Array, namespace

__all__ = [
    "hard_shrink",
    "hard_sigmoid",
    "hard_sigmoid_of_keras_2",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "relu",
    "relu6",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "threshold",
]


def linear(z: Array) -> Array:  # a = z
    """The identity: a = z."""
    return z


def d_linear(da: Array, z: Array, a: Array) -> Array:  # f' = 1
    return da


def relu(z: Array) -> Array:  # a = max(z, 0)
    """Rectified linear unit: lets through what is positive.

    >>> import numpy as np; relu(np.array([-2., 3.]))
    array([0., 3.])
    """
    return namespace(z).maximum(z, 0)


def d_relu(da: Array, z: Array, a: Array) -> Array:  # f' = 1 where z > 0, else 0
    return namespace(z).where(z > 0, da, 0)


def leaky_relu(z: Array, negative_slope: float = 0.2) -> Array:  # a = z, or slope · z below 0
    """A relu that keeps a small slope below zero."""
    return namespace(z).where(z > 0, z, negative_slope * z)


def d_leaky_relu(
    da: Array, z: Array, a: Array, negative_slope: float = 0.2
) -> Array:  # f' = 1, or slope below 0
    return namespace(z).where(z > 0, da, negative_slope * da)


def relu6(z: Array) -> Array:  # a = min(max(z, 0), 6)
    """A relu that goes no higher than 6."""
    return namespace(z).clip(z, 0, 6)


def d_relu6(da: Array, z: Array, a: Array) -> Array:  # f' = 1 where 0 < z < 6, else 0
    return where_between(z, 0, 6, da)


def hard_sigmoid(z: Array) -> Array:  # a = relu6(z + 3) / 6
    """A sigmoid of three straight pieces."""
    return namespace(z).clip(z / 6 + 0.5, 0, 1)


def d_hard_sigmoid(da: Array, z: Array, a: Array) -> Array:  # f' = 1/6 where -3 < z < 3, else 0
    return where_between(z, -3, 3, da / 6)


def hard_sigmoid_of_keras_2(z: Array) -> Array:  # a = 0.2 z + 0.5, cut off at 0 and 1
    """What Keras 1 and 2 called hard_sigmoid: a steeper one, of 0.2 z + 0.5.

    >>> import numpy as np; hard_sigmoid_of_keras_2(np.array([-3.0, 0.0, 1.0]))
    array([0. , 0.5, 0.7])
    """
    return namespace(z).clip(z * 0.2 + 0.5, 0, 1)


def d_hard_sigmoid_of_keras_2(
    da: Array, z: Array, a: Array
) -> Array:  # f' = 0.2 where -2.5 < z < 2.5, else 0
    return where_between(z, -2.5, 2.5, da * 0.2)


def hard_silu(z: Array) -> Array:  # a = z · hard_sigmoid(z)
    """Also called hard_swish: a silu without an exponential."""
    return z * hard_sigmoid(z)


def d_hard_silu(da: Array, z: Array, a: Array) -> Array:  # f' = hard_sigmoid(z) + z / 6 where -3 < z < 3
    return da * (hard_sigmoid(z) + where_between(z, -3, 3, z / 6))


def hard_tanh(z: Array) -> Array:  # a = z cut off at ±1
    """A tanh of three straight pieces."""
    return namespace(z).clip(z, -1, 1)


def d_hard_tanh(da: Array, z: Array, a: Array) -> Array:  # f' = 1 where -1 < z < 1, else 0
    return where_between(z, -1, 1, da)


def hard_shrink(z: Array, threshold: float = 0.5) -> Array:  # a = z where |z| > threshold, else 0
    """Sets small numbers to 0."""
    xp = namespace(z)
    return xp.where(xp.abs(z) > threshold, z, 0)


def d_hard_shrink(
    da: Array, z: Array, a: Array, threshold: float = 0.5
) -> Array:  # f' = 1 where |z| > threshold
    xp = namespace(z)
    return xp.where(xp.abs(z) > threshold, da, 0)


def soft_shrink(z: Array, threshold: float = 0.5) -> Array:  # a = z ∓ threshold, 0 where |z| <= threshold
    """Moves numbers towards 0 by the threshold, small ones to 0."""
    xp = namespace(z)
    return xp.sign(z) * xp.maximum(xp.abs(z) - threshold, 0)


def d_soft_shrink(
    da: Array, z: Array, a: Array, threshold: float = 0.5
) -> Array:  # f' = 1 where |z| > threshold
    return d_hard_shrink(da, z, a, threshold)


def threshold(z: Array, threshold: float, default_value: float) -> Array:  # a = z above the threshold
    """Replaces numbers that are not above the threshold by default_value. For models use the layer ReLU."""
    return namespace(z).where(z > threshold, z, default_value)


def sparse_plus(z: Array) -> Array:  # a = 0 up to -1, (z + 1)² / 4 up to 1, then z
    """A softplus that is exactly 0 for small numbers and exactly z for large ones."""
    xp = namespace(z)
    middle = xp.clip(z, -1, 1)
    return xp.where(z >= 1, z, (middle + 1) * (middle + 1) / 4)


def d_sparse_plus(da: Array, z: Array, a: Array) -> Array:  # f' = sparse_sigmoid(z)
    return da * sparse_sigmoid(z)


def sparse_sigmoid(z: Array) -> Array:  # a = (z + 1) / 2, cut off at 0 and 1
    """A sigmoid that is exactly 0 up to -1 and exactly 1 from 1 on."""
    return namespace(z).clip(z / 2 + 0.5, 0, 1)


def d_sparse_sigmoid(da: Array, z: Array, a: Array) -> Array:  # f' = 1/2 where -1 < z < 1, else 0
    return where_between(z, -1, 1, da / 2)


def where_between(z: Array, low: float, high: float, values: Array) -> Array:
    """The values where low < z < high, 0 elsewhere."""
    return namespace(z).where((z > low) & (z < high), values, 0)
