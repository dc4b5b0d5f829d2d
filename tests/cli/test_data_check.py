"""`chainrule data check`, and what `chainrule train` refuses and says because of it."""

import numpy as np
import pytest

SMALL = ("--layers", "4", "--epochs", "2", "--backend", "numpy", "--seed", "1")


@pytest.fixture
def leak(here):
    """A table in which every row stands twice, with labels by coin flip."""
    rng = np.random.default_rng(0)
    rows = [
        f"{a:.5f},{b:.5f},{'yes' if c else 'no'}"
        for a, b, c in zip(*rng.normal(size=(2, 80)), rng.integers(0, 2, 80), strict=True)
    ]
    (here / "leak.csv").write_text("\n".join(["a,b,y", *rows, *rows]))
    return here / "leak.csv"


def test_it_says_what_is_wrong_and_the_exit_code_counts(type_, leak, folder) -> None:
    """1 where a result would mean nothing, 0 where it would mean something; the same as JSON."""
    said = type_("data", "check", leak, "--target", "y")
    assert said.code == 1
    assert "in the training part too" in said.out
    assert "stop:" in said.out
    found = type_("data", "check", leak, "--target", "y", "--json")
    assert found.code == 1
    assert found.json["findings"][0]["name"] == "copies in two parts"
    assert type_("data", "check", "mnist").code == 0


def test_a_training_on_copies_is_refused_or_said_beside_the_accuracy(type_, leak, here) -> None:
    """Without --ignore-data-checks it stops; with it, no accuracy is printed without its warning."""
    said = type_("train", leak, "--target", "y", *SMALL)
    assert said.code == 1
    assert "--ignore-data-checks" in said.err
    assert not list(here.glob("*.keras"))
    said = type_("train", leak, "--target", "y", *SMALL, "--ignore-data-checks")
    assert said.code == 0
    assert "Do not rely on it: " in said.out
    assert "did not learn from" not in said.out


def test_a_table_that_is_its_own_test_part_is_refused(type_, here) -> None:
    """--test with the training file measures memory."""
    rng = np.random.default_rng(1)
    (here / "a.csv").write_text(
        "\n".join(["a,y", *(f"{v:.4f},{v * 2 + 1:.4f}" for v in rng.normal(size=50))])
    )
    said = type_("train", here / "a.csv", "--target", "y", "--test", here / "a.csv", *SMALL)
    assert said.code == 1
    assert "50 examples of the test part are in the training part too" in said.err


def test_an_accuracy_no_better_than_guessing_and_a_tiny_test_part_are_said(type_, here) -> None:
    """What was measured on few examples, and what is not better than one answer for all, is called so."""
    rng = np.random.default_rng(2)
    rows = [f"{v:.4f},{'b' if k % 9 == 0 else 'a'}" for k, v in enumerate(rng.normal(size=90))]
    (here / "noise.csv").write_text("\n".join(["x,y", *rows]))
    said = type_("train", here / "noise.csv", "--target", "y", *SMALL)
    assert "no better than always answering 'a'" in " ".join(said.out.split())
    assert "18 examples are too few to measure on" in said.out


def test_a_folder_of_pictures_is_drawn(type_, here) -> None:
    """The pictures that a finding speaks of are shown in the terminal."""
    from PIL import Image

    rng = np.random.default_rng(3)
    for part, n in (("train", 12), ("test", 4)):
        for label in ("cat", "dog"):
            (here / "pets" / part / label).mkdir(parents=True)
            for k in range(n):
                small = Image.fromarray(rng.integers(0, 256, (5, 5)).astype("u1")).resize(
                    (24, 24), Image.Resampling.BICUBIC
                )
                small.save(here / "pets" / part / label / f"{k}.png")
    # 0, 1, 10, 11, 2, 3: the sixth file
    Image.open(here / "pets/train/cat/3.png").save(here / "pets/test/cat/copy.jpg", quality=60)
    said = type_("data", "check", here / "pets")
    assert "nearly a training picture" in said.out
    assert "training 5:" in said.out
