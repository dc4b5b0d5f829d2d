"""The Dataset itself: what it refuses, what it says, and a digest that is the content's."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.datasets.data_checks import imbalance, look_over, twins
from chainrule.datasets.dataset import Dataset
from chainrule.datasets.splits import split
from chainrule.errors import DataError, SettingError


def small(**changes: object) -> Dataset:
    x, y = np.arange(12, dtype=np.float32).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])
    settings = {"class_names": ("no", "yes"), "task": "two classes"} | changes
    return Dataset("small", x, y, x[:2], y[:2], **settings)  # type: ignore[arg-type]


def test_the_arrays_can_not_be_written_to() -> None:
    """What a digest was made of stays what it was; the caller's own array stays free."""
    x = np.zeros((3, 2))
    data = Dataset("free", x, np.zeros(3), x, np.zeros(3), task="regression")
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 1
    x[0] = 1


def test_the_digest_is_of_the_content() -> None:
    """The name and place do not change it; a number, a type, a shape, a class name or the task does."""
    data = small()
    x, y = data.x_train, data.y_train
    assert data.digest == small(source="elsewhere", licence="mine", notes=("look",)).digest
    changed = x.copy()
    changed[5, 1] += 1
    others = [
        small(class_names=("no", "maybe")),
        small(x_val=x, y_val=y),
        small(task="classes"),
        Dataset("small", changed, y, x[:2], y[:2], class_names=("no", "yes"), task="two classes"),
        Dataset(
            "small",
            x.astype("f8"),
            y,
            x[:2].astype("f8"),
            y[:2],
            class_names=("no", "yes"),
            task="two classes",
        ),
        Dataset("small", x, y.astype("u1"), x[:2], y[:2], class_names=("no", "yes"), task="two classes"),
        Dataset(
            "small",
            x.reshape(6, 2, 1),
            y,
            x[:2, :, None],
            y[:2],
            class_names=("no", "yes"),
            task="two classes",
        ),
    ]
    assert len({data.digest, *(other.digest for other in others)}) == 8


def test_the_digest_knows_no_layout_or_byte_order() -> None:
    """The same numbers in another memory layout or byte order have the same digest."""
    data = small()
    turned = Dataset(
        "small", np.asfortranarray(data.x_train).astype(">f4"), data.y_train.astype(">i8"),
        data.x_test, data.y_test, class_names=("no", "yes"), task="two classes",
    )  # fmt: skip
    assert turned.digest == data.digest


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x_train": np.zeros((5, 2))}, "x_train has 5 examples and y_train has 6 answers"),
        ({"y_train": np.zeros((6, 2), int)}, "in one row"),
        ({"x_test": np.zeros((2, 3))}, r"x_test has the shape \(3,\)"),
        ({"y_train": np.array([0, 1, 2, 0, 1, 0])}, "goes from 0 to 2; with 2 classes"),
        ({"y_train": np.array([0, 1, -1, 0, 1, 0])}, "goes from -1 to 1"),
        ({"y_train": np.zeros(6)}, "whole numbers"),
        ({"task": "guessing"}, "the task is 'guessing'"),
        ({"x_val": np.zeros((1, 2))}, "x_val has 1 examples and y_val has 0 answers"),
        ({"x_train": np.zeros((0, 2)), "y_train": np.zeros(0, int)}, "no example to learn from"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, object], words: str) -> None:
    """Lengths, shapes and labels are checked when the Dataset is made, so no epoch is spent on them."""
    data = small()
    fields = {
        name: getattr(data, name)
        for name in ("x_train", "y_train", "x_test", "y_test", "class_names", "task")
    }
    with pytest.raises(DataError, match=words):
        Dataset("small", **(fields | changes))


def test_it_says_what_it_is() -> None:
    """repr is one line; describe has the shapes, the classes, the notes and what was left out."""
    data = small(notes=("look here",), skipped=(("a.png", "is empty"),) * 12, source="a shelf", licence="MIT")
    assert repr(data) == "<Dataset small: 6 + 2 examples (2,), two classes>"
    text = data.describe()
    for words in ("train  6 x (2,) float32", "no 3, yes 3", "50 %", "from a shelf", "note: look here",
                  "left out: 12", "a.png: is empty", "and 2 more", data.digest[:12]):  # fmt: skip
        assert words in text


def test_it_is_ready_for_json() -> None:
    """Everything but the arrays can be written as JSON."""
    plain = json.loads(json.dumps(small().to_dict()))
    assert plain["sizes"] == {"train": 6, "val": 0, "test": 2}
    assert plain["class_counts"] == {"no": 3, "yes": 3}


def test_a_second_validation_part_is_refused() -> None:
    """A share is not taken silently from data that came with a validation part."""
    data = small().with_validation(0.34)
    assert data.sizes == {"train": 4, "val": 2, "test": 2}
    with pytest.raises(DataError, match="already has a validation part"):
        data.with_validation(0.2)


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=200),
    st.floats(0.01, 0.9),
    st.integers(0, 2**32),
)
def test_a_split_takes_everything_once_and_each_class_evenly(
    labels: list[int], share: float, seed: int
) -> None:
    """The parts are apart and together all; each class gives its share to within one; no class is emptied."""
    y = np.array(labels)
    try:
        kept, aside = split(y, share, seed)
    except DataError:
        assert round(len(y) * share) == 0 or np.bincount(y).max() == 1  # too few to give any
        return
    assert sorted([*kept, *aside]) == list(range(len(y)))
    for k in set(labels):
        n, given_up = labels.count(k), int((y[aside] == k).sum())
        assert abs(given_up - n * share) < 1 or given_up == n - 1
        assert given_up < n
    again = split(y, share, seed)[1]
    np.testing.assert_array_equal(aside, again)


def test_a_split_that_can_not_be_is_refused() -> None:
    """A share beyond 1 or below 0 is a mistake, and so is one that takes nothing."""
    with pytest.raises(SettingError, match="at least 0 and less than 1"):
        split(np.zeros(9), 1.0)
    with pytest.raises(DataError, match="leaves none there"):
        split(np.arange(9), 0.2)


def test_rare_classes_are_named_with_the_baseline() -> None:
    """Ten to one is named beside what always answering the common class would reach; nine to one is not."""
    assert imbalance(np.repeat([0, 1], [90, 10]), ("a", "b")) == []
    (note,) = imbalance(np.repeat([0, 1], [100, 10]), ("a", "b"))
    assert "'a' has 100" in note
    assert "90.91 %" in note


def test_twins_are_named_and_letters_are_not() -> None:
    """Names that differ in capitals or spaces are pointed out; A and a are two letters."""
    assert len(twins(("Cat", "cat", "cat ", "caf\u00e9", "cafe\u0301"))) == 3
    assert twins(("A", "a", "b")) == []


def test_swapped_parts_and_shared_pictures_are_named() -> None:
    """A test part larger than the training part, and pictures in both, are pointed out."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (20, 4, 4)).astype("u1"), np.arange(20) % 2
    notes = look_over(Dataset("odd", x[:8], y[:8], x[5:], y[5:], class_names=("a", "b"), scale=1 / 255)).notes
    assert len(notes) == 2
    assert any("the right way round" in note for note in notes)
    assert notes[0].startswith("3 pictures of the test part")
    assert (
        look_over(
            Dataset("fine", x[:12], y[:12], x[12:], y[12:], class_names=("a", "b"), scale=1 / 255)
        ).notes
        == ()
    )


def test_nothing_is_imported_before_it_is_used() -> None:
    """`import chainrule.datasets` brings neither NumPy nor Pillow; its names are still all there."""
    code = (
        "import sys, chainrule.datasets as d; print('numpy' in sys.modules, 'PIL' in sys.modules, d.NAMES[0]);"
        "[getattr(d, name) for name in d.__all__]; print('PIL' in sys.modules, 'csv' in dir(d))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert result.split() == ["False", "False", "mnist", "False", "False"]
