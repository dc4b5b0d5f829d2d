"""`chainrule data` and `chainrule data show`: what is in a data set, in words and as a picture."""

import numpy as np
import pytest

from chainrule import datasets
from chainrule.cli.terminal_picture import picture


def test_without_a_name_the_known_sets_are_listed(type_) -> None:
    """Every set that has a name is listed with source and licence."""
    said = type_("data")
    for name in datasets.NAMES:
        assert f"{name}\n" in said.out
    assert list(type_("data", "--json").json["sets"]) == list(datasets.NAMES)


def test_a_set_is_described(type_, folder) -> None:
    """The same description as in Python, and the same facts as JSON."""
    assert type_("data", "mnist").out == datasets.load("mnist").describe() + "\n"
    found = type_("data", folder / "pets.csv", "--target", "pet", "--json").json
    assert found["task"] == "two classes"
    assert sum(found["class_counts"].values()) == found["sizes"]["train"]
    assert found["digest"] == datasets.load(folder / "pets.csv", target="pet").digest


def test_options_about_data_reach_the_reader(type_, folder) -> None:
    """--size, --color, --test, --validation, --split-seed: what was typed is what is read."""
    found = type_("data", folder / "pictures", "--size", "20x16", "--color", "--fit", "pad", "--test", "0.5",
                  "--validation", "10%", "--split-seed", "9", "--json").json  # fmt: skip
    assert found["input_shape"] == [20, 16, 3]
    assert found["sizes"]["test"] == 18
    assert found["sizes"]["val"] > 0
    assert found["preparation"]["fit"] == "pad"
    found = type_(
        "data",
        folder / "houses.csv",
        "--target",
        "price",
        "--drop",
        "city",
        "--categorical",
        "rooms",
        "--json",
    ).json
    assert [c["kind"] for c in found["preparation"]["columns"]] == ["category"]


def test_options_spelled_as_before_are_still_understood(type_, folder) -> None:
    """--colour and --grey mean what --color and --gray mean; the help shows one spelling."""
    for older, newer in (("--colour", "--color"), ("--grey", "--gray")):
        assert type_("data", folder / "pictures", older).out == type_("data", folder / "pictures", newer).out
        assert older not in type_("data", "--help").out


def test_a_picture_is_drawn_and_written(type_, here) -> None:
    """The test part's number 0 is a seven: drawn in the terminal, and written as the very same pixels."""
    from PIL import Image

    said = type_("data", "show", "mnist", "--index", 0)
    assert said.out.startswith("mnist, test part, number 0: 7\n")
    assert len(said.out.splitlines()) == 29
    assert type_("data", "show", "mnist", "--index", 0, "--out", "seven.png").code == 0
    x = datasets.load("mnist").x_test[0]
    assert (np.asarray(Image.open("seven.png")) == x).all()
    assert type_("data", "show", "mnist", "--part", "train", "--index", 0, "--out", "five.npy").code == 0
    assert (np.load("five.npy") == datasets.load("mnist").x_train[0]).all()


def test_a_file_that_is_there_is_kept(type_, here) -> None:
    """--out does not replace a file without --force."""
    (here / "a.png").write_text("mine")
    said = type_("data", "show", "mnist", "--out", "a.png")
    assert said.code == 2
    assert (here / "a.png").read_text() == "mine"
    assert type_("data", "show", "mnist", "--out", "a.png", "--force").code == 0
    assert (here / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_row_of_a_table_is_shown_in_its_own_units(type_, folder) -> None:
    """Numbers are not shown standardised but as they stand in the file, words as words."""
    said = type_("data", "show", folder / "houses.csv", "--target", "price", "--part", "train", "--index", 3)
    shown = dict(line.strip().split(": ") for line in said.out.splitlines()[1:])
    price = said.out.splitlines()[0].rsplit(" ", 1)[1]
    rows = [row.split(",") for row in (folder / "houses.csv").read_text().splitlines()[1:]]
    assert any(
        r == shown["rooms"] and c == shown["city"] and float(p) == pytest.approx(float(price))
        for r, c, p in rows
    )


def test_json_says_what_the_example_is(type_, folder) -> None:
    """For programs: part, number, answer, and the values of what is no picture."""
    found = type_("data", "show", "mnist", "--index", 0, "--json").json
    assert found == {"data": "mnist", "part": "test", "index": 0, "answer": "7", "file": None, "values": None}
    found = type_("data", "show", folder / "pets.csv", "--target", "pet", "--json").json
    assert found["answer"] in ("cat", "dog")
    assert len(found["values"]) == 1


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("mnist", "--index", 10_000), "has 10000 examples in its test part"),
        (("mnist", "--index", -1), "whole number, 0 or more"),
        (("mnist", "--part", "val"), "has 0 examples in its val part"),
        (("mnist", "--part", "tset"), "Did you mean 'test'?"),
        (("mnist", "--out", "seven.jpg"), "must end in .png or .npy"),
        ((), "required: DATA"),
    ],
)
def test_what_is_not_there_can_not_be_shown(type_, here, words, hint) -> None:
    """An index, part or format that does not exist is refused by name."""
    said = type_("data", "show", *words)
    assert said.code == 2
    assert hint in said.err


def test_drawing_fits_the_terminal_and_its_letters() -> None:
    """Colours in half blocks, shades without colours, plain ASCII without Unicode; never wider than the terminal."""
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert len(picture(pixels, color=True, unicode=True)) == 8
    assert "\x1b[38;5;232;48;5;233m▀" in picture(pixels, color=True, unicode=True)[0]
    assert len(picture(pixels, color=False, unicode=True)) == 16
    assert all(line.isascii() for line in picture(pixels, color=True, unicode=False))
    assert picture(pixels, color=False, unicode=False)[15].endswith("@@")
    assert max(map(len, picture(pixels, color=False, unicode=True, columns=10))) <= 10
    red = np.zeros((3, 2, 3), np.uint8)
    red[..., 0] = 255
    assert picture(red, color=True, unicode=True)[1] == "\x1b[38;5;196m▀\x1b[38;5;196m▀\x1b[0m"
    assert picture(red, color=False, unicode=True)[0] == "░░░░"
