"""What the cells of a table mean: numbers in every notation, dates, ids and names; said, and never guessed silently."""

import random
from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets import cells
from chainrule.datasets.table import load
from chainrule.errors import DataError, SettingError

random.seed(3)
WIDE = [round(random.uniform(-9, 9), 2) for _ in range(60)]


def table(tmp_path: Path, columns: dict[str, list[object]], delimiter: str = ",", first: str = "") -> Path:
    """A file with these columns; what holds the delimiter is quoted."""
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    quoted = [[f'"{c}"' if delimiter in str(c) else str(c) for c in row] for row in rows]
    path = tmp_path / "table.csv"
    path.write_text(first + "\n".join(delimiter.join(row) for row in quoted) + "\n", encoding="utf-8")
    return path


def written(values: list[float], how: str) -> list[object]:
    """The numbers in one of the notations."""
    texts = {
        "thousands": [f"{v:,.0f}" for v in values],
        "thousands and cents": [f"{v:,.2f}" for v in values],
        "dollars": [f"${v:.2f}" for v in values],
        "euros behind": [f"{v:.2f} €" for v in values],
        "francs before": [f"CHF {v:,.2f}" for v in values],
        "percent": [f"{v:.1f}%" for v in values],
        "percent with a space": [f"{v:.1f} %" for v in values],
        "decimal comma": [f"{v:.2f}".replace(".", ",") for v in values],
        "German": [f"{v:,.2f}".translate(str.maketrans(",.", ".,")) for v in values],
        "French": [f"{v:,.2f}".translate(str.maketrans(",.", "\u202f,")) for v in values],
        "Swiss": [f"{v:,.2f}".replace(",", "'") for v in values],
        "accounting": [f"({-v:.2f})" if v < 0 else f"{v:.2f}" for v in values],
        "another minus": [f"{v:.2f}".replace("-", "−") for v in values],
        "kilograms": [f"{v:.1f} kg" for v in values],
        "rupees": [f"₹{v:,.0f}" for v in values],
    }
    return list(texts[how])


@pytest.mark.parametrize(
    ("how", "digits", "noted"),
    [
        ("thousands", 0, "commas between thousands"), ("thousands and cents", 2, "commas between thousands"),
        ("dollars", 2, "$"), ("euros behind", 2, "€"), ("francs before", 2, "CHF"), ("percent", 1, "%"),
        ("percent with a space", 1, "%"), ("decimal comma", 2, "a decimal comma"), ("German", 2, "points between"),
        ("French", 2, "spaces between"), ("Swiss", 2, "apostrophes"), ("accounting", 2, "brackets"),
        ("another minus", 2, "minus sign"), ("kilograms", 1, "kg"), ("rupees", 0, "₹"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_numbers_in_every_notation_are_read_as_numbers(tmp_path, how, digits, noted, delimiter) -> None:
    """As a target and as an input: the right values, one input a column, a note, and new rows are read alike."""
    values = [round(random.uniform(-900_000, 900_000), digits) for _ in range(60)]
    own = written(values, how)
    path = table(tmp_path, {"a": written(WIDE, "decimal comma") if how in ("decimal comma", "German", "French") else WIDE,
                            "rate": own, "price": own}, delimiter)  # fmt: skip
    data = load(path, target="price", test=0)
    assert data.task == "regression"
    np.testing.assert_allclose(data.y_train, values, rtol=1e-6)
    assert data.input_shape == (2,)
    assert any("'price' is written with" in note and noted in note for note in data.notes)
    again = datasets.prepare(data.preparation, {"a": data.preparation["columns"][0]["mean"], "rate": own[7]} if how not in
                             ("decimal comma", "German", "French") else {"a": "1,5", "rate": own[7]})  # fmt: skip
    assert again[0, 1] == data.x_train[7, 1]


def test_a_number_that_may_be_two_is_asked_for(tmp_path) -> None:
    """117,214 is decided by the rest of the table, or by `decimal`, and else a question."""
    doubtful = [f"{random.randint(100, 999)},{random.randint(100, 999)}" for _ in range(30)]
    whole = [int(word.replace(",", "")) for word in doubtful]
    for other, delimiter, expected in (([1.5] * 30, ";", whole), ([7] * 30, ",", whole)):
        path = table(tmp_path, {"a": [*other[:-1], other[0] * 2], "y": doubtful}, delimiter)
        np.testing.assert_array_equal(load(path, target="y", test=0).y_train, np.float32(expected))
    path = table(tmp_path, {"a": ["1,5", *["2,25"] * 29], "y": doubtful}, ";")
    np.testing.assert_allclose(load(path, target="y", test=0).y_train, np.array(whole) / 1000, rtol=1e-6)
    path = table(tmp_path, {"a": list(range(5, 35)), "y": doubtful}, ";")
    with pytest.raises(DataError, match=r"'y': '.*' may be \d+ or .* say which with decimal=','"):
        load(path, target="y")
    np.testing.assert_array_equal(load(path, target="y", test=0, decimal=".").y_train, np.float32(whole))
    np.testing.assert_allclose(
        load(path, target="y", test=0, decimal=",").y_train, np.array(whole) / 1000, rtol=1e-6
    )
    with pytest.raises(SettingError, match="decimal point"):
        load(path, target="y", decimal="|")


def test_a_point_between_thousands(tmp_path) -> None:
    """In a table of decimal commas 1.234 is a thousand and more."""
    path = table(tmp_path, {"a": ["1,5", "2,5"] * 20, "y": [f"{k}.234" for k in range(1, 41)]}, ";")
    assert load(path, target="y", test=0).y_train[0] == 1234


@pytest.mark.parametrize(
    "words", [["user1", "user2"], ["1.2.3", "1.2.4"], ["10.0.0.1", "10.0.0.2"], ["M", "XL"], ["A1", "B2"]]
)
def test_words_stay_words(tmp_path, words) -> None:
    """Codes, versions and addresses are no numbers."""
    data = load(table(tmp_path, {"a": WIDE, "w": words * 30, "y": WIDE}), target="y", test=0)
    assert data.preparation["columns"][1]["values"] == sorted(words)


def test_two_units_in_one_column_are_refused(tmp_path) -> None:
    """Dollars and euros are not one number; nor are 5 % and 0.05."""
    with pytest.raises(DataError, match="'p' holds numbers in .* and in .*one unit"):
        load(table(tmp_path, {"a": WIDE, "p": ["$5.20", "€6.10"] * 30, "y": WIDE}), target="y")
    with pytest.raises(
        DataError, match=r"column 'p' is '0.05', which is not a number written like the others"
    ):
        load(table(tmp_path, {"a": WIDE, "p": ["0.05", *["5%"] * 59], "y": WIDE}), target="y")


@pytest.mark.parametrize(
    "day",
    ["2024-{m:02}-{d:02}", "{d}.{m}.2024", "{m}/{d}/24", "2024-{m:02}-{d:02}T10:{d:02}:00Z", "{d} Mar 2024", "Mar {d}, 2024",
     "{m:02}:{d:02}", "2024{m:02}{d:02}", "2024-{m:02}-{d:02} 10:{d:02}:05.250", "2024-{m:02}", "2024 Q{q}"],
)  # fmt: skip
def test_dates_and_times_become_their_parts_with_a_note(tmp_path, day) -> None:
    """New rows with new dates are answered by year, month, day, weekday and hour; asked for, a date is kept as words."""
    days = [day.format(m=k % 12 + 1, d=k % 28 + 1, q=k % 4 + 1) for k in range(60)]
    path = table(tmp_path, {"date": days, "a": WIDE, "y": WIDE})
    data = load(path, target="y")
    parts = data.preparation["columns"][0]["parts"]
    assert 1 <= len(parts) <= 5
    assert data.input_shape == (len(parts) + 1,)
    assert any("'date' holds dates or times" in note for note in data.notes)
    assert datasets.prepare(data.preparation, {"date": "2031-01-01 10:00", "a": 1}).shape == (
        1,
        len(parts) + 1,
    )
    assert load(path, target="y", categorical=["date"]).input_shape[0] > 1


def test_names_and_ids_are_left_out_with_a_note(tmp_path) -> None:
    """Names, tickets and numbers of customers cannot help for new rows; numbers that only differ can."""
    columns = {
        "Name": [f"Ms. {k * 37 % 61}" for k in range(60)], "Ticket": [f"A/{k // 1.4:.0f}" for k in range(60)],
        "PassengerId": list(range(1, 61)), "customer_id": [k * 7919 % 10007 for k in range(60)], "humid": list(range(60)),
        "Cabin": ["C1", *[""] * 14] * 4, "nothing": [""] * 60, "town": ["Bern", "Chur"] * 30, "y": WIDE,
    }  # fmt: skip
    data = load(table(tmp_path, columns), target="y")
    assert [column["name"] for column in data.preparation["columns"]] == ["humid", "town"]
    text = "\n".join(data.notes)
    for name, why in (("Name", "60 different words in 60 rows"), ("Ticket", "different words"), ("PassengerId", "is an id"),
                      ("customer_id", "is an id"), ("Cabin", "missing in 56 of 60"), ("nothing", "is empty")):  # fmt: skip
        assert any(note.startswith(f"the column {name!r}") and why in note for note in data.notes), (
            name,
            text,
        )


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "rownames", "#"])
def test_a_column_that_counts_the_rows_is_left_out(tmp_path, name) -> None:
    """The index that another program wrote gives away a sorted class: it is left out, and said."""
    path = table(tmp_path, {name: list(range(60)), "a": WIDE, "kind": ["x"] * 30 + ["y"] * 30})
    data = load(path, target="kind")
    assert data.input_shape == (1,)
    assert any("counts the rows" in note for note in data.notes)


def test_columns_without_a_name(tmp_path) -> None:
    """A comma at the end of each line is an empty column; one with content must be named or dropped."""
    data = load(table(tmp_path, {"a": WIDE, "y": WIDE, "": [""] * 60}), target="y")
    assert any("no name and no content" in note for note in data.notes)
    path = table(tmp_path, {"a": WIDE, "y": WIDE, "": [5.5] * 60})
    with pytest.raises(DataError, match=r"drop=\[''\] \(--drop ''\)"):
        load(path, target="y")
    assert load(path, target="y", drop=[""]).input_shape == (1,)


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_a_spreadsheets_first_line(tmp_path, line) -> None:
    """The line that says what stands between cells is obeyed, and lines are counted with it."""
    path = table(tmp_path, {"a": WIDE, "y": WIDE}, ";", first=line)
    assert load(path, target="y", test=0).sizes["train"] == 60
    path.write_text(path.read_text().replace(f"\n{WIDE[0]};", "\nx;", 1))
    with pytest.raises(DataError, match="table.csv:3: column 'a' is 'x'"):
        load(path, target="y")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_stands_between_cells_is_found_out(tmp_path, delimiter) -> None:
    """Also where other such letters stand within cells."""
    path = table(tmp_path, {"a, b": ["1;2|3", "x, y", "z"] * 20, "y": WIDE}, delimiter)
    assert load(path, target="y", test=0).preparation["columns"][0]["name"] == "a, b"


@pytest.mark.parametrize(
    "rows",
    [["2.8,-0.3,rosa", "4.0,4.1,alba", "4.5,2.8,rosa"], ["5,0,0,26", "0,0,0,9", "4,1,13,7"], ["yes;1,25;3", "no;2,5;4", "yes;1,0;2"],
     ["M,0.455,0.365,15", "F,0.53,0.42,9", "M,0.44,0.365,10"]],
)  # fmt: skip
def test_a_file_without_names_is_recognised_and_can_be_read(tmp_path, rows) -> None:
    """Its first row is not lost: it is refused in one sentence, or read by header=False, new rows too."""
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows * 10) + "\n")
    width = len(rows[0].split(";" if ";" in rows[0] else ","))
    with pytest.raises(DataError, match="the first line should name the columns.*--no-header"):
        load(path, target=f"column_{width}")
    data = load(path, target="column_1", header=False, test=0)
    assert data.sizes["train"] == 30
    np.testing.assert_array_equal(datasets.prepare(data.preparation, path), data.x_train)
    separator = ";" if ";" in rows[0] else ","
    (tmp_path / "new.csv").write_text("\n".join(row.partition(separator)[2] for row in rows) + "\n")
    np.testing.assert_array_equal(datasets.prepare(data.preparation, tmp_path / "new.csv"), data.x_train[:3])


def test_years_as_names_of_columns_are_names(tmp_path) -> None:
    """2019 and 2020 beside a word that stands nowhere below are a header."""
    path = table(tmp_path, {"country": ["A", "B"] * 30, "2019": WIDE, "2020": WIDE})
    assert load(path, target="2020").input_shape == (3,)


def test_targets_that_cannot_be_learned_are_refused(tmp_path) -> None:
    """A class for each row, one value for all rows, dates: one sentence each."""
    for target, words in (
        ([f"user{k}" for k in range(60)], "different in each of 60 rows"),
        ([5.5] * 60, "is 5.5 in every row"),
        ([f"2024-01-{k % 28 + 1:02}" for k in range(60)], "holds dates"),
    ):
        with pytest.raises(DataError, match=words):
            load(table(tmp_path, {"a": WIDE, "y": target}), target="y")


def test_whole_numbers_as_a_target_are_asked_for_or_said(tmp_path) -> None:
    """26 numbers with many rows each may be letters or amounts: a question. What is decided has a note."""
    path = table(tmp_path, {"a": WIDE * 5, "y": [k % 26 for k in range(300)]})
    with pytest.raises(
        DataError, match=r"26 different whole numbers, 0 to 25. Are they classes or amounts.*--task"
    ):
        load(path, target="y")
    assert load(path, target="y", task="classes").task == "classes"
    assert load(path, target="y", task="regression").task == "regression"
    data = load(
        table(tmp_path, {"a": WIDE, "y": [3 + (k // 3) ** 3 for k in range(66)]} | {"a": [*WIDE, *WIDE[:6]]}),
        target="y",
    )
    assert any("read as amounts" in note for note in data.notes)
    data = load(table(tmp_path, {"a": WIDE, "y": [3, 4, 5] * 20}), target="y")
    assert any("3 whole numbers, 3 to 5, read as classes" in note for note in data.notes)


def test_half_numbers_half_words_and_codes_are_said(tmp_path) -> None:
    """What is read as words, or as amounts, though it may be the other."""
    data = load(
        table(tmp_path, {"a": [1, "low", 2] * 20, "zip": ["01069", "10115"] * 30, "y": WIDE}), target="y"
    )
    assert any("'a' is 67 % numbers and the rest words" in note for note in data.notes)
    assert any("'zip' holds '01069'" in note and "--categorical" in note for note in data.notes)


def test_a_cell_of_any_length_costs_little() -> None:
    """No cell makes the reader of numbers slow."""
    hard = np.array(["1" + " " * 990 + "x", "1," * 400, "(" * 900, "$" * 900] * 500)
    assert cells.notation_of(hard, None, "x") is None
    assert not cells.dates(hard)


def test_many_columns_of_one_notation_share_a_note(tmp_path) -> None:
    """Twenty notes that say the same would hide the others."""
    columns = {f"c{k}": written([value + k for value in WIDE], "decimal comma") for k in range(20)}
    data = load(table(tmp_path, columns, ";"), target="c0")
    assert [note for note in data.notes if "decimal comma" in note] == [
        next(note for note in data.notes if note.startswith("20 columns ('c0', 'c1', 'c2', ...)"))
    ]
