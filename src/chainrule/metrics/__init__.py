"""What is counted while learning and evaluating, and needs no derivative. Keras's names and results.

A metric turns a batch into sums, `counts(y, p, weight)`; the sums of all batches are added and `figure(counts)` makes the
figure of them. So batches can come in any pieces.
"""

from typing import TYPE_CHECKING, Any

from chainrule import losses
from chainrule.errors import SettingError, unknown
from chainrule.internal import absent, custom_objects
from chainrule.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from chainrule.metrics.accuracies import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)  # fmt: skip
from chainrule.metrics.auc import AUC
from chainrule.metrics.base import Metric
from chainrule.metrics.confusion import FalseNegatives, FalsePositives, TrueNegatives, TruePositives
from chainrule.metrics.functions import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from chainrule.metrics.of_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)  # fmt: skip
from chainrule.metrics.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from chainrule.metrics.own import ByHand, Mean, MeanMetricWrapper, Sum, counts_by_hand, name_of
from chainrule.metrics.scores import (
    F1Score,
    FBetaScore,
    R2Score,
)
from chainrule.metrics.thresholds import Precision, Recall

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "BinaryIoU", "ByHand", "CategoricalAccuracy",
    "CategoricalCrossentropy", "CategoricalHinge", "CosineSimilarity", "F1Score", "FBetaScore",
    "FalseNegatives", "FalsePositives", "Hinge", "IoU", "KLDivergence", "LogCoshError", "Mean",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanIoU", "MeanMetricWrapper", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Metric", "OneHotIoU", "OneHotMeanIoU", "Poisson", "Precision",
    "R2Score", "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SquaredHinge", "Sum",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives", "accuracy", "binary_accuracy",
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_accuracy", "categorical_crossentropy",
    "categorical_focal_crossentropy", "categorical_hinge", "cosine_similarity", "for_learning", "get",
    "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_error", "mean_squared_logarithmic_error", "poisson", "serialize",
    "sparse_categorical_accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy",
    "squared_hinge", "top_k_categorical_accuracy",
]  # fmt: skip

CLASSES: dict[str, type[Metric]] = {
    kind.__name__: kind
    for kind in (
        CategoricalAccuracy, SparseCategoricalAccuracy, BinaryAccuracy, TopKCategoricalAccuracy, MeanSquaredError,
        RootMeanSquaredError, MeanAbsoluteError, CategoricalCrossentropy, SparseCategoricalCrossentropy,
        BinaryCrossentropy, Precision, Recall, Accuracy, SparseTopKCategoricalAccuracy, AUC, TruePositives, TrueNegatives,
        FalsePositives, FalseNegatives,
        F1Score, FBetaScore, R2Score, CategoricalHinge, CosineSimilarity, Hinge, KLDivergence, LogCoshError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, Poisson, SquaredHinge,
        IoU, MeanIoU, OneHotIoU, OneHotMeanIoU, BinaryIoU,
    )
}  # fmt: skip
OTHERS: dict[str, type[Metric]] = {
    "Mean": Mean,
    "MeanMetricWrapper": MeanMetricWrapper,
    "Sum": Sum,
}  # not of targets and predictions
NAMES: dict[str, type[Metric]] = {kind.key: kind for kind in CLASSES.values()} | {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
}


def get(identifier: object, y_shape: tuple[int, ...] = (), output_shape: tuple[int, ...] = ()) -> Metric:
    """A metric given as itself, by name, as a function, or stored; "accuracy" is the kind that the shapes ask for.

    y_shape, output_shape: of one target and one prediction, without the batch axis.

    >>> get("accuracy", (10,), (10,)).__class__.__name__, get("accuracy", (), (10,)).__class__.__name__
    ('CategoricalAccuracy', 'SparseCategoricalAccuracy')
    """
    metric = _named(identifier, y_shape, output_shape)
    if output_shape:
        metric.build(output_shape)
    return metric


def _named(identifier: object, y_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> Metric:
    """The metric, before it is told how many outputs there are."""
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if isinstance(identifier, losses.Loss):
        return MeanMetricWrapper(identifier.call, identifier.name)
    if isinstance(identifier, dict):
        return _stored(identifier, y_shape, output_shape)
    if callable(identifier):
        return (
            FUNCTIONS[identifier](name=str(getattr(identifier, "__name__", "metric")))
            if identifier in FUNCTIONS
            else MeanMetricWrapper(identifier, name_of(identifier))
        )
    if not isinstance(identifier, str):
        raise SettingError(
            f"A metric is a name, a function or an object of chainrule.metrics; got {identifier!r}."
        )
    if identifier.lower() in ("accuracy", "acc", "crossentropy", "ce") and identifier not in CLASSES:
        ending = "Accuracy" if identifier.lower().startswith("acc") else "Crossentropy"
        if output_shape[-1:] == (1,):
            flavour = "Binary"
        else:
            sparse = len(y_shape) < len(output_shape) or y_shape[-1:] == (1,)
            flavour = "SparseCategorical" if sparse else "Categorical"
        return CLASSES[flavour + ending](name=identifier)
    named = CLASSES.get(identifier) or NAMES.get(identifier.lower())
    if named is None:
        found = custom_objects.find(identifier)
        if found is None and (loss := losses.NAMES.get(identifier.lower())):
            return MeanMetricWrapper(loss().call, identifier)
        if found is None:
            raise unknown("metric", identifier, ["accuracy", *NAMES, *losses.NAMES])
        return get(found, y_shape, output_shape)
    if issubclass(named, IoU) and named is not BinaryIoU:
        raise SettingError(
            f"{named.__name__} needs the number of classes: metrics=[{named.__name__}(num_classes=...)]."
        )
    return named(name=identifier)  # its figure is found under the name that was given, as in Keras


def _stored(entry: dict[str, Any], y_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> Metric:
    name, config = str(entry.get("class_name")), entry.get("config")
    if isinstance(config, str):  # a function, by its name
        registered = str(entry.get("registered_name"))
        return get(registered if custom_objects.find(registered) else config, y_shape, output_shape)
    kind = (
        CLASSES.get(name)
        or OTHERS.get(name)
        or custom_objects.find(str(entry.get("registered_name") or name))
    )
    if kind is None:
        raise unknown("metric", name, CLASSES)
    settings = {key: value for key, value in dict(config or {}).items() if key != "dtype"}
    if name == "MeanMetricWrapper" and isinstance(settings.get("fn"), (str, dict)):
        made = get(settings["fn"], y_shape, output_shape)
        made.name = settings.get("name") or made.name
        return made
    try:
        return kind.from_config(settings)
    except TypeError as problem:
        raise SettingError(f"The stored metric {name} cannot be built: {problem}.") from None


def serialize(metric: object) -> Any:
    """How a metric is written to a file."""
    if isinstance(metric, MeanMetricWrapper):
        metric = metric.function
    if isinstance(metric, Metric) and type(metric).__name__ in CLASSES | OTHERS:
        return {"class_name": type(metric).__name__, "config": metric.get_config()}
    if isinstance(
        metric, Metric
    ):  # of the user's own: a file names it, the program that reads the file brings it
        return custom_objects.get_registered_name(type(metric))
    if isinstance(metric, type) or callable(metric):
        return custom_objects.get_registered_name(metric)
    return metric


def for_learning(metric: Metric) -> Metric:
    """The metric as the step needs it; one with an update_state of its own sees each batch by hand."""
    return ByHand(metric) if counts_by_hand(metric) else metric


FUNCTIONS: dict[Any, type[Metric]] = {
    categorical_accuracy: CategoricalAccuracy, sparse_categorical_accuracy: SparseCategoricalAccuracy,
    binary_accuracy: BinaryAccuracy, top_k_categorical_accuracy: TopKCategoricalAccuracy,
    sparse_top_k_categorical_accuracy: SparseTopKCategoricalAccuracy, accuracy: Accuracy,
} | {function: CLASSES[kind.__name__] for function, kind in losses.FUNCTIONS.items() if kind.__name__ in CLASSES}  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("metrics", __all__)
