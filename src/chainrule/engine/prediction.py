"""What a trained model says. Only the forward direction is here, so that who only predicts imports nothing else."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.engine.examples import Examples
from chainrule.layers.base import Layer

ROWS_AT_ONCE = 1024  # as many examples go through the chain together


def predictions(chain: Sequence[Layer], examples: Examples) -> np.ndarray[Any, Any]:
    """What the chain's end says to each example, (examples, outputs) float32; nothing is kept for a way back."""
    pieces = []
    with np.errstate(over="ignore"):
        for start in range(0, len(examples), ROWS_AT_ONCE):
            x: Any = examples.inputs(slice(start, start + ROWS_AT_ONCE))
            for link in chain:
                x, _ = link.forward(link.params, x)
            pieces.append(np.asarray(x, dtype=np.float32))
    return np.concatenate(pieces)
