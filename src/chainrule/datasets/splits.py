"""Setting examples aside: by seed, and so that every class keeps its share."""

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, SettingError

Indices = NDArray[np.int64]


def split(
    y: NDArray[np.generic], share: float, seed: int = 0, *, classes: bool = True
) -> tuple[Indices, Indices]:
    """The indices of the examples that are kept and of those set aside, each in ascending order.

    `share` is the part set aside, 0 <= share < 1. With `classes`, each class gives its share to within one
    example (largest remainders first, so that the whole is right too), and one with a single example keeps
    it. The same seed and answers give the same split.

    >>> kept, aside = split(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=1)
    >>> len(kept), len(aside)
    (6, 2)
    """
    if not 0 <= share < 1:
        raise SettingError(f"The share to set aside is {share}; it must be at least 0 and less than 1.")
    if not share:
        return np.arange(len(y)), np.arange(0)
    groups = [np.flatnonzero(y == k) for k in np.unique(y)] if classes else [np.arange(len(y))]
    wanted = np.array([len(group) * share for group in groups])
    room = np.array([len(group) - 1 for group in groups])
    counts = np.minimum(np.floor(wanted).astype(int), room)
    missing = max(round(len(y) * share) - int(counts.sum()), 0)
    remainders = np.argsort(counts - wanted, kind="stable")
    counts[[k for k in remainders if counts[k] < min(wanted[k], room[k])][:missing]] += 1
    if not counts.sum():
        raise DataError(
            f"Setting {share:g} of {len(y)} examples aside leaves none there; ask for a larger share."
        )
    rng = np.random.default_rng([0x5317, seed])
    aside = [rng.permutation(group)[:n] for group, n in zip(groups, counts, strict=True)]
    chosen = np.zeros(len(y), bool)
    chosen[np.concatenate(aside)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
