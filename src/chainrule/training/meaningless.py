"""Settings that are legal and mean nothing: an output that the loss cannot use, a metric that does not go with the targets.

`fit` warns of them once, `chainrule train` stops, and the doctor names them. docs/settings.md is the table.
"""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import SettingError
from chainrule.internal.own_classes import is_ours

MOST_EPOCHS = 1 << 53
SAMPLE = 2000  # targets stand for all
LOOKED_AT = 200  # examples, for their scale
NOT_SCALED = 20.0  # what 99 of 100 inputs of a network stay below
SCALE_BY_THEMSELVES = (
    "Rescaling", "PositionalEmbedding", "Normalization", "BatchNormalization", "LayerNormalization", "Embedding", "Discretization", "CategoryEncoding", "Hashing",
    "IntegerLookup", "StringLookup", "TextVectorization", "UnitNormalization",
)  # fmt: skip
PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid", "hard_sigmoid_of_keras_2")


class Meaningless(NamedTuple):
    """What does not go together, and what would."""

    name: str
    says: str
    advice: str
    impossible: bool = False  # it would fail at the first step: it is refused

    def __str__(self) -> str:
        return f"{self.says} {self.advice}"


class MeaninglessWarning(UserWarning):
    """A setting is legal, but what is learned or measured with it means nothing."""


def meaningless(model: Any, y: Any = None) -> list[Meaningless]:
    """What makes no sense in a compiled model, and with these targets, one array.

    >>> from chainrule import Input, Sequential, layers
    >>> model = Sequential([Input((3,)), layers.Dense(1, "softmax")])
    >>> model.compile("sgd", "binary_crossentropy")
    >>> meaningless(model)[0].name
    'softmax over one output'
    """
    if len(model.output_tuple()) != 1:
        return []
    loss = model.loss_object
    outputs = int((model.output_shape or (1,))[-1] or 1)
    end = model.graph.last_activation()
    found = output_and_loss(
        end, outputs, str(getattr(loss, "key", "")), bool(getattr(loss, "from_logits", False))
    )
    if y is not None:
        y = np.asarray(y)
        y = y[np.linspace(0, len(y) - 1, min(SAMPLE, len(y))).astype(int)] if len(y) else y
        if y.dtype.kind in "biuf" and y.size:
            found += targets_and_loss(y, end, outputs, loss)
            rows = (
                len(model.output_shape or ()) > 1
            )  # several rows of outputs for an example: one for each time
            found += metrics_and_targets(y, outputs, [] if rows else model.metric_objects)
    return found


def scales(layer: Any) -> bool:
    """Whether a layer brings inputs of any size to where it wants them: by its kind, or since its weights were set and do not learn."""
    return type(layer).__name__ in SCALE_BY_THEMSELVES or not layer.trainable


def inputs_and_network(model: Any, examples: Any) -> list[Meaningless]:
    """Inputs far from -1..1 that nothing in the network brings there."""
    x = getattr(examples, "x", None)
    if not hasattr(x, "dtype") or any(map(scales, model.layers[:3])):
        return []
    places = np.linspace(0, len(examples) - 1, min(LOOKED_AT, len(examples))).astype(int)
    seen = np.abs(examples.inputs(places))
    most = float(np.quantile(seen, 0.99)) if seen.size else 0.0
    if most <= NOT_SCALED:
        return []
    return [
        Meaningless(
            "inputs not scaled", f"The inputs go up to {most:.6g}; networks learn best from about -1 to 1.",
            "Divide them by their largest value (pixels by 255), or subtract the mean and divide by the deviation.",
        )
    ]  # fmt: skip


def weights_of_nothing(weight: Any) -> list[Meaningless]:
    """Weights of examples that are all 0: no example counts."""
    if not isinstance(weight, np.ndarray) or not weight.size or weight.any():
        return []
    return [
        Meaningless(
            "weights that are all 0", "Every example has the weight 0, so nothing is learned.", "Leave sample_weight out."
        )
    ]  # fmt: skip


def warn(model: Any, y: Any, examples: Any = None) -> None:
    """Warns of what makes no sense, once for each model and thing; SettingError for what no step can be made with."""
    result: set[str] = model.__dict__.setdefault("_told_meaningless", set())
    for problem in [
        *meaningless(model, y),
        *([] if examples is None else inputs_and_network(model, examples)),
        *weights_of_nothing(getattr(examples, "weight", None)),
    ]:
        if problem.impossible:
            raise SettingError(str(problem))
        if problem.name not in result:
            result.add(problem.name)
            warnings.warn(str(problem), MeaninglessWarning, stacklevel=3)


def output_and_loss(end: str, outputs: int, loss: str, from_logits: bool) -> list[Meaningless]:
    """An end of the network that the loss cannot use.

    >>> [problem.name for problem in output_and_loss("softmax", 10, "categorical_crossentropy", True)]
    ['softmax before a loss of logits']
    """
    found = []
    if end == "softmax" and outputs == 1:
        found.append(
            Meaningless(
                "softmax over one output", "The last layer is a softmax over a single output, which is always 1: nothing is learned.",
                "Use activation='sigmoid' for two classes, or one output for each class.",
            )
        )  # fmt: skip
    elif "crossentropy" in loss:
        right = "sigmoid" if loss.startswith("binary") else "softmax"
        if from_logits and end in PROBABILITIES:
            found.append(
                Meaningless(
                    f"{end} before a loss of logits",
                    f"The network ends with {end}, and the loss has from_logits=True: {end} is applied twice.",
                    "Leave out one of the two.",
                )
            )
        elif not from_logits and end in (
            "relu",
            "linear",
            "tanh",
            "elu",
            "selu",
            "leaky_relu",
            "relu6",
            "softplus",
            "gelu",
            "silu",
            "swish",
        ):
            found.append(
                Meaningless(
                    "outputs that are no probabilities",
                    f"The network ends with {end}, and the loss {loss} takes its outputs for probabilities.",
                    f"End with activation='{right}'" + (
                        ", or give the loss from_logits=True." if end == "linear" else "."
                    ),
                )
            )  # fmt: skip
    return found


def targets_and_loss(y: np.ndarray, end: str, outputs: int, loss: Any) -> list[Meaningless]:
    """Targets that the loss or the last activation cannot reach."""
    key = str(getattr(loss, "key", ""))
    found = []
    if key == "categorical_crossentropy" and y.ndim >= 2 and outputs > 1:
        sums = y.reshape(-1, y.shape[-1]).astype(np.float64).sum(axis=1)
        if np.abs(sums - 1).max() > 1e-3:
            off = float(sums[np.abs(sums - 1).argmax()])
            found.append(
                Meaningless(
                    "targets that do not sum to 1", f"Rows of targets for categorical_crossentropy sum to 1; one sums to {off:g}.",
                    "For several classes at once use activation='sigmoid' and binary_crossentropy.",
                )
            )  # fmt: skip
    lowest = {"poisson": 0.0, "mean_squared_logarithmic_error": -1.0}.get(key, -np.inf)
    if y.min() < lowest:
        found.append(
            Meaningless(
                "targets that the loss does not know",
                f"The loss {key} is for targets of {lowest:g} and more; the smallest is {float(y.min()):g}.",
                "Take another loss, such as mean_squared_error.",
            )
        )
    if "crossentropy" not in key and key:
        low, high = float(y.min()), float(y.max())
        reach = {
            "relu": (0.0, np.inf),
            "sigmoid": (0.0, 1.0),
            "softmax": (0.0, 1.0),
            "tanh": (-1.0, 1.0),
        }.get(end)
        if reach and (low < reach[0] - 1e-6 or high > reach[1] + 1e-6):
            wide = f"{reach[0]:g} and more" if reach[1] == np.inf else f"{reach[0]:g} to {reach[1]:g}"
            found.append(
                Meaningless(
                    "targets out of reach", f"The network ends with {end}, which gives {wide}, and the targets go from {low:g} to {high:g}.",
                    "End without an activation (linear), or bring the targets into that range.",
                )
            )  # fmt: skip
    return found


def metrics_and_targets(y: np.ndarray, outputs: int, metrics: Sequence[Any]) -> list[Meaningless]:
    """Metrics that count something else than what the targets say."""
    classes = y.ndim == 1 or y.shape[-1] == 1
    whole = bool((y == np.round(y)).all())
    shares = bool(y.ndim > 1 and np.allclose(y.sum(axis=-1), 1))  # not class numbers, one a step
    found = []
    for metric in metrics:
        key = str(getattr(metric, "key", ""))
        fits = ""
        if key == "categorical_accuracy" and classes:
            fits = "sparse_categorical_accuracy" if outputs > 1 else "binary_accuracy"
        elif key == "sparse_categorical_accuracy" and not classes and 1 < outputs == y.shape[-1] and shares:
            fits = "categorical_accuracy"
        elif key == "binary_accuracy" and classes and outputs > 1:
            fits = "sparse_categorical_accuracy"
        elif key.endswith("accuracy") and classes and outputs == 1 and not whole:
            fits = "mean_absolute_error"
        if fits:
            found.append(
                Meaningless(
                    f"metric {key}", f"The metric {key} does not go with targets of shape (examples{''.join(f', {n}' for n in y.shape[1:])}) "
                    f"and {outputs} output{'s' if outputs > 1 else ''}.", f"Use {fits!r}, or 'accuracy', which finds out.",
                    impossible=outputs > 1 and key in ("sparse_categorical_accuracy", "binary_accuracy"),
                )
            )  # fmt: skip
        elif not can_count(metric, y, outputs):
            name = str(getattr(metric, "name", key))
            hint = (
                "Give the targets one-hot (utils.to_categorical)."
                if classes and outputs > 1
                else "Leave it out."
            )
            found.append(
                Meaningless(
                    f"metric {name}", f"The metric {name!r} cannot compare targets of shape (examples{''.join(f', {n}' for n in y.shape[1:])}) "
                    f"with {outputs} output{'s' if outputs > 1 else ''}.", hint, impossible=True,
                )
            )  # fmt: skip
    return found


def can_count(metric: Any, y: np.ndarray, outputs: int) -> bool:
    """Whether a metric of ours can be computed for such targets, where each example has one row of outputs."""
    if not is_ours(type(metric)) or not hasattr(metric, "counts"):
        return True
    try:
        metric.counts(y[:3], np.full((len(y[:3]), outputs), 0.5, np.float32))
    except (ValueError, IndexError):
        return False
    return True


def check_counts(lists: bool = False, **counts: Any) -> None:
    """Refuses numbers of batches, examples or epochs that are no whole numbers from 1 on; None is left to its default.

    lists: whether a list of such numbers will do, too.

    >>> check_counts(batch_size=32, steps=None), check_counts(validation_freq=[2, 3], lists=True)
    (None, None)
    """
    for name, value in counts.items():
        if value is None:
            continue
        for one in value if lists and value and isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, bool) or not isinstance(one, (int, np.integer)) or one < 1:
                more = ", or a list of such" if lists else ""
                raise SettingError(f"{name} must be a whole number, 1 or more{more}; it got {value!r}.")


def check_epochs(epochs: Any, initial_epoch: Any = 0) -> None:
    """Refuses numbers of epochs that are none.

    >>> check_epochs(3)
    """
    for name, value in (("epochs", epochs), ("initial_epoch", initial_epoch)):
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float, np.integer, np.floating))
            or not 0 <= value < MOST_EPOCHS
            or value != int(value)
        ):
            shown = f"{value!r:.40}"
            raise SettingError(f"{name} must be a whole number from 0 on; it is {shown}.")


def check_held_back(y: Any) -> None:
    """Warns where validation_split holds back other classes than are learned: the examples are in the order of their classes."""
    labels = labels_of(y)
    if labels is not None and in_blocks(labels):
        warnings.warn(
            "validation_split holds back the last examples, and the examples are in the order of their classes: what is "
            "measured are other classes than were learned. Shuffle x and y together first, or give validation_data.",
            MeaninglessWarning,
            stacklevel=3,
        )


def in_blocks(labels: np.ndarray) -> bool:
    """Whether all examples of a class stand together, as examples that were collected class by class do.

    >>> in_blocks(np.repeat([2, 0, 1], 5)), in_blocks(np.array([0, 1] * 9))
    (True, False)
    """
    classes = len(np.unique(labels))
    return 1 < classes <= len(labels) / 4 and int((np.diff(labels) != 0).sum()) == classes - 1


def labels_of(y: Any) -> np.ndarray | None:
    """Class numbers of few kinds, from whole numbers or one-hot rows; None for anything else."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        y = y.argmax(axis=1) if ((y == 0) | (y == 1)).all() else y[:0]
    y = y.reshape(-1)
    if not len(y) or y.dtype.kind not in "biuf" or (y != np.round(y)).any() or len(np.unique(y)) > 1000:
        return None
    labels: np.ndarray = y.astype(np.int64)
    return labels
