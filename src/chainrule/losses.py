"""Loss functions, each beside its derivative. Names, settings and formulas are Keras's.

    values(y, p)      one loss per example: the mean over everything but the batch axis
    derivative(y, p)  the derivative of each example's loss by each prediction, shaped like p

y: targets.  p: predictions, (batch, ...).  The mean over the batch is taken by the step, which knows the weights.
"""

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chainrule import absent
from chainrule.arrays import Array, namespace
from chainrule.crossentropy import (
    EPSILON,
    crossentropy_of_probabilities,
    d_crossentropy_of_probabilities,
    d_sigmoid_crossentropy,
    d_softmax_crossentropy,
    sigmoid_crossentropy,
    softmax_crossentropy,
)  # fmt: skip
from chainrule.errors import DataError, SettingError, ShapeError, unknown

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Huber", "Loss", "MeanAbsoluteError",
    "MeanSquaredError", "SparseCategoricalCrossentropy", "binary_crossentropy",
    "categorical_crossentropy", "get", "mean_absolute_error", "mean_squared_error", "serialize",
    "sparse_categorical_crossentropy",
]  # fmt: skip


class Loss:
    """How wrong a prediction is. Called like Keras's: loss(y_true, y_pred) -> the mean as one number.

    >>> MeanSquaredError()(np.array([[1., 2.]]), np.array([[1., 4.]]))
    2.0
    """

    key: ClassVar[str] = ""

    def __init__(self, reduction: str = "sum_over_batch_size", name: str | None = None, dtype: object = None) -> None:
        if reduction not in ("sum_over_batch_size", "auto"):
            raise SettingError(
                f"{type(self).__name__}: reduction={reduction!r} is not supported; "
                "the loss is the mean over the batch ('sum_over_batch_size')."
            )
        self.name = name or self.key

    def values(self, y: Array, p: Array) -> Array:
        """One loss per example, (batch,)."""
        raise NotImplementedError(f"{type(self).__name__} has no values(y, p): write it.")

    def derivative(self, y: Array, p: Array) -> Array:
        """The derivative of each example's loss by each prediction, shaped like p."""
        raise NotImplementedError(f"{type(self).__name__} has no derivative(y, p): write it.")

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        """The targets in the shape and type that `values` needs, or an error that says what is wrong with them."""
        return matched(y, output_shape).astype(np.float32, copy=False)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        p = np.asarray(y_pred, dtype=np.float32) if not hasattr(y_pred, "dtype") else np.asarray(y_pred)
        y = np.asarray(y_true)
        values = self.values(matched(y, p.shape[1:]) if self.wants_matched else y, p)
        if sample_weight is not None:
            values = values * np.asarray(sample_weight).reshape(-1)
        return float(np.mean(values))

    wants_matched: ClassVar[bool] = True

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {"name": self.name, "reduction": "sum_over_batch_size"}


class MeanSquaredError(Loss):
    """The mean of (p - y)²: for numbers."""

    key = "mean_squared_error"

    def values(self, y: Array, p: Array) -> Array:  # L = mean (p - y)²
        return per_example((p - y) ** 2)

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = 2 (p - y) / n
        return 2 * (p - y) / numbers_per_example(p)


class MeanAbsoluteError(Loss):
    """The mean of |p - y|: for numbers, when single large errors should not rule."""

    key = "mean_absolute_error"

    def values(self, y: Array, p: Array) -> Array:  # L = mean |p - y|
        return per_example(namespace(p).abs(p - y))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = sign(p - y) / n
        return namespace(p).sign(p - y) / numbers_per_example(p)


class Huber(Loss):
    """Squared for small errors, straight for large ones (Huber 1964)."""

    key = "huber_loss"

    def __init__(self, delta: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        if not delta > 0:
            raise SettingError(f"Huber needs a delta above 0; it got {delta!r}.")
        self.delta = float(delta)

    def values(self, y: Array, p: Array) -> Array:  # L = ½ e² where |e| <= δ, else δ |e| - ½ δ²
        xp, e = namespace(p), p - y
        straight = self.delta * xp.abs(e) - 0.5 * self.delta**2
        return per_example(xp.where(xp.abs(e) <= self.delta, 0.5 * e * e, straight))

    def derivative(self, y: Array, p: Array) -> Array:  # dL/dp = e cut off at ±δ, / n
        return namespace(p).clip(p - y, -self.delta, self.delta) / numbers_per_example(p)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"delta": self.delta}


class _Crossentropy(Loss):
    """What the three cross-entropies share: from_logits says whether they are given p or z."""

    def __init__(self, from_logits: bool = False, **settings: Any) -> None:
        if settings.pop("axis", -1) != -1:
            raise SettingError(f"{type(self).__name__}: the classes must be on the last axis (axis=-1).")
        super().__init__(**settings)
        self.from_logits = bool(from_logits)

    def on_logits(self) -> "_Crossentropy":
        """The same loss, taking z instead of p: the two rules in one, and no logarithm of 0."""
        return type(self)(**(self.get_config() | {"from_logits": True}))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"from_logits": self.from_logits}


class CategoricalCrossentropy(_Crossentropy):
    """-Σ y log p, for one class of several; y is one-hot or a probability for each class.

    label_smoothing: the share of certainty taken from y and spread over all classes.
    """

    key = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any) -> None:
        super().__init__(from_logits, **settings)
        self.label_smoothing = smoothing_share(label_smoothing)

    def smoothed(self, y: Array, p: Array) -> Array:  # y ← y (1 - s) + s / K
        """The targets in the type of p, a share s of their certainty spread over all K classes."""
        y = y.astype(p.dtype)
        return y * (1 - self.label_smoothing) + self.label_smoothing / y.shape[-1] if self.label_smoothing else y

    def values(self, y: Array, p: Array) -> Array:
        crossentropy = softmax_crossentropy if self.from_logits else crossentropy_of_probabilities
        return per_example(crossentropy(self.smoothed(y, p), p))

    def derivative(self, y: Array, p: Array) -> Array:
        d = d_softmax_crossentropy if self.from_logits else d_crossentropy_of_probabilities
        return d(self.smoothed(y, p), p) / rows_per_example(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        classes = output_shape[-1]
        if y.ndim == len(output_shape) and np.issubdtype(y.dtype, np.integer):
            raise ShapeError(
                f"categorical_crossentropy needs one-hot targets of shape (examples, {classes}); it got labels of "
                f"shape {y.shape}. Use to_categorical(y, {classes}), or the loss 'sparse_categorical_crossentropy'."
            )
        y = super().check(y, output_shape)
        in_range(y, "categorical_crossentropy needs targets from 0 to 1 (one-hot)", 0, 1)
        return y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"label_smoothing": self.label_smoothing}


class SparseCategoricalCrossentropy(_Crossentropy):
    """-log p of the right class, for one class of several; y is the class's number."""

    key = "sparse_categorical_crossentropy"
    wants_matched = False

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, **settings: Any) -> None:
        super().__init__(from_logits, **settings)
        if ignore_class is not None:
            raise SettingError("SparseCategoricalCrossentropy: ignore_class is not supported; leave it out.")

    def values(self, y: Array, p: Array) -> Array:
        crossentropy = softmax_crossentropy if self.from_logits else crossentropy_of_probabilities
        return per_example(crossentropy(one_hot(y, p), p))

    def derivative(self, y: Array, p: Array) -> Array:
        d = d_softmax_crossentropy if self.from_logits else d_crossentropy_of_probabilities
        return d(one_hot(y, p), p) / rows_per_example(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        if y.ndim == len(output_shape) + 1 and y.shape[-1] == 1:
            y = y[..., 0]
        if y.shape[1:] != output_shape[:-1]:
            raise ShapeError(
                f"sparse_categorical_crossentropy needs one class number per example, shape (examples,); it got "
                f"{y.shape}. One-hot targets go with the loss 'categorical_crossentropy'."
            )
        classes = output_shape[-1]
        in_range(y, f"The model has {classes} outputs, so class numbers go from 0 to {classes - 1}", 0, classes - 1)
        if (y != np.floor(y)).any():
            raise DataError("sparse_categorical_crossentropy needs whole class numbers; it got fractions.")
        return y.astype(np.int32)


class BinaryCrossentropy(_Crossentropy):
    """-(y log p + (1 - y) log(1 - p)), for yes or no, each output for itself."""

    key = "binary_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any) -> None:
        super().__init__(from_logits, **settings)
        self.label_smoothing = smoothing_share(label_smoothing)

    def smoothed(self, y: Array, p: Array) -> Array:  # y ← y (1 - s) + s / 2
        """The targets in the type of p, a share s of their certainty taken away."""
        y = y.astype(p.dtype)
        return y * (1 - self.label_smoothing) + 0.5 * self.label_smoothing if self.label_smoothing else y

    def values(self, y: Array, p: Array) -> Array:
        xp, y = namespace(p), self.smoothed(y, p)
        if self.from_logits:
            return per_example(sigmoid_crossentropy(y, p))
        c = xp.clip(p, EPSILON, 1 - EPSILON)
        return per_example(-(y * xp.log(c) + (1 - y) * xp.log(1 - c)))

    def derivative(self, y: Array, p: Array) -> Array:
        xp, y = namespace(p), self.smoothed(y, p)
        if self.from_logits:
            return d_sigmoid_crossentropy(y, p) / numbers_per_example(p)
        c = xp.clip(p, EPSILON, 1 - EPSILON)  # dL/dp = (p - y) / (p (1 - p)), 0 where p was cut off
        return xp.where(c == p, (c - y) / (c * (1 - c)), 0) / numbers_per_example(p)

    def check(self, y: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
        y = super().check(y, output_shape)
        in_range(y, "binary_crossentropy needs targets from 0 to 1", 0, 1)
        return y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"label_smoothing": self.label_smoothing}


# ── which loss and activation make one rule ──────────────────────────────────────────────────────────────────────

SHORTCUTS = {
    ("softmax", CategoricalCrossentropy),
    ("softmax", SparseCategoricalCrossentropy),
    ("sigmoid", BinaryCrossentropy),
}


def shortcut(activation: str | None, loss: Loss) -> Loss | None:
    """The loss that takes z, for a model ending in this activation; None where there is no shortcut.

    >>> shortcut("softmax", CategoricalCrossentropy()).from_logits, shortcut("relu", MeanSquaredError())
    (True, None)
    """
    if (activation, type(loss)) in SHORTCUTS and isinstance(loss, _Crossentropy) and not loss.from_logits:
        return loss.on_logits()
    return None


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────

CLASSES: dict[str, type[Loss]] = {
    kind.__name__: kind
    for kind in (
        MeanSquaredError, MeanAbsoluteError, Huber,
        CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryCrossentropy,
    )
}  # fmt: skip
NAMES: dict[str, type[Loss]] = {kind.key: kind for kind in CLASSES.values()} | {
    "mse": MeanSquaredError, "mae": MeanAbsoluteError, "huber": Huber, "bce": BinaryCrossentropy,
}  # fmt: skip


def get(loss: object) -> Loss:
    """A loss given as itself, by name, or as a stored {"class_name", "config"}.

    >>> get("mse").name
    'mean_squared_error'
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, type) and issubclass(loss, Loss):
        return loss()
    if isinstance(loss, dict):
        if isinstance(loss.get("config"), str):  # {"class_name": "function", "config": "mse"}
            return get(loss["config"])
        name, settings = loss.get("class_name"), dict(loss.get("config") or {})
        kind = CLASSES.get(str(name))
        if kind is None:
            raise unknown("loss", name, CLASSES)
        settings.pop("fn", None)
        return kind(**settings)
    if callable(loss):
        loss = getattr(loss, "__name__", repr(loss))
    kind = CLASSES.get(str(loss)) or NAMES.get(str(loss).lower())
    if kind is None:
        raise unknown("loss", loss, NAMES)
    return kind()


def serialize(loss: Loss) -> dict[str, Any] | str:
    """How a loss is written to a file: by name alone where no setting differs from the default."""
    if loss.get_config() == type(loss)().get_config():
        return loss.key if loss.key != "huber_loss" else "huber"
    return {"class_name": type(loss).__name__, "config": loss.get_config()}


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Keras's function: the squared error of each example, (batch,)."""
    return np.asarray(MeanSquaredError().values(np.asarray(y_true), np.asarray(y_pred)))


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Keras's function: the absolute error of each example, (batch,)."""
    return np.asarray(MeanAbsoluteError().values(np.asarray(y_true), np.asarray(y_pred)))


def categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> np.ndarray:
    """Keras's function: the cross-entropy of each example, (batch,)."""
    return np.asarray(CategoricalCrossentropy(from_logits).values(np.asarray(y_true), np.asarray(y_pred)))


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> np.ndarray:
    """Keras's function: the cross-entropy of each example, (batch,)."""
    return np.asarray(SparseCategoricalCrossentropy(from_logits).values(np.asarray(y_true), np.asarray(y_pred)))


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> np.ndarray:
    """Keras's function: the binary cross-entropy of each example, (batch,)."""
    return np.asarray(BinaryCrossentropy(from_logits).values(np.asarray(y_true), np.asarray(y_pred)))


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("losses", __all__)
