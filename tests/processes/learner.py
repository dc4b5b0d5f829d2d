"""A training of 60 steps, to be started in one process or several: python learner.py NETWORK FOLDER COUNT INDEX PORT [EPOCHS]."""

import hashlib
import json
import sys

import numpy as np

import chainrule
from chainrule import RunRecorder, Sequential, distribution, layers


def network(kind):
    """Dense with dropout, or convolutional with batch normalization."""
    if kind == "dense":
        return Sequential([
            layers.Input((12, 12, 1)), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ])  # fmt: skip
    return Sequential([
        layers.Input((12, 12, 1)), layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization(),
        layers.MaxPooling2D(2), layers.Conv2D(16, 3, activation="relu"), layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def digest(arrays):
    """Of the bits of all arrays."""
    return hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest()


def leaves(tree):
    """The arrays of a tree of dicts and lists, in its order."""
    if isinstance(tree, dict):
        return [leaf for name in sorted(tree) for leaf in leaves(tree[name])]
    return [leaf for value in tree for leaf in leaves(value)] if isinstance(tree, list) else [tree]


def main(kind, folder, count, index, port, epochs=3):
    """Learns, records, and prints what came out as one line of JSON."""
    if count > 1:
        distribution.initialize(f"127.0.0.1:{port}", count, index)
    distribution.set_distribution(distribution.DataParallel(pieces=8))
    chainrule.utils.set_random_seed(3)
    rng = np.random.default_rng(0)
    x, y = rng.random((1270, 12, 12, 1), np.float32), rng.integers(0, 10, 1270)  # 20 steps, the last of 54
    if index == 1 and kind == "other data":
        x[7] += 1e-3
    model = network("dense" if kind == "other data" else kind)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    recorder = RunRecorder(folder, label=kind)
    history = model.fit(
        x,
        y,
        batch_size=64,
        epochs=epochs,
        verbose=2,
        validation_data=(x[:100], y[:100]),
        callbacks=[recorder],
    )
    print(json.dumps({
        "weights": digest(model.get_weights()), "optimizer": digest(leaves(model.optimizer_state)),
        "iterations": model.optimizer.iterations, "history": sorted(history.history),
        "run": None if recorder.folder is None else str(recorder.folder),
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
