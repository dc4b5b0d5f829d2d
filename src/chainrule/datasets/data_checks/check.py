"""All checks in their order: the quick ones whenever data are loaded, the others when they are asked for."""

from collections.abc import Sequence
from dataclasses import replace

from chainrule.datasets.data_checks import classes, copies, ranges
from chainrule.datasets.data_checks.finding import DataFinding, DataReport
from chainrule.datasets.dataset import Dataset

QUICK = ("copies between the parts", "contradicting labels", "the scale of the inputs", "the classes")

BEFORE = (
    "mark for a missing value",
    "outlier",
    "the target among the inputs",
    "nearly the target",
)  # seen in the table itself
PUBLISHED = frozenset(["08c00fcb1ee8ad2aa981d50c445316453e496d6656ebeb41ba6a1bb98dbca63b"])


def quick(data: Dataset, more: Sequence[DataFinding] = ()) -> DataReport:
    """What is found in a moment, whatever kind of data it is; `more` are findings from before it was an array."""
    found = [
        *more, *classes.swapped_parts(data), *copies.copies(data), *copies.contradictions(data), *ranges.ranges(data),
        *classes.class_findings(data),
    ]  # fmt: skip
    return DataReport(data.name, tuple(found), QUICK)


def look_over(data: Dataset, more: Sequence[DataFinding] = ()) -> Dataset:
    """The same data with what the quick checks found: in full as `checks`, in words among the notes."""
    report = quick(data, more)
    return replace(data, notes=(*data.notes, *(finding.text for finding in report)), checks=report)


def check(data: Dataset) -> DataReport:
    """Everything that is looked for in a data set, also what takes seconds: near copies of pictures, odd labels.

    Raises nothing for what is found; see `DataReport.stops` for what makes a result meaningless.

    >>> from chainrule import datasets
    >>> import numpy as np
    >>> x, y = np.random.default_rng(0).random((50, 4)), np.arange(50) % 2
    >>> report = check(Dataset("leak", x, y, x[:9], y[:9], task="two classes", class_names=("a", "b")))
    >>> report.stops[0].name
    'copies in two parts'
    """
    from chainrule.datasets.data_checks import label_errors, near_copies

    if data.digest in PUBLISHED:
        return DataReport(data.name, looked_at=("the digest: the content is as published",))
    report = quick(data, [finding for finding in data.checks or () if finding.name in BEFORE])
    found, looked_at, left_out = list(report.findings), [*report.looked_at], [*report.left_out]
    if (why := near_copies.unfit(data)) is None:
        looked_at.append("near copies of pictures")
        found += near_copies.near_copies(data)
    elif why:
        left_out.append(f"near copies: {why}")
    if (why := label_errors.unfit(data)) is None:
        looked_at.append("labels that their neighbors contradict")
        found += label_errors.label_errors(data)
    elif why:
        left_out.append(f"labels: {why}")
    return DataReport(data.name, tuple(found), tuple(looked_at), tuple(left_out))
