"""Activation functions, each beside its derivative.

Every pair reads:   forward   a  = f(z)
                    backward  dz = da · f'(z)        given da, z and a, whichever makes the formula short

`da` is the derivative of the loss by `a`. All work on arrays of any shape, element by element, except softmax,
which works along the last axis. Names, defaults and formulas are Keras's.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from chainrule import absent
from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, unknown

__all__ = [
    "elu", "gelu", "get", "leaky_relu", "linear", "relu", "selu", "sigmoid", "silu", "softmax",
    "softplus", "tanh",
]  # fmt: skip


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


class Rule(NamedTuple):
    """An activation's two directions: a = forward(z) and dz = backward(da, z, a)."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array, Array], Array]


RULES: dict[str, Rule] = {
    "linear": Rule(linear, d_linear),
    "relu": Rule(relu, d_relu),
    "leaky_relu": Rule(leaky_relu, d_leaky_relu),
    "sigmoid": Rule(sigmoid, d_sigmoid),
    "tanh": Rule(tanh, d_tanh),
    "elu": Rule(elu, d_elu),
    "selu": Rule(selu, d_selu),
    "softplus": Rule(softplus, d_softplus),
    "silu": Rule(silu, d_silu),
    "gelu": Rule(gelu, d_gelu),
    "softmax": Rule(softmax, d_softmax),
}
ALIASES = {"swish": "silu"}


def name_of(activation: object) -> str:
    """The name of an activation given as None, a name, or one of this module's functions.

    >>> name_of(None), name_of("swish"), name_of(relu)
    ('linear', 'silu', 'relu')
    """
    if activation is None:
        return "linear"
    if callable(activation):
        activation = getattr(activation, "__wrapped__", activation)
        for name, rule in RULES.items():
            if rule.forward is activation:
                return name
        raise SettingError(
            f"{activation!r} is a function without a derivative that Chainrule knows. "
            f"Known activations: {', '.join(sorted(RULES))}."
        )
    name = ALIASES.get(str(activation), str(activation))
    if name not in RULES:
        raise unknown("activation", activation, [*RULES, *ALIASES])
    return name


def get(activation: object) -> Callable[[Array], Array]:
    """The function of an activation given by name (Keras: `keras.activations.get`).

    >>> get("relu") is relu
    True
    """
    return RULES[name_of(activation)].forward


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


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("activations", __all__)
