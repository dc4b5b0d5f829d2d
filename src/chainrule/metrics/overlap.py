"""Intersection over union: how well predicted regions lie on the true ones, class by class. Keras's IoU and its kin."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.metrics.base import Metric

EPSILON = 1e-7


class IoU(Metric):
    """The mean over some classes of: places that are the class and are said to be, over places that are either.

    num_classes: how many there are.  target_class_ids: those that count.  ignore_class: true places of it are left out.
    sparse_y_true, sparse_y_pred: class numbers; else the class is where `axis` is largest. Classes that are nowhere do not
    count, nor do places with numbers outside of 0..num_classes - 1. Jaccard (1912).

    >>> round(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    0.3333
    """

    key, rises = "io_u", True  # as Keras spells it

    def __init__(
        self, num_classes: int, target_class_ids: Any, name: str | None = None, dtype: object = None,
        ignore_class: int | None = None, sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(name, None if dtype in ("int", "int32") else dtype)
        self.num_classes = number_of_classes(type(self).__name__, num_classes)
        self.target_class_ids = [int(k) for k in target_class_ids]
        if not self.target_class_ids or not all(0 <= k < self.num_classes for k in self.target_class_ids):
            raise SettingError(
                f"{type(self).__name__}: target_class_ids are numbers from 0 to {self.num_classes - 1}; it got {target_class_ids!r}."
            )
        self.ignore_class, self.axis = ignore_class, int(axis)
        self.sparse_y_true, self.sparse_y_pred = bool(sparse_y_true), bool(sparse_y_pred)
        self.size = self.num_classes**2

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        xp = namespace(p)
        y = y if self.sparse_y_true else xp.argmax(y, axis=self.axis)
        p = self.classes(p) if self.sparse_y_pred else xp.argmax(p, axis=self.axis)
        y, p = y.reshape(-1).astype(xp.int32), p.reshape(-1).astype(xp.int32)
        if y.shape != p.shape:
            raise ShapeError(
                f"{type(self).__name__} needs a prediction for each target; it got {p.size} for {y.size}. Where predictions are "
                "probabilities of classes, say sparse_y_pred=False; where targets are one-hot, sparse_y_true=False."
            )
        w = xp.ones(y.shape, xp.float32)
        if weight is not None:  # of each place, or of each example
            if not weight.size or y.size % weight.size:
                raise ShapeError(
                    f"{type(self).__name__} needs one sample weight per example, or per place ({y.size} of them); it got {weight.shape}."
                )
            w = xp.repeat(weight.reshape(-1), y.size // weight.size)
        w = w if self.ignore_class is None else xp.where(y == self.ignore_class, 0, w)
        classes = xp.arange(self.num_classes)
        true = (y[:, None] == classes).astype(xp.float32) * w[:, None]
        said = (p[:, None] == classes).astype(xp.float32)
        return (true.T @ said).reshape(-1)  # row: the true class, column: the predicted one

    def classes(self, p: Array) -> Array:
        """The class number of each prediction."""
        return p

    def fitting(self, weight: np.ndarray, p: Array) -> np.ndarray:
        """Sample weights: one for each example, or for each place; `counts` knows how many there are."""
        return weight

    def figure(self, counts: Any) -> Any:
        table = np.asarray(counts, np.float64).reshape(self.num_classes, self.num_classes)
        both = np.diag(table)
        either = table.sum(axis=0) + table.sum(axis=1) - both
        there = [k for k in self.target_class_ids if either[k] > 1e-9]
        return float(sum(both[k] / (either[k] + EPSILON) for k in there) / (len(there) + EPSILON))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {name: getattr(self, name) for name in self.stored}

    stored: ClassVar[tuple[str, ...]] = (
        "num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis",
    )  # fmt: skip


def number_of_classes(kind: str, given: Any) -> int:
    """How many classes there are, a whole number above 0; SettingError for anything else."""
    if not isinstance(given, (int, np.integer)) or isinstance(given, bool) or given < 1:
        raise SettingError(f"{kind}: num_classes is a whole number above 0; it got {given!r}.")
    return int(given)


class MeanIoU(IoU):
    """IoU as the mean over all classes.

    >>> round(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    0.3333
    """

    key = "mean_io_u"
    stored: ClassVar[tuple[str, ...]] = (
        "num_classes",
        "ignore_class",
        "sparse_y_true",
        "sparse_y_pred",
        "axis",
    )

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: object = None, ignore_class: int | None = None,
        sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ) -> None:  # fmt: skip
        every = range(number_of_classes(type(self).__name__, num_classes))
        super().__init__(num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """IoU of one-hot targets and of probabilities of classes.

    >>> round(OneHotIoU(num_classes=2, target_class_ids=[1])([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]]), 4)
    0.5
    """

    key = "one_hot_io_u"
    stored: ClassVar[tuple[str, ...]] = (
        "num_classes",
        "target_class_ids",
        "ignore_class",
        "sparse_y_pred",
        "axis",
    )

    def __init__(
        self, num_classes: int, target_class_ids: Any, name: str | None = None, dtype: object = None,
        ignore_class: int | None = None, sparse_y_pred: bool = False, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """MeanIoU of one-hot targets and of probabilities of classes."""

    key = "one_hot_mean_io_u"
    stored: ClassVar[tuple[str, ...]] = ("num_classes", "ignore_class", "sparse_y_pred", "axis")

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: object = None, ignore_class: int | None = None,
        sparse_y_pred: bool = False, axis: int = -1,
    ) -> None:  # fmt: skip
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)


class BinaryIoU(IoU):
    """IoU of one number for each place: class 1 from the threshold on, else 0.

    >>> round(BinaryIoU(target_class_ids=[1])([0, 1, 1], [0.1, 0.6, 0.4]), 4)
    0.5
    """

    key = "binary_io_u"
    stored: ClassVar[tuple[str, ...]] = ("target_class_ids", "threshold")

    def __init__(
        self, target_class_ids: Any = (0, 1), threshold: float = 0.5, name: str | None = None, dtype: object = None,
    ) -> None:  # fmt: skip
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = float(threshold)

    def classes(self, p: Array) -> Array:
        return p >= self.threshold
