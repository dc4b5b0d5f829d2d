"""Arrays in files: .npz without pickles and to the byte, and arrays made a Dataset with their labels understood."""

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets import npz
from chainrule.datasets.from_arrays import from_arrays
from chainrule.errors import ChainruleError, DataError, FileError, SettingError

X, Y = np.arange(80, dtype="u1").reshape(20, 2, 2), np.arange(20) % 2


def write_member(path: Path, content: bytes, name: str = "x.npy") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def npy(shape: str, descr: str = "'<f8'", body: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def test_arrays_come_back(tmp_path: Path) -> None:
    """Plain arrays of every kind of number, order and compression come back as NumPy wrote them."""
    arrays = {
        "a": np.arange(6.0).reshape(2, 3), "b": np.asfortranarray(np.arange(6).reshape(2, 3)), "c": np.array(3, ">i2"),
        "d": np.array([True, False]), "e": np.zeros((0, 4), "f4"), "f": np.arange(4, dtype="f2"),
    }  # fmt: skip
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        back = npz.read(tmp_path / "a.npz")
        assert back.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(back[name], array)
            assert back[name].dtype == array.dtype.newbyteorder("=")


class Bomb:
    """Unpickling it would leave a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    """An array of objects, and a pickle that only calls itself .npz, are refused without running a thing."""
    np.savez(tmp_path / "objects.npz", x=np.array([Bomb(tmp_path / "trace")], object))
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Bomb(tmp_path / "trace")))
    with pytest.raises(FileError, match="holds object; only arrays of plain numbers"):
        npz.read(tmp_path / "objects.npz")
    with pytest.raises(FileError, match=r"not an \.npz file"):
        npz.read(tmp_path / "pickle.npz")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npy(f"({2**50},)"), "makes"),
        (npy("(3,)", body=bytes(23)), "makes"),
        (npy("(3,)", body=bytes(25)), "makes"),
        (npy("(-3,)"), "makes"),
        (npy("(-1, -24)", body=bytes(192)), "makes"),
        (npy("('a',)"), "not an array of NumPy's"),
        (npy("(1,)", descr="'|O'", body=bytes(8)), "holds object"),
        (npy("(1,)", descr="[('a', '<f8')]", body=bytes(8)), "plain numbers"),
        (npy("(1,)", descr="'<c8'", body=bytes(8)), "plain numbers"),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 10 << 20) + b" " * (10 << 20), "not an array of NumPy's"),
        (b"\x93NUMPY\x09\x00" + bytes(9), "not an array of NumPy's"),
        (b"", "not an array of NumPy's"),
        (b"hello", "not an array of NumPy's"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """A header must account for the member's bytes exactly, and describe plain numbers."""
    with pytest.raises(FileError, match=words):
        npz.read(write_member(tmp_path / "a.npz", content))


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    """A small archive that would unpack to far more is not unpacked."""
    with pytest.raises(FileError, match="not trusted"):
        npz.read(write_member(tmp_path / "a.npz", npy("(8500000,)", body=bytes(68_000_000))))


def test_four_thousand_damaged_archives_are_refused_or_whole(tmp_path: Path) -> None:
    """Whatever happens to an archive's bytes, it is refused by a FileError or gives numbers its checksum vouches for."""
    file = io.BytesIO()
    x = np.arange(50.0)
    np.savez_compressed(file, x=x)
    good = np.frombuffer(file.getvalue(), "u1")
    rng = np.random.default_rng(5)
    path = tmp_path / "a.npz"
    for k in range(4000):
        bad = good.copy()
        bad[rng.integers(0, len(bad), rng.integers(1, 4))] ^= rng.integers(1, 256, dtype="u1")
        path.write_bytes(bad.tobytes()[: rng.integers(0, len(bad)) if k % 4 == 0 else None])
        try:
            back = npz.read(path)
        except FileError:
            continue
        for array in back.values():
            np.testing.assert_array_equal(array, x)


def test_keras_mnist_npz_becomes_a_dataset(tmp_path: Path) -> None:
    """x_train, y_train, x_test, y_test as in Keras's mnist.npz load with classes, scale and preparation."""
    np.savez(tmp_path / "mine.npz", x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4])
    data = datasets.load(tmp_path / "mine.npz")
    assert data.sizes == {"train": 20, "val": 0, "test": 4}
    assert (data.class_names, data.task, data.scale) == (("0", "1"), "two classes", 1 / 255)
    assert data.preparation["kind"] == "picture"
    assert "4 pictures of the test part are in the training part too" in data.notes[0]


def test_x_and_y_are_split() -> None:
    """Two arrays are enough: a share is set aside, the same of each class."""
    data = from_arrays("two", {"x": X, "y": Y}, test=0.3, validation=0.2)
    assert data.sizes == {"train": 11, "val": 3, "test": 6}
    assert np.bincount(data.y_test).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("y", "names", "notes"),
    [
        (Y + 1, ("1", "2"), 1),
        (Y * 2 - 1, ("-1", "1"), 1),
        (Y.astype("f4"), ("0", "1"), 0),
        (Y.astype(bool), ("0", "1"), 0),
        (Y[:, None], ("0", "1"), 0),
        (np.eye(2)[Y], ("0", "1"), 0),
    ],
)
def test_labels_are_understood(y: np.ndarray, names: tuple[str, ...], notes: int) -> None:
    """Labels from 1, of -1 and 1, as fractions, as a column, one-hot: the same classes, and a note where they are renamed."""
    data = from_arrays("labels", {"x": X, "y": y}, test=0)
    assert data.class_names == names
    np.testing.assert_array_equal(data.y_train, Y)
    assert len(data.notes) == notes


def test_amounts_are_a_regression() -> None:
    """Fractions, or very many whole numbers, or the wish, make a regression with float32 answers."""
    amounts = np.linspace(0, 1, 20)
    for y, task in ((amounts, None), (Y, "regression"), (np.arange(2000), None)):
        x = np.resize(X, (len(y), 2, 2))
        data = from_arrays("amounts", {"x": x, "y": y}, task=task, test=0)
        assert data.task == "regression"
        assert data.class_names is None
        assert data.y_train.dtype == np.float32


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": X, "y": Y[:19]}, r"x has the shape \(20, 2, 2\) and y \(19,\)"),
        ({"x_train": X, "y_test": Y}, "no array called 'y_train'"),
        ({"x": X}, "no array called 'y'"),
        ({}, "it has nothing"),
        ({"x": X, "y": np.ones((20, 3))}, r"shape \(20, 3\)"),
        ({"x": X, "y": np.zeros(20)}, "nothing to tell apart"),
        (
            {"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 1},
            "has the label 2, which the train part has not",
        ),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y}, "must be the same"),
        ({"x": np.array(["a"] * 20), "y": Y}, "numbers are expected"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: dict[str, np.ndarray], words: str) -> None:
    """Lengths, names, shapes and labels are checked before anything is learned."""
    with pytest.raises(DataError, match=words):
        from_arrays("odd", arrays)


def test_nan_and_infinity_are_named_by_place() -> None:
    """Examples that hold NaN or infinity are listed; skip_bad goes on without them."""
    x = X.astype("f4")
    x[3, 0, 1], x[7, 1, 1] = np.nan, -np.inf
    with pytest.raises(DataError, match=r"odd:x_train\[3\]: holds NaN or infinity\n  odd:x_train\[7\]"):
        from_arrays("odd", {"x": x, "y": Y})
    data = from_arrays("odd", {"x": x, "y": Y}, skip_bad=True, test=0)
    assert len(data.x_train) == 18
    assert len(data.skipped) == 2


def test_the_preparation_of_arrays_checks_shape_and_content() -> None:
    """New examples come alone or many, must have the shape that was learned, and no NaN."""
    data = from_arrays("rows", {"x": np.arange(60.0).reshape(20, 3), "y": Y})
    assert datasets.prepare(data.preparation, [1, 2, 3]).shape == (1, 3)
    assert datasets.prepare(data.preparation, np.zeros((5, 3), "i4")).dtype == np.float32
    for wrong, words in (
        (np.zeros((5, 4)), r"float64 of shape \(5, 4\) came; numbers of shape \(n, 3\)"),
        ([1, 2, np.nan], "NaN"),
        ("a.png", "not on files"),
    ):
        with pytest.raises(DataError, match=words):
            datasets.prepare(data.preparation, wrong)
    with pytest.raises(SettingError, match="no kind of preparation called None"):
        datasets.prepare({}, 1)


def test_four_idx_files_are_a_set(tmp_path: Path) -> None:
    """Images and labels that do not agree, or a file that is not there, are refused; a whole set loads."""
    for name, array in (
        ("train-images-idx3-ubyte", X),
        ("train-labels-idx1-ubyte.gz", Y.astype("u1")),
        ("t10k-images.idx3-ubyte", X),
    ):
        datasets.idx.write(tmp_path / name, array)
    with pytest.raises(DataError, match="has no t10k-labels-idx1-ubyte"):
        datasets.load(tmp_path)
    datasets.idx.write(tmp_path / "t10k-labels-idx1-ubyte", Y[:19].astype("u1"))
    with pytest.raises(DataError, match="one answer for each example"):
        datasets.load(tmp_path)
    datasets.idx.write(tmp_path / "t10k-labels-idx1-ubyte", Y.astype("u1"))
    assert datasets.load(tmp_path).sizes == {"train": 20, "val": 0, "test": 20}


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """What is neither folder, .csv nor .npz is named with what can be read."""
    (tmp_path / "a.md").touch()
    with pytest.raises(ChainruleError, match="not data that can be read"):
        datasets.load(tmp_path / "a.md")


@pytest.mark.parametrize(
    "answers", [np.arange(12) % 3, (np.arange(12) % 3)[:, None], np.array(["a", "b", "c"] * 4)]
)
def test_two_arrays_of_any_names_are_known_by_their_shapes(tmp_path, answers) -> None:
    """What has one number or word for each example is the answer, which a note says; where both or none have, nothing is guessed."""
    pictures = np.arange(12 * 16, dtype=np.uint8).reshape(12, 4, 4)
    np.savez(tmp_path / "other.npz", labels=answers, images=pictures)
    data = datasets.load(tmp_path / "other.npz")
    assert data.input_shape == (4, 4)
    assert len(data.class_names) == 3
    assert "'images' is learned from, and 'labels' is the answer" in data.notes
    for unclear in ({"a": pictures, "b": pictures}, {"a": np.arange(12), "b": np.arange(12)}):
        np.savez(tmp_path / "unclear.npz", **unclear)
        with pytest.raises(DataError, match="has no array called 'x_train'; it has a, b"):
            datasets.load(tmp_path / "unclear.npz")
