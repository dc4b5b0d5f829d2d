"""Defects planted in sound data are each reported before anything is learned, and sound data raises no alarm."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule import datasets
from chainrule.errors import ChainruleError

Plant = Callable[[Path], Any]
FOLDER: dict[str, tuple[str, Plant]] = {}  # defect -> (words of the report, what to do to a sound folder)
PARTS: dict[str, tuple[str, Plant]] = {}  # the same for a folder with train and test
HEAP: dict[str, tuple[str, Plant]] = {}  # and for a heap with labels.csv
TABLE: dict[str, tuple[str, Plant]] = {}  # and for a CSV
ARRAYS: dict[str, tuple[str, Plant]] = {}  # and for an .npz


def paint(path: Path, size: tuple[int, int] = (9, 9)) -> Path:
    """A picture of noise that is different for every path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(
        list(os.fsencode(f"{path.parent.parent.name}/{path.parent.name}/{path.name}"))
    )
    Image.fromarray(rng.integers(0, 256, size).astype("u1")).save(path)
    return path


def plain_folder(root: Path) -> Path:
    for name in ("cat", "dog"):
        for k in range(8):
            paint(root / name / f"{k}.png")
    return root


def parts_folder(root: Path) -> Path:
    for part, n in (("train", 6), ("test", 3)):
        for name in ("cat", "dog"):
            for k in range(n):
                paint(root / part / name / f"{k}.png")
    return root


def heap_folder(root: Path) -> Path:
    rows = ["file,label"]
    for k in range(12):
        paint(root / f"{k}.png")
        rows.append(f"{k}.png,{'odd' if k % 2 else 'even'}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


def table_file(root: Path) -> Path:
    rng = np.random.default_rng(2)
    rows = [f"{a:.3f},{b},{c},{'yes' if k % 2 else 'no'}" for k, (a, b, c) in enumerate(
        zip(rng.normal(size=30), rng.integers(0, 90, 30), rng.choice(["red", "blue"], 30), strict=True))]  # fmt: skip
    (root / "table.csv").write_text("\n".join(["width,age,colour,bought", *rows]) + "\n")
    return root / "table.csv"


def sound_arrays() -> dict[str, np.ndarray]:
    x = np.random.default_rng(3).integers(0, 256, (40, 5, 5)).astype("u1")
    y = np.arange(40) % 3
    return {"x_train": x[:30], "y_train": y[:30], "x_test": x[30:], "y_test": y[30:]}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def edit(old: str, new: str, name: str = "") -> Plant:
    def plant(path: Path) -> None:
        file = path / name if name else path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    return plant


def heic(root: Path) -> None:
    (root / "cat" / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))


def rare(root: Path) -> None:
    for k in range(8, 82):
        paint(root / "dog" / f"{k}.png")


def one_image(root: Path) -> None:
    for k in range(1, 8):
        (root / "cat" / f"{k}.png").unlink()


def one_class(root: Path) -> None:
    for file in (root / "cat").iterdir():
        file.unlink()
    (root / "cat").rmdir()


FOLDER["empty class"] = ("bird: is a class without a picture", lambda f: (f / "bird").mkdir())
FOLDER["class of text files"] = (
    "bird: is a class without a picture",
    lambda f: (f / "bird").mkdir() or (f / "bird/a.txt").touch(),
)
FOLDER["class of one"] = ("'cat' has a single example", one_image)
FOLDER["only one class"] = ("only the class 'dog'", one_class)
FOLDER["rare class"] = ("'dog' has 66 examples and 'cat' 6", rare)
FOLDER["hidden file"] = ("hidden 1", lambda f: (f / "cat" / ".a.png").touch())
FOLDER["system file"] = ("hidden and system files", lambda f: (f / "Thumbs.db").touch())
FOLDER["archive leftovers"] = ("__MACOSX", lambda f: paint(f / "__MACOSX" / "a.png"))
FOLDER["other files"] = ("not pictures were left out: .txt 1", lambda f: (f / "cat" / "a.txt").touch())
FOLDER["no ending"] = ("no ending 1", lambda f: (f / "cat" / "picture").touch())
FOLDER["loose picture"] = ("belong to no class", lambda f: paint(f / "a.png"))
FOLDER["case twins"] = (
    "'Cat' and 'cat' are told apart only by capitals",
    lambda f: [paint(f / "Cat" / f"{k}.png") for k in range(3)],
)
FOLDER["link back"] = ("leads back to", lambda f: (f / "loop").symlink_to(f))
FOLDER["link up"] = ("leads back to", lambda f: (f / "loop").symlink_to(f.parent))
FOLDER["class twice by link"] = ("leads back to", lambda f: (f / "kitten").symlink_to(f / "cat"))
FOLDER["link inside a class"] = ("is a link to a folder", lambda f: (f / "cat" / "more").symlink_to(f))
FOLDER["broken link"] = ("x.png: does not exist", lambda f: (f / "cat" / "x.png").symlink_to(f / "gone.png"))
FOLDER["link to itself"] = (
    "x.png: cannot be read",
    lambda f: (f / "cat" / "x.png").symlink_to(f / "cat" / "x.png"),
)
FOLDER["pipe"] = ("x.png: is not an ordinary file", lambda f: os.mkfifo(f / "cat" / "x.png"))
FOLDER["device"] = ("x.png: is not an ordinary file", lambda f: (f / "cat" / "x.png").symlink_to("/dev/zero"))
FOLDER["empty file"] = ("0.png: is empty", lambda f: (f / "cat" / "0.png").write_bytes(b""))
FOLDER["text called png"] = ("0.png: is not a picture", lambda f: (f / "cat" / "0.png").write_text("hello"))
FOLDER["half a picture"] = ("0.png: cannot be read", lambda f: cut(f / "cat" / "0.png"))
FOLDER["phone photo"] = ("a.heic: is of a kind that is not read", heic)
FOLDER["TIFF"] = ("a.tif: is of a kind that is not read", lambda f: paint(f / "cat" / "a.tif"))
FOLDER["no pixels"] = ("a.bmp", lambda f: (f / "cat" / "a.bmp").write_bytes(bmp(0, 0)))
FOLDER["picture bomb"] = (
    "a.bmp: has too many pixels",
    lambda f: (f / "cat" / "a.bmp").write_bytes(bmp(50000, 50000)),
)
FOLDER["several sizes"] = (
    "2 different sizes, 9 x 9 to 20 x 30",
    lambda f: paint(f / "cat" / "a.png", (20, 30)),
)
FOLDER["twins across the split"] = (
    "in the training part too",
    lambda f: [
        (f / "cat" / f"copy{k}.png").write_bytes((f / "cat" / f"{k}.png").read_bytes()) for k in range(8)
    ],
)

PARTS["test larger than train"] = (
    "the right way round",
    lambda f: (
        (f / "train").rename(f / "t") and (f / "test").rename(f / "train") and (f / "t").rename(f / "test")
    ),
)
PARTS["class only in test"] = (
    "the test part has the class 'bird'",
    lambda f: paint(f / "test" / "bird" / "a.png"),
)
PARTS["class not in test"] = (
    "the test part has no picture of 'bird'", lambda f: [paint(f / "train" / "bird" / f"{k}.png") for k in range(6)]
)  # fmt: skip
PARTS["test picture in train"] = (
    "1 picture of the test part", lambda f: (f / "test/cat/x.png").write_bytes((f / "train/cat/0.png").read_bytes())
)  # fmt: skip
PARTS["stray folder"] = ("the folder old lies beside train", lambda f: paint(f / "old" / "a.png"))

HEAP["labels short"] = ("11.png: has no row in labels.csv", edit("11.png,odd\n", "", "labels.csv"))
HEAP["labels long"] = (
    "labels.csv:14: names the picture '99.png'",
    edit("11.png,odd\n", "11.png,odd\n99.png,odd\n", "labels.csv"),
)
HEAP["listed twice"] = (
    "labels.csv:3: lists '0.png' again",
    edit("0.png,even\n", "0.png,even\n0.png,even\n", "labels.csv"),
)
HEAP["two labels"] = (
    "lists '0.png' as 'odd' after 'even'",
    edit("0.png,even\n", "0.png,even\n0.png,odd\n", "labels.csv"),
)
HEAP["no label"] = ("labels.csv:3: gives '1.png' no label", edit("1.png,odd", "1.png,", "labels.csv"))
HEAP["label misspelt"] = ("'odx' has a single example", edit("1.png,odd", "1.png,odx", "labels.csv"))
HEAP["label in capitals"] = (
    "'ODD' and 'odd' are told apart only by capitals",
    edit("1.png,odd", "1.png,ODD", "labels.csv"),
)
HEAP["ragged labels"] = ("labels.csv:3: has 3 cells", edit("1.png,odd", "1.png,odd,odd", "labels.csv"))
HEAP["outside the folder"] = ("names the picture '../1.png'", edit("1.png,odd", "../1.png,odd", "labels.csv"))

TABLE["ragged"] = ("table.csv:2: has 5 cells", edit("\n", "\n1,", ""))
TABLE["NaN"] = ("missing cells of 30 rows are filled", lambda f: swap(f, "age", "nan"))
TABLE["infinity"] = ("column 'age' is 'inf', which is beyond", lambda f: swap(f, "age", "inf"))
TABLE["empty cell"] = ("'age' in 1", lambda f: swap(f, "age", ""))
TABLE["no number"] = ("column 'age' is '4o', which is not a number", lambda f: swap(f, "age", "4o"))
TABLE["constant"] = (
    "1 column holds one value only and is left out: 'age'",
    lambda f: swap(f, "age", "7", range(1, 31)),
)
TABLE["name twice"] = ("two columns called 'age'", edit("width", "age"))
TABLE["no name"] = ("gives column 1 no name", edit("width", ""))
TABLE["no header"] = ("only numbers", lambda f: f.write_text("1,2,3,0\n" * 20))
TABLE["target always the same"] = (
    "nothing is to be told apart",
    lambda f: swap(f, "bought", "yes", range(1, 31)),
)
TABLE["target misspelt once"] = ("class 'yess' has a single example", lambda f: swap(f, "bought", "yess"))
TABLE["half a quote"] = ("is not CSV", edit("red", '"red'))

ARRAYS["labels short"] = (
    "there must be one answer for each example",
    lambda a: a.update(y_train=a["y_train"][:-1]),
)
ARRAYS["labels from 1"] = (
    "the labels go from 1 to 3",
    lambda a: a.update(y_train=a["y_train"] + 1, y_test=a["y_test"] + 1),
)
ARRAYS["unknown label in test"] = (
    "the label 7, which the train part has not",
    lambda a: a.update(y_test=a["y_test"] * 0 + 7),
)
ARRAYS["half one-hot"] = ("a row with a single 1", lambda a: a.update(y_train=np.ones((30, 3))))
ARRAYS["NaN"] = ("holds NaN or infinity", lambda a: a.update(x_train=np.full((30, 5, 5), np.nan)))
ARRAYS["infinite answer"] = (
    "y_test[2]: holds NaN or infinity",
    lambda a: a.update(y_test=np.where(np.arange(10) == 2, np.inf, 1)),
)
ARRAYS["other shape in test"] = ("they must be the same", lambda a: a.update(x_test=a["x_test"][:, 1:]))
ARRAYS["swapped parts"] = (
    "the right way round",
    lambda a: a.update(x_train=a["x_test"], y_train=a["y_test"], x_test=a["x_train"], y_test=a["y_train"]),
)
ARRAYS["test seen in training"] = ("pictures of the test part", lambda a: a.update(x_test=a["x_train"][:10]))
ARRAYS["a name missing"] = ("no array called 'y_test'", lambda a: a.pop("y_test"))
ARRAYS["text"] = ("holds <U1; numbers are expected", lambda a: a.update(x_train=np.array(["a"] * 30)))


def swap(path: Path, column: str, cell: str, lines: range = range(5, 6)) -> None:
    """Puts a cell into a column of the table, at the lines counted from 0."""
    rows = [line.split(",") for line in path.read_text().splitlines()]
    for k in lines:
        rows[k][rows[0].index(column)] = cell
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")


def report(path: Path, **options: object) -> str:
    """All that is said about data before learning: the error, or the notes."""
    try:
        return "\n".join(datasets.load(path, **options).notes)
    except ChainruleError as problem:
        return str(problem)


@pytest.mark.parametrize(
    ("make", "defects"),
    [(plain_folder, FOLDER), (parts_folder, PARTS), (heap_folder, HEAP)],
    ids=["folder", "parts", "heap"],
)
def test_defects_of_folders_are_reported(
    tmp_path: Path, make: Callable[[Path], Path], defects: dict[str, tuple[str, Plant]]
) -> None:
    """Each defect planted in a sound folder is reported in words that name it."""
    assert report(make(tmp_path / "sound")) == ""
    missed = {}
    for name, (words, plant) in defects.items():
        root = make(tmp_path / name)
        plant(root)
        if words not in (result := report(root)):
            missed[name] = result
    assert missed == {}


def test_defects_of_tables_are_reported(tmp_path: Path) -> None:
    """Each defect planted in a sound table is reported, with the line where it has one."""
    assert report(table_file(tmp_path), target="bought") == ""
    missed = {}
    for name, (words, plant) in TABLE.items():
        path = table_file(tmp_path)
        plant(path)
        if words not in (result := report(path, target="bought")):
            missed[name] = result
    assert missed == {}


def test_defects_of_arrays_are_reported(tmp_path: Path) -> None:
    """Each defect planted in sound arrays is reported; one-hot answers are none."""
    path = tmp_path / "arrays.npz"
    sound = sound_arrays()
    np.savez(path, **sound)
    assert report(path) == ""
    np.savez(path, **(sound | {"y_train": np.eye(3)[sound["y_train"]]}))
    assert report(path) == ""
    missed = {}
    for name, (words, plant) in ARRAYS.items():
        arrays = sound_arrays()
        plant(arrays)  # type: ignore[arg-type]
        np.savez(path, **arrays)
        if words not in (result := report(path)):
            missed[name] = result
    assert missed == {}


def test_there_are_forty_defects_and_more() -> None:
    """The list of planted defects does not shrink unnoticed."""
    assert sum(map(len, (FOLDER, PARTS, HEAP, TABLE, ARRAYS))) >= 60


def test_sound_data_raises_no_alarm() -> None:
    """MNIST, whole or with a validation part, is loaded without a note."""
    assert datasets.load("mnist").notes == ()
    assert report(Path("mnist"), validation=0.1) == ""
