"""Activation functions, each beside its derivative.

Every pair reads:   forward   a  = f(z)
                    backward  dz = da · f'(z)        given da, z and a, whichever makes the formula short

`da` is the derivative of the loss by `a`. All work on arrays of any shape, element by element, except those in
`rows`, which work along the last axis. Names, defaults and formulas are Keras's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chainrule.activations.piecewise import (
    d_hard_shrink,
    d_hard_sigmoid,
    d_hard_sigmoid_of_keras_2,
    d_hard_silu,
    d_hard_tanh,
    d_leaky_relu,
    d_linear,
    d_relu,
    d_relu6,
    d_soft_shrink,
    d_sparse_plus,
    d_sparse_sigmoid,
    hard_shrink,
    hard_sigmoid,
    hard_sigmoid_of_keras_2,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    relu,
    relu6,
    soft_shrink,
    sparse_plus,
    sparse_sigmoid,
    threshold,
)  # fmt: skip
from chainrule.activations.rows import (
    d_glu,
    d_log_softmax,
    d_softmax,
    d_sparsemax,
    glu,
    log_softmax,
    softmax,
    sparsemax,
)  # fmt: skip
from chainrule.activations.smooth import (
    celu,
    d_celu,
    d_elu,
    d_exponential,
    d_gelu,
    d_log_sigmoid,
    d_mish,
    d_selu,
    d_sigmoid,
    d_silu,
    d_softplus,
    d_softsign,
    d_squareplus,
    d_tanh,
    d_tanh_shrink,
    elu,
    exponential,
    gelu,
    log_sigmoid,
    mish,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    squareplus,
    tanh,
    tanh_shrink,
)  # fmt: skip
from chainrule.activations.with_settings import with_settings
from chainrule.arrays import Array
from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.internal import absent

__all__ = [
    "celu", "elu", "exponential", "gelu", "get", "glu", "hard_shrink", "hard_sigmoid", "hard_sigmoid_of_keras_2",
    "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid",
    "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "swish", "tanh", "tanh_shrink", "threshold",
]  # fmt: skip


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
    "celu": Rule(celu, d_celu),
    "exponential": Rule(exponential, d_exponential),
    "glu": Rule(glu, d_glu),
    "hard_shrink": Rule(hard_shrink, d_hard_shrink),
    "hard_sigmoid": Rule(hard_sigmoid, d_hard_sigmoid),
    "hard_sigmoid_of_keras_2": Rule(hard_sigmoid_of_keras_2, d_hard_sigmoid_of_keras_2),
    "hard_silu": Rule(hard_silu, d_hard_silu),
    "hard_tanh": Rule(hard_tanh, d_hard_tanh),
    "log_sigmoid": Rule(log_sigmoid, d_log_sigmoid),
    "log_softmax": Rule(log_softmax, d_log_softmax),
    "mish": Rule(mish, d_mish),
    "relu6": Rule(relu6, d_relu6),
    "soft_shrink": Rule(soft_shrink, d_soft_shrink),
    "softsign": Rule(softsign, d_softsign),
    "sparse_plus": Rule(sparse_plus, d_sparse_plus),
    "sparse_sigmoid": Rule(sparse_sigmoid, d_sparse_sigmoid),
    "sparsemax": Rule(sparsemax, d_sparsemax),
    "squareplus": Rule(squareplus, d_squareplus),
    "tanh_shrink": Rule(tanh_shrink, d_tanh_shrink),
}
ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}
# Activations whose derivative is a formula of a alone, so that z need not be kept (a relu is 0 where its a is).
FROM_OUTPUT = frozenset(["linear", "relu", "sigmoid", "softmax", "tanh"])
for _name in [*RULES, "threshold"]:  # with Keras's settings, and on symbolic tensors
    globals()[_name] = with_settings(_name, globals()[_name])
swish, hard_swish = globals()["silu"], globals()["hard_silu"]  # the older names


def name_of(activation: object) -> str:
    """The name of an activation given as None, a name, or one of this module's functions.

    >>> name_of(None), name_of("swish"), name_of(relu)
    ('linear', 'silu', 'relu')
    """
    if activation is None:
        return "linear"
    if callable(activation) and not isinstance(activation, str):
        if (found := known(activation)) is not None:
            return found
        raise SettingError(
            f"{activation!r} is a function without a derivative that Chainrule knows. "
            f"Known activations: {', '.join(sorted(RULES))}."
        )
    name = ALIASES.get(str(activation), str(activation))
    if name not in RULES:
        raise unknown("activation", activation, [*RULES, *ALIASES])
    return name


def known(function: Callable[..., Any]) -> str | None:
    """The name of one of this module's functions, or of its namesake in `chainrule.ops`; None for any other.

    >>> known(tanh), known(abs)
    ('tanh', None)
    """
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    own = str(getattr(function, "__name__", ""))
    if getattr(function, "__module__", "") == "chainrule.ops.nn" and own in RULES:
        return own
    return next((name for name, rule in RULES.items() if rule.forward is function), None)


class CallableName(str):
    """An activation's name that can also be called, as what a layer of Keras has.

    >>> CallableName("relu")([-1.0, 2.0]), CallableName("relu") == "relu"
    (array([0., 2.], dtype=float32), True)
    """

    __slots__ = ()

    @property
    def __name__(self) -> str:
        return str(self)

    def __call__(self, x: Any) -> Array:
        if hasattr(x, "symbolic_operation"):
            return x.symbolic_operation(str(self), x)
        array = x if hasattr(x, "__array_namespace__") else np.asarray(x, dtype=np.float32)
        return RULES[str(self)].forward(array)


def get(identifier: object) -> Callable[[Array], Array]:
    """The function of an activation given by name (Keras: `keras.activations.get`).

    >>> get("relu") is relu
    True
    """
    function: Callable[[Array], Array] = globals()[name_of(identifier)]
    return function


def width_after(activation: str, width: int) -> int:
    """How long the last axis is after an activation: glu halves it, all others leave it.

    >>> width_after("relu", 10), width_after("glu", 10)
    (10, 5)
    """
    if activation != "glu":
        return width
    if width % 2:
        raise ShapeError(f"glu halves the last axis, so it needs an even number there; it got {width}.")
    return width // 2


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("activations", __all__)
