"""Folders of pictures: read as Keras would sort them, prepared in one way, and refused with the names of what is bad."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chainrule import datasets
from chainrule.datasets import pictures
from chainrule.errors import DataError, SettingError


def paint(path: Path, seed: int = 0, size: tuple[int, int] = (10, 8), colour: bool = False) -> Path:
    """A picture of noise, (height, width), made from a seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (*size, 3) if colour else size
    pixels = np.random.default_rng([seed, *os.fsencode(path.name)]).integers(0, 256, shape).astype("u1")
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Two classes of ten grey pictures of one size."""
    for name in ("cat", "Dog"):
        for k in range(10):
            paint(tmp_path / "animals" / name / f"{k}.png", k + 100 * (name == "cat"))
    return tmp_path / "animals"


def test_a_folder_becomes_a_dataset(animals: Path) -> None:
    """Class names are sorted as Keras sorts them, capitals first; small pictures of one size keep it, grey stays grey."""
    data = datasets.load(animals)
    assert data.name == "animals"
    assert data.class_names == ("Dog", "cat")
    assert data.task == "two classes"
    assert data.x_train.shape == (16, 10, 8)
    assert data.x_train.dtype == np.uint8
    assert data.scale == 1 / 255
    assert data.class_counts == {"Dog": 8, "cat": 8}
    assert np.bincount(data.y_test).tolist() == [2, 2]
    assert data.notes == ()
    assert data.skipped == ()
    whole = datasets.load(animals, test=0)
    assert whole.sizes == {"train": 20, "val": 0, "test": 0}
    np.testing.assert_array_equal(whole.x_train[10], np.asarray(Image.open(animals / "cat" / "0.png")))


def test_the_seed_decides_the_split(animals: Path) -> None:
    """The same seed gives the same data to the last bit, another one another split, and the parts share nothing."""
    one, same, other = (datasets.load(animals, seed=seed, validation=0.25) for seed in (1, 1, 2))
    assert one.digest == same.digest != other.digest
    assert (one.x_test != other.x_test).any()
    assert (one.x_val != other.x_val).any()
    assert one.sizes == {"train": 12, "val": 4, "test": 4}
    rows = [x.tobytes() for part in (one.x_train, one.x_val, one.x_test) for x in part]
    assert len(set(rows)) == 20


def test_parts_are_taken_as_they_lie(tmp_path: Path) -> None:
    """train, val and test folders are the parts; without test, val is measured on, and it is said."""
    for part, n in (("train", 4), ("val", 2), ("test", 3)):
        for name in ("a", "b"):
            for k in range(n):
                paint(tmp_path / part / name / f"{part}{k}.png", k + 100 * (name == "b"))
    data = datasets.load(tmp_path)
    assert data.sizes == {"train": 8, "val": 4, "test": 6}
    assert data.notes == ()
    for file in sorted((tmp_path / "test").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (tmp_path / "test").rmdir()
    data = datasets.load(tmp_path)
    assert data.sizes == {"train": 8, "val": 0, "test": 4}
    assert data.notes == ("there is no test folder: val is used as the test part",)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    """A folder called train with pictures in it, beside others, is a class like them."""
    for name in ("car", "train"):
        for k in range(5):
            paint(tmp_path / name / f"{k}.png", k)
    assert datasets.load(tmp_path).class_names == ("car", "train")


def test_every_kind_of_picture_is_read(tmp_path: Path) -> None:
    """PNG, JPEG, WebP, BMP and GIF, grey, colour, palette, transparent and 16 bits, all become the same grey."""
    grey = np.full((40, 40), 100, "u1")
    made = Image.fromarray(grey)
    deep = Image.fromarray(grey.astype("u2") * 257)
    clear = Image.merge(
        "LA", (Image.new("L", (40, 40), 0), Image.new("L", (40, 40), 155))
    )  # 155/255 black on white
    for name, image in {
        "a.png": made, "b.jpg": made, "c.webp": made.convert("RGB"), "d.bmp": made, "e.gif": made, "f.png": made.convert("RGB"),
        "g.png": made.convert("P"), "h.png": deep, "i.png": clear, "j.JPEG": made.convert("CMYK"), "k.png": made.convert("RGBA"),
    }.items():  # fmt: skip
        (tmp_path / "x").mkdir(exist_ok=True)
        image.save(tmp_path / "x" / name)
    paint(tmp_path / "y" / "a.png", size=(40, 40))
    data = datasets.load(tmp_path, test=0, size=40)
    assert data.x_train.shape == (12, 40, 40)
    assert np.abs(data.x_train[:11].astype(int) - 100).max() <= 2


def test_photos_are_turned_upright(tmp_path: Path) -> None:
    """A photo that lies on its side with a note in its EXIF is turned, and measured as it is shown."""
    pixels = np.zeros((30, 60), "u1")
    pixels[:, :20] = 255  # bright on the left; turned by 90 degrees to the right it is bright on top
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert pictures.measure(tmp_path / "a.jpg") == (60, 30, False)
    upright = pictures.read(
        tmp_path / "a.jpg", {"height": 60, "width": 30, "colour": False, "fit": "stretch"}
    )
    assert upright[:15].min() > 200
    assert upright[30:].max() < 50


@pytest.mark.parametrize(
    ("fit", "left", "middle"), [("stretch", 0, 255), ("crop", 255, 255), ("pad", 0, 255)]
)
def test_proportions_are_changed_as_asked(fit: str, left: int, middle: int) -> None:
    """A wide picture is stretched, or its middle cut out, or laid on white."""
    wide = np.zeros((20, 60), "u1")
    wide[:, 18:42] = 255
    made = pictures.read(Image.fromarray(wide), {"height": 20, "width": 20, "colour": False, "fit": fit})
    assert made.shape == (20, 20)
    assert made[10, 10] == middle
    assert made[10, 1] == left
    assert made[0, 10] == 255  # stretch and crop reach the top; pad is white there too


def test_sizes_and_colours_are_settled_and_said(tmp_path: Path) -> None:
    """Pictures of several sizes are brought to 32 x 32; a colour picture makes all colour; both can be set."""
    for k, size in enumerate([(10, 20), (100, 50), (300, 300)]):
        paint(tmp_path / "a" / f"{k}.png", k, size)
        paint(tmp_path / "b" / f"{k}.jpg", k, size, colour=True)
    data = datasets.load(tmp_path)
    assert data.input_shape == (32, 32, 3)
    assert "3 different sizes, 10 x 20 to 300 x 300: all are brought to 32 x 32" in data.notes[0]
    assert datasets.load(tmp_path, colour=False, size=(12, 9)).input_shape == (12, 9)
    grey = tmp_path / "grey"
    for name in ("a", "b"):
        for k in range(2):
            paint(grey / name / f"{k}.png", k)
            Image.open(grey / name / f"{k}.png").convert("RGB").save(grey / name / f"{k}.png")
    assert datasets.load(grey, test=0).input_shape == (10, 8)  # grey, though stored as colour
    assert datasets.load(grey, test=0, colour=True).input_shape == (10, 8, 3)


def test_a_new_picture_is_prepared_like_those_that_were_learned(tmp_path: Path) -> None:
    """prepare with the dataset's preparation gives, for the same file, the very pixels that were learned."""
    for name in ("a", "b"):
        for k in range(3):
            paint(tmp_path / name / f"{k}.jpg", k, (90, 70), colour=True)
    for options in ({}, {"size": 20, "colour": False}, {"fit": "crop"}, {"fit": "pad"}):
        data = datasets.load(tmp_path, test=0, **options)
        made = datasets.prepare(data.preparation, [tmp_path / "b" / "1.jpg", tmp_path / "a" / "0.jpg"])
        np.testing.assert_array_equal(made, data.x_train[[4, 0]])


def test_all_that_is_bad_is_named_at_once(animals: Path) -> None:
    """Every bad file and empty class is listed in one error; skip_bad goes on without them and counts them."""
    (animals / "cat" / "0.png").write_bytes(b"")
    (animals / "cat" / "1.png").write_bytes(b"not a picture")
    whole = (animals / "Dog" / "2.png").read_bytes()
    (animals / "Dog" / "2.png").write_bytes(whole[: len(whole) // 2])
    (animals / "empty").mkdir()
    with pytest.raises(DataError) as problem:
        datasets.load(animals)
    text = str(problem.value)
    assert "4 things" in text
    assert "--skip-bad" in text
    for words in (
        "0.png: is empty",
        "1.png: is not a picture",
        "2.png: cannot be read",
        "empty: is a class without",
    ):
        assert words in text
    data = datasets.load(animals, skip_bad=True)
    assert data.class_names == ("Dog", "cat")
    assert sum(data.sizes.values()) == 17
    assert {os.path.basename(place) for place, _ in data.skipped} == {"0.png", "1.png", "2.png", "empty"}
    assert "left out: 4" in data.describe()


def test_mistakes_in_options_are_named(animals: Path, tmp_path: Path) -> None:
    """An unknown option or fit, an impossible size, a missing folder: one sentence each."""
    with pytest.raises(SettingError, match="Did you mean 'colour'"):
        datasets.load(animals, color=True)
    with pytest.raises(SettingError, match="Did you mean 'stretch'"):
        datasets.load(animals, fit="strech")
    with pytest.raises(SettingError, match="1 to 4096 pixels"):
        datasets.load(animals, size=0)
    with pytest.raises(DataError, match="no data set, folder or file called"):
        datasets.load(tmp_path / "nowhere")
    with pytest.raises(DataError, match="Did you mean 'mnist'"):
        datasets.load("mnits")
    for file in (animals / "cat").iterdir():
        file.unlink()
    with pytest.raises(DataError, match="only the class 'Dog'"):
        datasets.load(animals, skip_bad=True)


def test_a_heap_with_labels_is_read(tmp_path: Path) -> None:
    """A CSV beside the pictures names each one's class, with its ending or without."""
    rows = ["file,label"]
    for k in range(10):
        paint(tmp_path / ("" if k % 2 else "more") / f"{k}.png", k)
        rows.append(f"{'' if k % 2 else 'more/'}{k}{'.png' if k % 3 else ''},{'odd' if k % 2 else 'even'}")
    (tmp_path / "labels.csv").write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8")
    data = datasets.load(tmp_path, test=0)
    assert data.class_names == ("even", "odd")
    assert data.class_counts == {"even": 5, "odd": 5}
    np.testing.assert_array_equal(data.x_train[1], np.asarray(Image.open(tmp_path / "1.png")))


def test_labels_that_do_not_agree_with_the_folder_are_named(tmp_path: Path) -> None:
    """Rows without a picture, pictures without a row, rows twice, and no label: each with its line."""
    for k in range(8):
        paint(tmp_path / f"{k}.png", k)
    rows = [
        "file,label",
        "0.png,a",
        "1.png,b",
        "2.png,a",
        "3.png,b",
        "4.png,",
        "9.png,a",
        "0.png,a",
        "1.png,a",
        "../5.png,b",
    ]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    with pytest.raises(DataError) as problem:
        datasets.load(tmp_path)
    for words in (
        "labels.csv:6: gives '4.png' no label", "labels.csv:7: names the picture '9.png'", "labels.csv:8: lists '0.png' again",
        "labels.csv:9: lists '1.png' as 'a' after 'b'", "labels.csv:10: names the picture '../5.png'",
        "7.png: has no row in labels.csv",
    ):  # fmt: skip
        assert words in str(problem.value)
    assert datasets.load(tmp_path, test=0, skip_bad=True).class_counts == {"a": 2, "b": 2}


def test_a_picture_too_large_to_hold_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """Up to 80 million pixels are decoded; the header says how many there are."""
    header = b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 9001, 9000, 1, 24, 0, 0, 0, 0, 0, 0)
    (tmp_path / "a.bmp").write_bytes(header)
    with pytest.raises(DataError, match="has 9001 x 9000 pixels; 1 to 40,000,000 of this kind can be read"):
        pictures.measure(tmp_path / "a.bmp")
