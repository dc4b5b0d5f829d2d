"""What an optimizer remembers, from every era of Keras, in the order of Keras 3.

iteration, learning_rate (unless a schedule gives it), then for each weight its own slots (Adam: m, v, m, v, ...)
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = list[NDArray[Any]]
# how many arrays each weight had up to TF-Keras 2.10, where all of one kind came before all of the next
KINDS = {
    "SGD": 1,
    "RMSprop": 1,
    "Adagrad": 1,
    "Adam": 2,
    "AdamW": 2,
    "Nadam": 2,
    "Adamax": 2,
    "Adadelta": 2,
    "Ftrl": 2,
}


def modern(arrays: Arrays, paths: list[str] | None, optimizer: dict[str, Any]) -> Arrays | None:
    """The arrays in Keras 3's order; None when they cannot be understood, and training would start afresh.

    `paths` are the names stored beside them (.h5 only), `optimizer` is the {"class_name", "config"} they belong to.
    """
    if not arrays:
        return None
    kind, config = optimizer["class_name"], optimizer["config"]
    rate = config.get("learning_rate", 0.01 if kind == "SGD" else 0.001)
    if paths and not paths[0].endswith(("iteration", "iteration:0")):
        grouped = _from_groups(arrays, paths, kind, config)
        if grouped is None:
            return None
        arrays = grouped
    elif kind == "Nadam" and arrays[-1].ndim:
        arrays = [*arrays, _nadam_product(int(arrays[0]), config)]
    if isinstance(rate, (int, float)) and not (
        len(arrays) > 1 and arrays[1].ndim == 0 and kind_of(arrays[1]) == "f"
    ):
        arrays = [arrays[0], np.array(rate, np.float32), *arrays[1:]]
    return arrays if arrays[0].ndim == 0 and kind_of(arrays[0]) in "iu" else None


def kind_of(array: NDArray[Any]) -> str:
    """'f' for floats, 'i' and 'u' for integers."""
    return array.dtype.kind


def _from_groups(arrays: Arrays, paths: list[str], kind: str, config: dict[str, Any]) -> Arrays | None:
    """TF-Keras up to 2.10: iter, then all m, then all v; and for Nadam its running product after iter."""
    alone = [a for a in arrays if a.ndim == 0]
    rest = [a for a in arrays if a.ndim]
    groups = KINDS.get(kind)
    if (
        groups is None
        or not alone
        or kind_of(alone[0]) not in "iu"
        or "iter" not in paths[0].rpartition("/")[2]
    ):
        return None
    groups += bool(config.get("amsgrad")) + (kind == "RMSprop") * (
        bool(config.get("momentum")) + bool(config.get("centered"))
    )
    if len(rest) % groups:
        return None
    count = len(rest) // groups
    kinds = [rest[index * count : (index + 1) * count] for index in range(groups)]
    if any([a.shape for a in group] != [a.shape for a in kinds[0]] for group in kinds):
        return None
    if KINDS[kind] == 2:
        pairs = [array for pair in zip(kinds[0], kinds[1], strict=True) for array in pair]
        rest = [*pairs, *(array for group in kinds[2:] for array in group)]
    return [alone[0], *rest, *alone[1:]]


def _nadam_product(iteration: int, config: dict[str, Any]) -> NDArray[Any]:
    """Nadam's u_1 · u_2 · ... · u_t, which TF-Keras 2.11 and later did not store: u_t = beta_1 (1 - 0.96^t / 2)."""
    steps = np.arange(1, min(iteration, 100_000) + 1)
    return np.array(np.prod(config.get("beta_1", 0.9) * (1 - 0.5 * 0.96**steps)), np.float32)
