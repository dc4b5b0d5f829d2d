"""Cross-entropy, the surprise of the truth under a prediction, as plain formulas beside their derivatives.

y: targets.  z: the sums before softmax or sigmoid.  p: probabilities.  Classes are on the last axis.
"""

from chainrule.activations import sigmoid, softmax
from chainrule.arrays import Array, namespace

EPSILON = 1e-7  # Keras's: probabilities are kept this far from 0 and 1 before a logarithm
LOWEST = -1e38  # stands for differences of logits that float32 cannot hold: 0 · inf would not be a number

# ── the fused rules ────────────────────────────────────────────────────────────────────────────────────────────────
# Where a model ends in softmax (or sigmoid) and is scored by a cross-entropy, the two rules together are simpler and
# safer than one after the other: everything cancels but p - y, and no probability is ever divided by.


def softmax_crossentropy(y: Array, z: Array) -> Array:
    """-Σ y log softmax(z) = Σ y · (log Σ e^z - z), one number per row.

    >>> import numpy as np; float(softmax_crossentropy(np.array([[1., 0.]]), np.array([[-1e4, 1e4]]))[0])
    20000.0
    """
    xp = namespace(z)
    below = xp.maximum(z - xp.max(z, axis=-1, keepdims=True), LOWEST)  # shifted by max z: nothing overflows
    return xp.sum(y * (xp.log(xp.sum(xp.exp(below), axis=-1, keepdims=True)) - below), axis=-1)


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
    q = xp.clip(p / sum_of(p), EPSILON, 1 - EPSILON)
    return -xp.sum(y * xp.log(q), axis=-1)


def d_crossentropy_of_probabilities(y: Array, p: Array) -> Array:
    """dq = -y / q (0 where q was cut off);  dp = (dq - Σ dq q) / Σ p, from q = p / Σ p."""
    xp, total = namespace(p), sum_of(p)
    q = p / total
    cut = xp.clip(q, EPSILON, 1 - EPSILON)
    dq = xp.where(cut == q, -y / cut, 0)
    return (dq - xp.sum(dq * q, axis=-1, keepdims=True)) / total


def sum_of(p: Array) -> Array:
    """Σ p of each row; 1 where all are 0, since there is nothing to divide then."""
    xp = namespace(p)
    total = xp.sum(p, axis=-1, keepdims=True)
    return xp.where(total == 0, 1, total)
