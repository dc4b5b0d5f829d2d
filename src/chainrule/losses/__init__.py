"""Loss functions, each beside its derivative. Names, settings and formulas are Keras's.

    values(y, p)      one loss per example: the mean over everything but the batch axis
    derivative(y, p)  the derivative of each example's loss by each prediction, shaped like p

y: targets.  p: predictions, (batch, ...).  The mean over the batch is taken by the step, which knows the weights.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import absent
from chainrule.errors import unknown
from chainrule.losses.base import Loss
from chainrule.losses.classification import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from chainrule.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

CLASSES: dict[str, type[Loss]] = {
    kind.__name__: kind
    for kind in (
        MeanSquaredError, MeanAbsoluteError, Huber,
        CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryCrossentropy,
    )
}  # fmt: skip
NAMES: dict[str, type[Loss]] = {kind.key: kind for kind in CLASSES.values()} | {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "bce": BinaryCrossentropy,
}


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
    return np.asarray(
        SparseCategoricalCrossentropy(from_logits).values(np.asarray(y_true), np.asarray(y_pred))
    )


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> np.ndarray:
    """Keras's function: the binary cross-entropy of each example, (batch,)."""
    return np.asarray(BinaryCrossentropy(from_logits).values(np.asarray(y_true), np.asarray(y_pred)))


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("losses", __all__)
