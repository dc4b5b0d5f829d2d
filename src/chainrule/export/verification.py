"""The examples on which an exported file is compared with its model, and how far two outputs are apart."""

from typing import Any

import numpy as np

from chainrule.inference.card import ModelCard

Array = np.ndarray[Any, Any]
COUNT = 1000  # examples


def examples_for(model: Any, count: int = COUNT) -> tuple[Array, Array, str]:
    """Examples as they come and as the network takes them, (n, ...) float32, and what they are.

    MNIST's test digits for a model that reads such pictures; random numbers otherwise, the same ones every time.
    """
    card, shape = ModelCard.of(model), model.input_shape or ()
    if card.preparation.get("like") == "mnist" and int(np.prod(shape)) == 784:
        from chainrule.datasets import mnist

        raw = np.asarray(mnist.read()[2][:count])
        name = "test digits"
    else:
        rng = np.random.default_rng(0)
        raw = (
            rng.integers(0, 256, (count, *shape), np.uint8)
            if card.divisor
            else rng.normal(size=(count, *shape)).astype("f4")
        )
        name = "random examples"
    x = raw.reshape(len(raw), *shape).astype(np.float32)
    return raw, x / np.float32(card.divisor) if card.divisor else x, name


def compare(expected: Array, found: Array) -> float:
    """The largest difference between two outputs, as a share of the largest number where that is above 1."""
    expected, found = np.asarray(expected, np.float64), np.asarray(found, np.float64)
    if expected.shape != found.shape or not np.isfinite(found).all():
        return float("inf")
    return (
        float(np.abs(expected - found).max() / max(1.0, float(np.abs(expected).max())))
        if expected.size
        else 0.0
    )
