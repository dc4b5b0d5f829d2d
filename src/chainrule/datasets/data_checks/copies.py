"""Examples that are there more than once: in two parts, so that a test measures memory, or with two labels."""

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.columns import width
from chainrule.datasets.data_checks.finding import DataFinding
from chainrule.datasets.dataset import Array, Dataset
from chainrule.datasets.on_disk import BLOCK as BYTES
from chainrule.datasets.on_disk import column as one_column
from chainrule.datasets.on_disk import in_blocks

MEANINGLESS = 0.3  # of a test part that was learned from
COMBINATIONS = 10  # times as many possible inputs as examples: then equal ones are no chance
COLUMNS = 64  # are looked at for that
BY_CHANCE = 3.0  # times as many equal rows as chance gives are no copies: columns are seldom independent
GRID = 1e-5  # of a column's range: closer values than that are no rounded ones
BLOCK = 1 << 20  # numbers that are copied together
PARTS = (("validation", "val"), ("test", "test"))


def copies(data: Dataset) -> list[DataFinding]:
    """Examples of the test or validation part that are in the training part too, number for number.

    >>> x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    >>> found = copies(Dataset("leak", x, y, x[:10], y[:10], task="two classes", class_names=("a", "b")))
    >>> found[0].severity, found[0].evidence["share"]
    ('stop', 1.0)
    """
    known = set(_prints(data.x_train))
    found = []
    for part, key in PARTS:
        x = getattr(data, f"x_{key}")
        if x is None or not len(x):
            continue
        shared = np.array([mark in known for mark in _prints(x)])
        if shared.any():
            found.append(_finding(data, part, shared))
    return found


def _finding(data: Dataset, part: str, shared: NDArray[np.bool_]) -> DataFinding:
    share, count = float(shared.mean()), int(shared.sum())
    kind = "pictures" if are_pictures(data) else "examples"
    evidence = {
        "part": part, "count": count, "share": share, "flatters": part == "test",
        "first": np.flatnonzero(shared)[:10].tolist(),
    }  # fmt: skip
    many = f"{count:,} {kind} of the {part} part are" if count > 1 else f"1 {kind[:-1]} of the {part} part is"
    says = f"{many} in the training part too ({share:.1%})".replace("%", " %")
    if few_inputs(data) or share <= BY_CHANCE * chance_of_equals(data):
        evidence["flatters"] = share >= MEANINGLESS and part == "test"
        return DataFinding(
            "copies in two parts",
            "note",
            f"{says}: the columns take so few different values that rows repeat.",
            "",
            evidence,
        )
    severity = "stop" if share >= MEANINGLESS else "warning"
    return DataFinding(
        "copies in two parts", severity, f"{says}: what is measured there flatters, as it was learned from.",
        "Take the copies out, or keep all copies of an example in one part.", evidence,
    )  # fmt: skip


def contradictions(data: Dataset) -> list[DataFinding]:
    """Equal inputs that have different labels, anywhere in the data.

    >>> x = np.random.default_rng(0).normal(size=(9, 3)); x[8] = x[0]
    >>> y = np.array([0, 1, 0, 1, 0, 1, 0, 1, 1])
    >>> contradictions(Dataset("twice", x, y, x[:0], y[:0], task="two classes", class_names=("cat", "dog")))[0].says
    "1 example is there under several labels, the first: training 8 as 'dog' and training 0 as 'cat'."
    """
    if data.class_names is None:
        return []
    first: dict[bytes, tuple[str, int, int]] = {}
    count, shown = 0, ""
    for part, key in (("training", "train"), *PARTS):
        x, y = getattr(data, f"x_{key}"), getattr(data, f"y_{key}")
        if x is None:
            continue
        for k, (mark, label) in enumerate(zip(_prints(x), y.tolist(), strict=True)):
            if mark not in first:
                first[mark] = (part, k, label)
            elif first[mark][2] != label:
                other, index, before = first[mark]
                shown = shown or (
                    f"{part} {k} as {data.class_names[label]!r} and {other} {index} as {data.class_names[before]!r}"
                )
                count += 1
    if not count:
        return []
    what = "picture" if are_pictures(data) else "example"
    many = f"1 {what} is" if count == 1 else f"{count:,} {what}s are"
    chance = few_inputs(data) or count <= BY_CHANCE * chance_of_equals(data) * len(first)
    severity = "note" if chance else "warning"
    return [
        DataFinding(
            "contradicting labels", severity, f"{many} there under several labels, the first: {shown}.",
            "No network can be right on both: correct the labels.", {"count": count},
        )
    ]  # fmt: skip


def are_pictures(data: Dataset) -> bool:
    """Whether the examples are pictures."""
    return data.x_train.dtype == np.uint8 and data.x_train.ndim >= 3


def few_inputs(data: Dataset) -> bool:
    """Whether the columns take so few values that equal rows are to be expected; never for pictures."""
    x, n = data.x_train, len(data.x_train)
    if are_pictures(data) or x.ndim != 2 or len(set(_prints(x))) > n / 2:
        return False
    possible, place = 1, 0
    for column in data.preparation.get("columns", [{"kind": "number"}] * x.shape[1])[:COLUMNS]:
        if column["kind"] == "category":
            different = len(column["values"])
        else:
            different = len(np.unique(one_column(x, place)))
        place += width(column)
        possible *= max(1, different)
        if possible > COMBINATIONS * n:
            return False
    return True


def chance_of_equals(data: Dataset) -> float:
    """The share of training rows that would be found again if the columns were independent of each other: rounded numbers
    and few words repeat without anybody's copying. 0 for pictures and for rows of very many columns. Of rows that memory has
    no room for, the first stand for all, which says less than there is.

    >>> x = np.random.default_rng(0).normal(size=(300, 2))
    >>> made = lambda x: Dataset("t", x, np.arange(300) % 2, x[:0], np.zeros(0), task="two classes", class_names=("a", "b"))
    >>> round(chance_of_equals(made(x)), 2), round(chance_of_equals(made(x.round(1))), 1)
    (0.01, 0.3)
    """
    x = data.x_train
    if are_pictures(data) or x.ndim != 2 or x.shape[1] > COLUMNS:
        return 0.0
    if isinstance(x, np.memmap):
        x = np.array(x[: max(1, BYTES // max(1, x.nbytes // len(x)))])
    if x.shape[1] == 1:
        return float(_is_rounded(np.unique(x), len(x)))
    mixed, place, rng = np.array(x), 0, np.random.default_rng(0)
    for column in data.preparation.get("columns", [{"kind": "number"}] * x.shape[1]):
        own = slice(place, place + width(column))
        mixed[:, own] = x[rng.permutation(len(x)), own]
        place = own.stop
    known = set(_prints(mixed))
    return float(np.mean([mark in known for mark in _prints(x)]))


def _is_rounded(different: Array, n: int) -> bool:
    """Whether ordered values lie on a grid so coarse that many of n are equal."""
    if len(different) < 2:
        return True
    reach, step = float(different[-1] - different[0]), float(np.diff(different).min())
    return step > GRID * reach and reach / step <= COMBINATIONS * n


def _prints(x: Array) -> list[bytes]:
    """A fingerprint of each example; 0 and -0 are one number. Those of mapped examples are kept: reading them is what takes long."""
    if not isinstance(x, np.memmap):
        return _made(x)
    if "fingerprints" not in vars(x):
        vars(x)["fingerprints"] = _made(x)
    found: list[bytes] = vars(x)["fingerprints"]
    return found


def _made(x: Array) -> list[bytes]:
    width = math.prod(x.shape[1:])
    step = max(1, BLOCK // max(1, width))
    return [
        mark
        for some in in_blocks(x)
        for k in range(0, len(some), step)
        for mark in _marks(some[k : k + step], width)
    ]


def _marks(x: Array, width: int) -> list[bytes]:
    if x.dtype.kind == "f":
        x = x + 0
    x = np.ascontiguousarray(x).reshape(len(x), width)
    if x.dtype.itemsize * width <= 32:
        return [row.tobytes() for row in x]
    return [hashlib.blake2b(row.data, digest_size=16).digest() for row in x]
