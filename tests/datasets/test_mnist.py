"""MNIST comes with the package, whole and as Keras returns it."""

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets import idx, mnist
from chainrule.errors import FileError, SettingError


def test_the_digits_are_those_of_keras() -> None:
    """load_data returns Keras's arrays: shapes, types, the first labels, the counts of each digit, the mean."""
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert (y_train.shape, y_test.shape) == ((60000,), (10000,))
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert x_train.mean() == pytest.approx(
        33.318421, abs=1e-6
    )  # 0.1307 of 255, the figure everyone normalises with


def test_the_arrays_may_be_written_to_and_are_fresh() -> None:
    """As with Keras, what load_data returns belongs to the caller."""
    (x_train, _), _ = mnist.load_data()
    x_train[:] = 0
    assert mnist.load_data()[0][0].any()


def test_no_network_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST loads where there is no network at all."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    assert len(mnist.read()[0]) == 60000


def test_a_damaged_copy_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A digit changed in the package's files is noticed by the checksum, though the file is a good IDX file."""
    files = Path(mnist.__file__).with_name("mnist_files")
    shutil.copytree(files, tmp_path / "mnist_files")
    labels = idx.read(files / "t10k-labels-idx1-ubyte.gz").copy()
    labels[0] = 8
    idx.write(tmp_path / "mnist_files" / "t10k-labels-idx1-ubyte.gz", labels)
    monkeypatch.setattr(mnist, "__file__", str(tmp_path / "mnist.py"))
    with pytest.raises(FileError, match=r"t10k-labels-idx1-ubyte\.gz inside the package is damaged"):
        mnist.read()


def test_a_file_of_another_name_is_refused(tmp_path, monkeypatch) -> None:
    """Keras's path says where its own file lies; a file of the user's is not silently ignored."""
    monkeypatch.chdir(tmp_path)
    assert len(mnist.load_data("mine.npz")[0][0]) == 60_000
    Path("mine.npz").write_bytes(b"")
    with pytest.raises(SettingError, match=r"chainrule.datasets.load\('mine.npz'\)"):
        mnist.load_data("mine.npz")


def test_the_licence_lies_beside_the_files() -> None:
    """Source, authors, licence and checksums are named where the data is."""
    text = Path(mnist.__file__).with_name("mnist_files").joinpath("LICENCE.txt").read_text()
    for word in (
        "LeCun",
        "Cortes",
        "Burges",
        "Share Alike 3.0",
        "yann.lecun.com",
        "NIST",
        *mnist.FILES.values(),
    ):
        assert word in text


def test_the_dataset_says_what_it_is() -> None:
    """As a Dataset, MNIST knows its classes, its scale, where it comes from, and how a picture is made like it."""
    data = datasets.load("MNIST")
    assert data.class_names == tuple("0123456789")
    assert data.scale == 1 / 255
    assert data.input_shape == (28, 28)
    assert data.baseline == pytest.approx(0.1135)
    assert data.preparation == {
        "kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "scale": 1 / 255, "like": "mnist",
    }  # fmt: skip
    assert data.digest == "08c00fcb1ee8ad2aa981d50c445316453e496d6656ebeb41ba6a1bb98dbca63b"
    assert "LeCun" in data.source
    assert data.licence == "CC BY-SA 3.0"


def test_a_validation_part_is_taken_evenly_and_by_seed() -> None:
    """Each digit gives its share to within one, the same seed takes the same ones, and none is in both parts."""
    data = datasets.load("mnist", validation=0.1, seed=3)
    again = datasets.load("mnist", validation=0.1, seed=3)
    other = datasets.load("mnist", validation=0.1, seed=4)
    assert data.sizes == {"train": 54000, "val": 6000, "test": 10000}
    whole = np.bincount(datasets.load("mnist").y_train)
    assert np.abs(np.bincount(data.y_val) - whole / 10).max() < 1
    assert (np.bincount(data.y_train) + np.bincount(data.y_val) == whole).all()
    assert data.digest == again.digest != other.digest
