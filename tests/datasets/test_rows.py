"""Rows that are read when they are needed are, however they are indexed, what an array would give."""

import numpy as np
import pytest
from PIL import Image

from chainrule import datasets
from chainrule.datasets.row_kinds import as_rows
from chainrule.errors import DataError, FileError, SettingError

INDEXES = [slice(0, 3), slice(None, None, -2), [4, 4, 0], np.array([], int), 2, -1, np.arange(7) % 2 == 0]


def same_as(rows, array):
    """Shape, type and every index."""
    assert (rows.shape, rows.dtype, len(rows), rows.nbytes) == (
        array.shape,
        array.dtype,
        len(array),
        array.nbytes,
    )
    for index in INDEXES:
        np.testing.assert_array_equal(rows[index], array[index])


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64", "bool"])
def test_a_npy_file(tmp_path, dtype) -> None:
    """Every type of number; float64 and truth values as float32, as fit makes them."""
    array = (np.arange(7 * 6).reshape(7, 2, 3) % 5).astype(dtype)
    np.save(tmp_path / "x.npy", array)
    same_as(
        datasets.npy_rows(tmp_path / "x.npy"),
        array.astype("float32" if dtype in ("float64", "bool") else dtype),
    )


def test_a_mapped_array_is_such_rows_but_not_a_part_of_it(tmp_path) -> None:
    """np.load(mmap_mode="r") is known; a slice, or one that is written to, stays what it is."""
    np.save(tmp_path / "x.npy", np.arange(12.0).reshape(6, 2))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert isinstance(as_rows(mapped), datasets.Rows)
    for other in (mapped[1:], np.load(tmp_path / "x.npy", mmap_mode="r+"), np.ones(3)):
        assert as_rows(other) is other


def test_a_folder_of_pictures(tmp_path) -> None:
    """Decoded when asked for, in the order of classes and names, the second time from what is kept."""
    drawn = []
    for label in ("b", "a"):
        (tmp_path / label).mkdir()
        for k in range(4 if label == "a" else 3):
            picture = np.random.default_rng([ord(label), k]).integers(0, 255, (9, 8), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / label / f"{k}.png")
            drawn.append((label, k, picture))
    rows, labels, names = datasets.picture_rows(tmp_path, (9, 8))
    array = np.stack([picture for _, _, picture in sorted(drawn, key=lambda one: one[:2])])
    assert (names, labels.tolist()) == (("a", "b"), [0, 0, 0, 0, 1, 1, 1])
    for _ in range(2):
        same_as(rows, array)
    color, _, _ = datasets.picture_rows(tmp_path, (4, 5), color=True)
    assert color[0:2].shape == (2, 4, 5, 3)


def test_a_table_of_numbers(tmp_path) -> None:
    """All columns but the target; empty lines do not count."""
    table = np.random.default_rng(0).random((7, 3)).astype(np.float32)
    lines = ["first,price,second", *(",".join(map(repr, map(float, row))) for row in table)]
    (tmp_path / "t.csv").write_text("\n".join([*lines[:3], "", *lines[3:]]) + "\n")
    rows, target = datasets.csv_rows(tmp_path / "t.csv", "price")
    same_as(rows, table[:, [0, 2]])
    np.testing.assert_array_equal(target, table[:, 1])


@pytest.mark.parametrize("keys", [(0, 1), ("image", "label")])
def test_anything_with_a_length_and_numbers(keys) -> None:
    """Pairs or dicts, as data sets of other libraries give them."""
    array = np.arange(14, dtype=np.float32).reshape(7, 2)
    entries = [{keys[0]: x, keys[1]: k} for k, x in enumerate(array)]
    rows, targets = datasets.dataset_rows(entries, keys)
    same_as(rows, array)
    assert targets.tolist() == list(range(7))


def written(path, data):
    """A file with these bytes."""
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda p: datasets.npy_rows(p / "none.npy"), FileError, "cannot be read"),
        (lambda p: datasets.npy_rows(written(p / "x.npy", b"hello")), FileError, "is not a .npy file"),
        (lambda p: (np.save(p / "x.npy", np.ones((2, 3), order="F")), datasets.npy_rows(p / "x.npy")), FileError, "row by row"),
        (lambda p: (np.save(p / "x.npy", np.ones((20, 3))), written(p / "y.npy", (p / "x.npy").read_bytes()[:300]),
                    datasets.npy_rows(p / "y.npy")), FileError, "is cut off"),
        (lambda p: (np.save(p / "x.npy", np.array([[1.0], [np.nan]])), datasets.npy_rows(p / "x.npy")[0:2]), DataError, "example 1"),
        (lambda p: (np.save(p / "x.npy", np.ones((2, 3))), np.asarray(datasets.npy_rows(p / "x.npy"))), DataError, "not read into memory"),
        (datasets.picture_rows, DataError, "no pictures"),
        (lambda p: datasets.csv_rows(written(p / "t.csv", b"price,rooms\n1,2\n"), "prize"), SettingError, "Did you mean 'price'"),
        (lambda p: datasets.csv_rows(written(p / "t.csv", b"a,b\n1,2\n3,x\n"), "a"), DataError, "Line 3"),
        (lambda p: datasets.dataset_rows(iter([1])), SettingError, "in turn only"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(tmp_path, ask, error, words) -> None:
    """One sentence each, with the place."""
    with pytest.raises(error, match=words):
        ask(tmp_path)
