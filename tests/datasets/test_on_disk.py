"""Examples that are too many for memory lie in files, and all else is as if they were in memory."""

import contextlib
import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from mapped import check_arrays
from PIL import Image

from chainrule import datasets
from chainrule.arrays import set_seed
from chainrule.datasets import leftovers, on_disk
from chainrule.errors import DataError, FileError
from chainrule.training import recipes, standardised


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
    monkeypatch.setattr(on_disk, "MOST", 0)
    return whole, datasets.load(str(folder), **settings)


def check_equal(whole, mapped):
    """Every array and the digest."""
    check_arrays(whole, mapped)
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
    monkeypatch.setattr(on_disk, "MOST", 0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(DataError, match="pictures, decoded, take"):
        datasets.load(str(folder))


def arrays_of(kind, n=90, parts=False):
    """Examples of some type with their classes, whole or in parts."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(n, 5)) if kind == "f8" else rng.integers(0, 200, (n, 4, 3))
    x, y = x.astype(kind), np.arange(n) % 3 + 1
    if not parts:
        return {"x": x, "y": y}
    return {"x_train": x[:60], "y_train": y[:60], "x_test": x[60:], "y_test": y[60:]}


def written(place, how, arrays):
    """An archive, packed or not, or a folder of .npy files."""
    if how != "npy":
        (np.savez if how == "npz" else np.savez_compressed)(place / "some.npz", **arrays)
        return place / "some.npz"
    (place / "some").mkdir()
    for name, array in arrays.items():
        np.save(place / "some" / f"{name}.npy", array)
    return place / "some"


@pytest.mark.parametrize("how", ["npz", "packed", "npy"])
@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("kind", ["u1", "f4", "f8", "i8", "?", ">f4"])
def test_archives_and_npy_files_are_the_same_numbers(tmp_path, monkeypatch, how, parts, kind) -> None:
    """Of any type, split here or before, with a validation part or without."""
    if how == "npy":
        kind = kind.replace(">", "<")  # another machine's numbers are not mapped, see below
    path = written(tmp_path, how, arrays_of(kind, parts=parts))
    check_equal(*both(path, monkeypatch, validation=0.2, seed=3))


@pytest.mark.parametrize("shape", [(90, 5), (90, 4, 3), (90, 4, 3, 2)])
def test_inputs_are_standardised_to_the_same_bits(tmp_path, monkeypatch, shape) -> None:
    """Rows, pictures in grey and in channels: means and variances are counted a part at a time in both."""
    x = np.random.default_rng(1).normal(3, 2, shape).astype("f4")
    path = written(tmp_path, "npz", {"x": x, "y": np.arange(90) % 3})
    monkeypatch.setattr(standardised, "BLOCK", 64)
    one, other = (standardised.normalization(data)[0].get_config() for data in both(path, monkeypatch))
    assert one == other
    monkeypatch.undo()
    plain = standardised.normalization(datasets.load(str(path)))[0].get_config()
    np.testing.assert_allclose(one["variance"], plain["variance"], rtol=1e-6)


def test_how_far_writing_is_is_said(tmp_path, monkeypatch, capsys) -> None:
    """While an archive is unpacked, examples are converted and a share is set aside: in percent and seconds."""
    path = written(tmp_path, "packed", arrays_of("f8"))
    monkeypatch.setattr(on_disk, "SAID", 0.0)
    both(path, monkeypatch)
    lines = capsys.readouterr().err
    for what in ("Unpacking ", "Writing the examples as", "Writing a part"):
        assert what in lines
    assert "100 % is done, about 0 s more." in lines


def test_examples_that_cannot_be_used_are_left_out_the_same_way(tmp_path, monkeypatch) -> None:
    """Wherever they stand."""
    arrays = arrays_of("f8")
    arrays["x"][[4, 71], 2] = np.nan
    path = written(tmp_path, "npy", arrays)
    whole, mapped = both(path, monkeypatch, skip_bad=True)
    check_equal(whole, mapped)
    assert mapped.skipped == whole.skipped != ()


@pytest.mark.parametrize(("kind", "other"), [("u1", "f4"), ("f4", "u1"), ("u1", "f8")])
def test_parts_of_two_scales_become_one(tmp_path, monkeypatch, kind, other) -> None:
    """Fractions beside bytes, in both directions, in small parts and in large ones."""
    arrays = arrays_of("u1", parts=True)
    for part, own in (("x_train", kind), ("x_test", other)):
        arrays[part] = arrays[part] if own == "u1" else (arrays[part] / 255).astype(own)
    path = written(tmp_path, "npy", arrays)
    whole, mapped = both(path, monkeypatch)
    assert "multiplied by 255" in str(whole.notes) or "divided by 255" in str(whole.notes)
    check_equal(whole, mapped)
    arrays["x_test"] = arrays["x_test"] * 7.3
    again = written(tmp_path / "some", "npy", arrays)
    with (
        pytest.raises(DataError, match="bring them to one scale")
        if kind == "u1"
        else contextlib.nullcontext()
    ):
        datasets.load(str(again))


@pytest.mark.parametrize("numbers", [np.asfortranarray, lambda x: x.astype(">f4")])
def test_files_that_cannot_be_mapped_are_refused_with_the_way_out(tmp_path, monkeypatch, numbers) -> None:
    """Columns first, or another machine's numbers: in memory they are read."""
    path = written(tmp_path, "npy", {"x": numbers(np.ones((30, 2), "f4")), "y": np.arange(30) % 2})
    np.save(path / "x.npy", numbers(np.random.default_rng(0).random((30, 2)).astype("f4")))
    assert datasets.load(str(path)).input_shape == (2,)
    monkeypatch.setattr(on_disk, "MOST", 0)
    with pytest.raises(FileError, match=r"np\.save"):
        datasets.load(str(path))


def test_a_file_that_is_cut_off_or_no_array_is_refused(tmp_path, monkeypatch) -> None:
    """In a folder and in an archive."""
    monkeypatch.setattr(on_disk, "MOST", 0)
    path = written(tmp_path, "npy", arrays_of("f4"))
    content = (path / "x.npy").read_bytes()
    for damaged in (content[:-9], b"x" + content, b"", content + b"1"):
        (path / "x.npy").write_bytes(damaged)
        with pytest.raises(FileError, match=r"x\.npy"):
            datasets.load(str(path))


KILLED = """
import os, signal, sys
import numpy as np
from chainrule.datasets import on_disk
home = on_disk.Folder(0, "Some")
home.array((3,), "u1", [np.zeros(3, "u1")])
print(home.path, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_what_a_killed_process_left_is_cleared_away(tmp_path, monkeypatch) -> None:
    """By the next one; what a living process uses, what is not of ours, and links stay."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    words = [sys.executable, "-c", KILLED]
    killed = Path(
        subprocess.run([*words, "killed"], capture_output=True, text=True, check=False).stdout.strip()
    )
    strange = Path(
        subprocess.run([*words, "killed"], capture_output=True, text=True, check=False).stdout.strip()
    )
    assert strange.is_dir()
    assert not killed.exists()
    (strange / "letter.txt").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lock").touch()
    (tmp_path / "elsewhere" / "0.npy").touch()
    (tmp_path / f"{leftovers.PREFIX}link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / f"{leftovers.PREFIX}without").mkdir()
    with subprocess.Popen(
        [*words, "lives"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as living:
        used = Path(living.stdout.readline().strip())
        home = on_disk.Folder(0, "Some")
        assert (used / "0.npy").is_file()
        assert home.path.is_dir()
        assert (strange / "letter.txt").read_text() == "mine"
        assert not (strange / "0.npy").exists()
        assert (tmp_path / "elsewhere" / "0.npy").exists()
        living.stdin.close()
    assert not used.exists()
