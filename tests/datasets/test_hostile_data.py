"""Data files that mean harm: pipes, devices, bombs, lies about sizes; refused at once, in one sentence."""

import io
import os
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets import text_file
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


def long_cell() -> bytes:
    """Many short rows and one long cell, as long as which all cells of its column would be."""
    return b"a,y\n" + b"1,0\n" * 400_000 + b"x" * 1000 + b",0\n"


COSTLY = {
    "one row of two million cells": lambda: b"a,b,y\n" + b"1," * 2_000_000 + b"\n",
    "a row that goes on within quotation marks": lambda: b"a,b,y\n" + b'ab,"\n"' * 600_000,
    "a line of 40 MB": lambda: b"a,b,y\n" + b"x" * 40_000_000,
    "four million blank lines": lambda: b"a,b,y\n" + b"\n" * 4_000_000,
    "four million blank lines after a quotation mark": lambda: b'"a",b,y\n' + b"\r\n" * 4_000_000,
    "zeros to the end": lambda: b"a,b,y\n1,2,x\n" + bytes(60_000_000),
    "rows of the wrong length only": lambda: b"a,b,y\n" + b"1\n" * 400_000,
    "one long cell among short ones": long_cell,
}


@pytest.mark.parametrize("what", COSTLY)
def test_a_table_costs_little_more_than_its_file(tmp_path, what) -> None:
    """Refused within a second of processor time and 64 MiB, however the file is made."""
    (tmp_path / "a.csv").write_bytes(COSTLY[what]())
    program = (
        "import resource, sys, time\nfrom chainrule import datasets\nimport chainrule.datasets.table\n"
        "from chainrule.errors import DataError\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "before, clock = peak(), time.process_time()\n"
        "try: datasets.load(sys.argv[1], target='y')\n"
        "except DataError as problem: print(str(problem).count(chr(10)), time.process_time() - clock, peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "a.csv"], capture_output=True, text=True, check=True
    )
    lines, seconds, room = map(float, done.stdout.split())
    assert lines == 0
    assert seconds < 2  # 1 s where nothing else runs
    assert room < 64


ROWS = "".join(f"{k % 7}.25,{k % 5},{'yes' if k % 3 else 'no'}\n" for k in range(60))


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_table_that_says_its_encoding_is_read(tmp_path, coding) -> None:
    """UTF-16, as spreadsheets save "Unicode text", gives the same data as UTF-8."""
    (tmp_path / "a.csv").write_text("größe,b,y\n" + ROWS, encoding=coding)
    data = datasets.load(tmp_path / "a.csv", target="y")
    assert data.preparation["columns"][0]["name"] == "größe"
    (tmp_path / "b.csv").write_text("größe,b,y\n" + ROWS, encoding="utf-8")
    assert data.digest == datasets.load(tmp_path / "b.csv", target="y").digest


@pytest.mark.parametrize(
    ("write", "value"),
    [(lambda v: f"{v:.3f}".replace(".", ",") + "E+02", 100), (lambda v: f"{v:.3f}D+02", 100), (lambda v: f"{v:.3f}".replace(".", "·"), 1),
     (lambda v: f"{v:.3f}".replace(".", "٫"), 1), (lambda v: f"{-v:.3f}-" if v < 0 else f"{v:.3f}", 1)],
    ids=["comma and exponent", "Fortran's exponent", "raised point", "Arabic comma", "minus behind"],
)  # fmt: skip
def test_rarer_notations_of_numbers_are_read(tmp_path, write, value) -> None:
    """They are numbers, with a note; not words that are left out as names."""
    values = np.random.default_rng(0).normal(size=60).round(3)
    rows = "".join(f"{write(v)};{'yes' if v > 0 else 'no'}\n" for v in values)
    (tmp_path / "a.csv").write_text("a;y\n" + rows, encoding="utf-8")
    data = datasets.load(tmp_path / "a.csv", target="y", test=0)
    column = data.preparation["columns"][0]
    np.testing.assert_allclose(
        data.x_train[:, 0] * column["std"] + column["mean"], values * value, atol=1e-3 * value
    )
    assert any("written with" in note for note in data.notes)


@pytest.mark.parametrize("exponent", [31, 38, 300, 400])
def test_numbers_beyond_all_measure_are_said_in_tables_and_arrays(tmp_path, exponent) -> None:
    """They are no words, and nothing becomes infinite when it is brought to float32."""
    rows = "".join(f"{k + 1}e{exponent},{k % 2}\n" for k in range(40))
    (tmp_path / "a.csv").write_text("a,y\n" + rows)
    with pytest.raises(DataError, match=r"beyond 1e\+30"):
        datasets.load(tmp_path / "a.csv", target="y")
    if exponent < 308:
        large = np.arange(40) * float(f"1e{exponent}")
        for arrays in ({"x": large[:, None], "y": np.arange(40) % 2}, {"x": np.eye(40), "y": large + 0.5}):
            np.savez(tmp_path / "a.npz", **arrays)
            with pytest.raises(DataError, match=r"\[1\]: holds a number beyond 1e\+30"):
                datasets.load(tmp_path / "a.npz")


def test_amounts_that_float32_cannot_tell_apart_are_refused() -> None:
    """1e9 + 1 and 1e9 + 2 are one number there: nothing could be learned, and nothing is said to be."""
    from chainrule.datasets.from_arrays import from_arrays

    with pytest.raises(DataError, match="are all 1e.09 in float32; subtract their mean first"):
        from_arrays("a", {"x": np.eye(40), "y": 1e9 + np.arange(40) / 2}, task="regression")


@pytest.mark.parametrize("kind", ["U", "S"])
def test_labels_may_be_words(tmp_path, kind) -> None:
    """Words in an array are classes by name; a word that was not there to learn from is refused."""
    y = np.array(["eel", "cat", "dög"], "U")[np.arange(60) % 3]
    y = y if kind == "U" else np.char.encode(y, "utf-8")
    x = np.random.default_rng(0).random((60, 3))
    np.savez(tmp_path / "a.npz", x=x, y=y)
    data = datasets.load(tmp_path / "a.npz", test=0)
    assert data.class_names == ("cat", "dög", "eel")
    assert data.y_train[:3].tolist() == [2, 0, 1]
    np.savez(
        tmp_path / "b.npz", x_train=x, y_train=y, x_test=x + 1, y_test=y[::-1][:60].astype(f"{kind}9").copy()
    )
    assert datasets.load(tmp_path / "b.npz").class_names == data.class_names
    strange = np.full(60, b"fox" if kind == "S" else "fox")
    np.savez(tmp_path / "c.npz", x_train=x, y_train=y, x_test=x + 1, y_test=strange)
    with pytest.raises(DataError, match="the test part has the label 'fox'"):
        datasets.load(tmp_path / "c.npz")


@pytest.mark.parametrize("second", ["x.npy", "x"])
def test_two_arrays_of_one_name_are_refused(tmp_path, second) -> None:
    """Which one is meant cannot be told; NumPy takes the last."""
    out = io.BytesIO()
    np.save(out, np.random.default_rng(0).random((20, 3)))
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("x.npy", second):
            archive.writestr(name, out.getvalue())
    with pytest.raises(FileError, match="two arrays called 'x'"):
        datasets.load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "pair", [("1", "1.0"), ("01", "1"), ("yes", "yes\u200b"), ("Yes", "yes"), ("ab", "a\u00adb")]
)
def test_classes_that_look_alike_are_named(tmp_path, pair) -> None:
    """Written differently, or told apart by a letter that is not seen: are they one?"""
    rows = "".join(f"{k * 37 % 101 / 7},{(*pair, 'other')[k % 3]}\n" for k in range(90))
    (tmp_path / "a.csv").write_text("a,y\n" + rows, encoding="utf-8")
    data = datasets.load(tmp_path / "a.csv", target="y", task="classes")
    assert sum("are they one?" in note for note in data.notes) == 1


def test_long_numbers_that_differ_in_their_last_figure_are_two_classes() -> None:
    """More figures than a float holds are compared as they are written."""
    from chainrule.datasets.data_checks.classes import twins

    assert not twins(("9223372036854775808", "9223372036854775809"))


@pytest.mark.parametrize(("mode", "most"), [("RGBA", 300), ("I;16", 350)])
def test_a_picture_of_one_colour_does_not_fill_the_memory(tmp_path, mode, most) -> None:
    """A few thousand bytes that are 36 million pixels: read with one copy held, whatever the kind; 1.2 GB and more before."""
    from PIL import Image

    if mode == "I;16":
        Image.fromarray(np.zeros((6000, 6000), np.uint16)).save(tmp_path / "a.png")
    else:
        Image.new(mode, (6000, 6000)).save(tmp_path / "a.png")
    program = (
        "import resource, sys\nfrom PIL import Image\nfrom chainrule.datasets import pictures\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\nbefore = peak()\n"
        "pictures.read(sys.argv[1], {'height': 28, 'width': 28, 'colour': False, 'fit': 'stretch'})\nprint(peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "a.png"], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < most


def test_a_file_of_zeros_is_read_no_further_than_its_first_ones() -> None:
    """Whether it is a text of Windows is not asked of a gigabyte that is no text."""

    class Counted(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            return super().read(size)

    zeros = Counted(b"town,price\n" + bytes(20 << 20))
    assert not text_file._is_windows(zeros)
    assert zeros.reads == 1
    assert zeros.tell() == 0
