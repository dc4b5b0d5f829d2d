"""`chainrule runs doctor` and `chainrule lr-find`: what they say, draw, and leave alone."""

import shutil

import numpy as np
import pytest

from chainrule.cli import main
from chainrule.cli.terminal_chart import chart

BASE = ("--epochs", "8", "--batch-size", "20", "--layers", "12", "--backend", "numpy", "--seed", "4", "-q")


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """A folder with two runs on the bars: one in good health, one with a rate of 50."""
    root = tmp_path_factory.mktemp("doctor")
    shutil.copy(folder / "bars.npz", root)
    for name, more in (("well", ("--learning-rate", "0.002")), ("sick", ("--learning-rate", "50"))):
        words = [
            "train",
            str(root / "bars.npz"),
            *BASE,
            *more,
            "--runs-dir",
            str(root / name),
            "--out",
            str(root / f"{name}.keras"),
        ]
        assert main(words) == 0
    return root


@pytest.fixture
def runs(trained, here):
    """The same in the current folder, for one test."""
    shutil.copytree(trained, here, dirs_exist_ok=True)
    return here


def test_a_healthy_run(type_, runs) -> None:
    """It says so, and what was looked at; the exit code is 0."""
    said = type_("runs", "doctor", "last", "--runs-dir", "well")
    assert said.code == 0, said.out
    assert "looks healthy" in said.out
    assert "Looked at: the loss of every step" in said.out
    assert "120 labels" in " ".join(said.out.split())
    assert "Not looked at" not in said.out


def test_a_sick_run(type_, runs) -> None:
    """The most important finding first, with its numbers and an advice; the exit code is 1; the same as JSON."""
    said = type_("runs", "doctor", "last", "--runs-dir", "sick")
    assert said.code == 1
    text = " ".join(said.out.split())
    assert (
        text.index("severe: rate too high")
        < text.index("→ Lower the learning rate (50)")
        < text.index("dead units")
    )
    result = type_("runs", "doctor", "last", "--runs-dir", "sick", "--json").json
    assert (result["healthy"], result["findings"][0]["name"]) == (False, "rate too high")
    assert result["findings"][0]["evidence"]["learning_rate"] == 50
    assert result["labels"] is None


def test_the_candidates_are_drawn(type_, runs) -> None:
    """--out: a picture of those whose labels look most wrong; one that is there already is kept."""
    pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED")
    from PIL import Image

    said = type_(
        "runs", "doctor", "last", "--runs-dir", "well", "--out", "labels.png", "--count", 6, "--json"
    )
    assert said.json["file"] == "labels.png"
    assert len(said.json["labels"]["candidates"]) == 6
    assert set(said.json["labels"]["candidates"][0]) == {"index", "given", "other", "score"}
    assert Image.open("labels.png").size[0] > 100
    again = type_("runs", "doctor", "last", "--runs-dir", "well", "--out", "labels.png")
    assert again.code == 2
    assert "is kept" in again.err
    said = type_("runs", "doctor", "last", "--runs-dir", "sick", "--out", "none.png")
    assert said.code == 1
    assert "none.png was not written" in said.err
    assert not (runs / "none.png").exists()


def test_data_that_have_moved(type_, trained, here) -> None:
    """Without its data the records are looked at, and that is said; --data says where they are now."""
    shutil.copytree(trained, here, dirs_exist_ok=True)
    moved = shutil.move(trained / "bars.npz", here / "elsewhere.npz")
    try:
        said = type_("runs", "doctor", "last", "--runs-dir", "sick")
        assert said.code == 1
        assert "rate too high" in said.out
        assert "its data could not be opened" in " ".join(said.out.split())
        assert "class never predicted" not in said.out
        assert type_("runs", "doctor", "last", "--runs-dir", "well", "--data", "elsewhere.npz").code == 0
        assert type_("runs", "doctor", "last", "--runs-dir", "well", "--data", "nowhere.npz").code == 1
    finally:
        shutil.copy(moved, trained / "bars.npz")


def test_labels_may_be_left_out(type_, runs) -> None:
    """--no-labels asks about everything else; drawing them at the same time makes no sense."""
    said = type_("runs", "doctor", "last", "--runs-dir", "well", "--no-labels", "--json")
    assert said.json["labels"] is None
    assert "the classes it answers" in said.json["looked_at"]
    assert type_("runs", "doctor", "last", "--runs-dir", "well", "--no-labels", "--out", "x.png").code == 2


def test_a_rate_is_found(type_, folder, here) -> None:
    """The curve, the suggestion, its reason; and with --sweep what rates around it come to."""
    words = (
        "lr-find",
        folder / "bars.npz",
        "--layers",
        "12",
        "--batch-size",
        20,
        "--seed",
        3,
        "--backend",
        "numpy",
        "--steps",
        100,
    )
    said = type_(*words, "--sweep", 3, "--epochs", 2)
    assert said.code == 0
    assert "│" in said.out
    assert "▲" in said.out
    result = type_(*words, "--sweep", 3, "--json").json
    assert f"Suggested: {result['suggestion']:g}" in said.out
    assert result["reason"] in said.out
    assert result["seed"] == 3
    assert 1e-4 < result["suggestion"] < 0.5
    assert np.argmin(result["smooth"]) > 10
    assert [round(row["rate"] / result["suggestion"], 1) for row in result["sweep"]["rates"]] == [
        0.1,
        1.0,
        10.0,
    ]
    assert "val_accuracy" in said.out
    assert "3 rates, constant, for 2 epochs (one after the other)" in said.out
    assert list(here.iterdir()) == []  # nothing is left behind


def test_the_curve_is_drawn_to_a_file(type_, folder, here) -> None:
    """--out, for a table, too."""
    pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED")
    said = type_(
        "lr-find",
        folder / "houses.csv",
        "--target",
        "price",
        "--layers",
        8,
        "--backend",
        "numpy",
        "--seed",
        1,
        "--out",
        "curve.svg",
    )
    assert said.code == 0
    assert "Drawn to curve.svg." in said.out
    assert "learning rate" in (here / "curve.svg").read_text()


def test_rates_that_do_not_rise_are_refused(type_, folder, here) -> None:
    """Exit code 2 and a sentence."""
    said = type_("lr-find", folder / "bars.npz", "--lowest", 1, "--highest", 0.1)
    assert said.code == 2
    assert "1 is not below 0.1" in said.err


def test_a_chart_shows_the_curve() -> None:
    """The lowest value is at the bottom, what is above `top` is cut off, the mark points at its place, ASCII where it must be."""
    x, y = [1.0, 10.0, 100.0, 1000.0], [4.0, 1.0, 2.0, 90.0]
    for unicode in (True, False):
        lines = chart(x, y, log=True, top=5.0, width=40, height=8, mark=10.0, unicode=unicode)
        assert len(lines) == 9
        assert lines[0].lstrip().startswith("5 ")
        assert lines[-2].lstrip().startswith("1 ")
        assert any(
            lines[-2][3 + k : 4 + k].strip() for k in (12, 13, 14)
        )  # the lowest value, a third of the way to the right
        assert not lines[-2][3 : 3 + 10].strip()
        assert lines[-1].index("▲" if unicode else "^") == 3 + round(39 / 3)
        assert all(ord(letter) < 128 for line in lines for letter in line) == (not unicode)
    assert chart([1.0], [float("nan")]) == []
    assert chart([1.0], [2.0], width=10, height=3)  # one point is a curve


def test_how_far_it_is_is_told_while_it_looks(runs) -> None:
    """The parts done never outnumber all, they only grow, and all are done at the end: a bar can show the time left."""
    from chainrule.diagnosis import diagnose
    from chainrule.runs import find

    told: list[tuple[int, int]] = []
    diagnose(find("well", "last"), progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert all(done <= total for done, total in told)
    assert told[-1][1] - told[-1][0] <= 1
