"""CIFAR-10: 60,000 small colour pictures in ten classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck."""

import numpy as np

from chainrule.datasets.cifar import batches
from chainrule.datasets.keras_files import Pairs

DIGEST = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> Pairs:
    """The pictures as Keras returns them: `(x_train, y_train), (x_test, y_test)`. x: (n, 32, 32, 3) uint8, y: (n, 1) uint8.

    Read from Keras's folder, or fetched once (170 MB) and checked; DownloadError says how to do it by hand.
    """
    *train, test = batches(
        "cifar-10-python", DIGEST, (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"), "labels"
    )
    return (np.concatenate([x for x, _ in train]), np.concatenate([y for _, y in train])), test
