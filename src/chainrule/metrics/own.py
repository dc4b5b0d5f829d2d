"""Metrics of a user's own: a function, or a class with Keras's update_state and result."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import ChainruleError, SettingError
from chainrule.internal.own_classes import is_ours
from chainrule.internal.snake_case import snake_case
from chainrule.metrics.base import Metric, weights_like
from chainrule.ops.arguments import as_array


def name_of(function: Callable[..., Any]) -> str:
    """Under which name `compile` counts a function: its `name`, else its Python name (of an object, its class's) as Keras writes it.

    >>> name_of(lambda y_true, y_pred: y_pred), name_of(np.float32)
    ('lambda', 'float32')
    """
    if hasattr(function, "name"):
        return str(function.name)
    return snake_case(getattr(function, "__name__", type(function).__name__))


class MeanMetricWrapper(Metric):
    """The mean of a function f(y_true, y_pred): one number per example, per row, or one for the batch.

    >>> metric = MeanMetricWrapper(lambda y_true, y_pred: abs(y_pred - y_true), name="off_by")
    >>> metric([[1.0], [2.0]], [[2.0], [4.0]]), metric.name
    (1.5, 'off_by')
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: object = None, **settings: Any
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None) or "metric", dtype)
        self.function, self.settings = fn, settings

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp = namespace(p)
        answer = self.function(y, p, **self.settings)
        if answer is None or isinstance(answer, str):
            raise SettingError(
                f"The metric {self.name!r} gave {answer!r}; it should give a number for each example, or one for the batch."
            )
        found = as_array(answer, xp).astype(p.dtype)
        if found.ndim == 0:  # one number for the batch counts as one
            return xp.stack([found, xp.ones_like(found)])
        w = xp.ones_like(found) if weight is None else weights_like(found, weight)
        return xp.stack([xp.sum(found * w), xp.sum(w)])

    def prepared(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        return as_array(y_true), as_array(y_pred)

    def fitting(self, weight: np.ndarray, p: Array) -> np.ndarray:
        """Sample weights: one for each example, or whatever goes with what the function gives."""
        return weight


class Mean(Metric):
    """The mean of values: update_state(values, sample_weight).

    >>> m = Mean(); m.update_state([1.0, 3.0]); m.result()
    2.0
    """

    key = "mean"

    def update_state(self, values: Any, sample_weight: Any = None, *more: Any) -> None:  # type: ignore[override]
        v = np.asarray(values, np.float64)
        w = (
            np.ones_like(v)
            if sample_weight is None
            else np.broadcast_to(np.asarray(sample_weight, np.float64), v.shape)
        )
        self.total = self.total + np.array([(v * w).sum(), w.sum()])

    def __call__(self, values: Any, sample_weight: Any = None, *more: Any) -> Any:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()


class Sum(Mean):
    """The sum of values."""

    key, size = "sum", 1

    def update_state(self, values: Any, sample_weight: Any = None, *more: Any) -> None:  # type: ignore[override]
        v = np.asarray(values, np.float64)
        self.total = self.total + np.array(
            [(v if sample_weight is None else v * np.asarray(sample_weight)).sum()]
        )

    def figure(self, counts: Any) -> Any:
        return float(counts[0])


def counts_by_hand(metric: Metric) -> bool:
    """Whether a metric has its own update_state, or its own result() as in Keras, which only NumPy can follow."""
    if isinstance(metric, Mean):
        return False
    own = [kind for kind in type(metric).__mro__ if not is_ours(kind)]
    result = any("result" in vars(kind) and takes_nothing(vars(kind)["result"]) for kind in own[:-1])
    return result or type(metric).update_state is not Metric.update_state


def takes_nothing(method: Any) -> bool:
    """Whether a method can be called without arguments."""
    needed = [
        p
        for p in signature(method).parameters.values()
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    return len(needed) == 1


def is_traceable(metric: Metric, y: Any, p: Any) -> bool:
    """Whether JAX can follow a metric: a formula of ours, or a function that calls no NumPy."""
    if isinstance(metric, ByHand):
        return False
    if not isinstance(metric, MeanMetricWrapper):
        return True
    import jax

    try:
        jax.eval_shape(metric.counts, np.asarray(y), np.asarray(p, np.float32))
    except ChainruleError:
        raise
    except Exception:  # noqa: BLE001 - whatever a function does that JAX does not know
        return False
    return True


class ByHand(Metric):
    """A metric with Keras's update_state and result, as learning uses it: it sees each batch, and its result is the figure."""

    by_hand = True

    def __init__(self, metric: Metric) -> None:
        super().__init__(metric.name)
        self.metric, self.rises = metric, metric.rises  # type: ignore[misc]

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        self.metric.update_state(y, p) if weight is None else self.metric.update_state(y, p, weight)
        return np.zeros(2, np.float32)

    def figure(self, counts: Any) -> Any:
        figure = self.metric.result()
        try:
            return float(np.asarray(figure))
        except (TypeError, ValueError):
            raise SettingError(
                f"The metric {self.name!r} should give one number as its result(); it gave {figure!r:.80}."
            ) from None

    def reset_state(self) -> None:
        super().reset_state()
        if hasattr(self, "metric"):
            self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        return self.metric.get_config()
