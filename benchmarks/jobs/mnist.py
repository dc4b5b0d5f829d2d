"""MNIST as every job gets it: `python -m benchmarks.jobs.mnist FILE.npz` writes it, the jobs read it."""

import sys

import numpy as np


def write(path):
    """Saves the digits that come with Chainrule, in the shape of Keras's own mnist.npz."""
    from chainrule.datasets import mnist

    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def read(path):
    """Rows of 784 float32 in 0..1 and integer labels: training part, test part."""
    with np.load(path) as arrays:
        parts = [(arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")]
    return [(x.reshape(-1, 784).astype("float32") / 255, y) for x, y in parts]


if __name__ == "__main__":
    write(sys.argv[1])
