"""The normal distribution's cumulative probability, which gelu needs and NumPy does not have."""

import math

from chainrule.arrays import Array, namespace


def normal_cdf(z: Array) -> Array:
    """Φ(z) = (1 + erf(z / √2)) / 2, to the last bits of float64.

    NumPy has no erf. For |x| < 3 the series  erf x = 2/√π e^-x² Σ 2ⁿ x^(2n+1) / (1·3·5···(2n+1))  has only positive
    terms and converges; further out the continued fraction of erfc does (Abramowitz and Stegun 7.1.6 and 7.1.14).
    """
    xp = namespace(z)
    x = xp.abs(z) / math.sqrt(2)
    near, far = xp.minimum(x, 3.0), xp.maximum(x, 3.0)
    term = total = near
    for n in range(1, 50):
        term = term * (2 / (2 * n + 1)) * near * near
        total = total + term
    tail_near = 0.5 - total * xp.exp(-near * near) / math.sqrt(math.pi)
    fraction = far
    for n in range(50, 0, -1):
        fraction = far + (n / 2) / fraction
    tail_far = 0.5 * xp.exp(-far * far) / math.sqrt(math.pi) / fraction
    tail = xp.where(x < 3.0, tail_near, tail_far)
    return xp.where(z > 0, 1 - tail, tail)
