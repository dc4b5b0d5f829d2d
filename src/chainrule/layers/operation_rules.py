"""The derivatives of the functions of `ops` that networks use, each beside its formula.

    rule(dy, y, *arguments, **settings) -> the derivative by each argument; None where it is 0 or the argument is a number

dy is the derivative of the loss by the function's output y.
"""

# ruff: noqa: ARG005 (slopes of two letters take a third)
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace

Rule = Callable[..., Any]


def summed(d: Array, like: Any) -> Any:
    """The derivative by an argument that was stretched to the others' shape: summed over what it was stretched along."""
    if not hasattr(like, "shape"):
        return None
    d = d.sum(axis=tuple(range(d.ndim - len(like.shape)))) if d.ndim > len(like.shape) else d
    axes = tuple(i for i, n in enumerate(like.shape) if n == 1 and d.shape[i] != 1)
    return d.sum(axis=axes, keepdims=True) if axes else d


def of_each_number(slope: Callable[[Array, Array], Array]) -> Rule:
    """The rule of a function that works number by number, from its slope at x where it gave y."""

    def rule(dy: Array, y: Array, x: Array, *_: Any, **__: Any) -> Any:
        return ((dy * slope(x, y)).astype(dy.dtype),)

    return rule


def of_two(by_first: Callable[..., Array], by_second: Callable[..., Array]) -> Rule:
    """The rule of a function of two arrays, or of an array and a number, from its slopes by both."""

    def rule(dy: Array, y: Array, a: Any, b: Any) -> Any:
        return tuple(
            summed((dy * slope(a, b, y)).astype(dy.dtype), one) if hasattr(one, "shape") else None
            for slope, one in ((by_first, a), (by_second, b))
        )

    return rule


def library(*values: Any) -> Any:
    """NumPy's or JAX's functions, as the arrays among some values are."""
    return namespace(next(v for v in values if hasattr(v, "__array_namespace__")))


def larger(a: Any, b: Any, y: Array) -> Array:
    """1 where a is the larger one, 1/2 where both are equal."""
    return (a > b) + 0.5 * (a == b)


def d_matmul(dy: Array, y: Array, a: Array, b: Array) -> Any:
    """y = a b: da = dy bᵀ, db = aᵀ dy."""
    xp = library(a, b)
    if min(np.ndim(a), np.ndim(b)) < 2:  # a vector: as a sum of products
        da = dy[..., None] * b if np.ndim(b) == 1 else xp.matmul(dy[..., None, :], xp.swapaxes(b, -1, -2))
        db = xp.swapaxes(a, -1, -2) * dy[..., None, :] if np.ndim(b) == 1 else a[..., None] * dy[..., None, :]
        return summed(da, a), summed(db.sum(axis=-1) if np.ndim(b) == 1 else db, b)
    return summed(xp.matmul(dy, xp.swapaxes(b, -1, -2)), a), summed(xp.matmul(xp.swapaxes(a, -1, -2), dy), b)


# ── over an axis ─────────────────────────────────────────────────────────────────────────────────────────────────


def stretched(d: Array, x: Array, axis: Any) -> Array:
    """What was summed over an axis, back in the shape of x."""
    axes = axes_of(x, axis)
    xp = namespace(x)
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return xp.broadcast_to(d.reshape(shape), x.shape)


def axes_of(x: Array, axis: Any) -> tuple[int, ...]:
    """The axes as numbers from 0; all of them for None."""
    chosen = range(x.ndim) if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
    return tuple(a % x.ndim for a in chosen)


def d_sum(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """y = Σ x: dx = dy."""
    return (stretched(dy, x, axis),)


def d_mean(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """y = Σ x / n: dx = dy / n."""
    count = int(np.prod([x.shape[a] for a in axes_of(x, axis)]))
    return (stretched(dy / count, x, axis),)


def d_extreme(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """y = max x: dy to the largest; equal ones share it."""
    best = (x == stretched(y, x, axis)).astype(dy.dtype)
    shares = best / stretched(best.sum(axis=None if axis is None else axes_of(x, axis)), x, axis)
    return (stretched(dy, x, axis) * shares,)


# ── moving numbers ───────────────────────────────────────────────────────────────────────────────────────────────


def d_reshape(dy: Array, y: Array, x: Array, *_: Any, **__: Any) -> Any:
    """The same numbers in the old shape."""
    return (dy.reshape(x.shape),)


def d_transpose(dy: Array, y: Array, x: Array, axes: Any = None) -> Any:
    """The axes back where they were."""
    order = list(range(x.ndim))[::-1] if axes is None else [a % x.ndim for a in axes]
    return (namespace(dy).transpose(dy, tuple(int(a) for a in np.argsort(order))),)


def d_swapaxes(dy: Array, y: Array, x: Array, axis1: int, axis2: int) -> Any:
    """The two axes back."""
    return (namespace(dy).swapaxes(dy, axis1, axis2),)


def d_getitem(dy: Array, y: Array, x: Array, key: Any) -> Any:
    """dy at the places that were taken, 0 elsewhere."""
    if namespace(x) is np:
        dx = np.zeros_like(x)
        np.add.at(dx, key, dy)
        return (dx,)
    return (namespace(x).zeros_like(x).at[key].add(dy),)


def d_concatenate(dy: Array, y: Array, x: Any, axis: int = 0) -> Any:
    """To each its own part."""
    ends = np.cumsum([one.shape[axis] for one in x])[:-1].tolist()
    return (namespace(dy).split(dy, ends, axis=axis),)


def d_stack(dy: Array, y: Array, x: Any, axis: int = 0) -> Any:
    """To each its own slice."""
    return ([namespace(dy).take(dy, i, axis=axis) for i in range(len(x))],)


def d_where(dy: Array, y: Array, condition: Array, a: Any = None, b: Any = None) -> Any:
    """dy to the one that was taken."""
    xp = library(condition, a, b)
    return (
        None,
        summed(xp.where(condition, dy, 0).astype(dy.dtype), a),
        summed(xp.where(condition, 0, dy).astype(dy.dtype), b),
    )


def d_clip(dy: Array, y: Array, x: Array, x_min: Any, x_max: Any) -> Any:
    """dy where x was within the limits."""
    return ((dy * ((x >= x_min) & (x <= x_max))).astype(dy.dtype),)


def d_cast(dy: Array, y: Array, x: Array, *_: Any, **__: Any) -> Any:
    """The same numbers."""
    return (dy,)


def nothing(dy: Array, y: Array, *arguments: Any, **_: Any) -> Any:
    """A step function: its slope is 0."""
    return tuple(None for _ in arguments)


RULES: dict[str, Rule] = {  # name: the rule; in comments y, and its slope
    "exp": of_each_number(lambda x, y: y),  # eˣ
    "expm1": of_each_number(lambda x, y: y + 1),
    "log": of_each_number(lambda x, y: 1 / x),
    "log1p": of_each_number(lambda x, y: 1 / (1 + x)),
    "sqrt": of_each_number(lambda x, y: 0.5 / y),
    "rsqrt": of_each_number(lambda x, y: -0.5 * y**3),  # 1 / √x
    "square": of_each_number(lambda x, y: 2 * x),
    "reciprocal": of_each_number(lambda x, y: -y * y),  # 1 / x
    "negative": of_each_number(lambda x, y: -1.0),
    "abs": of_each_number(lambda x, y: namespace(x).sign(x)),
    "absolute": of_each_number(lambda x, y: namespace(x).sign(x)),
    "sin": of_each_number(lambda x, y: namespace(x).cos(x)),
    "cos": of_each_number(lambda x, y: -namespace(x).sin(x)),
    "tanh": of_each_number(lambda x, y: 1 - y * y),
    "sigmoid": of_each_number(lambda x, y: y * (1 - y)),
    "relu": of_each_number(lambda x, y: (x > 0) * 1.0),
    "add": of_two(lambda a, b, y: 1.0, lambda a, b, y: 1.0),
    "subtract": of_two(lambda a, b, y: 1.0, lambda a, b, y: -1.0),
    "multiply": of_two(lambda a, b, y: b, lambda a, b, y: a),
    "divide": of_two(lambda a, b, y: 1 / b, lambda a, b, y: -y / b),
    "power": of_two(lambda a, b, y: b * a ** (b - 1), lambda a, b, y: y * library(y).log(a)),  # aᵇ
    "maximum": of_two(larger, lambda a, b, y: larger(b, a, y)),
    "minimum": of_two(lambda a, b, y: larger(b, a, y), larger),
    "matmul": d_matmul,
    "sum": d_sum,
    "mean": d_mean,
    "max": d_extreme,
    "min": d_extreme,
    "amax": d_extreme,
    "amin": d_extreme,
    "reshape": d_reshape,
    "expand_dims": d_reshape,
    "squeeze": d_reshape,
    "transpose": d_transpose,
    "swapaxes": d_swapaxes,
    "getitem": d_getitem,
    "concatenate": d_concatenate,
    "stack": d_stack,
    "where": d_where,
    "clip": d_clip,
    "cast": d_cast,
}
RULES["true_divide"] = RULES["divide"]
RULES |= dict.fromkeys(
    (
        "sign", "floor", "ceil", "round", "trunc", "stop_gradient", "equal", "not_equal", "greater", "greater_equal", "less",
        "less_equal", "logical_and", "logical_or", "logical_not", "logical_xor", "isnan", "isinf", "isfinite", "argmax", "argmin",
        "zeros_like", "ones_like", "one_hot", "floor_divide", "any", "all", "count_nonzero",
    ),
    nothing,
)  # fmt: skip
