"""Activations along the last axis, where every output sees the whole row, each beside its derivative."""

from chainrule.activations.smooth import sigmoid
from chainrule.arrays import Array, namespace
from chainrule.errors import ShapeError

__all__ = ["glu", "log_softmax", "softmax", "sparsemax"]


def softmax(z: Array) -> Array:  # a_i = e^z_i / Σ e^z_k, shifted by max z so that nothing overflows
    """Turns a row of numbers into probabilities that add up to 1.

    >>> import numpy as np; softmax(np.array([[0., np.log(3.)]]))
    array([[0.25, 0.75]])
    """
    xp = namespace(z)
    e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def d_softmax(
    da: Array, z: Array, a: Array
) -> Array:  # dz_i = a_i (da_i - Σ a_k da_k): every output sees every z
    return a * (da - namespace(a).sum(da * a, axis=-1, keepdims=True))


def log_softmax(z: Array) -> Array:  # a_i = z_i - log Σ e^z_k, shifted by max z so that nothing overflows
    """The logarithm of softmax."""
    xp = namespace(z)
    below = z - xp.max(z, axis=-1, keepdims=True)
    return below - xp.log(xp.sum(xp.exp(below), axis=-1, keepdims=True))


def d_log_softmax(da: Array, z: Array, a: Array) -> Array:  # dz_i = da_i - softmax_i · Σ da_k
    xp = namespace(a)
    return da - xp.exp(a) * xp.sum(da, axis=-1, keepdims=True)


def sparsemax(z: Array) -> Array:  # a_i = max(z_i - τ, 0), τ such that Σ a_i = 1
    """A softmax that gives exact zeros (Martins and Astudillo 2016)."""
    xp = namespace(z)
    z = z - xp.max(z, axis=-1, keepdims=True)  # a shift changes nothing, and the sums stay small
    falling = -xp.sort(-z, axis=-1)
    sums = xp.cumsum(falling, axis=-1)
    count = xp.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    k = xp.sum(1 + count * falling > sums, axis=-1, keepdims=True)  # how many stay above 0
    total = xp.sum(xp.where(count <= k, falling, 0), axis=-1, keepdims=True)
    tau = (total - 1) / k.astype(z.dtype)
    return xp.maximum(z - tau, 0)


def d_sparsemax(da: Array, z: Array, a: Array) -> Array:  # dz_i = da_i - mean of da over a > 0, where a_i > 0
    xp = namespace(a)
    above = a > 0
    count = xp.sum(above, axis=-1, keepdims=True).astype(da.dtype)
    mean = xp.sum(xp.where(above, da, 0), axis=-1, keepdims=True) / count
    return xp.where(above, da - mean, 0)


def glu(z: Array) -> Array:  # a = u · sigmoid(v), z = [u, v]
    """Gated linear unit: the second half of the last axis decides how much of the first passes (Dauphin et al. 2017).

    >>> import numpy as np; glu(np.array([[8., 0.]]))
    array([[4.]])
    """
    u, v = halves(z)
    return u * sigmoid(v)


def d_glu(da: Array, z: Array, a: Array) -> Array:  # du = da s, dv = da u s (1 - s),  s = sigmoid(v)
    u, v = halves(z)
    s = sigmoid(v)
    return namespace(z).concat([da * s, da * u * s * (1 - s)], axis=-1)


def halves(z: Array) -> tuple[Array, Array]:
    """The first and the second half of the last axis."""
    if z.shape[-1] % 2:
        raise ShapeError(f"glu halves the last axis, so it needs an even number there; it got {z.shape[-1]}.")
    half = z.shape[-1] // 2
    return z[..., :half], z[..., half:]
