"""Tables: columns understood, standardised on what is learned from, and every bad row named with its line."""

import csv
import io
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule import datasets
from chainrule.datasets import csv_file
from chainrule.datasets.table import load
from chainrule.errors import ChainruleError, DataError, SettingError

ROWS = 40


def houses(**columns: list[object]) -> str:
    """A small table of houses as CSV; columns may be given to replace or to add."""
    random.seed(1)
    table: dict[str, list[object]] = {
        "area": [random.randint(40, 200) for _ in range(ROWS)],
        "town": [random.choice(["Bern", "Basel", "Genève"]) for _ in range(ROWS)],
        "age": [random.random() * 90 for _ in range(ROWS)],
        "price": [random.random() * 900_000 for _ in range(ROWS)],
        "sold": [random.choice(["yes", "no"]) for _ in range(ROWS)],
    }
    table |= columns
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The table of houses as a file."""
    (tmp_path / "houses.csv").write_text(houses(), encoding="utf-8")
    return tmp_path / "houses.csv"


def test_a_regression(path: Path) -> None:
    """A column of fractions is learned as amounts, in its own unit; the others become standardised features."""
    data = datasets.load(path, target="price")
    assert data.task == "regression"
    assert data.class_names is None
    assert data.baseline is None
    assert data.sizes == {"train": 32, "val": 0, "test": 8}
    assert data.input_shape == (1 + 3 + 1 + 2,)
    assert (data.x_train.dtype, data.y_train.dtype, data.scale) == (np.float32, np.float32, None)
    assert data.y_train.max() > 1000
    assert "answers from" in data.describe()
    np.testing.assert_allclose(data.x_train[:, [0, 4]].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.x_train[:, [0, 4]].std(axis=0), 1, rtol=1e-6)
    np.testing.assert_array_equal(data.x_train[:, 1:4].sum(axis=1), 1)
    target = data.preparation["target"]
    assert target["mean"] == pytest.approx(data.y_train.mean(), rel=1e-5)
    assert target["std"] == pytest.approx(data.y_train.std(), rel=1e-5)


def test_two_classes_and_more(path: Path) -> None:
    """A column of two words is a question of two classes, of three words one of three; both split evenly."""
    data = datasets.load(path, target="sold", test=0.25)
    assert (data.task, data.class_names) == ("two classes", ("no", "yes"))
    assert data.y_train.dtype == np.int32
    share = np.bincount(data.y_train)[0] / len(data.y_train)
    assert abs(np.bincount(data.y_test)[0] - share * len(data.y_test)) < 1
    data = datasets.load(path, target="town")
    assert (data.task, data.class_names) == ("classes", ("Basel", "Bern", "Genève"))


@pytest.mark.parametrize(
    ("answers", "task", "names"),
    [
        ([0, 1], "two classes", ("0", "1")),
        ([10, 9, 2], "classes", ("2", "9", "10")),
        ([0.5, 1], "regression", None),
        (list(range(40)), "regression", None),
        (["a", "b", "1"], "classes", ("1", "a", "b")),
        (["TRUE", "FALSE"], "two classes", ("FALSE", "TRUE")),
    ],
)
def test_the_task_is_seen_from_the_target(
    tmp_path: Path, answers: list[object], task: str, names: tuple[str, ...] | None
) -> None:
    """Words and few whole numbers are classes in their natural order; fractions and many numbers are amounts."""
    (tmp_path / "a.csv").write_text(houses(y=(answers * ROWS)[:ROWS]), encoding="utf-8")
    data = load(tmp_path / "a.csv", target="y")
    assert (data.task, data.class_names) == (task, names)


def test_the_task_can_be_said(tmp_path: Path) -> None:
    """Few whole numbers are amounts when a regression is asked for; a task that is none is named."""
    (tmp_path / "a.csv").write_text(houses(stars=[1, 2, 3, 4] * 10), encoding="utf-8")
    assert load(tmp_path / "a.csv", target="stars", task="regression").y_train.dtype == np.float32
    assert load(tmp_path / "a.csv", target="stars").class_names == ("1", "2", "3", "4")
    with pytest.raises(SettingError, match="Did you mean 'regression'"):
        load(tmp_path / "a.csv", target="stars", task="regresion")


def test_the_means_come_from_the_training_part_alone(path: Path) -> None:
    """Neither the test nor the validation part has a say in mean and deviation."""
    data = load(path, target="sold", test=0.25, validation=0.25, seed=5)
    record = {column["name"]: column for column in data.preparation["columns"]}
    areas = np.array([int(row["area"]) for row in csv.DictReader(path.open(encoding="utf-8"))])
    raw = data.x_train[:, 0] * record["area"]["std"] + record["area"]["mean"]
    assert sorted(np.round(raw).astype(int)) != sorted(areas)
    assert raw.mean() == pytest.approx(record["area"]["mean"], rel=1e-5)
    assert raw.std() == pytest.approx(record["area"]["std"], rel=1e-5)
    assert data.x_val is not None
    assert abs(data.x_val[:, 0].mean()) > 1e-4


def test_the_seed_decides_the_split(path: Path) -> None:
    """The same seed gives the same bits, another seed another split."""
    one, same, other = (load(path, target="price", seed=seed) for seed in (1, 1, 2))
    assert one.digest == same.digest != other.digest


def test_a_second_file_can_be_the_test_part(path: Path, tmp_path: Path) -> None:
    """A test file is prepared by the training file's record; a word that was not learned is noted, a class refused."""
    lines = path.read_text(encoding="utf-8").splitlines()
    (tmp_path / "test.csv").write_text("\n".join(lines[:11]), encoding="utf-8")
    data = load(path, target="sold", test=tmp_path / "test.csv")
    assert data.sizes == {"train": 40, "val": 0, "test": 10}
    np.testing.assert_array_equal(data.x_test, data.x_train[:10])
    np.testing.assert_array_equal(data.y_test, data.y_train[:10])
    (tmp_path / "test.csv").write_text("\n".join([*lines[:11], "50,Bärn,3,4,yes"]), encoding="utf-8")
    data = load(path, target="sold", test=tmp_path / "test.csv")
    assert any(
        "test.csv:12: 'town' is 'Bärn'" in note and "did you mean 'Bern'" in note for note in data.notes
    )
    assert not data.x_test[-1, 1:4].any()
    (tmp_path / "test.csv").write_text("\n".join([*lines[:11], "50,Bern,3,4,perhaps"]), encoding="utf-8")
    with pytest.raises(DataError, match=r"test.csv:12: column 'sold' is 'perhaps', .*known: no, yes"):
        load(path, target="sold", test=tmp_path / "test.csv")
    (tmp_path / "test.csv").write_text("area,town\n1,Bern", encoding="utf-8")
    with pytest.raises(DataError, match="no column 'age', which"):
        load(path, target="sold", test=tmp_path / "test.csv")


def test_new_rows_are_prepared_like_those_that_were_learned(path: Path) -> None:
    """prepare makes the very features that were learned, from dicts, from one dict and from a CSV file."""
    data = datasets.load(path, target="price", test=0)
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    np.testing.assert_array_equal(datasets.prepare(data.preparation, rows), data.x_train)
    np.testing.assert_array_equal(datasets.prepare(data.preparation, rows[3]), data.x_train[3:4])
    np.testing.assert_array_equal(datasets.prepare(data.preparation, path), data.x_train)
    numbers = rows[3] | {"area": int(rows[3]["area"]), "age": float(rows[3]["age"]), "more": None}
    np.testing.assert_array_equal(datasets.prepare(data.preparation, numbers), data.x_train[3:4])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"area": "big"}, "row:2: column 'area' is 'big', which is not a number"),
        ({"area": 1e300}, r"row:2: column 'area' is '1e\+300', which is beyond 1e\+30"),
    ],
)
def test_a_new_row_that_does_not_suit_is_named(path: Path, change: dict[str, object], words: str) -> None:
    """A number that is none, or a column that is not there: row and column are named."""
    data = datasets.load(path, target="price", test=0)
    row = next(csv.DictReader(path.open(encoding="utf-8")))
    with pytest.raises(DataError, match=words):
        datasets.prepare(data.preparation, [row, row | change])
    del row["town"]
    with pytest.raises(DataError, match="Row 1 has no column 'town'; it has area, age"):
        datasets.prepare(data.preparation, row)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\n", "\n1,2,3\n", "houses.csv:2: has 3 cells where the header has 5"),
        ("area,", "age,", "houses.csv:1 has two columns called 'age' .numbers 1 and 3."),
        ("area,", ",", "houses.csv:1 gives column 1 no name"),
        ("Bern", '"Bern', "houses.csv:.* is not CSV: unexpected end of data"),
        ("Bern", "Be\0rn", "houses.csv:.* holds a zero byte"),
        ("yes", "yes" * 400, "has a cell of 1,200 letters"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_by_line(path: Path, old: str, new: str, words: str) -> None:
    """Ragged rows, double or missing names, open quotes: each with its line."""
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=words):
        load(path, target="price")


@pytest.mark.parametrize("bad", ["inf", "-inf", "abc", "1e99", "1,5"])
def test_cells_that_are_no_numbers_are_named_or_left_out(tmp_path: Path, bad: str) -> None:
    """In a column of numbers each cell that is none is named by line; skip_bad leaves the row out and counts it."""
    ages: list[object] = list(range(ROWS))
    ages[7] = ages[30] = bad
    (tmp_path / "a.csv").write_text(houses(age=ages), encoding="utf-8")
    with pytest.raises(
        DataError, match=r"has 2 rows(.|\n)*a.csv:9: column 'age' is(.|\n)*a.csv:32: column 'age' is"
    ):
        load(tmp_path / "a.csv", target="price")
    data = load(tmp_path / "a.csv", target="price", skip_bad=True, test=0)
    assert len(data.x_train) == ROWS - 2
    assert [place.rsplit(":", 1)[1] for place, _ in data.skipped] == ["9", "32"]


def test_a_regression_needs_numbers(path: Path) -> None:
    """A target of words cannot be asked for as amounts: the first line that shows it is named."""
    with pytest.raises(DataError, match=r"houses.csv:2: column 'town' is .*a regression needs numbers"):
        load(path, target="town", task="regression")


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    """Blank lines and cells over two lines do not shift the line that is named."""
    text = 'a,b\n1,x\n\n"2","y\nz"\n\n3\n4,x\n'
    (tmp_path / "a.csv").write_text(text)
    assert csv_file.read(tmp_path / "a.csv").lines.tolist() == [2, 4, 8]
    assert csv_file.read(tmp_path / "a.csv").bad[0][0].endswith("a.csv:7")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_delimiters_and_byte_order_marks_do_not_matter(
    path: Path, tmp_path: Path, line_end: str, delimiter: str, mark: str
) -> None:
    """The same table written by another program is the same data, to the bit."""
    text = mark + path.read_text(encoding="utf-8").replace(",", delimiter).replace("\n", line_end)
    (tmp_path / "other.csv").write_bytes(text.encode())
    other, data = load(tmp_path / "other.csv", target="price"), load(path, target="price")
    assert other.digest == data.digest
    assert other.preparation == data.preparation


def test_other_encodings_are_named(tmp_path: Path) -> None:
    """UTF-16 without a mark is recognised; bytes that are neither UTF-8 nor Windows-1252 are refused with the line."""
    for coding in ("utf-16-le", "utf-16-be"):
        (tmp_path / "a.csv").write_text(houses(), encoding=coding)
        with pytest.raises(DataError, match="a.csv:1 looks like UTF-16"):
            load(tmp_path / "a.csv", target="price")
    (tmp_path / "a.csv").write_bytes("a,b\n1,Gen\u00e8ve\n1,Gen\u00e8".encode()[:-1])
    with pytest.raises(DataError, match=r"a.csv:3 holds bytes that are not UTF-8"):
        load(tmp_path / "a.csv", target="a")
    (tmp_path / "a.csv").write_bytes("a,b\n1,2\n1,Genève\n".encode("latin-1").replace(b"ve", b"v\x81"))
    with pytest.raises(DataError, match=r"a.csv:3 holds bytes that are not UTF-8"):
        load(tmp_path / "a.csv", target="a")


def test_a_table_as_windows_saves_it_in_western_europe_is_read(tmp_path: Path) -> None:
    """Umlauts, accents and the euro's sign come out right, the data are those of the same table in UTF-8, and a note says so."""
    text = "Größe;Café;Preis €\n" + "".join(
        f"{k},5;{'été' if k % 2 else 'hiver'};{3 * k}\n" for k in range(30)
    )
    (tmp_path / "a.csv").write_text(text, encoding="cp1252")
    (tmp_path / "b.csv").write_text(text, encoding="utf-8")
    old, new = (load(tmp_path / name, target="Preis €", seed=1) for name in ("a.csv", "b.csv"))
    assert old.digest == new.digest
    assert old.preparation == new.preparation
    assert "Windows-1252" in old.notes[0]
    assert not any("Windows" in note for note in new.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names of the columns"),
        ("a,b\n", "no row of data"),
        ("1,2\n3,4\n", "the first line should name the columns"),
        ("a\n1\n2\n", "no column besides the target"),
        ("a,b\n1,x\n2,x\n", "is 'x' in every row"),
        ("a,b\n1\n2\n", "a.csv:2 has 1 cell where"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """No header, no rows, nothing to learn from or nothing to tell apart: one sentence."""
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        load(tmp_path / "a.csv", target="b" if "b" in text else "a")


def test_the_target_must_be_named(path: Path, tmp_path: Path) -> None:
    """Where the target cannot be guessed the columns that may be it are listed; a misspelt one is guessed; so are drop and categorical."""
    with pytest.raises(
        SettingError, match=r"sold \(2 classes\), price \(amounts\), age \(amounts\), town \(3 classes\)"
    ):
        datasets.load(path)
    with pytest.raises(SettingError, match="Did you mean 'price'"):
        datasets.load(path, target="prize")
    with pytest.raises(SettingError, match="Did you mean 'town'"):
        datasets.load(path, target="price", drop=["twn"])
    with pytest.raises(SettingError, match="Did you mean 'area'"):
        datasets.load(path, target="price", categorical="arena")
    with pytest.raises(DataError, match="cannot be read: No such file"):
        datasets.load(tmp_path / "none.csv", target="a")


def test_columns_can_be_left_out_or_taken_as_names(tmp_path: Path) -> None:
    """drop leaves columns out; categorical makes a column of numbers one of names."""
    (tmp_path / "a.csv").write_text(houses(code=[3000, 4000] * 20), encoding="utf-8")
    data = load(tmp_path / "a.csv", target="price", drop=["town", "sold"], categorical=["code"])
    assert [(column["name"], column["kind"]) for column in data.preparation["columns"]] == [
        ("area", "number"), ("age", "number"), ("code", "category"),
    ]  # fmt: skip
    assert data.preparation["columns"][2]["values"] == ["3000", "4000"]


def test_free_text_is_not_learned_from(tmp_path: Path) -> None:
    """A column with hundreds of words would become hundreds of features: it is left out, and said."""
    text = "who,y\n" + "".join(f"name {k % 300},{k % 2}\n" for k in range(900))
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=r"no column besides .*300 different words in 900 rows"):
        load(tmp_path / "a.csv", target="y")


def test_constant_columns_are_noted(tmp_path: Path) -> None:
    """A column with one value only is left out and pointed out."""
    (tmp_path / "a.csv").write_text(houses(same=[0.1] * ROWS, word=["x"] * ROWS), encoding="utf-8")
    data = load(tmp_path / "a.csv", target="price")
    assert data.notes == ("2 columns hold one value only and are left out: 'same', 'word'",)
    assert data.input_shape == (1 + 3 + 1 + 2,)


words = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cs",)), max_size=12
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(words, words), min_size=1, max_size=20))
def test_cells_come_back_as_they_were_written(tmp_path: Path, cells: list[tuple[str, str]]) -> None:
    """What Python's csv module writes, quotes and line ends and all, is read back, less the spaces around it."""
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("left", "right"), *cells])
    back = csv_file.read(tmp_path / "a.csv")
    for k, name in enumerate(("left", "right")):
        column = [cell if isinstance(cell, str) else cell.decode() for cell in back.columns[name].tolist()]
        assert column == [row[k].strip() for row in cells]


def test_four_thousand_damaged_tables_are_refused_or_finite(path: Path) -> None:
    """Whatever happens to a table's bytes, it is refused in our own words or all its features are finite."""
    good = np.frombuffer(path.read_bytes(), "u1")
    rng = np.random.default_rng(11)
    tasty = np.frombuffer(b',;\n\r"0.e-\xff\t ', "u1")
    refused = 0
    for k in range(4000):
        bad = good.copy()
        at = rng.integers(0, len(bad), rng.integers(1, 5))
        bad[at] = rng.choice(tasty, len(at)) if k % 2 else rng.integers(0, 256, len(at))
        path.write_bytes(bad.tobytes()[: rng.integers(0, len(bad)) if k % 7 == 0 else None])
        try:
            data = load(path, target="price", skip_bad=k % 3 == 0)
        except ChainruleError:
            refused += 1
        else:
            assert np.isfinite(data.x_train).all()
            assert np.isfinite(data.y_train).all()
    assert 800 < refused < 3800
