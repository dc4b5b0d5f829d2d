"""What Keras's losses say to a few predictions, in settings of every kind, with sample weights and every reduction.

python tests/golden/keras_losses.py        writes keras_losses.json anew, with the Keras that is installed
"""

import json
import os
from pathlib import Path

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"
FILE = Path(__file__).with_suffix(".json")

NUMBERS, POSITIVE, YES, CLASSES, LABELS = "numbers", "positive", "yes", "classes", "labels"
CASES = [
    ("MeanSquaredError", {}, NUMBERS), ("MeanAbsoluteError", {}, NUMBERS), ("Huber", {}, NUMBERS),
    ("Huber", {"delta": 0.3}, NUMBERS), ("MeanAbsolutePercentageError", {}, POSITIVE),
    ("MeanAbsolutePercentageError", {}, YES), ("MeanSquaredLogarithmicError", {}, POSITIVE),
    ("MeanSquaredLogarithmicError", {}, NUMBERS), ("LogCosh", {}, NUMBERS), ("CosineSimilarity", {}, NUMBERS),
    ("Hinge", {}, NUMBERS), ("Hinge", {}, YES), ("SquaredHinge", {}, NUMBERS), ("SquaredHinge", {}, YES),
    ("CategoricalHinge", {}, CLASSES), ("Poisson", {}, POSITIVE), ("KLDivergence", {}, YES), ("KLDivergence", {}, CLASSES),
    ("BinaryCrossentropy", {}, YES), ("BinaryCrossentropy", {"label_smoothing": 0.2}, YES),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, YES),
    ("CategoricalCrossentropy", {}, CLASSES), ("CategoricalCrossentropy", {"label_smoothing": 0.2}, CLASSES),
    ("CategoricalCrossentropy", {"from_logits": True}, CLASSES), ("SparseCategoricalCrossentropy", {}, LABELS),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS), ("BinaryFocalCrossentropy", {}, YES),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 3.0, "label_smoothing": 0.2}, YES),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 0.5}, YES), ("CategoricalFocalCrossentropy", {}, CLASSES),
    ("CategoricalFocalCrossentropy", {"alpha": [0.2, 0.3, 0.5], "gamma": 3.0, "label_smoothing": 0.1}, CLASSES),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "alpha": 0.6}, CLASSES),
]  # fmt: skip
SHAPES = [(3, 3), (2, 2, 3)]
REDUCTIONS = ["sum_over_batch_size", "sum", None, "mean_with_sample_weight"]


def pair(kind: str, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions; float32, so that both libraries see the same numbers."""
    rng = np.random.default_rng(sum(shape) + len(kind))
    rows, count = shape[:-1], shape[-1]
    p = rng.normal(size=shape) if kind == NUMBERS else rng.uniform(0.1, 0.9, shape)
    y = {
        NUMBERS: lambda: rng.normal(size=shape), POSITIVE: lambda: rng.uniform(0.5, 3, shape),
        YES: lambda: rng.integers(0, 2, shape), CLASSES: lambda: np.eye(count)[rng.integers(0, count, rows)],
        LABELS: lambda: rng.integers(0, count, rows),
    }[kind]()  # fmt: skip
    if kind == POSITIVE:
        p = p * 3
    return np.asarray(y, np.float32), np.asarray(p, np.float32)


def weight(shape: tuple[int, ...]) -> np.ndarray:
    """A sample weight for each row."""
    return (1 + np.arange(np.prod(shape[:-1]), dtype=np.float32) % 3).reshape(shape[:-1])


def told_by_keras() -> list[dict]:
    """For each case: the settings, the loss of each row, and each reduction with and without sample weights."""
    import keras

    lines = []
    for name, settings, kind in CASES:
        kept = getattr(keras.losses, name)(**settings).get_config()
        row = {"loss": name, "settings": settings, "kind": kind, "config": kept, "rows": [], "reduced": []}
        for shape in SHAPES:
            y, p = pair(kind, shape)
            for reduction in REDUCTIONS:
                loss = getattr(keras.losses, name)(**settings, reduction=reduction)
                row["reduced"].append(np.asarray(loss(y, p), float).tolist())
                row["reduced"].append(np.asarray(loss(y, p, weight(shape)), float).tolist())
            row["rows"].append(np.asarray(getattr(keras.losses, name)(**settings).call(y, p), float).tolist())
        lines.append(row)
    return lines


def main() -> None:
    """Writes the file, a case a line."""
    FILE.write_text(
        "[\n" + ",\n".join(json.dumps(row) for row in told_by_keras()) + "\n]\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
