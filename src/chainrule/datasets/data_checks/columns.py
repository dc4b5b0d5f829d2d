"""The columns of a table as they were before they were standardised: outliers, marks for missing values, the answer itself."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.data_checks.finding import DataFinding

Numbers = NDArray[np.float64]

ENOUGH = 10  # rows
FAR = 1000.0  # times the width of nearly all others
FLAT = 1e-3  # what is left of the others, in deviations of the whole column
SAME_LINE = 0.9995  # of correlation
MOST = 0.03  # of the rows, in which a column that gives the answer away is wrong
FEW_OF = 0.1  # of the rows in which one answer for all is wrong
ODD = (-32768.0, 32767.0, -2147483648.0, 2147483647.0, 65535.0)


def outliers(name: str, values: Numbers) -> list[DataFinding]:
    """Marks for missing values that were left as numbers (-999), and single numbers that dwarf all others.

    >>> outliers("age", np.array([20.0, 30, 41, 25, 33, 28, 51, 47, -999, 38]))[0].says
    "column 'age' holds -999 in 1 row, while all others lie between 20 and 51: it looks like a mark for a missing value."
    """
    values = values[np.isfinite(values)]
    if len(values) < ENOUGH:
        return []
    ordered = np.sort(values)
    for mark in (float(ordered[0]), float(ordered[-1])):
        if not _is_mark(mark):
            continue
        others = values[values != mark]
        if not len(others):
            return []
        low, high = float(others.min()), float(others.max())
        width = high - low
        away = max(low - mark, mark - high)
        count = len(values) - len(others)
        if width > 0 and away > width and (count > 1 or away > 2 * width):
            many = "1 row" if count == 1 else f"{count:,} rows"
            says = f"column {name!r} holds {mark:.10g} in {many}, while all others lie between {low:.10g} and {high:.10g}: it looks like a mark for a missing value."
            return [DataFinding("mark for a missing value", _weight(others, values), says,
                                "It is read as a number: take those rows out, or leave the column out.",
                                {"column": name, "value": mark, "count": count})]  # fmt: skip
    last = len(ordered) - 1  # quantiles of ordered values, without NumPy's detours
    low, middle, high = np.interp(np.array([0.02, 0.5, 0.98]) * last, np.arange(last + 1), ordered).tolist()
    width = high - low
    far = int(np.abs(values - middle).argmax())
    if width > 0 and abs(values[far] - middle) > FAR * width:
        says = f"column {name!r} holds {values[far]:.6g}, while nearly all others lie between {low:.6g} and {high:.6g}."
        rest = values[np.abs(values - middle) <= FAR * width]
        return [DataFinding("outlier", _weight(rest, values), says,
                            "Beside such a number the others look the same to a network: correct or take out the row.",
                            {"column": name, "value": float(values[far])})]  # fmt: skip
    return []


def _is_mark(value: float) -> bool:
    return value in ODD or bool(re.fullmatch(r"9{2,}|9+\.9+", f"{abs(value):.10g}")) or abs(value) >= 1e19


def _weight(others: Numbers, values: Numbers) -> str:
    """ "stop" where nothing of the other values is left once the column is standardised."""
    spread = float(values.std())
    return "stop" if spread and float(others.std()) < FLAT * spread else "warning"


def answers_given_away(
    target: str,
    answer: Numbers | Sequence[str],
    numbers: Mapping[str, Numbers],
    words: Mapping[str, Sequence[str]],
) -> list[DataFinding]:
    """Columns that are the target, or say the same in another way.

    answer: the target's values, or the names of its classes, row by row.

    >>> price = np.array([3.0, 5, 4, 7, 1, 9, 8, 2, 6, 12])
    >>> [f.severity for f in answers_given_away("price", price, {"cost": price, "dollars": 2 * price}, {})]
    ['stop', 'warning']
    """
    found = []
    n = len(answer)
    if n < ENOUGH:
        return []
    is_number = not isinstance(answer, Sequence)
    codes = None if is_number else np.unique(np.asarray(answer), return_inverse=True)[1]
    for name, values in numbers.items():
        if not isinstance(answer, Sequence):
            if np.array_equal(values, answer):
                found.append(_same(target, name))
            elif values.std() > 0 and answer.std() > 0 and abs(np.corrcoef(values, answer)[0, 1]) > SAME_LINE:
                found.append(
                    _nearly(target, name, "is the target but for a factor and an offset, or nearly so")
                )
        elif codes is not None and np.array_equal(np.unique(values, return_inverse=True)[1], codes):
            found.append(_same(target, name))
        elif codes is not None and n >= 50 and _separates(values, codes):
            found.append(_nearly(target, name, "alone tells all classes apart"))
        elif codes is not None and n >= 50:
            found += _tells_most(target, name, np.unique(values, return_inverse=True)[1], codes)
    for name, own in words.items():
        if is_number:
            continue
        if list(own) == list(answer):
            found.append(_same(target, name))
        elif codes is not None and _one_to_one(np.unique(np.asarray(own), return_inverse=True)[1], codes):
            found.append(_nearly(target, name, "has another word for each class"))
        elif codes is not None and n >= 50:
            found += _tells_most(target, name, np.unique(np.asarray(own), return_inverse=True)[1], codes)
    return found


def _tells_most(
    target: str, name: str, own: NDArray[np.int64], codes: NDArray[np.int64]
) -> list[DataFinding]:
    """A column of few values that says the class in nearly every row, where always saying one class would not."""
    values, classes = int(own.max()) + 1, int(codes.max()) + 1
    if values > 2 * classes or values < 2:
        return []
    counts = np.zeros((values, classes), np.int64)
    np.add.at(counts, (own, codes), 1)
    wrong, wrong_at_least = (
        1 - counts.max(axis=1).sum() / len(codes),
        1 - counts.sum(axis=0).max() / len(codes),
    )
    if wrong > MOST or wrong > FEW_OF * wrong_at_least:
        return []
    share = f"{1 - wrong:.1%}".replace("%", " %")
    return [_nearly(target, name, f"alone tells the class in {share} of the rows")]


def _one_to_one(own: NDArray[np.int64], codes: NDArray[np.int64]) -> bool:
    pairs = len(np.unique(np.stack([own, codes]), axis=1).T)
    return pairs == len(np.unique(own)) == len(np.unique(codes))


def _separates(values: Numbers, codes: NDArray[np.int64]) -> bool:
    """Whether the classes follow each other without mixing, in the order of this column."""
    order = np.argsort(values, kind="stable")
    ranked, sizes = codes[order], values[order]
    changes = np.flatnonzero(np.diff(ranked))
    return len(changes) == len(np.unique(codes)) - 1 and bool((sizes[changes] < sizes[changes + 1]).all())


def _same(target: str, name: str) -> DataFinding:
    return DataFinding(
        "the target among the inputs", "stop", f"column {name!r} is the target {target!r} once more, in every row.",
        f"Leave it out: drop=[{name!r}] (--drop {name!r}).", {"column": name},
    )  # fmt: skip


def _nearly(target: str, name: str, how: str) -> DataFinding:
    return DataFinding(
        "nearly the target", "warning", f"column {name!r} {how} ({target!r}).",
        f"If it is not known before the answer is, leave it out: drop=[{name!r}] (--drop {name!r}).", {"column": name},
    )  # fmt: skip
