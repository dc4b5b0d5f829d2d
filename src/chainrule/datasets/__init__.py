"""Data to learn from: MNIST at once, other sets by name, folders of pictures, tables, arrays in files.

    >>> from chainrule import datasets
    >>> datasets.load("mnist").x_train.shape
    (60000, 28, 28)

Nothing here is imported before it is used.
"""

import importlib
import sys
from typing import TYPE_CHECKING

NAMES = ("mnist", "fashion_mnist", "kmnist", "emnist_digits", "emnist_letters", "emnist_balanced")

_MODULES = (
    "boston_housing", "california_housing", "cifar10", "cifar100", "emnist", "fashion_mnist", "idx", "imdb", "kmnist",
    "mnist", "reuters",
)  # fmt: skip
_HOMES = {
    "Dataset": "dataset", "Rows": "rows", "csv_rows": "row_kinds", "dataset_rows": "row_kinds", "load": "catalogue",
    "npy_rows": "row_kinds", "picture_rows": "row_kinds", "prepare": "preparation",
}  # fmt: skip

__all__ = [
    "NAMES", "Dataset", "Rows", "boston_housing", "california_housing", "cifar10", "cifar100", "csv_rows", "dataset_rows",
    "emnist", "fashion_mnist", "idx", "imdb", "kmnist", "load", "mnist", "npy_rows", "picture_rows", "prepare", "reuters",
]  # fmt: skip

if TYPE_CHECKING:
    from chainrule.datasets import (
        boston_housing,
        california_housing,
        cifar10,
        cifar100,
        emnist,
        fashion_mnist,
        idx,
        imdb,
        kmnist,
        mnist,
        reuters,
    )  # fmt: skip
    from chainrule.datasets.catalogue import load
    from chainrule.datasets.dataset import Dataset
    from chainrule.datasets.preparation import prepare


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    from chainrule.internal.absent import missing

    raise missing("datasets", name, __all__, sys._getframe(1))  # noqa: SLF001


def __dir__() -> list[str]:
    return list(__all__)
