"""CIFAR-100: 60,000 small colour pictures in a hundred classes, in twenty groups of five."""

from chainrule.datasets.cifar import batches
from chainrule.datasets.keras_files import Pairs
from chainrule.errors import unknown

DIGEST = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> Pairs:
    """The pictures as Keras returns them: `(x_train, y_train), (x_test, y_test)`. x: (n, 32, 32, 3) uint8, y: (n, 1) uint8.

    label_mode: "fine" for the 100 classes, "coarse" for the 20 groups. Read from Keras's folder, or fetched once (169 MB).
    """
    if label_mode not in ("fine", "coarse"):
        raise unknown("label_mode", label_mode, ("fine", "coarse"))
    train, test = batches("cifar-100-python", DIGEST, ("train", "test"), f"{label_mode}_labels")
    return train, test
