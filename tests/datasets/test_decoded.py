"""Pictures that are too many for memory lie decoded in files, and all else is as if they were in memory."""

import gc

import numpy as np
import pytest
from PIL import Image

from chainrule import datasets
from chainrule.arrays import set_seed
from chainrule.datasets import decoded
from chainrule.errors import DataError
from chainrule.training import recipes

ARRAYS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


@pytest.fixture
def folder(tmp_path):
    """Sixty small pictures of three classes."""
    rng = np.random.default_rng(3)
    for name in ("circle", "line", "star"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for k in range(20):
            pixels = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "in" / name / f"{k}.png")
    return tmp_path / "in"


def both(folder, monkeypatch, **settings):
    """The data in memory, and mapped."""
    whole = datasets.load(str(folder), **settings)
    monkeypatch.setattr(decoded, "MOST", 0)
    return whole, datasets.load(str(folder), **settings)


def check_equal(whole, mapped):
    """Every array and the digest."""
    assert isinstance(mapped.x_train, np.memmap)
    for name in ARRAYS:
        one, other = getattr(whole, name), getattr(mapped, name)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)
    assert (mapped.digest, mapped.preparation, mapped.notes) == (whole.digest, whole.preparation, whole.notes)


@pytest.mark.parametrize("validation", [0.0, 0.25])
def test_they_are_the_same_numbers(folder, monkeypatch, capsys, validation) -> None:
    """Split in the same way, with the same digest; stderr says where they lie, and the folder goes with them."""
    whole, mapped = both(folder, monkeypatch, validation=validation, seed=5)
    check_equal(whole, mapped)
    place = mapped.x_train.folder.path
    assert str(place) in capsys.readouterr().err
    assert place.is_dir()
    del mapped
    gc.collect()
    assert not place.exists()


def test_what_is_no_picture_is_left_out_the_same_way(folder, monkeypatch) -> None:
    """A file whose header is right and whose rest is missing is found while it is decoded."""
    good = (folder / "line" / "3.png").read_bytes()
    (folder / "line" / "3.png").write_bytes(good[:60])
    whole, mapped = both(folder, monkeypatch, skip_bad=True)
    check_equal(whole, mapped)
    assert [file for file, _ in mapped.skipped] == [file for file, _ in whole.skipped]
    with pytest.raises(DataError, match="skip-bad"):
        datasets.load(str(folder))


def test_colours_that_are_none_are_grey(folder, monkeypatch) -> None:
    """Pictures stored in colours that are all grey become pictures in grey."""
    for file in folder.rglob("*.png"):
        Image.open(file).convert("L").convert("RGB").save(file)
    whole, mapped = both(folder, monkeypatch)
    assert mapped.x_train.ndim == 3
    check_equal(whole, mapped)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_recipe_learns_the_same_bits_from_them(folder, monkeypatch, backend) -> None:
    """Window by window."""
    if backend == "jax":
        pytest.importorskip("jax")
    found = []
    for data in both(folder, monkeypatch):
        recipe = recipes.recipe("fast", len(data.x_train), hidden=(8,), epochs=2, batch_size=7)
        set_seed(4)
        model = recipes.prepare(recipe, data, backend)
        recipes.learn(recipe, data, model, 0)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_disk_without_room_is_said(folder, monkeypatch) -> None:
    """Before anything is decoded."""
    monkeypatch.setattr(decoded, "MOST", 0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(DataError, match="once they are decoded"):
        datasets.load(str(folder))
