"""One plain operation of a network, as export formats write it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of the forward direction: what it is, its settings and weights, and the shapes of one example around it.

    sources: the places of the operations in the list that it takes its values from; -1 is the network's input.
    """

    kind: str
    layer: str  # as errors name it: Dense 'dense_1'
    input_shape: Any  # a tuple of shapes where it takes several values
    output_shape: Shape
    settings: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    sources: tuple[int, ...] = (-1,)
