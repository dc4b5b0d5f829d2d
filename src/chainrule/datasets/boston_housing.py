"""Boston housing (1978): 506 districts with 13 figures each, and the median price of their houses in thousands of dollars.

One of the figures was made on the assumption that people of different origin living together lowers prices; the set's
own authors would not make it so today. `california_housing` is the better example.
"""

import numpy as np

from chainrule.datasets.keras_files import Pairs, found, shuffled_split

DIGEST = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Pairs:
    """The districts as Keras returns them: `(x_train, y_train), (x_test, y_test)`. x: (n, 13), y: (n,) float64.

    Read from Keras's folder, or fetched once (57 kB) and checked; DownloadError says how to do it by hand.
    """
    with np.load(found("boston_housing.npz", DIGEST), allow_pickle=False) as file:
        return shuffled_split(file["x"], file["y"], test_split, seed)
