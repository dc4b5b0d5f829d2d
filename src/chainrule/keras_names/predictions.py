"""Predictions as scripts of earlier years use them: an array that holds one number, whatever its axes, is that number.

NumPy took it so until 2026: '%d' % predictions[0], float(model.predict(x)), math.sqrt(y[0]).
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.keras_names.notes import Notes


class Predictions(np.ndarray):
    """An array of NumPy whose one number counts as a number.

    >>> "%d" % as_predictions(np.array([[3.7]]))
    '3'
    """

    notes: Notes | None = None

    def one(self) -> Any:
        """The one number that it holds; NumPy's TypeError where it holds several."""
        if self.size == 1 and self.ndim and Predictions.notes is not None:
            Predictions.notes.say(
                "A number is taken from an array of one: that is array.item() since NumPy 2.4."
            )
        return self.item() if self.size == 1 else float(self.view(np.ndarray))

    def __float__(self) -> float:
        return float(self.one())

    def __int__(self) -> int:
        return int(self.one())

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Sums and means are plain numbers."""
        return array[()] if array.ndim == 0 else array.view(Predictions)

    def __reduce__(self) -> Any:
        """Written to a file, it is a plain array."""
        return self.view(np.ndarray).__reduce__()


def as_predictions(value: Any) -> Any:
    """Arrays, and those in lists and dicts, as Predictions."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_predictions, value))
    if isinstance(value, dict):
        return {name: as_predictions(one) for name, one in value.items()}
    return value.view(Predictions) if type(value) is np.ndarray else value


def giving_predictions(original: Callable[..., Any]) -> Any:
    """The method, answering with Predictions."""

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **settings: Any) -> Any:
        return as_predictions(original(self, *arguments, **settings))

    return method
