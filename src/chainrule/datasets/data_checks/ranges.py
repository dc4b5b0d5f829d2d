"""The size of the inputs: parts of different scale, inputs that are not scaled, inputs that are all the same."""

import math

import numpy as np

from chainrule.datasets.data_checks.finding import DataFinding
from chainrule.datasets.dataset import Array, Dataset
from chainrule.datasets.on_disk import in_blocks, picked

SAMPLE = 2000  # examples stand for a part,
NUMBERS = 2 << 20  # or fewer of large ones
NOT_SCALED = 20.0  # the largest input of arrays that are brought to no scale
BELOW = 0.05  # of the inputs from -1 to 1 are below 0, at least
FULL = 0.02  # as near to the ends of an interval come inputs that fill it
APART = 5.0  # times the spread of the training part
LEAST = 5  # examples of a part, before its scale says something


def ranges(data: Dataset) -> list[DataFinding]:
    """What the sizes of the numbers say.

    >>> x, y = np.random.default_rng(0).random((40, 3)), np.arange(40) % 2
    >>> ranges(Dataset("odd", x, y, x * 255, y, task="two classes", class_names=("a", "b")))[0].name
    'parts of different scale'
    """
    train = _sample(data.x_train)
    low, high = float(train.min()), float(train.max())
    if low == high and len(data.x_train) > 1:
        return [
            DataFinding(
                "inputs all equal", "stop", f"every input of every example is {low:g}: there is nothing to learn from.",
                "See how the data were made.",
            )
        ]  # fmt: skip
    found = [*_all_examples_equal(data), *_parts(data, train)]
    top = max(abs(low), abs(high)) * (data.scale or 1.0)
    if top > NOT_SCALED and data.preparation.get("kind") != "table":
        found.append(
            DataFinding(
                "not scaled", "warning", f"the inputs go from {low:g} to {high:g}; networks learn best from about -1 to 1.",
                "Divide them by their largest value, or subtract the mean and divide by the deviation.",
                {"low": low, "high": high},
            )
        )  # fmt: skip
    return found


def _all_examples_equal(data: Dataset) -> list[DataFinding]:
    x = data.x_train
    if len(x) < 2 or not (x[1] == x[0]).all() or not all((some == x[:1]).all() for some in in_blocks(x)):
        return []
    return [
        DataFinding(
            "inputs all equal",
            "stop",
            f"all {len(x):,} training examples are the same.",
            "See how the data were made.",
        )
    ]


def _parts(data: Dataset, train: Array) -> list[DataFinding]:
    """Another scale in the test or validation part than in the training part."""
    found = []
    center, spread = float(train.mean()), float(train.std())
    for part, x in (("validation", data.x_val), ("test", data.x_test)):
        if x is None or len(x) < LEAST:
            continue
        own = _sample(x)
        middle, width = float(own.mean()), float(own.std())
        near = abs(middle - center) <= APART * spread and spread / APART <= width <= APART * spread
        if near and not _of_two_intervals(own, train):
            continue
        found.append(
            DataFinding(
                "parts of different scale", "stop",
                f"the {part} part has inputs of {_range(own)}, the training part of {_range(train)}: they are not of one scale.",
                "Prepare both parts in the same way.", {"part": part, "mean": middle, "training_mean": center},
            )
        )  # fmt: skip
    return found


def _of_two_intervals(a: Array, b: Array) -> bool:
    """Whether one fills 0 to 1 and the other -1 to 1, as pixels divided by 255 and by 127.5 do."""
    intervals = {_interval(a), _interval(b)}
    return (
        len(intervals) == 2 and None not in intervals and max(float((x < 0).mean()) for x in (a, b)) > BELOW
    )


def _interval(x: Array) -> tuple[float, float] | None:
    """The interval of pixels that examples fill, 0 to 1 or -1 to 1; None where they fill neither.

    >>> _interval(np.linspace(-1, 1, 100)), _interval(np.linspace(0, 1, 100)), _interval(np.linspace(-3, 1, 100))
    ((-1, 1), (0, 1), None)
    """
    low, high = float(x.min()), float(x.max())
    return next(
        ((a, b) for a, b in ((0, 1), (-1, 1)) if abs(low - a) <= FULL and abs(high - b) <= FULL), None
    )


def _range(x: Array) -> str:
    return f"{float(x.min()):.4g} to {float(x.max()):.4g}"


def _sample(x: Array) -> Array:
    count = min(SAMPLE, max(LEAST, NUMBERS // max(1, math.prod(x.shape[1:]))))
    if len(x) > count:
        x = picked(x, np.linspace(0, len(x) - 1, count).astype(int))
    return x.astype(np.float64)
