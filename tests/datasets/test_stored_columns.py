"""Tables that are too large for memory: their cells lie in a file, and all else is as if they were in memory."""

import numpy as np
import pytest
from mapped import check_arrays

from chainrule import datasets
from chainrule.arrays import set_seed
from chainrule.datasets import csv_file, on_disk
from chainrule.errors import DataError
from chainrule.training import auto, recipes, standardised


def table(rng, n=300, decimal=".", bad=()):
    """Lines of numbers, of which some are missing, words, dates, an id, and two answers; ä only in a late row."""
    pets = ["cat", "dog", "owl"]
    lines = ["id;size;weight;pet;when;town;amount;kind"]
    for k in range(n):
        size, weight = f"{rng.normal(30, 9):.3f}", f"{rng.integers(1, 400) / 4:.2f} kg"
        size = "" if rng.random() < 0.1 else size.replace(".", decimal)
        pet = rng.choice([*pets, ""])
        when = f"2024-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
        town = "Bern" if k < 0.7 * n else str(rng.choice(["Bern", "Zürich", "Genève"]))
        amount = f"{rng.normal(5, 2):.4f}".replace(".", decimal)
        lines.append(
            f"{k};{size};{weight.replace('.', decimal)};{pet};{when};{town};{amount};{rng.choice(['yes', 'no'])}"
        )
    for row in bad:
        lines[row] = lines[row].replace("kg", "xx")
    return "\n".join(lines)


def both(path, monkeypatch, **settings):
    """The data in memory, and with the cells in a file, some rows at a time."""
    whole = datasets.load(str(path), **settings)
    monkeypatch.setattr(on_disk, "MOST", 0)
    monkeypatch.setattr(csv_file, "ROWS", 37)
    return whole, datasets.load(str(path), **settings)


def check_equal(whole, mapped):
    """Every array to the bit, and everything that is said."""
    check_arrays(whole, mapped)
    assert whole.to_dict() == mapped.to_dict()
    assert whole.checks == mapped.checks


@pytest.mark.parametrize("target", ["amount", "kind"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("validation", [0.0, 0.3])
def test_they_are_the_same_numbers(tmp_path, monkeypatch, target, decimal, validation) -> None:
    """Amounts or classes; numbers in two notations with units and holes, words, dates, letters of other alphabets."""
    path = tmp_path / "made.csv"
    path.write_text(table(np.random.default_rng(len(target)), decimal=decimal))
    check_equal(*both(path, monkeypatch, target=target, validation=validation, seed=2))


def test_rows_that_cannot_be_used_are_left_out_the_same_way(tmp_path, monkeypatch) -> None:
    """Cells that are no numbers, rows that are too short, rows without an answer."""
    text = table(np.random.default_rng(3), bad=(5, 120, 250)).splitlines()
    text[9], text[77] = text[9].rpartition(";")[0], text[77].rpartition(";")[0] + ";"
    (tmp_path / "made.csv").write_text("\n".join(text))
    whole, mapped = both(tmp_path / "made.csv", monkeypatch, target="kind", skip_bad=True)
    check_equal(whole, mapped)
    assert len(mapped.skipped) == 4
    with pytest.raises(DataError, match="skip-bad"):
        datasets.load(str(tmp_path / "made.csv"), target="kind")


def test_a_second_table_and_one_without_a_header(tmp_path, monkeypatch) -> None:
    """The test part from a file of its own, columns without names or left out."""
    rng = np.random.default_rng(4)
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text(table(rng, 200))
    with monkeypatch.context() as patched:
        check_equal(
            *both(
                tmp_path / "train.csv",
                patched,
                target="amount",
                test=str(tmp_path / "test.csv"),
                drop=["pet"],
            )
        )
    lines = (f"{a:.3f},{b:.3f},{int(a > b)}" for a, b in rng.normal(size=(150, 2)))
    (tmp_path / "plain.csv").write_text("\n".join(lines))
    check_equal(*both(tmp_path / "plain.csv", monkeypatch, target="column_3", header=False))


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_network_learns_the_same_bits_from_them(tmp_path, monkeypatch, backend) -> None:
    """Window by window."""
    if backend == "jax":
        pytest.importorskip("jax")
    (tmp_path / "made.csv").write_text(table(np.random.default_rng(5)))
    found = []
    for data in both(tmp_path / "made.csv", monkeypatch, target="amount"):
        recipe = recipes.recipe("fast", len(data.x_train), hidden=(8,), epochs=2, batch_size=7)
        set_seed(4)
        model = recipes.prepare(recipe, data, backend)
        recipes.learn(recipe, data, model, 0)
        found.append([*model.get_weights(), np.array(sorted(recipes.judge(data, model).values()))])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("pieces", [0, 4])
def test_a_line_begins_at_the_same_solution(tmp_path, monkeypatch, pieces) -> None:
    """Least squares are added up a part at a time, of columns as they are or cut into pieces."""
    (tmp_path / "made.csv").write_text(table(np.random.default_rng(6)))
    monkeypatch.setattr(standardised, "BLOCK", 500)
    found = []
    for data in both(tmp_path / "made.csv", monkeypatch, target="amount"):
        recipe = recipes.recipe("fast", len(data.x_train), network="none", epochs=1).changed(
            learning_rate=1e-9
        )
        from dataclasses import replace

        set_seed(4)
        model = recipes.network(replace(recipe, network="none", standardised=True, pieces=pieces), data)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_is_chosen_for_them(tmp_path, monkeypatch) -> None:
    """On some of the rows, held in memory."""
    (tmp_path / "made.csv").write_text(table(np.random.default_rng(7)))
    mapped = both(tmp_path / "made.csv", monkeypatch, target="kind")[1]
    assert auto.choose(mapped, 1, 0.3, "numpy", lambda _: None).name == "auto"


def test_how_far_reading_is_is_said(tmp_path, monkeypatch, capsys) -> None:
    """Where it takes long, in percent and seconds."""
    (tmp_path / "made.csv").write_text(table(np.random.default_rng(8)))
    monkeypatch.setattr(csv_file, "SAID", 0.0)
    both(tmp_path / "made.csv", monkeypatch, target="kind")
    said = capsys.readouterr().err
    assert "The columns of" in said
    assert "s more." in said
