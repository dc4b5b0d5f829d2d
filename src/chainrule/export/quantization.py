"""Eight bits instead of thirty-two: scales from the data that the model learned from, and what that costs in accuracy.

Weights: one scale for each output channel, symmetric around 0. Activations: one scale for each place in the network, from the
largest number that the calibration examples brought there. The input stays the pixel, 0 to 255, with scale 1/255 and zero
point 0: there is no scale to get wrong.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.export import numpy_runner
from chainrule.export.operation import Operation
from chainrule.export.operations import operations_of
from chainrule.inference.card import ModelCard
from chainrule.inference.evaluation import options_for, renumbered
from chainrule.inference.predictor import probabilities

if TYPE_CHECKING:
    from chainrule.datasets import Dataset
    from chainrule.models import Model

Array = np.ndarray[Any, Any]

EXAMPLES = 1000  # to calibrate on
WEIGHED = ("dense", "conv2d")
SMALLEST = 1e-8  # a scale is never 0


@dataclass(frozen=True, eq=False)
class Data:
    """Pixels uint8 (n, ...) of the training part to calibrate on, and others with their labels to measure on.

    part: what those are: test, validation or training examples.  divisor: what the network takes of a pixel.
    """

    calibration: Array
    x: Array
    y: Array
    part: str
    divisor: float


def data_of(model: Any, data: "Dataset | None" = None) -> Data:
    """The data that a model learned from: those given, or those that its file names.

    SettingError where the model is no classifier, or they are no pixels from 0 to 255, or not known by name.
    """
    card = ModelCard.of(model)
    divisor = 255.0 if card.divisor == 255 else 1.0
    if card.task == "regression" or (divisor == 1.0 and not begins_with_pixels(operations_of(model))):
        raise SettingError(
            "int8 is for classifiers of pixels from 0 to 255; this model's file does not say that it is one."
        )
    found = named(card) if data is None else data
    x, y, part = to_measure(found)
    if found.x_train.dtype != np.uint8 or found.x_train[0].size != math.prod(model.input_shape or ()):
        raise SettingError(
            f"int8 is calibrated on the pixels that the model learned from; {found.name} has {found.x_train.dtype} numbers of the shape "
            f"{found.x_train.shape[1:]}."
        )
    spread = np.linspace(0, len(found.x_train) - 1, min(EXAMPLES, len(found.x_train))).astype(int)
    return Data(
        np.asarray(found.x_train)[spread],
        x,
        renumbered(y, found.class_names, card.class_names),
        part,
        divisor,
    )


def named(card: ModelCard) -> "Dataset":
    """The data set that a model's file names."""
    from chainrule import datasets

    name = str(card.dataset.get("name") or "")
    if name not in datasets.NAMES:
        raise SettingError(
            f"int8 is calibrated on the data that the model learned from; {name or 'they'} cannot be found by name. Name them "
            "(--data), or export the recorded run instead of its model's file."
        )
    return datasets.load(name, **options_for(card, name))


def to_measure(data: "Dataset") -> tuple[Array, Array, str]:
    """Examples that were not learned from, or those that were where there are no others."""
    for part, words in (("test", "test"), ("val", "validation")):
        x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
        if x is not None and len(x):
            return np.asarray(x), np.asarray(y), words
    return np.asarray(data.x_train), np.asarray(data.y_train), "training"


def begins_with_pixels(operations: list[Operation]) -> bool:
    """Whether a network divides by 255 itself, as with Rescaling(1 / 255) at its beginning."""
    first = next((op for op in operations if op.kind != "reshape"), None)
    return first is not None and divides(first)


def divides(op: Operation) -> bool:
    """Whether an operation is the division by 255."""
    if op.kind != "scale_shift":
        return False
    scale, shift = op.weights["scale"], op.weights["shift"]
    return bool((np.abs(scale * 255 - 1) < 1e-6).all() and (shift == 0).all())


def as_taken(pixels: Array, shape: tuple[int, ...], divisor: float) -> Array:
    """Pixels as the network takes them."""
    return pixels.reshape(len(pixels), *shape).astype(np.float32) / np.float32(divisor)


def ranges(operations: list[Operation], x: Array) -> list[tuple[float, float]]:
    """The smallest and largest number before each operation, for examples as the network takes them."""
    found = []
    for op in operations:
        found.append((float(x.min()), float(x.max())))
        x = numpy_runner.forward([(op.kind, op.settings, op.weights)], x)
    return found


def affine(low: float, high: float) -> tuple[np.float32, np.uint8]:
    """Scale and zero point that put a range, which always holds 0, onto 0 to 255.

    >>> affine(0.0, 2.55)[1], affine(-1.0, 1.0)[1]
    (np.uint8(0), np.uint8(128))
    """
    low, high = min(0.0, low), max(0.0, high)
    scale = max((high - low) / 255, SMALLEST)
    return np.float32(scale), np.uint8(round(-low / scale))


def of_weights(kernel: Array, most: int) -> tuple[Array, Array]:
    """A kernel as int8 from -most to most, and the scale of each output channel (its last axis)."""
    flat = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0)
    scale = np.maximum(flat / most, SMALLEST).astype(np.float32)
    return np.rint(kernel / scale).clip(-most, most).astype(np.int8), scale


def check_drop(before: float, after: float, max_drop: float) -> None:
    """SettingError where more accuracy is lost than allowed."""
    if before - after > max_drop:
        raise SettingError(
            f"int8 takes accuracy from {100 * before:.2f} to {100 * after:.2f} %, more than the {100 * max_drop:g} % allowed; "
            "nothing was written. --max-drop allows more."
        )


def accuracy(model: "Model", said: Array, y: Array) -> float:
    """The share of examples whose likeliest class, by a model's outputs, is their label."""
    return float((probabilities(model, said).argmax(axis=1) == y).mean())
