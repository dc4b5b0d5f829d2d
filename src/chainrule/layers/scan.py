"""A loop over the first axis of arrays: Python's on NumPy, where every step can be watched, compiled on JAX."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace

Arrays = tuple[Array | None, ...]


def scan(
    step: Callable[[Any, Any], tuple[Any, Arrays]], carry: Any, xs: Arrays, reverse: bool = False
) -> tuple[Any, tuple[Any, ...]]:
    """Hands `carry` from step to step along the first axis, and stacks what each step returns.

    step(carry, (x0[t], x1[t], ...)) -> carry, (y0, y1, ...).  An array or a result that is None stays None.
    reverse: from the last entry to the first; the results still lie in the order of xs.

    >>> total, (sums,) = scan(lambda total, x: (total + x[0], (total + x[0],)), 0.0, (np.array([1.0, 2.0, 3.0]),))
    >>> float(total), sums
    (6.0, array([1., 3., 6.]))
    """
    first = next(x for x in xs if x is not None)
    if hasattr(namespace(first), "scan"):  # arrays that are traced for an export
        return namespace(first).scan(step, carry, xs, reverse)  # type: ignore[no-any-return]
    if namespace(first) is not np:
        import jax

        return jax.lax.scan(step, carry, xs, reverse=reverse)
    stacked: list[Any] | None = None
    for t in reversed(range(len(first))) if reverse else range(len(first)):
        carry, ys = step(carry, tuple(None if x is None else x[t] for x in xs))
        if stacked is None:
            stacked = [
                None if y is None else np.empty((len(first), *np.shape(y)), np.asarray(y).dtype) for y in ys
            ]
        for rows, y in zip(stacked, ys, strict=True):
            if rows is not None:
                rows[t] = y
    return carry, tuple(stacked or ())
