"""Activations that are curves, each beside its derivative."""

import math

from chainrule.activations.normal import normal_cdf
from chainrule.arrays import Array, namespace

__all__ = [
    "celu",
    "elu",
    "exponential",
    "gelu",
    "log_sigmoid",
    "mish",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "squareplus",
    "tanh",
    "tanh_shrink",
]


def sigmoid(z: Array) -> Array:  # a = 1 / (1 + e^-z), written so that neither side can overflow
    """Squashes any number into 0..1.

    >>> import numpy as np; sigmoid(np.array([-1000., 0., 1000.]))
    array([0. , 0.5, 1. ])
    """
    xp = namespace(z)
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1 / (1 + e), e / (1 + e))


def d_sigmoid(da: Array, z: Array, a: Array) -> Array:  # f' = a (1 - a)
    return da * a * (1 - a)


def tanh(z: Array) -> Array:  # a = (e^z - e^-z) / (e^z + e^-z)
    """Squashes any number into -1..1."""
    return namespace(z).tanh(z)


def d_tanh(da: Array, z: Array, a: Array) -> Array:  # f' = 1 - a²
    return da * (1 - a * a)


def elu(z: Array, alpha: float = 1.0) -> Array:  # a = z, or α (e^z - 1) below 0
    """Exponential linear unit."""
    xp = namespace(z)
    return xp.where(z > 0, z, alpha * xp.expm1(xp.minimum(z, 0)))


def d_elu(da: Array, z: Array, a: Array, alpha: float = 1.0) -> Array:  # f' = 1, or a + α below 0
    return namespace(z).where(z > 0, da, da * (a + alpha))


# The two numbers of Klambauer et al., "Self-Normalizing Neural Networks" (2017).
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def selu(z: Array) -> Array:  # a = scale · elu(z, α)
    """Scaled elu, whose outputs keep mean 0 and variance 1 from layer to layer."""
    return SELU_SCALE * elu(z, SELU_ALPHA)


def d_selu(da: Array, z: Array, a: Array) -> Array:
    return namespace(z).where(z > 0, SELU_SCALE * da, da * (a + SELU_SCALE * SELU_ALPHA))


def softplus(z: Array) -> Array:  # a = log(1 + e^z) = max(z, 0) + log(1 + e^-|z|)
    """A smooth relu."""
    xp = namespace(z)
    return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))


def d_softplus(da: Array, z: Array, a: Array) -> Array:  # f' = sigmoid(z)
    return da * sigmoid(z)


def silu(z: Array) -> Array:  # a = z · sigmoid(z)
    """Also called swish: a relu with a soft corner."""
    return z * sigmoid(z)


def d_silu(da: Array, z: Array, a: Array) -> Array:  # f' = s + z s (1 - s),  s = sigmoid(z)
    s = sigmoid(z)
    return da * (s + a * (1 - s))


def gelu(z: Array) -> Array:  # a = z Φ(z), Φ the normal distribution's cumulative probability
    """Gaussian error linear unit, exact form (Keras's `approximate=False`)."""
    return z * normal_cdf(z)


def d_gelu(da: Array, z: Array, a: Array) -> Array:  # f' = Φ(z) + z φ(z)
    xp = namespace(z)
    density = xp.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return da * (normal_cdf(z) + z * density)


def mish(z: Array) -> Array:  # a = z · tanh(softplus(z))
    """A smooth relu that dips below 0 (Misra 2019)."""
    return z * tanh(softplus(z))


def d_mish(
    da: Array, z: Array, a: Array
) -> Array:  # f' = t + z s (1 - t²),  t = tanh(softplus(z)), s = sigmoid(z)
    t = tanh(softplus(z))
    return da * (t + z * sigmoid(z) * (1 - t * t))


def softsign(z: Array) -> Array:  # a = z / (1 + |z|)
    """A tanh that comes near ±1 slowly."""
    return z / (1 + namespace(z).abs(z))


def d_softsign(da: Array, z: Array, a: Array) -> Array:  # f' = (1 - |a|)² = 1 / (1 + |z|)²
    flat = 1 / (1 + namespace(z).abs(z))
    return da * flat * flat


def exponential(z: Array) -> Array:  # a = e^z
    """The exponential function."""
    return namespace(z).exp(z)


def d_exponential(da: Array, z: Array, a: Array) -> Array:  # f' = a
    return da * a


def celu(z: Array, alpha: float = 1.0) -> Array:  # a = z, or α (e^(z/α) - 1) below 0
    """An elu whose slope is 1 at 0 for every α."""
    xp = namespace(z)
    return xp.maximum(z, 0) + alpha * xp.expm1(xp.minimum(z, 0) / alpha)


def d_celu(da: Array, z: Array, a: Array, alpha: float = 1.0) -> Array:  # f' = 1, or a / α + 1 below 0
    return namespace(z).where(z > 0, da, da * (a / alpha + 1))


def log_sigmoid(z: Array) -> Array:  # a = log sigmoid(z) = -softplus(-z)
    """The logarithm of a sigmoid."""
    return -softplus(-z)


def d_log_sigmoid(da: Array, z: Array, a: Array) -> Array:  # f' = sigmoid(-z)
    return da * sigmoid(-z)


def squareplus(z: Array, b: float = 4.0) -> Array:  # a = (z + √(z² + b)) / 2
    """A softplus without an exponential."""
    xp = namespace(z)
    return (z + xp.hypot(z, xp.asarray(math.sqrt(b), dtype=z.dtype))) / 2


def d_squareplus(da: Array, z: Array, a: Array, b: float = 4.0) -> Array:  # f' = (1 + z / √(z² + b)) / 2
    xp = namespace(z)
    return da * (1 + z / xp.hypot(z, xp.asarray(math.sqrt(b), dtype=z.dtype))) / 2


def tanh_shrink(z: Array) -> Array:  # a = z - tanh(z)
    """What tanh takes away."""
    return z - tanh(z)


def d_tanh_shrink(da: Array, z: Array, a: Array) -> Array:  # f' = tanh²(z)
    t = tanh(z)
    return da * t * t
