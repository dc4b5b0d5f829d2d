"""Pictures of the test part that are a training picture once more: saved anew, brighter, darker or shifted.

Two pictures are laid on each other at every shift of up to two pixels, where their pixels correlate best, and compared by
how far they are apart (`saving.apart`): a copy is at most a few of the changes away that saving it as a JPEG makes. The
limit was chosen on sets of other kinds than those on which `benchmarks/data_checks.py` measures.
"""

import math
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.data_checks.finding import DataFinding
from chainrule.datasets.data_checks.saving import apart
from chainrule.datasets.dataset import Array, Dataset

LIMIT = 2.4  # residues between a picture and its copy
ALIKE = 0.75  # correlation below which two pictures are not looked at closely
SIDES = ("left", "right", "links", "rechts", "gauche", "droite")
HALF_AS_FAR = 0.5
SAMPLE = 300  # training pictures of a class show what it looks like
SHIFT = 2  # pixels to each side
CANDIDATES = 3  # training pictures that are looked at closely, by each of two likenesses
SMALLEST, LARGEST = 12, 256  # pixels of a side
MOST = 100_000  # pictures
BLOCK = 1000
PIXELS = 4_000_000  # that are laid on each other at once
LIGHT = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue: what a JPEG keeps best
FLAT = 2.0  # deviation of the pixels below which a picture shows nothing

Floats = NDArray[np.float32]


def unfit(data: Dataset) -> str | None:
    """Why near copies cannot be looked for; "" where there are no pictures, None where they can."""
    x = data.x_train
    if (
        x.dtype != np.uint8
        or x.ndim not in (3, 4)
        or (x.ndim == 4 and x.shape[3] != 3)
        or not len(data.x_test)
    ):
        return ""
    if not SMALLEST <= min(x.shape[1:3]) <= max(x.shape[1:3]) <= LARGEST:
        return f"pictures of {SMALLEST} to {LARGEST} pixels a side are compared"
    if len(x) > MOST:
        return f"up to {MOST:,} training pictures are compared"
    return None


def near_copies(data: Dataset) -> list[DataFinding]:
    """Test pictures that are nearly a training picture, and whether the two have one label.

    Copies that are equal in every pixel are left to `copies`.
    """
    test, away, place = data.x_test, *nearest(data.x_train, data.x_test)
    if flips_allowed(data):
        mirrored, other = nearest(data.x_train, data.x_test[:, :, ::-1])
        place = np.where(mirrored < away, other, place)
        away = np.minimum(away, mirrored)
    near = (away < LIMIT) & ~(data.x_train[place] == test).reshape(len(test), -1).all(axis=1)
    if not near.any():
        return []
    rows = np.flatnonzero(near)
    pairs = [(int(k), int(place[k])) for k in rows]
    share = len(rows) / len(test)
    odd = [(k, j) for k, j in pairs if data.y_test[k] != data.y_train[j]]
    first = ", ".join(f"test {k} and training {j}" for k, j in pairs[:3])
    says = f"{len(rows):,} pictures of the test part are nearly a training picture ({share:.1%}), the first: {first}".replace(
        "%", " %"
    )
    severity = "stop" if share >= 0.3 else "warning"
    found = [
        DataFinding(
            "near copies in two parts", severity, f"{says}: what is measured there flatters.",
            "Keep all pictures of one thing in one part.", {"pairs": pairs[:1000], "share": share, "flatters": True},
        )
    ]  # fmt: skip
    if odd and data.class_names is not None:
        (k, j), names = odd[0], data.class_names
        says = f"{len(odd):,} of them have another label than the picture they copy, the first: test {k} is {names[data.y_test[k]]!r} and training {j} {names[data.y_train[j]]!r}."
        found.append(
            DataFinding("contradicting labels", "warning", says, "Correct the labels.", {"pairs": odd[:1000]})
        )
    return found


def flips_allowed(data: Dataset) -> bool:
    """Whether a mirrored picture shows the same thing: not so for letters, digits, left and right, and classes that are mirror images.

    >>> x = np.zeros((8, 6, 6), np.uint8)
    >>> x[:4, :, :2] = x[4:, :, 4:] = 255  # a bar on the left, a bar on the right
    >>> y = np.arange(8) // 4
    >>> flips_allowed(Dataset("bars", x, y, x, y, task="two classes", class_names=("west", "east")))
    False
    """
    names = [str(name).lower() for name in data.class_names or ()]
    if data.preparation.get("like") == "mnist" or not names or all(len(name) == 1 for name in names):
        return False
    if any(word in SIDES for name in names for word in re.split(r"[^a-z]+", name)):
        return False
    means = np.stack([data.x_train[data.y_train == k][:SAMPLE].mean(axis=0) for k in np.unique(data.y_train)])
    away = ((means[:, None, :, ::-1] - means[None]) ** 2).reshape(len(means), len(means), -1).sum(axis=2)
    own = np.diag(away)[:, None]
    return not bool((away < HALF_AS_FAR * own)[~np.eye(len(means), dtype=bool)].any())


def nearest(known: Array, asked: Array) -> tuple[Floats, NDArray[np.int64]]:
    """For each picture how far the nearest of the known ones is away, in residues, and which one that is.

    Infinitely far is what correlates with none, and what shows nothing.

    >>> known = np.random.default_rng(0).integers(0, 256, (50, 16, 16)).astype("u1")
    >>> away, place = nearest(known, np.concatenate([known[7:8] // 5 * 4, 255 - known[:1]]))
    >>> bool(away[0] < LIMIT), int(place[0]), float(away[1])
    (True, 7, inf)
    """
    away, place = np.full(len(asked), np.inf, np.float32), np.zeros(len(asked), np.int64)
    known, asked = _gray(known), _gray(asked)
    block = max(1, min(BLOCK, PIXELS // math.prod(asked.shape[1:])))
    for likeness in (_blurred, _spectrum):
        table = _by_pieces(likeness, known)
        for start in range(0, len(asked), block):
            part = asked[start : start + block]
            close = _unit(likeness(part)) @ table.T
            k = min(CANDIDATES, len(known))
            for j in np.argpartition(-close, k - 1, axis=1)[:, :k].T:
                found = _aligned(part, known[j])
                better = found < away[start : start + block]
                away[start : start + block][better] = found[better]
                place[start : start + block][better] = j[better]
    return away, place


def _gray(x: Array) -> Array:
    return x if x.ndim == 3 else (x @ LIGHT).round().astype(np.uint8)


def _by_pieces(likeness: Callable[[Array], Floats], x: Array) -> Floats:
    return np.concatenate([_unit(likeness(x[k : k + BLOCK])) for k in range(0, len(x), BLOCK)])


def _blurred(x: Array) -> Floats:
    """Means over some 7 x 7 fields."""
    n, height, width = x.shape
    fields = (max(1, height // 7), max(1, width // 7))
    rows, columns = height // fields[0], width // fields[1]
    cut = x[:, : rows * fields[0], : columns * fields[1]].astype(np.float32)
    blurred: Floats = cut.reshape(n, rows, fields[0], columns, fields[1]).mean(axis=(2, 4)).reshape(n, -1)
    return blurred


def _spectrum(x: Array) -> Floats:
    """The sizes of the slow waves, which a shift does not change."""
    waves = np.abs(np.fft.rfft2(x.astype(np.float32)))[:, [0, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5], :6]
    flat = np.sqrt(waves.reshape(len(x), -1)).astype(np.float32)
    flat[:, 0] = 0  # brightness
    return flat


def _unit(x: Floats) -> Floats:
    """Rows without their mean, of length 1."""
    x = x - x.mean(axis=1, keepdims=True)
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6), np.float32)


def _aligned(a: Array, b: Array) -> Floats:
    """How far the middle of each `a` is from its `b`, at the shift where they correlate best."""
    n, height, width = a.shape
    a, b = a.astype(np.float32), b.astype(np.float32)
    core = a[:, SHIFT : height - SHIFT, SHIFT : width - SHIFT]
    flat = core.reshape(n, -1)
    unit, best, laid = _unit(flat), np.full(n, -1, np.float32), np.zeros_like(core)
    for down in range(2 * SHIFT + 1):
        for right in range(2 * SHIFT + 1):
            other = b[:, down : height - 2 * SHIFT + down, right : width - 2 * SHIFT + right]
            found = np.einsum("ij,ij->i", unit, _unit(other.reshape(n, -1)))
            better = found > best
            best[better], laid[better] = found[better], other[better]
    away = np.full(n, np.inf, np.float32)
    close = (best > ALIKE) & (flat.std(axis=1) >= FLAT)
    if close.any():
        away[close] = apart(core[close], laid[close])
    return away
