"""Training labels that look wrong: the nearest other examples nearly all have another label.

Source: D. Wilson, Asymptotic properties of nearest neighbor rules using edited data, 1972.
"""

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.data_checks.finding import DataFinding
from chainrule.datasets.data_checks.near_copies import _blurred, _gray, _unit
from chainrule.datasets.dataset import Array, Dataset

NEIGHBORS = 10
AGREEING = 0.6  # of the neighbors have the same other label
OWN = 1  # neighbors with the given label, at most
COMPARED = 20_000  # examples stand for all
LEAST = 200  # examples
BLOCK = 2000
WIDE = 200  # numbers of an example, beyond which pictures are looked at more coarsely
TRUSTED = 0.8  # of the labels agree with their neighbors: else neighbors say nothing here
SHOWN = 1000


def unfit(data: Dataset) -> str | None:
    """Why labels cannot be judged by their neighbors; "" where there are none, None where they can."""
    if data.class_names is None:
        return ""
    if len(data.y_train) < LEAST:
        return f"fewer than {LEAST} training examples"
    if _features(data.x_train[:1]).shape[1] > 1024:
        return "the examples are too large"
    return None


def label_errors(data: Dataset) -> list[DataFinding]:
    """The training examples whose label their neighbors contradict, the surest first."""
    order, other = suspects(data.x_train, data.y_train, len(data.class_names or ()))
    if not len(order):
        return []
    names = data.class_names or ()
    first = ", ".join(f"{k} ({names[data.y_train[k]]!r}, rather {names[other[k]]!r})" for k in order[:3])
    share = len(order) / len(data.y_train)
    says = f"{len(order):,} training labels ({share:.1%}) are not those of the nearest examples, the first: {first}.".replace(
        "%", " %"
    )
    return [
        DataFinding(
            "labels that look wrong", "note", says, "Look at them; some examples are only hard.",
            {"index": order[:SHOWN].tolist(), "rather": other[order[:SHOWN]].tolist(), "count": len(order)},
        )
    ]  # fmt: skip


def suspects(x: Array, y: Array, classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of labels that look wrong, the surest first, and for every example what its neighbors are."""
    features = _features(x)
    n = len(y)
    some = np.arange(n) if n <= COMPARED else np.random.default_rng(0).permutation(n)[:COMPARED]
    known, labels = features[some], np.asarray(y, np.int64)[some]
    votes = np.zeros((n, classes), np.int32)
    half = (known * known).sum(axis=1) / 2
    for start in range(0, n, BLOCK):
        close = features[start : start + BLOCK] @ known.T - half
        count = min(NEIGHBORS + 1, len(some))
        near = np.argpartition(-close, count - 1, axis=1)[:, :count]
        for row, places in enumerate(near):
            others = places[some[places] != start + row][:NEIGHBORS]
            votes[start + row] = np.bincount(labels[others], minlength=classes)
    own = votes[np.arange(n), np.asarray(y, np.int64)]
    best = votes.argmax(axis=1)
    if float((best == y).mean()) < TRUSTED:
        return np.zeros(0, np.int64), best
    found = np.flatnonzero((own <= OWN) & (votes.max(axis=1) >= AGREEING * NEIGHBORS) & (best != y))
    surest = np.argsort(own[found] - votes[found].max(axis=1), kind="stable")
    return found[surest], best


def _features(x: Array) -> NDArray[np.float32]:
    """What examples are compared by: pictures coarsely and without their brightness, rows as they are."""
    if x.ndim >= 3 and x.dtype == np.uint8 and int(np.prod(x.shape[1:])) > WIDE:
        gray = _gray(x if x.ndim in (3, 4) else x.reshape(len(x), x.shape[1], -1))
        if min(gray.shape[1:]) >= 14:
            size = 2 if max(gray.shape[1:]) <= 32 else max(gray.shape[1:]) // 14
            n, h, w = gray.shape
            cut = gray[:, : h // size * size, : w // size * size].astype(np.float32)
            return _unit(cut.reshape(n, h // size, size, w // size, size).mean(axis=(2, 4)).reshape(n, -1))
        return _unit(_blurred(gray))
    return x.reshape(len(x), -1).astype(np.float32)
