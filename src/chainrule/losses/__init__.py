"""Loss functions, each beside its derivative. Names, settings and formulas are Keras's.

    values(y, p)      one loss per example: the mean over everything but the batch axis
    derivative(y, p)  the derivative of each example's loss by each prediction, shaped like p

y: targets.  p: predictions, (batch, ...).  The mean over the batch is taken by the step, which knows the weights.
"""

from typing import TYPE_CHECKING, Any

from chainrule.arrays import Array
from chainrule.errors import SettingError, unknown
from chainrule.internal import absent, custom_objects
from chainrule.losses.base import Loss
from chainrule.losses.classification import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from chainrule.losses.distributions import (
    KLDivergence,
    Poisson,
    kl_divergence,
    poisson,
)
from chainrule.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from chainrule.losses.hinges import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from chainrule.losses.own import FunctionLoss, LossFunctionWrapper, Summed
from chainrule.losses.regression import Huber, MeanAbsoluteError, MeanSquaredError
from chainrule.losses.scales import (
    CosineSimilarity,
    LogCosh,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    log_cosh,
    mean_absolute_percentage_error,
    mean_squared_logarithmic_error,
)

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "FunctionLoss",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Summed",
    "as_loss",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "for_learning",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]

CLASSES: dict[str, type[Loss]] = {
    kind.__name__: kind
    for kind in (
        MeanSquaredError, MeanAbsoluteError, Huber,
        CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryCrossentropy,
        MeanAbsolutePercentageError, MeanSquaredLogarithmicError, LogCosh, CosineSimilarity, Hinge, SquaredHinge,
        CategoricalHinge, Poisson, KLDivergence, BinaryFocalCrossentropy, CategoricalFocalCrossentropy,
    )
}  # fmt: skip
NAMES: dict[str, type[Loss]] = {kind.key: kind for kind in CLASSES.values()} | {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "bce": BinaryCrossentropy,
    "mape": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError,
    "kld": KLDivergence,
    "kullback_leibler_divergence": KLDivergence,
    "logcosh": LogCosh,
}


def get(identifier: object) -> Any:
    """As Keras's: a function for a name, an object for a class or a stored {"class_name", "config"}.

    >>> get("mse")([[1.0], [2.0]], [[3.0], [5.0]])
    array([4., 9.], dtype=float32)
    """
    if isinstance(identifier, str) and identifier not in CLASSES:
        kind = type(as_loss(identifier))
        return next(function for function, known in FUNCTIONS.items() if known is kind)
    return (
        identifier
        if identifier is None or (callable(identifier) and not isinstance(identifier, type))
        else as_loss(identifier)
    )


def as_loss(loss: object) -> Loss:
    """The loss that learning uses: given as itself, by name, as a function, or as a stored {"class_name", "config"}.

    >>> as_loss("mse").name, as_loss(lambda y, p: p).name
    ('mean_squared_error', '<lambda>')
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, type) and issubclass(loss, Loss):
        return loss()
    if isinstance(loss, dict):
        return _stored(loss)
    if callable(loss):
        return FUNCTIONS[loss]() if loss in FUNCTIONS else FunctionLoss(loss)
    name = str(loss)
    kind = CLASSES.get(name) or NAMES.get(name.lower())
    if kind is not None:
        return kind()
    found = custom_objects.find(name)
    if found is None:
        raise unknown("loss", loss, NAMES)
    return as_loss(found)


def _stored(entry: dict[str, Any]) -> Loss:
    if isinstance(entry.get("config"), str):  # {"class_name": "function", "config": "mse"}
        return as_loss(
            entry.get("registered_name")
            if custom_objects.find(str(entry.get("registered_name")))
            else entry["config"]
        )
    name, settings = str(entry.get("class_name")), dict(entry.get("config") or {})
    kind = CLASSES.get(name) or custom_objects.find(str(entry.get("registered_name") or name))
    if kind is None:
        raise unknown("loss", name, CLASSES)
    settings.pop("fn", None)
    try:
        return kind.from_config(settings)
    except TypeError as problem:
        raise SettingError(f"The stored loss {name} cannot be built: {problem}.") from None


def for_learning(loss: Loss) -> Loss:
    """The loss as the step needs it: rows averaged, or added up where its reduction says so."""
    if loss.reduction == "sum":
        return Summed(loss)
    if loss.reduction in (None, "mean_with_sample_weight"):
        raise SettingError(
            f"{type(loss).__name__}: reduction={loss.reduction!r} is for calling a loss; learning needs 'sum_over_batch_size' or 'sum'."
        )
    return loss


def serialize(loss: Loss) -> dict[str, Any] | str:
    """How a loss is written to a file: by name alone where no setting differs from the default."""
    if isinstance(loss, Summed):
        loss = loss.inner
    if isinstance(loss, FunctionLoss):  # a file names it; the program that reads the file brings it
        return custom_objects.get_registered_name(loss.function)
    if type(loss).__name__ not in CLASSES:
        return custom_objects.get_registered_name(type(loss))
    if loss.get_config() == type(loss)().get_config():
        return loss.key if loss.key != "huber_loss" else "huber"
    return {"class_name": type(loss).__name__, "config": loss.get_config()}


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of (p - y)² over the last axis.

    >>> mean_squared_error([4.0, 8.0], [[3.0], [0.0]])
    array([ 1., 64.], dtype=float32)
    """
    return MeanSquaredError().call(y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """Keras's function: the mean of |p - y| over the last axis."""
    return MeanAbsoluteError().call(y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """Keras's function: squared for small errors, straight for large ones, the mean over the last axis."""
    return Huber(delta).call(y_true, y_pred)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """Keras's function: -Σ y log p of each row."""
    return CategoricalCrossentropy(from_logits, label_smoothing, axis=axis).call(y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """Keras's function: -log p of each row's class."""
    return SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis).call(y_true, y_pred)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """Keras's function: -(y log p + (1 - y) log(1 - p)), the mean over the last axis. SettingError for another axis."""
    if axis != -1:
        raise SettingError(f"binary_crossentropy works along the last axis; it got axis={axis!r}.")
    return BinaryCrossentropy(from_logits, label_smoothing).call(y_true, y_pred)


FUNCTIONS: dict[Any, type[Loss]] = {
    mean_squared_error: MeanSquaredError, mean_absolute_error: MeanAbsoluteError, huber: Huber,
    categorical_crossentropy: CategoricalCrossentropy, sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    binary_crossentropy: BinaryCrossentropy, mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError, log_cosh: LogCosh, cosine_similarity: CosineSimilarity,
    hinge: Hinge, squared_hinge: SquaredHinge, categorical_hinge: CategoricalHinge, poisson: Poisson,
    kl_divergence: KLDivergence, binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
}  # fmt: skip


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("losses", __all__)
