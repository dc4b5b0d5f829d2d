"""KMNIST: 70,000 handwritten characters of classical Japanese in ten classes, in MNIST's shape and harder."""

from chainrule.datasets import idx
from chainrule.datasets.downloads import fetch
from chainrule.datasets.mnist import Pairs
from chainrule.datasets.registry import KMNIST


def load_data() -> Pairs:
    """The characters as `(x_train, y_train), (x_test, y_test)`.

    x: (60000, 28, 28) and (10000, 28, 28) uint8. y: uint8, 0..9: o, ki, su, tsu, na, ha, ma, ya, re, wo.
    Fetched once (21 MB), checked, kept; raises DownloadError when that is not possible.
    Source: http://codh.rois.ac.jp/kmnist (CC BY-SA 4.0)
    """
    x_train, y_train, x_test, y_test = (idx.read(fetch(remote)).astype("u1") for remote in KMNIST)
    return (x_train, y_train), (x_test, y_test)
