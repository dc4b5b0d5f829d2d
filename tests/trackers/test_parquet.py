"""Parquet files are learned from as the CSV files are that hold the same."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from chainrule import datasets
from chainrule.cli import main
from chainrule.datasets import on_disk, parquet_file
from chainrule.errors import DataError, SettingError

ARRAYS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


def made(n=300):
    """Columns of numbers of several types, with holes, words, truths, days, and two answers."""
    rng = np.random.default_rng(1)
    size = rng.normal(30, 9, n).round(3)
    return {
        "size": [None if k % 11 == 0 else float(v) for k, v in enumerate(size)],
        "count": pa.array(rng.integers(0, 90, n), pa.int32()),
        "half": pa.array((rng.integers(0, 99, n) / 4).astype("f4")),
        "pet": pa.array(rng.choice(["cat", "dog", "Eule äöü"], n).tolist()).dictionary_encode(),
        "new": rng.random(n) < 0.4,
        "when": [dt.date(2024, int(rng.integers(1, 13)), int(rng.integers(1, 29))) for _ in range(n)],
        "amount": rng.normal(5, 2, n).round(4),
        "kind": rng.choice(["yes", "no"], n).tolist(),
    }


@pytest.fixture
def files(tmp_path):
    """The same table in both formats."""
    table = pa.table(made())
    parquet.write_table(table, tmp_path / "made.parquet", row_group_size=70)
    lines = [",".join(table.column_names)]
    lines += [
        ",".join("" if value is None else str(value) for value in row.values()) for row in table.to_pylist()
    ]
    (tmp_path / "made.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def check_equal(one, other):
    """Every array, what is said, and how new rows are prepared."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.notes, one.preparation, one.digest) == (other.notes, other.preparation, other.digest)


@pytest.mark.parametrize("target", ["amount", "kind"])
def test_it_is_the_table_that_a_csv_file_holds(files, monkeypatch, target) -> None:
    """To the bit, in memory and in windows; columns may be left out."""
    for settings in ({}, {"drop": ["pet", "when"]}, {"validation": 0.2, "test": str(files / "made.parquet")}):
        as_csv = {**settings, "test": str(files / "made.csv")} if "test" in settings else settings
        check_equal(
            datasets.load(str(files / "made.csv"), target=target, **as_csv),
            datasets.load(str(files / "made.parquet"), target=target, **settings),
        )
    whole = datasets.load(str(files / "made.parquet"), target=target)
    monkeypatch.setattr(on_disk, "MOST", 0)
    monkeypatch.setattr(parquet_file, "ROWS", 37)
    mapped = datasets.load(str(files / "made.parquet"), target=target)
    assert isinstance(mapped.x_train, np.memmap)
    check_equal(whole, mapped)


def test_the_commands_take_it(files, monkeypatch, capsys) -> None:
    """It is learned from, measured on, and new rows are answered."""
    monkeypatch.chdir(files)
    assert (
        main(
            [
                "train",
                "made.parquet",
                "--target",
                "kind",
                "--layers",
                "4",
                "--epochs",
                "1",
                "--seed",
                "1",
                "--out",
                "m.keras",
            ]
        )
        == 0
    )
    assert main(["evaluate", "m.keras", "made.parquet"]) == 0
    capsys.readouterr()
    assert main(["predict", "m.keras", "made.parquet"]) == 0
    from_parquet = capsys.readouterr().out
    assert main(["predict", "m.keras", "made.csv"]) == 0
    assert (
        from_parquet.replace("made.parquet", "made.csv").splitlines()[:50]
        == capsys.readouterr().out.splitlines()[:50]
    )


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"x": [[1, 2], [3]], "y": [0, 1]}, "leave it out with"),
        ({"x": [{"a": 1}, {"a": 2}], "y": [0, 1]}, "leave it out with"),
        ({"x": ["a" * 2000, "b"], "y": [0, 1]}, "2,000 letters"),
        ({"x": pa.array([], pa.int8()), "y": pa.array([], pa.int8())}, "no rows"),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, columns, words) -> None:
    """Lists, structures, very long cells, nothing at all."""
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=words):
        datasets.load(str(tmp_path / "t.parquet"), target="y")


def test_damaged_files_and_senseless_settings_are_sentences(files) -> None:
    """Cut off, empty, text; a delimiter where there is none; a column that is not there."""
    content = (files / "made.parquet").read_bytes()
    for damaged in (
        content[:-40],
        b"",
        b"a,b\n1,2\n",
        content[: len(content) // 2] + bytes(len(content) // 2),
    ):
        (files / "bad.parquet").write_bytes(damaged)
        with pytest.raises(DataError, match=r"bad\.parquet"):
            datasets.load(str(files / "bad.parquet"), target="kind")
    with pytest.raises(SettingError, match="names and types of its own"):
        datasets.load(str(files / "made.parquet"), target="kind", delimiter=";")
    with pytest.raises(SettingError, match="pet"):
        datasets.load(str(files / "made.parquet"), target="kind", drop=["pets"])
