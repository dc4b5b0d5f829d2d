"""California housing (1990): 20,640 block groups with 8 figures each, and the median price of their houses in dollars."""

import numpy as np

from chainrule.datasets.keras_files import Pairs, found, shuffled_split
from chainrule.errors import unknown

DIGEST = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SIZES = {"small": 600, "large": None}


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Pairs:
    """The block groups as Keras returns them: `(x_train, y_train), (x_test, y_test)`. x: (n, 8), y: (n,) float32.

    version: "large", or "small" for the first 600. Read from Keras's folder, or fetched once (743 kB) and checked.
    """
    if version not in SIZES:
        raise unknown("version", version, SIZES)
    with np.load(found("california_housing.npz", DIGEST), allow_pickle=False) as file:
        return shuffled_split(file["x"][: SIZES[version]], file["y"][: SIZES[version]], test_split, seed)
