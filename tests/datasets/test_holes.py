"""Tables with holes: missing cells are filled and flagged, odd columns turned into something or left out, and all of it said."""

from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets import columns, dates, table
from chainrule.datasets.table import load
from chainrule.errors import DataError, SettingError

ROWS = 60


def write(path: Path, given: dict[str, list[object]]) -> Path:
    """A CSV file with these columns."""
    lines = [",".join(given), *(",".join(map(str, row)) for row in zip(*given.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def holes(tmp_path: Path) -> Path:
    """A table in which a column of numbers and one of words miss cells."""
    rng = np.random.default_rng(4)
    ages: list[object] = [*rng.integers(20, 60, ROWS - 10).tolist(), *["", "NA", "nan", "?", "null"] * 2]
    towns: list[object] = [*rng.choice(["Bern", "Chur"], ROWS - 5).tolist(), *[""] * 5]
    rooms = (rng.random(ROWS) * 5).round(2).tolist()
    return write(
        tmp_path / "holes.csv", {"age": ages, "town": towns, "rooms": rooms, "sold": ["yes", "no", "no"] * 20}
    )


def test_missing_cells_are_filled_flagged_and_said(holes: Path) -> None:
    """A number becomes the training median, a word nothing, and an input of its own says where."""
    data = load(holes, target="sold", test=0)
    assert columns.features(data.preparation["columns"]) == [
        "age", "age missing", "town=Bern", "town=Chur", "town missing", "rooms",
    ]  # fmt: skip
    age = data.preparation["columns"][0]
    np.testing.assert_allclose(data.x_train[-10:, 0], (age["fill"] - age["mean"]) / age["std"], rtol=1e-5)
    assert data.x_train[:, 1].tolist() == [0.0] * 50 + [1.0] * 10
    np.testing.assert_array_equal(data.x_train[-5:, 2:5], [[0, 0, 1]] * 5)
    assert any("'age' in 10, 'town' in 5" in note for note in data.notes)
    assert data.checks is None or not data.checks.stops


def test_the_median_is_that_of_the_training_part(tmp_path: Path) -> None:
    """Rows that are set aside have no say in what fills a hole."""
    numbers: list[object] = [1.0, 2, 3] * 20
    path = write(tmp_path / "a.csv", {"n": numbers, "y": [k % 7 + 0.5 for k in range(60)]})
    write(tmp_path / "b.csv", {"n": [1000, ""] * 5, "y": [0.5] * 10})
    data = load(path, target="y", test=tmp_path / "b.csv")
    assert data.preparation["columns"][0]["fill"] == 2.0
    np.testing.assert_allclose(data.x_test[1], [0.0], atol=1e-6)


def test_new_rows_with_holes_and_unknown_words_are_answered_and_said_by_row(holes: Path) -> None:
    """Empty, None, NaN and a town that nobody knew: finite inputs, and a remark for each row that needs one."""
    data = load(holes, target="sold", test=0)
    rows = [
        {"age": 30, "town": "Bern", "rooms": 2},
        {"age": None, "town": "Bren", "rooms": float("nan")},
        {"age": "", "town": None, "rooms": "2.5"},
    ]
    x = datasets.prepare(data.preparation, rows)
    assert x.shape == (3, 6)
    assert np.isfinite(x).all()
    result = table.remarks(rows, data.preparation)
    assert result[0] == []
    assert [text.split(" is ")[0] for text in result[1]] == ["'age'", "'town'", "'rooms'"]
    assert "did you mean 'Bern'" in result[1][1]
    assert [text.split(" is ")[0] for text in result[2]] == ["'age'", "'town'"]


def test_rows_without_an_answer_are_left_out_and_counted(tmp_path: Path) -> None:
    """Nothing is learned from a row whose target is empty; the note names the first."""
    prices: list[object] = [k + 0.5 for k in range(ROWS)]
    prices[3] = prices[9] = ""
    path = write(tmp_path / "a.csv", {"n": [(k * 7) % 13 for k in range(ROWS)], "price": prices})
    data = load(path, target="price", test=0)
    assert len(data.x_train) == ROWS - 2
    assert any("2 rows have no 'price'" in note and "a.csv:5" in note for note in data.notes)


def test_what_a_column_is_can_be_said(tmp_path: Path) -> None:
    """--numeric reads what is no number as missing, --date sets the order of day and month; two answers are refused."""
    mixed: list[object] = [k if k % 3 else "none yet" for k in range(ROWS)]
    days: list[object] = [f"{k % 12 + 1}/{k % 11 + 1}/2024" for k in range(ROWS)]
    path = write(tmp_path / "a.csv", {"mixed": mixed, "day": days, "y": [k % 17 + 0.5 for k in range(ROWS)]})
    data = load(path, target="y", numeric=["mixed"], date=["day=mdy"], test=0)
    assert columns.features(data.preparation["columns"])[:2] == ["mixed", "mixed missing"]
    assert any("20 cells that are no numbers, such as 'none yet'" in note for note in data.notes)
    by_day = load(path, target="y", numeric="mixed", date="day=dmy", test=0)
    months = [columns.features(one.preparation["columns"]).index("day month") for one in (data, by_day)]
    assert data.x_train[1, months[0]] != by_day.x_train[1, months[1]]
    assert "read with the month first" in "\n".join(load(path, target="y", test=0).notes)
    with pytest.raises(SettingError, match="'mixed' is named twice"):
        load(path, target="y", numeric="mixed", categorical="mixed")
    with pytest.raises(SettingError, match=r"order of day and month.*'ymd'"):
        load(path, target="y", date="day=ymd")
    with pytest.raises(DataError, match="holds no number at all"):
        load(path, target="y", numeric="day")


@pytest.mark.parametrize(
    ("cell", "order", "parts"),
    [
        ("2024-02-29", "dmy", [2024, 2, 29, 3, None]),
        ("29.2.24 7:30", "dmy", [2024, 2, 29, 3, 7.5]),
        ("3/4/1999", "mdy", [1999, 3, 4, 3, None]),
        ("3/4/1999", "dmy", [1999, 4, 3, 5, None]),
        ("4 July 2021", "dmy", [2021, 7, 4, 6, None]),
        ("Jul 4, 2021", "dmy", [2021, 7, 4, 6, None]),
        ("Sunday, 4 July 2021", "dmy", [2021, 7, 4, 6, None]),
        ("20210704", "dmy", [2021, 7, 4, 6, None]),
        ("2021 Q3", "dmy", [2021, 7, None, None, None]),
        ("2021-07", "dmy", [2021, 7, None, None, None]),
        ("2021-07-04T23:15:00Z", "dmy", [2021, 7, 4, 6, 23.25]),
        ("12:05 am", "dmy", [None, None, None, None, 5 / 60]),
        ("2023-02-29", "dmy", [None] * 5),
    ],
)
def test_dates_are_read_in_the_spellings_people_use(cell: str, order: str, parts: list[float | None]) -> None:
    """Each spelling gives its year, month, day, weekday and hour; a day that there is not gives none."""
    expected = [np.nan if part is None else part for part in parts]
    np.testing.assert_allclose(dates.parts([cell], order)[0], expected)


def test_many_rare_words_share_an_input(tmp_path: Path) -> None:
    """The fifty commonest words have inputs of their own, the rest and every unknown word one together."""
    words: list[object] = [f"w{k % 60}" if k < 300 else "common" for k in range(700)]
    data = load(
        write(tmp_path / "a.csv", {"w": words, "y": [k % 13 + 0.5 for k in range(700)]}), target="y", test=0
    )
    column = data.preparation["columns"][0]
    assert len(column["values"]) == 50
    assert columns.width(column) == 51 == data.input_shape[0]
    assert datasets.prepare(data.preparation, {"w": "never seen"})[0].tolist() == [0.0] * 50 + [1.0]


@pytest.mark.parametrize(
    ("extra", "guess"),
    [
        ({"label": ["a", "b"] * 30, "n": list(range(60))}, "label"),
        ({"n": list(range(60)), "kind": ["a", "b"] * 30}, "kind"),
        ({"Target": [k / 7 for k in range(60)], "town": ["a", "b"] * 30}, "Target"),
        ({"town": ["a", "b"] * 30, "price": [k / 7 for k in range(60)]}, "price"),
        ({"town": ["a", "b"] * 30, "Sale Price": [f'"{k},5"' for k in range(60)]}, "Sale Price"),
    ],
)
def test_the_target_is_guessed_by_its_name_or_place_and_said(
    tmp_path: Path, extra: dict[str, list[object]], guess: str
) -> None:
    """A column called label or target, a price at the end, or the one column of classes there, is learned without being asked for."""
    numbers: dict[str, list[object]] = {"a": [k * 7 % 13 for k in range(60)]}
    data = datasets.load(write(tmp_path / "a.csv", numbers | extra))
    assert data.preparation["target"]["name"] == guess
    assert any(f"'{guess}' is learned" in note and "--target" in note for note in data.notes)


def test_amounts_with_a_decimal_comma_may_be_the_target(tmp_path: Path) -> None:
    """They stand among the candidates, as other amounts do."""
    words = {"length": [f'"{k},25"' for k in range(60)], "weight": [f'"{k % 9},5"' for k in range(60)]}
    with pytest.raises(SettingError, match=r"weight \(9 numbers\), length \(amounts\)"):
        datasets.load(write(tmp_path / "a.csv", words))


@pytest.mark.parametrize("ending", ["csv", "tsv", "txt", "TXT"])
def test_a_table_is_read_whatever_its_ending(tmp_path: Path, ending: str) -> None:
    """What stands between the cells is seen in the file."""
    rows = "".join(f"{k % 7}|{k * 5 % 11}|{'yes' if k % 3 else 'no'}\n" for k in range(60))
    (tmp_path / f"a.{ending}").write_text("a|b|answer\n" + rows)
    assert datasets.load(tmp_path / f"a.{ending}").input_shape == (2,)
