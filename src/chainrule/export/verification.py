"""The examples on which an exported file is compared with its model, and how far two outputs are apart."""

from typing import Any

import numpy as np

from chainrule.inference.card import ModelCard

Array = np.ndarray[Any, Any]
COUNT = 1000  # examples


def examples_for(model: Any, count: int = COUNT) -> tuple[Any, Any, str]:
    """Examples as they come and as the network takes them, (n, ...) float32, and what they are; lists for several inputs.

    MNIST's test digits for a model that reads such pictures; random numbers otherwise, the same ones every time.
    """
    card, shapes = ModelCard.of(model), model.input_tuple()
    if len(shapes) == 1 and card.preparation.get("like") == "mnist" and int(np.prod(shapes[0])) == 784:
        from chainrule.datasets import mnist

        raw = np.asarray(mnist.read()[2][:count])
        return (
            raw,
            raw.reshape(len(raw), *shapes[0]).astype(np.float32) / np.float32(card.divisor or 1),
            "test digits",
        )
    rng = np.random.default_rng(0)
    if len(shapes) == 1 and card.divisor:
        raw = rng.integers(0, 256, (count, *shapes[0]), np.uint8)
        return raw, raw.astype(np.float32) / np.float32(card.divisor), "random examples"
    xs = [random_input(rng, count, shape, rows_of(model, i)) for i, shape in enumerate(shapes)]
    x = xs if len(xs) > 1 else xs[0]
    return x, x, "random examples"


def rows_of(model: Any, place: int) -> int | None:
    """How many rows the table has in which an input's whole numbers are looked up; None where they are not."""
    rows = [
        node.layer.input_dim
        for node in model.graph.nodes
        if hasattr(node.layer, "input_dim") and any(s.node == -1 - place for s in node.sources)
    ]
    return min(rows, default=None)


def random_input(rng: Any, count: int, shape: tuple[int, ...], rows: int | None) -> Array:
    """Random numbers, or whole ones below `rows`; of a third of the sequences the end is 0, as a mask may have it."""
    if rows is not None:
        x = rng.integers(0, rows, (count, *shape)).astype(np.float32)
    else:
        x = rng.normal(size=(count, *shape)).astype(np.float32)
    if len(shape) == 2 or rows is not None:
        x[::3, (shape or (1,))[0] * 2 // 3 :] = 0
    return np.asarray(x)


def compare(expected: Any, found: Any) -> float:
    """The largest difference between two outputs (or lists of them), as a share of the largest number where that is above 1."""
    expected, found = (list(one.values()) if isinstance(one, dict) else one for one in (expected, found))
    if isinstance(expected, (list, tuple)):
        return max(compare(a, b) for a, b in zip(expected, found, strict=True))
    expected, found = np.asarray(expected, np.float64), np.asarray(found, np.float64)
    if expected.shape != found.shape or not np.isfinite(found).all():
        return float("inf")
    return (
        float(np.abs(expected - found).max() / max(1.0, float(np.abs(expected).max())))
        if expected.size
        else 0.0
    )
