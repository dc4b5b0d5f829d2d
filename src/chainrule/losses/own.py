"""Losses of a user's own: a function, or a subclass with Keras's `call`. Their derivative is found, not written.

With JAX it is exact; without, every prediction is moved a little both ways in double precision. A loss that looks at the
whole batch at once is differentiated as it is. Functions that JAX cannot follow (they call NumPy) run on NumPy only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array, jax_installed, namespace
from chainrule.errors import ChainruleError, SettingError
from chainrule.internal.forks import must_have_its_threads
from chainrule.losses.base import ADOPTERS, Loss

STEP = 1e-6  # of differences in double precision


def by_call(self: Loss, y: Array, p: Array) -> Array:
    """One loss per example, from `call`: the mean over its rows; a single number counts for every example."""
    found = self.call(y, p)
    if found is None or isinstance(found, str):
        raise SettingError(
            f"The loss {self.name!r} gave {found!r}; it should give a number for each example, or one for the batch."
        )
    xp = namespace(p)
    if not hasattr(found, "ndim") or found.ndim == 0:
        return xp.ones(p.shape[0], p.dtype) * found
    if found.shape[0] != p.shape[0]:
        raise SettingError(
            f"{self.name} gave {found.shape} losses for {p.shape[0]} examples; one for each is expected."
        )
    return found.reshape(found.shape[0], -1).mean(axis=1)


def by_differentiation(self: Loss, y: Array, p: Array) -> Array:
    """The derivative of each example's loss by each prediction."""
    if namespace(p) is not np:
        return exact(self.values, y, p)
    if jax_installed() and is_traceable(self, y, p):
        import jax

        must_have_its_threads()
        made = vars(self).setdefault("_compiled", jax.jit(lambda y, p: exact(self.values, y, p)))
        return np.asarray(made(y, p)).astype(p.dtype)
    return differences(self.values, np.asarray(y), np.asarray(p)).astype(p.dtype)


def adopt(kind: Any) -> None:
    """A subclass that overrides `call` learns by it."""
    kind.values, kind.derivative = by_call, by_differentiation


ADOPTERS.append(adopt)


def exact(values: Callable[[Array, Array], Array], y: Array, p: Array) -> Array:
    """By JAX's automatic differentiation."""
    import jax

    return jax.grad(lambda p: values(y, p).sum())(p)


def is_traceable(loss: Loss, y: Any, p: Any) -> bool:
    """Whether JAX can follow a loss: a formula of ours, or one made of operators and `keras.ops` that calls no NumPy."""
    loss = loss.inner if isinstance(loss, Summed) else loss
    if type(loss).derivative is not by_differentiation:
        return True
    key = (np.shape(y), np.shape(p))
    known = vars(loss).setdefault("_traceable", {})
    if key not in known:
        import jax

        try:
            jax.eval_shape(lambda y, p: exact(loss.values, y, p), np.asarray(y), np.asarray(p, np.float32))
            known[key] = True
        except ChainruleError:
            raise
        except Exception:  # noqa: BLE001 - whatever a function does that JAX does not know
            known[key] = False
    return bool(known[key])


def differences(values: Callable[[Array, Array], Array], y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """By moving each prediction both ways.

    >>> differences(lambda y, p: ((p - y) ** 2).mean(axis=1), np.zeros((2, 1)), np.array([[1.0], [3.0]])).round(6).tolist()
    [[2.0], [6.0]]
    """
    p = p.astype(np.float64)
    flat, n = p.reshape(len(p), -1), len(p)
    alone = n == 1 or np.array_equal(values(y[:1], p[:1]), values(y, p)[:1])
    result = np.empty_like(flat)
    for column in range(flat.shape[1]):
        for rows in (
            [slice(None)] if alone else [slice(i, i + 1) for i in range(n)]
        ):  # examples that do not meet move together
            moved = []
            for sign in (1, -1):
                other = flat.copy()
                step = STEP * np.maximum(1, np.abs(flat[rows, column]))
                other[rows, column] += sign * step
                found = np.asarray(values(y, other.reshape(p.shape)), np.float64)
                moved.append(found if alone else found.sum())
            result[rows, column] = (moved[0] - moved[1]) / (2 * step)
    return result.reshape(p.shape)


class FunctionLoss(Loss):
    """A function of your own as a loss: f(y_true, y_pred) -> one loss per example, or per row, or one number.

    >>> FunctionLoss(lambda y_true, y_pred: (y_pred - y_true) ** 2)(np.array([[1.0]]), np.array([[3.0]]))
    4.0
    """

    def __init__(
        self, function: Callable[[Any, Any], Any], reduction: str | None = "sum_over_batch_size", name: str | None = None,
        dtype: object = None, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(reduction, name or getattr(function, "__name__", None) or "loss", dtype)
        self.function, self.settings = function, settings

    def call(self, y_true: Any, y_pred: Any) -> Array:
        return self.function(y_true, y_pred, **self.settings)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        """Targets as they are: the function knows what it wants; (n,) also fits one output."""
        if y.ndim == len(output_shape) and output_shape[-1:] == (1,):
            y = y[..., None]
        return y.astype(np.float32) if y.dtype.kind in "bf" else y


class LossFunctionWrapper(FunctionLoss):
    """Keras's name for it."""


class Summed(Loss):
    """A loss whose rows are added up instead of averaged: reduction="sum" while learning."""

    def __init__(self, inner: Loss) -> None:
        super().__init__("sum", inner.name)
        self.inner, self.key, self.wants_matched = inner, inner.key, inner.wants_matched  # type: ignore[misc]
        if hasattr(inner, "from_logits"):
            self.from_logits = inner.from_logits

    def values(self, y: Array, p: Array) -> Array:
        return self.inner.values(y, p) * rows_of(p)

    def derivative(self, y: Array, p: Array) -> Array:
        return self.inner.derivative(y, p) * rows_of(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        return self.inner.check(y, output_shape)

    def get_config(self) -> dict[str, Any]:
        return self.inner.get_config()


def rows_of(p: Array) -> int:
    """How many rows a batch has: over them a mean was taken."""
    return int(np.prod(p.shape[:-1]))
