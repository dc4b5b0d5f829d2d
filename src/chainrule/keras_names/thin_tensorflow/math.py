"""`tf.math`: the functions on arrays that `tf` has, too."""

from typing import Any

from chainrule import ops
from chainrule.internal.class_counts import confusion_counts
from chainrule.keras_names import thin_tensorflow
from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.ops.tensor import tensor, with_tensors

__all__ = ["confusion_matrix"]


def confusion_matrix(labels: Any, predictions: Any, num_classes: int | None = None, **settings: Any) -> Any:
    """How often each class (row) was taken for each class (column)."""
    import numpy as np

    y, p = np.asarray(labels).astype(int).ravel(), np.asarray(predictions).astype(int).ravel()
    classes = num_classes or int(max(y.max(), p.max())) + 1
    return tensor(confusion_counts(y, p, classes).astype(np.int32))


def __getattr__(name: str) -> Any:
    if name in (
        "log",
        "log1p",
        "ceil",
        "floor",
        "mod",
        "rsqrt",
        "is_nan",
        "top_k",
        "softplus",
        "cumsum",
        "count_nonzero",
    ):
        return with_tensors(getattr(ops, {"is_nan": "isnan"}.get(name, name)))
    if thin_tensorflow.is_of_arrays(name):
        return getattr(thin_tensorflow, name)
    raise missing("tensorflow.math", name)
