"""What every loss is, and the shapes that losses share."""

import math
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import DataError, SettingError, ShapeError


class Loss:
    """How wrong a prediction is. Called like Keras's: loss(y_true, y_pred) -> the mean as one number.

    >>> from chainrule.losses import MeanSquaredError
    >>> MeanSquaredError()(np.array([[1., 2.]]), np.array([[1., 4.]]))
    2.0
    """

    key: ClassVar[str] = ""

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str | None = None, dtype: object = None
    ) -> None:
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
