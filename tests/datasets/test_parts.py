"""Folders that are parts of the data are parts, in any spelling; classes called alike stay classes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chainrule import datasets
from chainrule.errors import DataError


def paint(folder: Path, seed: int, n: int = 5) -> None:
    """Some pictures of noise."""
    folder.mkdir(parents=True)
    for k in range(n):
        pixels = np.random.default_rng([seed, k]).integers(0, 256, (8, 8)).astype("u1")
        Image.fromarray(pixels).save(folder / f"{k}.png")


@pytest.mark.parametrize(
    ("train", "test"),
    [("train", "test"), ("training_set", "test_set"), ("Training", "Testing"), ("TRAIN", "VALID"), ("train-images", "test-images"),
     ("seg_train", "seg_test"), ("animals_training", "animals_validation"), ("Train Data", "Eval Data"), ("trainset", "testset"),
     ("train_split", "holdout"), ("train-cats-dogs", "test-cats-dogs"), ("01 train v2", "02 valid v2")],
)  # fmt: skip
def test_parts_in_any_spelling(tmp_path, train, test) -> None:
    """The classes are those within, and the test part is what lies there."""
    for k, (part, n) in enumerate(((train, 6), (test, 3))):
        for j, name in enumerate(("cat", "dog")):
            paint(tmp_path / part / name, 10 * k + j, n)
    data = datasets.load(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert data.sizes == {"train": 12, "val": 0, "test": 6}


def test_parts_within_folders_of_the_same_name_and_in_a_wrapper(tmp_path) -> None:
    """archive/seg_train/seg_train/cat, as it comes out of an archive."""
    for k, part in enumerate(("seg_train", "seg_test")):
        for j, name in enumerate(("cat", "dog")):
            paint(tmp_path / "archive" / part / part / name, 10 * k + j)
    data = datasets.load(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert data.sizes == {"train": 10, "val": 0, "test": 10}


def test_parts_without_classes_are_refused(tmp_path) -> None:
    """train and test with pictures right in them are not two classes."""
    paint(tmp_path / "train", 1)
    paint(tmp_path / "test", 2)
    with pytest.raises(DataError, match="are parts of the data, but hold no folders"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    "classes",
    [("train", "tram", "bus"), ("test", "train", "quiz"), ("evaluation", "essay"), ("training", "match")],
)
def test_classes_that_are_called_like_parts_stay_classes(tmp_path, classes) -> None:
    """Folders of pictures beside others are classes, whatever their name."""
    for k, name in enumerate(classes):
        paint(tmp_path / name, k)
    assert datasets.load(tmp_path).class_names == tuple(sorted(classes))


@pytest.mark.parametrize(
    ("one", "other"),
    [("apprentissage", "test"), ("dev", "test"), ("lernen", "validation set"), ("mine", "eval")],
)
def test_parts_of_which_none_is_called_train_are_asked_about(tmp_path, one, other) -> None:
    """They hold the same folders, so they are parts; which one is learned from is not guessed."""
    for k, part in enumerate((one, other)):
        for j, name in enumerate(("cat", "dog")):
            paint(tmp_path / part / name, 10 * k + j)
    with pytest.raises(DataError, match="look like parts of the data, and which is learned from is not said"):
        datasets.load(tmp_path)


def test_classes_that_hold_the_same_folders_are_noted(tmp_path) -> None:
    """cat/2019, cat/2020, dog/2019, dog/2020: nothing says that these are parts; what was taken as what is said."""
    for k, kind in enumerate(("cat", "dog")):
        for j, year in enumerate(("2019", "2020")):
            paint(tmp_path / kind / year, 10 * k + j)
    data = datasets.load(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert any("are taken as the classes; each holds 2019 and 2020" in note for note in data.notes)
