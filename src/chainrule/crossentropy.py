"""Cross-entropy, the surprise of the truth under a prediction, as plain formulas beside their derivatives.

y: targets.  z: the sums before softmax or sigmoid.  p: probabilities.  Classes are on the last axis.
"""

from chainrule.activations import sigmoid, softmax
from chainrule.arrays import Array, namespace

EPSILON = 1e-7  # Keras's: probabilities are kept this far from 0 and 1 before a logarithm

# ── the shortcuts ────────────────────────────────────────────────────────────────────────────────────────────────
# Where a model ends in softmax (or sigmoid) and is scored by a cross-entropy, the two rules together are simpler and
# safer than one after the other: everything cancels but p - y, and no probability is ever divided by.


def softmax_crossentropy(y: Array, z: Array) -> Array:
    """-Σ y log softmax(z) = Σ y · (log Σ e^z - z), one number per row.

    >>> import numpy as np; float(softmax_crossentropy(np.array([[1., 0.]]), np.array([[-1e4, 1e4]]))[0])
    20000.0
    """
    xp = namespace(z)
    top = xp.max(z, axis=-1, keepdims=True)
    log_sum = top + xp.log(xp.sum(xp.exp(z - top), axis=-1, keepdims=True))
    return xp.sum(y * (log_sum - z), axis=-1)


def d_softmax_crossentropy(y: Array, z: Array) -> Array:
    """dz = p - y  (in general p · Σ y - y, for targets that do not add up to 1)."""
    return softmax(z) * namespace(z).sum(y, axis=-1, keepdims=True) - y


def sigmoid_crossentropy(y: Array, z: Array) -> Array:
    """-(y log p + (1 - y) log(1 - p)) with p = sigmoid(z)  =  max(z, 0) - z y + log(1 + e^-|z|)."""
    xp = namespace(z)
    return xp.maximum(z, 0) - z * y + xp.log1p(xp.exp(-xp.abs(z)))


def d_sigmoid_crossentropy(y: Array, z: Array) -> Array:
    """dz = p - y."""
    return sigmoid(z) - y


# ── the long way, for predictions that are probabilities already ─────────────────────────────────────────────────


def crossentropy_of_probabilities(y: Array, p: Array) -> Array:
    """-Σ y log q, with q = p / Σ p kept away from 0 and 1, as Keras does."""
    xp = namespace(p)
    q = xp.clip(p / xp.sum(p, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
    return -xp.sum(y * xp.log(q), axis=-1)


def d_crossentropy_of_probabilities(y: Array, p: Array) -> Array:
    """dq = -y / q (0 where q was cut off);  dp = (dq - Σ dq q) / Σ p, from q = p / Σ p."""
    xp = namespace(p)
    total = xp.sum(p, axis=-1, keepdims=True)
    q = p / total
    cut = xp.clip(q, EPSILON, 1 - EPSILON)
    dq = xp.where(cut == q, -y / cut, 0)
    return (dq - xp.sum(dq * q, axis=-1, keepdims=True)) / total
