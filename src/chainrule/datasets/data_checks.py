"""What deserves a look before learning, though nothing is wrong enough to stop: said once, in plain words."""

import hashlib
import unicodedata
from collections import Counter
from dataclasses import replace

import numpy as np

from chainrule.datasets.dataset import Array, Dataset


def look_over(data: Dataset) -> Dataset:
    """The same data with notes on rare classes, parts that may be swapped, pictures in two parts."""
    notes = list(data.notes)
    if data.class_names is not None:
        notes += imbalance(data.y_train, data.class_names) + twins(data.class_names)
    if len(data.y_test) > len(data.y_train):
        notes.append(
            f"the test part has {len(data.y_test):,} examples and the training part {len(data.y_train):,}: "
            "are they the right way round?"
        )
    if data.x_train.dtype == np.uint8:
        notes += repeats(data)
    return replace(data, notes=tuple(notes))


def imbalance(y: Array, class_names: tuple[str, ...]) -> list[str]:
    """Notes on classes that are ten times rarer than others, or that have a single example.

    >>> imbalance(np.array([0] * 30 + [1]), ("cat", "lynx"))[0]
    "class 'cat' has 30 examples and 'lynx' 1: always answering 'cat' is right in 96.77 % of them"
    """
    counts = np.bincount(y, minlength=len(class_names))
    most, least = int(counts.argmax()), int(counts.argmin())
    notes = []
    if counts[most] >= 10 * counts[least]:
        share = 100 * counts[most] / counts.sum()
        notes.append(
            f"class {class_names[most]!r} has {counts[most]:,} examples and {class_names[least]!r} "
            f"{counts[least]:,}: always answering {class_names[most]!r} is right in {share:.2f} % of them"
        )
    notes += [
        f"class {class_names[k]!r} has a single example to learn from"
        for k in np.flatnonzero(counts == 1)[:20]
    ]
    return notes


def twins(class_names: tuple[str, ...]) -> list[str]:
    """Notes on class names that only capitals, spaces or the way of writing an accent tell apart.

    >>> twins(("Cat", "cat", "dog"))
    ["the classes 'Cat' and 'cat' are told apart only by capitals or spaces: are they one?"]
    """
    seen: dict[str, str] = {}
    notes = []
    for name in class_names:
        folded = " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
        if folded in seen and not (len(name) == 1 and name.isalpha()):  # A and a are letters, not a slip
            notes.append(
                f"the classes {seen[folded]!r} and {name!r} are told apart only by capitals or spaces: "
                "are they one?"
            )
        seen.setdefault(folded, name)
    return notes


def repeats(data: Dataset) -> list[str]:
    """Notes on examples of the test or validation part that are in the training part too, pixel for pixel."""
    known = Counter(_prints(data.x_train))
    notes = []
    for part, x in (("validation", data.x_val), ("test", data.x_test)):
        shared = sum(mark in known for mark in _prints(x)) if x is not None else 0
        if shared:
            notes.append(
                f"{shared:,} pictures of the {part} part are in the training part too: it will flatter"
            )
    return notes


def _prints(x: Array) -> list[bytes]:
    return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in x]
