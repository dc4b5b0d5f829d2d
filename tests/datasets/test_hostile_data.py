"""Data files that mean harm: pipes, devices, bombs, lies about sizes; refused at once, in one sentence."""

import io
import os
import zipfile

import numpy as np
import pytest

from chainrule import datasets
from chainrule.errors import ChainruleError, DataError, FileError


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.npz"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop", "socket"])
def test_only_ordinary_files_are_opened(tmp_path, name, kind) -> None:
    """A pipe that nobody writes to, an endless device, a folder, a link to itself: none is waited for."""
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    else:
        import socket

        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    with pytest.raises(
        (DataError, FileError), match=r"ordinary file|folder|cannot be read|not data|no data set"
    ):
        datasets.load(path, **({"target": "y"} if name != "a.npz" else {}))


@pytest.mark.parametrize("columns", [20_001, 100_000])
def test_a_header_of_any_width_costs_little(tmp_path, columns) -> None:
    """Wider than any table: refused by its first line."""
    (tmp_path / "wide.csv").write_text(
        ",".join(f"c{k}" for k in range(columns)) + "\n" + ",".join("1" * columns) + "\n"
    )
    with pytest.raises(DataError, match=f"has {columns:,} columns; tables of up to 20,000"):
        datasets.load(tmp_path / "wide.csv", target="c0")


@pytest.mark.parametrize("twice", ["c0", "c15000"])
def test_a_name_twice_among_thousands_is_found(tmp_path, twice) -> None:
    """Without comparing each with each."""
    names = [f"c{k}" for k in range(19_000)] + [twice]
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + ",".join("1" * len(names)) + "\n")
    with pytest.raises(DataError, match=f"two columns called '{twice}'"):
        datasets.load(tmp_path / "wide.csv", target="c1")


def bomb(packing: int, size: int) -> bytes:
    """An archive whose one array unpacks to so many zeros."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("x.npy", head.getvalue() + bytes(size))
    return out.getvalue()


@pytest.mark.parametrize("size", [100 << 20, 300 << 20])
def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path, size) -> None:
    """Known from its directory, before a byte is unpacked."""
    (tmp_path / "bomb.npz").write_bytes(bomb(zipfile.ZIP_DEFLATED, size))
    with pytest.raises(FileError, match="that is not trusted"):
        datasets.load(tmp_path / "bomb.npz")


@pytest.mark.parametrize(
    "shape", ["(0, 9223372036854775807)", "(1000000000000,)", "(-1,)", "(4, 4, 4, 4, 4)"]
)
def test_an_array_whose_header_lies_is_refused(tmp_path, shape) -> None:
    """The header's shape is compared with the bytes that are there."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", content)
    with pytest.raises(ChainruleError):
        datasets.load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "arrays",
    [{}, {"x": np.zeros((0, 3)), "y": np.zeros(0)}, {"x": np.zeros((5, 0)), "y": np.arange(5) % 2}, {"x": np.float32(3), "y": np.float32(1)},
     {"x": np.zeros((3, 2)), "y": np.zeros((3, 0))}],
)  # fmt: skip
def test_arrays_of_nothing_are_refused(tmp_path, arrays) -> None:
    """No array, no example, no number in an example."""
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=r"nothing|no array|one answer|expected are one number"):
        datasets.load(tmp_path / "a.npz")


def test_an_empty_test_part_is_none(tmp_path) -> None:
    """Parts without examples are allowed beside a training part."""
    x = np.random.default_rng(0).random((6, 2))
    np.savez(
        tmp_path / "a.npz", x_train=x, y_train=np.eye(2)[[0, 1] * 3], x_test=x[:0], y_test=np.zeros((0, 2))
    )
    assert datasets.load(tmp_path / "a.npz").sizes == {"train": 6, "val": 0, "test": 0}
