"""The gradient check: derivatives as they are written against derivatives as they are measured, entry by entry.

    measured   J[i, j] = (f_i(x + h e_j) - f_i(x - h e_j)) / 2h       central differences, float64
    written    row i of J is what the backward rule answers to the unit vector e_i

Nothing is averaged and no direction is chosen: every entry of the Jacobian must agree. The caller keeps the point
away from kinks (`away_from`), where a derivative is a convention and cannot be measured.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import counter_noise, seed_words
from chainrule.layers.base import Context

RTOL, ATOL, H = 1e-6, 1e-8, 1e-5

Function = Callable[[np.ndarray], np.ndarray]


class WrongDerivativeError(AssertionError):
    """A derivative as written is not the one that is measured."""


def measured_jacobian(f: Function, x: np.ndarray, h: float = H) -> np.ndarray:
    """All derivatives of f's outputs by f's inputs, (outputs, inputs), by moving each input a little both ways."""
    assert x.dtype == np.float64, f"the check needs float64, not {x.dtype}"
    columns = []
    for j in range(x.size):
        ahead, behind = x.copy(), x.copy()
        ahead.flat[j] += h
        behind.flat[j] -= h
        columns.append((f(ahead) - f(behind)).reshape(-1) / (2 * h))
    return np.stack(columns, axis=1) if columns else np.zeros((f(x).size, 0))


def written_jacobian(backward: Function, y_shape: tuple[int, ...]) -> np.ndarray:
    """The same from a backward rule, which turns dy into dx: unit vectors give it row by row."""
    rows = []
    for i in range(int(np.prod(y_shape))):
        unit = np.zeros(y_shape)
        unit.flat[i] = 1
        rows.append(np.asarray(backward(unit)).reshape(-1))
    return np.stack(rows)


def compare(written: np.ndarray, measured: np.ndarray, what: str) -> None:
    """Refuses the first of the worst entries that differ."""
    assert written.dtype == np.float64, f"{what}: the rule answers in {written.dtype}, not in float64"
    assert written.shape == measured.shape, f"{what}: shapes {written.shape} and {measured.shape}"
    excess = np.abs(written - measured) - (ATOL + RTOL * np.abs(measured))
    if written.size and not (excess <= 0).all():
        i, j = np.unravel_index(int(np.nanargmax(np.where(np.isnan(excess), np.inf, excess))), excess.shape)
        raise WrongDerivativeError(
            f"{what}: the derivative of output {i} by input {j} is written as {written[i, j]:.12g}, "
            f"but measured as {measured[i, j]:.12g}"
        )


def check_rule(f: Function, backward: Function, x: np.ndarray, what: str) -> None:
    """One function and its backward rule (dy -> dx)."""
    y = f(x)
    compare(written_jacobian(backward, y.shape), measured_jacobian(f, x), what)


def check_layer(layer: Any, params: dict[str, np.ndarray], x: Any, seed: int | None = None) -> None:
    """A layer's `backward` by its input and `gradients` by each weight that it learns; x: an array, or a tuple of some.

    seed: of the noise while learning, None for predicting.
    """
    context = Context() if seed is None else Context(True, counter_noise(seed_words(seed), np.asarray(3), 0))
    y, cache = layer.forward(params, x, context)
    name = type(layer).__name__
    assert y.dtype == np.float64, f"{name} answers in {y.dtype}, not in float64"

    inputs = x if isinstance(x, tuple) else (x,)
    for k, one in enumerate(inputs):

        def moved(v: np.ndarray, k: int = k) -> np.ndarray:
            others = (*inputs[:k], v, *inputs[k + 1 :])
            return np.asarray(layer.forward(params, others if isinstance(x, tuple) else v, context)[0])

        def written(dy: np.ndarray, k: int = k) -> np.ndarray:
            dx = layer.backward(params, cache, dy)
            return np.asarray(dx[k] if isinstance(x, tuple) else dx)

        check_rule(moved, written, one, f"{name} by x" if len(inputs) == 1 else f"{name} by input {k}")
    learned = set(params) - set(layer.non_trainable_names)
    assert set(layer.gradients(params, cache, y)) == learned, (
        f"{name}: a gradient for every weight, and no other"
    )
    for weight in learned:
        check_rule(
            lambda w, weight=weight: layer.forward(params | {weight: w}, x, context)[0],
            lambda dy, weight=weight: layer.gradients(params, cache, dy)[weight],
            params[weight],
            f"{name} by {weight}",
        )


def check_activation(
    forward: Function, backward: Callable[..., np.ndarray], z: np.ndarray, what: str
) -> None:
    """An activation's two directions: a = forward(z), dz = backward(da, z, a)."""
    a = forward(z)
    check_rule(forward, lambda da: backward(da, z, a), z, what)


def check_loss(loss: Any, y: np.ndarray, p: np.ndarray) -> None:
    """A loss's `derivative`: of each example's loss by its own predictions; by those of others it must be 0."""
    d = np.asarray(loss.derivative(y, p))
    assert d.shape == p.shape
    n = len(p)
    written = np.zeros((n, n, p[0].size))
    for example in range(n):
        written[example, example] = d[example].reshape(-1)
    compare(
        written.reshape(n, -1).astype(d.dtype),
        measured_jacobian(lambda p: loss.values(y, p), p),
        repr(loss.name),
    )


def check_regularizer(regularizer: Any, w: np.ndarray) -> None:
    """A penalty's `gradient`."""
    written = np.asarray(regularizer.gradient(w)).reshape(1, -1)
    compare(
        written, measured_jacobian(lambda w: np.asarray(regularizer.value(w)), w), type(regularizer).__name__
    )


def away_from(x: np.ndarray, *kinks: float, gap: float = 1e-2) -> np.ndarray:
    """The same numbers, those nearer than `gap` to a kink moved away from it."""
    for kink in kinks:
        side = np.where(x >= kink, 1.0, -1.0)
        x = np.where(np.abs(x - kink) < gap, kink + side * gap, x)
    return x
