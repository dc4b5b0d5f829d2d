"""What is equal by chance is no copy, what says the class is named, and parts of two scales are told apart."""

import numpy as np
import pytest

from chainrule.datasets.data_checks import check
from chainrule.datasets.data_checks.columns import answers_given_away
from chainrule.datasets.dataset import Dataset

NAMES = {"task": "two classes", "class_names": ("a", "b")}


def found(report) -> list[tuple[str, str]]:
    """Severity and name of each finding."""
    return [(finding.severity, finding.name) for finding in report]


def table_of(x: np.ndarray, y: np.ndarray) -> Dataset:
    """A table's examples in two parts."""
    cut = len(x) * 4 // 5
    return Dataset("t", x[:cut], y[:cut], x[cut:], y[cut:], **NAMES)


BY_CHANCE = {
    "amounts with one decimal": lambda rng: rng.normal(size=(600, 2)).round(1),
    "one rounded column": lambda rng: rng.normal(size=(600, 1)).round(2),
    "whole numbers and a yes or no": lambda rng: np.stack(
        [rng.integers(18, 90, 600), rng.integers(0, 2, 600)], axis=1
    ),
}


@pytest.mark.parametrize("kind", BY_CHANCE)
def test_rows_that_are_equal_by_chance_are_no_copies(kind) -> None:
    """Rounded numbers and few words repeat: that is noted, and stops nobody."""
    rng = np.random.default_rng(3)
    report = check(table_of(BY_CHANCE[kind](rng).astype(np.float32), rng.integers(0, 2, 600)))
    assert {("note", "copies in two parts"), ("note", "contradicting labels")} <= set(found(report))
    assert "stop" not in {severity for severity, _ in found(report)}


@pytest.mark.parametrize("decimals", [1, 2, 9])
@pytest.mark.parametrize("width", [3, 8])
def test_planted_copies_are_found_among_rounded_numbers(decimals, width) -> None:
    """Every row twice: more than chance gives, with one decimal or nine."""
    rng = np.random.default_rng(4)
    x = np.repeat(rng.normal(size=(300, width)).round(decimals), 2, axis=0)[rng.permutation(600)]
    report = check(table_of(x.astype(np.float32), rng.integers(0, 2, 600)))
    assert ("stop", "copies in two parts") in found(report)


@pytest.mark.parametrize("slips", [0, 4, 8])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", ["words", "numbers"])
def test_a_column_that_nearly_says_the_class_is_named(slips, classes, kind) -> None:
    """The answer under another name, with a few slips."""
    rng = np.random.default_rng(5)
    codes = rng.integers(0, classes, 400)
    own = np.where(np.arange(400) < slips, (codes + 1) % classes, codes)
    answer = [f"class {code}" for code in codes]
    columns = {"code": 10.0 * own} if kind == "numbers" else {}
    words = {"code": [f"w{code}" for code in own]} if kind == "words" else {}
    report = answers_given_away("y", answer, columns, words)
    assert [finding.evidence["column"] for finding in report] == ["code"]


def test_a_good_column_and_a_rare_class_give_nothing_away() -> None:
    """90 % right is a good column; 99 % right is none where one class has 99 % of the rows."""
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 2, 400)
    good = np.where(rng.random(400) < 0.1, 1 - codes, codes)
    assert not answers_given_away("y", [str(code) for code in codes], {"good": good.astype(float)}, {})
    rare = (np.arange(400) < 4).astype(int)
    assert not answers_given_away(
        "y", [str(code) for code in rare], {"any": rng.integers(0, 2, 400).astype(float)}, {}
    )


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("shape", [(7,), (4, 4)])
def test_parts_divided_by_255_and_by_127_and_a_half_are_not_of_one_scale(swapped, shape) -> None:
    """One part from 0 to 1, the other from -1 to 1; marks of -1 that are rare are no other scale."""
    rng = np.random.default_rng(8)
    pixels = rng.integers(0, 256, (200, *shape)).astype(np.float32)
    parts = [pixels[:150] / 127.5 - 1, pixels[150:] / 255]
    train, test = parts[::-1] if swapped else parts
    data = Dataset("odd", train, np.arange(len(train)) % 2, test, np.arange(len(test)) % 2, **NAMES)
    assert ("stop", "parts of different scale") in found(check(data))
    marked = pixels / 255
    marked[:3] = -1
    data = Dataset("marks", marked[:150], np.arange(150) % 2, marked[150:], np.arange(50) % 2, **NAMES)
    assert "parts of different scale" not in [finding.name for finding in check(data)]
