"""Eight bits instead of thirty-two: scales from the data that the model learned from, and what that costs in accuracy.

Weights: one scale for each output channel, symmetric around 0. Activations: one scale for each place in the network, from the
largest number that the calibration examples brought there. The input stays the pixel, 0 to 255, with scale 1/255 and zero
point 0: there is no scale to get wrong.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.export import numpy_runner
from chainrule.export.operation import Operation
from chainrule.inference.card import ModelCard
from chainrule.inference.evaluation import options_for

Array = np.ndarray[Any, Any]

EXAMPLES = 1000  # to calibrate on
WEIGHED = ("dense", "conv2d")
SMALLEST = 1e-8  # a scale is never 0


@dataclass(frozen=True, eq=False)
class Data:
    """Pixels uint8 (n, ...) of the training part to calibrate on, and the test part with its labels to measure on."""

    calibration: Array
    x: Array
    y: Array


def data_of(model: Any) -> Data:
    """The data that a model learned from; SettingError where they are no pixels, or not known by name."""
    from chainrule import datasets

    card = ModelCard.of(model)
    if card.divisor != 255 or card.task != "classes":
        raise SettingError(
            "int8 is for classifiers of pixels from 0 to 255; this model's file does not say that it is one."
        )
    name = str(card.dataset.get("name") or "")
    if name not in datasets.NAMES:
        raise SettingError(
            f"int8 is calibrated on the data that the model learned from; {name or 'they'} cannot be found by name."
        )
    found = datasets.load(name, **options_for(card, name))
    return Data(np.asarray(found.x_train[:EXAMPLES]), np.asarray(found.x_test), np.asarray(found.y_test))


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


def accuracy(said: Array, y: Array) -> float:
    """The share of examples whose largest output is their label's."""
    return float((said.reshape(len(said), -1).argmax(axis=1) == y).mean())
