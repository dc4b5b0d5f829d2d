"""What every loss is, and the shapes that losses share."""

import math
import warnings
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.arrays import Array, namespace, symbolic_among
from chainrule.errors import DataError, SettingError, ShapeError, unknown
from chainrule.internal.absent_members import AbsentMembers
from chainrule.internal.own_classes import is_ours
from chainrule.internal.snake_case import snake_case
from chainrule.ops.arguments import as_array, library_of

ADOPTERS: list[Any] = []  # what makes a loss of a class with only `call`; set by losses/own.py
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", None)


class Loss(AbsentMembers):
    """How wrong a prediction is. Called like Keras's: loss(y_true, y_pred) -> the mean as one number.

    reduction: "sum_over_batch_size" (the mean over all rows), "sum", "mean_with_sample_weight", or None for one number per row.

    >>> from chainrule.losses import MeanSquaredError
    >>> MeanSquaredError()(np.array([[1., 2.]]), np.array([[1., 4.]]))
    2.0

    A loss of your own says `values` and `derivative`, or, as in Keras, `call(y_true, y_pred)` alone: its derivative is then
    found by JAX where that is installed, else by differences.

    >>> class Fourth(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return (y_pred - y_true) ** 4
    >>> Fourth()(np.array([[1.0]]), np.array([[3.0]]))
    16.0
    """

    kind_in_keras = "Loss"
    key: ClassVar[str] = ""
    wants_matched: ClassVar[bool] = True  # whether targets are shaped like predictions
    one_by_one: ClassVar[bool] = False  # whether each output is compared with its own target alone

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: object = None
    ) -> None:
        if (
            not is_ours(type(self))
            and isinstance(reduction, str)
            and reduction not in (*REDUCTIONS, "auto", "none")
            and name in (None, *REDUCTIONS)
        ):
            reduction, name = name or "sum_over_batch_size", reduction  # Keras 3's order: name, reduction
        if reduction in REDUCTIONS or reduction in ("auto", "none"):
            self.reduction = {"auto": "sum_over_batch_size", "none": None}.get(str(reduction), reduction)
        else:
            raise unknown("reduction", reduction, [str(known) for known in REDUCTIONS])
        if dtype not in (None, "float32", np.float32):
            raise SettingError(
                f"{type(self).__name__}: losses work in float32; dtype={dtype!r} is not supported."
            )
        self.name = name or self.key or snake_case(type(self).__name__)

    def __init_subclass__(cls, **settings: Any) -> None:
        """A subclass that overrides `call` learns by it."""
        super().__init_subclass__(**settings)
        if "__call__" in vars(cls) and not is_ours(cls):
            raise SettingError(
                f"{cls.__name__} overrides __call__, which is never called while learning: override call(y_true, y_pred), "
                "which gives one loss per example."
            )
        if "call" in vars(cls) and "values" not in vars(cls):
            for adopt in ADOPTERS:
                adopt(cls)

    # ── the formula ──────────────────────────────────────────────────────────────────────────────────────────────
    def values(self, y: Array, p: Array) -> Array:
        """One loss per example, (batch,)."""
        raise NotImplementedError(f"{type(self).__name__} has no values(y, p): write it.")

    def derivative(self, y: Array, p: Array) -> Array:
        """The derivative of each example's loss by each prediction, shaped like p."""
        raise NotImplementedError(f"{type(self).__name__} has no derivative(y, p): write it.")

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        """The targets in the shape and type that `values` needs, or an error that says what is wrong with them."""
        if self.one_by_one and is_one_column(y, output_shape):
            warnings.warn(
                f"The targets have one column and the model has {output_shape[-1]} outputs: each output is compared with that column.",
                stacklevel=2,
            )
            return y.astype(np.float32, copy=False)
        return matched(y, output_shape).astype(np.float32, copy=False)

    # ── as Keras calls it ────────────────────────────────────────────────────────────────────────────────────────
    def call(self, y_true: Any, y_pred: Any) -> Array:
        """One loss per row, shaped like y_pred without its last axis: Keras's formula."""
        if (tensor := symbolic_among((y_true, y_pred))) is not None:
            return tensor.symbolic_lambda(self.call, y_true, y_pred)
        y, p = self.prepared(y_true, y_pred)
        formula = next(
            own for kind in type(self).__mro__ if (own := vars(kind).get("values")) and not is_by_call(own)
        )
        if p.ndim == 1:
            return formula(self, y.reshape(1, -1), p.reshape(1, -1))[0]
        shape = p.shape[:-1]
        rows = y.reshape(-1, y.shape[-1]) if self.wants_matched else y.reshape(-1)
        return formula(self, rows, p.reshape(-1, p.shape[-1])).reshape(shape)

    def prepared(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Arrays of one type, their ranks made equal as Keras does: y (n,) goes with p (n, 1)."""
        xp = library_of(y_pred, y_true)
        p, y = as_array(y_pred, xp), as_array(y_true, xp)
        p = p if p.dtype.kind == "f" and p.dtype.itemsize >= 4 else p.astype(np.float32)
        if not self.wants_matched:
            return (y[..., 0] if y.ndim == p.ndim and y.shape[-1] == 1 else y), p
        y = y.astype(p.dtype)
        if y.ndim == p.ndim + 1 and y.shape[-1] == 1:
            y, p = (y, p[..., None]) if p.ndim == 1 else (y[..., 0], p)
        elif p.ndim == y.ndim + 1 and p.shape[-1] == 1:
            y, p = (y[..., None], p) if y.ndim == 1 else (y, p[..., 0])
        if self.one_by_one and is_one_column(y, p.shape[1:]):
            return xp.broadcast_to(y, p.shape), p
        if y.shape != p.shape:
            raise ShapeError(
                f"{type(self).__name__} got targets of shape {y.shape} and predictions of shape {p.shape}."
            )
        return y, p

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        values = self.call(y_true, y_pred)
        if hasattr(values, "symbolic_operation"):
            return values.symbolic_operation("mean", values)
        xp = library_of(values)
        if sample_weight is not None:
            weight = as_array(sample_weight, xp).astype(values.dtype)
            if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
                weight = weight[..., 0]
            if weight.shape != values.shape[: weight.ndim]:
                raise ShapeError(
                    f"{type(self).__name__} got {values.shape} losses and sample weights of shape {weight.shape}."
                )
            weight = weight.reshape(*weight.shape, *[1] * (values.ndim - weight.ndim))
            values = values * weight
        if self.reduction is None or not values.ndim:
            return values if values.ndim else scalar(values)
        if self.reduction == "sum":
            return scalar(xp.sum(values))
        if self.reduction == "mean_with_sample_weight" and sample_weight is not None:
            total = float(xp.sum(weight * xp.ones_like(values)))
            return scalar(xp.sum(values) / total) if total else 0.0
        return scalar(xp.mean(values)) if values.size else 0.0

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new loss with stored settings."""
        return cls(**config)


def is_by_call(formula: Any) -> bool:
    """Whether a `values` is the one that asks `call`."""
    return getattr(formula, "__name__", "") == "by_call"


def scalar(value: Array) -> Any:
    """A number of NumPy as Python's; one of JAX, which may stand in a computation, as it is."""
    return float(value) if isinstance(value, (np.ndarray, np.generic)) else value


def per_example(values: Array) -> Array:
    """The mean over all axes but the first."""
    return values.mean(axis=tuple(range(1, values.ndim)))


def numbers_per_example(p: Array) -> int:
    """How many predictions one example has."""
    return math.prod(p.shape[1:])


def rows_per_example(p: Array) -> int:
    """How many distributions one example has: 1 for (batch, classes)."""
    return math.prod(p.shape[1:-1])


def one_hot(y: Array, p: Array) -> Array:
    """Class numbers to rows of 0 and 1, shaped and typed like p."""
    y = y.reshape(p.shape[:-1])  # class numbers may come as a column
    return (y[..., None] == namespace(p).arange(p.shape[-1])).astype(p.dtype)


def matched(y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
    """Targets shaped like predictions; (examples,) also fits one output per example."""
    if y.shape[1:] == output_shape:
        return y
    if y.ndim == len(output_shape) and output_shape[-1:] == (1,) and y.shape[1:] == output_shape[:-1]:
        return y[..., None]
    raise ShapeError(
        f"The model gives predictions of shape (examples, {', '.join(map(str, output_shape))}); "
        f"the targets have shape {y.shape}."
    )


def is_one_column(y: Array, output_shape: tuple[int, ...]) -> bool:
    """Whether targets have one number where predictions have several along the last axis, and are shaped like them elsewhere.

    >>> is_one_column(np.ones((8, 1)), (3,)), is_one_column(np.ones((8,)), (3,))
    (True, False)
    """
    return len(output_shape) > 0 and output_shape[-1] > 1 and y.shape[1:] == (*output_shape[:-1], 1)


def in_range(y: np.ndarray, rule: str, low: float, high: float) -> None:
    """Refuses targets below low or above high, naming the first."""
    wrong = (y < low) | (y > high)
    if wrong.any():
        place = np.unravel_index(int(np.argmax(wrong)), y.shape)
        raise DataError(f"{rule}; the target of example {place[0]} is {y[place]:g}.")


def smoothing_share(share: float) -> float:
    """A label smoothing setting, 0 to 1."""
    if not 0 <= share <= 1:
        raise SettingError(f"label_smoothing is a share from 0 to 1; it got {share!r}.")
    return float(share)


class NoLoss(Loss):
    """0 for every example: of a model whose layers add all there is to the loss."""

    wants_matched = False

    def values(self, y: Array, p: Array) -> Array:
        return 0 * p.reshape(p.shape[0], -1)[:, 0]

    def derivative(self, y: Array, p: Array) -> Array:
        return 0 * p

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        return y
