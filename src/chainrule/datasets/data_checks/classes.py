"""The classes of a data set: names that may be one, sizes that are far apart, parts that may be swapped."""

import re
import unicodedata

import numpy as np

from chainrule.datasets.cells import is_number
from chainrule.datasets.data_checks.finding import DataFinding
from chainrule.datasets.dataset import Array, Dataset

INVISIBLE = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|[nrt])")  # letters that `printable` had to write out


def class_findings(data: Dataset) -> list[DataFinding]:
    """What the names and the sizes of the classes say."""
    if data.class_names is None:
        return []
    lines = [*imbalance(data.y_train, data.class_names), *twins(data.class_names)]
    return [DataFinding("classes", "note", text) for text in lines]


def swapped_parts(data: Dataset) -> list[DataFinding]:
    """A test part that is larger than the training part."""
    if len(data.y_test) <= len(data.y_train):
        return []
    says = f"the test part has {len(data.y_test):,} examples and the training part {len(data.y_train):,}: "
    return [DataFinding("parts may be swapped", "note", says + "are they the right way round?")]


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
    """Notes on class names that only capitals, spaces, invisible letters, or the way of writing a number or an accent tell apart.

    >>> twins(("Cat", "cat", "dog"))
    ["the classes 'Cat' and 'cat' are told apart only by capitals or spaces: are they one?"]
    """
    seen: dict[str, str] = {}
    notes = []
    for name in class_names:
        folded = _folded(name)
        if folded in seen and not (len(name) == 1 and name.isalpha()):  # A and a are letters, not a slip
            how = "the way a number is written" if is_number(folded) else "capitals or spaces"
            notes.append(
                f"the classes {seen[folded]!r} and {name!r} are told apart only by {how}: are they one?"
            )
        seen.setdefault(folded, name)
    return notes


def _folded(name: str) -> str:
    """A name without what the eye passes over; of a number its value."""
    name = INVISIBLE.sub("", name)
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    folded = " ".join(seen.casefold().replace("_", " ").split())
    if not is_number(folded):
        return folded
    return folded.lstrip("+0") if folded.isdigit() else f"{float(folded) + 0.0:.17g}"
