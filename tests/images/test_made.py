"""What the program makes to learn from and to measure on: the same from the same seed, and labelled by what it shows."""

import numpy as np
import pytest

from chainrule import datasets
from chainrule.images import prepare
from chainrule.images.glyphs import Glyph
from chainrule.images.made_digits import coarse, disturbed, joined_to_neighbours, slanted, stretched
from chainrule.images.made_pages import PAPERS, digit_pages, empty_pages, page_digits, paper, small_pages
from chainrule.images.made_scenes import scene, surface
from chainrule.images.made_strings import NONE, label_of, string_pieces
from chainrule.images.placing import slant
from chainrule.images.writing_styles import JOINED, STYLES, drawn_digits


@pytest.fixture(scope="module")
def digits():
    """Some training digits and their labels."""
    data = datasets.load("mnist")
    return data.x_train[:60], data.y_train[:60]


@pytest.mark.parametrize(("make", "least"), [(coarse, 0.8), (disturbed, 0.8), (joined_to_neighbours, 0.7)])
def test_bad_pictures_of_digits_stay_those_digits(make, least, digits) -> None:
    """The same seed makes the same, another seed others; most of the ink is where it was."""
    pictures, _ = digits
    made = make(pictures, 1)
    assert made.shape == pictures.shape
    assert made.dtype == np.uint8
    assert np.array_equal(made, make(pictures, 1))
    assert not np.array_equal(made, make(pictures, 2))
    flat, other = (a.reshape(len(a), -1).astype(float) for a in (pictures, made))
    alike = (flat * other).sum(1) / np.linalg.norm(flat, axis=1) / np.linalg.norm(other, axis=1)
    assert np.median(alike) > least


def test_pieces_of_strings_are_half_digits_and_half_none(digits) -> None:
    """As many of each as asked for, each with a label, the same from the same seed."""
    pictures, labels = string_pieces(*digits, 40, seed=3)
    assert pictures.shape == (40, 28, 28)
    assert (labels == NONE).sum() == 20
    assert set(labels) <= set(range(10)) | {NONE}
    again, same = string_pieces(*digits, 40, seed=3)
    assert np.array_equal(pictures, again)
    assert np.array_equal(labels, same)


def test_a_piece_is_labelled_by_how_much_of_one_digit_is_in_it() -> None:
    """All of one digit is that digit, half of it or two together are none, and what lies between is left out."""
    owners = [np.zeros((40, 90), bool) for _ in range(2)]
    owners[0][5:35, 5:35] = True
    owners[1][5:35, 45:75] = True
    every = owners[0] | owners[1]

    def piece(left, right):
        return Glyph(every[5:35, left:right], left, 5, float(left), float(right))

    labels = np.array([4, 7])
    assert label_of(piece(5, 35), owners, labels) == 4
    assert label_of(piece(45, 75), owners, labels) == 7
    assert label_of(piece(5, 75), owners, labels) == NONE
    assert label_of(piece(5, 20), owners, labels) == NONE
    assert label_of(piece(5, 28), owners, labels) is None


def test_made_pages_hold_what_they_say(digits) -> None:
    """Pages are pictures with their text; of those on plain paper nearly all digits are found; empty ones have no text."""
    pages = digit_pages(*digits, 24, seed=4, most=3)
    assert [p.text for p in pages] == [p.text for p in digit_pages(*digits, 24, seed=4, most=3)]
    assert all(p.pixels.dtype == np.uint8 and p.pixels.shape[2] == 3 for p in pages)
    assert all(1 <= len(p.text) <= 3 for p in pages)
    plain = [p for p in digit_pages(*digits, 60, seed=5) if p.kind == "plain"]
    assert np.mean([len(prepare(p.pixels).digits) == 1 for p in plain]) >= 0.8
    assert {p.text for p in empty_pages(12, seed=6)} == {""}


def test_small_pages_are_small_and_most_are_found(digits) -> None:
    """One digit each, dark on light or light on dark, at most 30 pixels high; in nearly all of them just one is found."""
    pages = small_pages(*digits, 40, seed=2)
    assert all(p.pixels.shape[0] <= 30 and len(p.text) == 1 for p in pages)
    assert {bool(p.pixels[0, 0, 0] > 128) for p in pages} == {True, False}
    assert np.mean([len(prepare(p.pixels).digits) == 1 for p in pages]) >= 0.8
    assert np.array_equal(pages[0].pixels, small_pages(*digits, 40, seed=2)[0].pixels)


@pytest.mark.parametrize("kind", PAPERS)
def test_every_paper_is_light_or_a_board(kind) -> None:
    """Paper is brighter than any pen, a board is darker than chalk."""
    made = paper(kind, 80, 120, 40.0, np.random.default_rng(1))
    assert made.shape == (80, 120, 3)
    assert (np.median(made) < 110) == (kind == "board")


def test_digits_of_made_pages_are_placed_as_mnist_places_them(digits) -> None:
    """They come out 28 x 28 with their labels, as many as asked for."""
    pictures, labels = page_digits(*digits, 10, seed=7)
    assert pictures.shape == (10, 28, 28)
    assert labels.shape == (10,)
    assert all(p.max() > 200 for p in pictures)


def test_stretched_digits_are_wider_and_drawn_as_digits_are(digits) -> None:
    """The same seed makes the same; most are wider than they were, and none goes over its 20 pixels."""
    pictures, _ = digits
    made = stretched(pictures, 1)
    assert np.array_equal(made, stretched(pictures, 1))

    def wide(picture):
        on = picture >= 128
        return on.any(axis=0).sum() / on.any(axis=1).sum()

    assert np.median([wide(b) - wide(a) for a, b in zip(pictures, made, strict=True)]) > 0.05
    assert all(max((m >= 128).any(axis=k).sum() for k in (0, 1)) <= 20 for m in made)


def test_slanted_digits_lean_further(digits) -> None:
    """Most lean clearly further to the right than they did; the same seed makes the same."""
    pictures, _ = digits
    made = slanted(pictures, 1)
    assert np.array_equal(made, slanted(pictures, 1))
    further = [slant(b.astype(float)) - slant(a.astype(float)) for a, b in zip(pictures, made, strict=True)]
    assert np.median(further) > 0.2


@pytest.mark.parametrize("styles", [STYLES, JOINED])
def test_every_drawn_style_has_ink_and_its_label(styles) -> None:
    """Every digit that has styles is drawn, and only those."""
    pictures, labels = drawn_digits(120, 4, styles)
    assert set(labels.tolist()) == set(styles)
    assert all((picture >= 128).sum() > 20 for picture in pictures)


def test_scenes_are_many_things_and_the_same_from_the_same_seed() -> None:
    """A picture of things has many tones; a surface has mean 0 and spread 1, and more unevenness in the coarse."""
    one, same = scene(np.random.default_rng(3)), scene(np.random.default_rng(3))
    assert np.array_equal(one, same)
    assert one.shape[2] == 3
    assert 0 <= one.min() < one.max() <= 255
    assert one.std() > 10
    flat = surface(np.random.default_rng(1), 64)
    assert abs(flat.mean()) < 1e-4
    assert flat.std() == pytest.approx(1.0, abs=1e-3)
    assert np.abs(np.diff(flat, axis=1)).mean() < 0.8
