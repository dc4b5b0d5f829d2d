"""The confusion matrix, the worst mistakes, and grids of pictures: what was drawn is what was counted."""

import numpy as np
import pytest

from chainrule import Scaled, plots
from chainrule.errors import DataError, ShapeError
from chainrule.plots.style import COLOURS, INK


def words(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_confusion_matrix_counts_every_example(learned) -> None:
    """Rows are what it is, columns what it was taken for; the title says how many are right."""
    said = learned.p.argmax(axis=1)
    counts = plots.confusion_counts(learned.y, learned.p)
    for i, j in np.ndindex(3, 3):
        assert counts[i, j] == np.sum((learned.y == i) & (said == j))
    ax = plots.confusion(learned.y, learned.p, learned.names)
    written = np.array([0 if text == "·" else int(text) for text in words(ax)]).reshape(3, 3)
    assert written.tolist() == counts.tolist()
    right = int((said == learned.y).sum())
    assert ax.get_title().startswith(f"{right} of {len(said)} right")
    assert [label.get_text() for label in ax.get_xticklabels()] == list(learned.names)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("taken for", "what it is")


def test_only_mistakes_are_coloured() -> None:
    """The diagonal and empty cells are transparent; the rest is the share of its row."""
    ax = plots.confusion([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1])
    shown = ax.images[0].get_array()
    assert np.ma.getmaskarray(shown).tolist() == [[True, False], [True, True]]
    assert shown[0, 1] == 0.25


def test_all_ways_to_name_classes_are_understood() -> None:
    """Numbers, one-hot rows, probabilities, one probability of two classes."""
    y = [0, 1, 1, 0]
    for truth in (y, np.eye(2)[y]):
        for said in (
            [0, 1, 0, 0],
            np.eye(2)[[0, 1, 0, 0]],
            np.array([0.1, 0.9, 0.4, 0.2]),
            np.array([[0.1], [0.9], [0.4], [0.2]]),
        ):
            assert plots.confusion_counts(truth, said).tolist() == [[2, 0], [1, 1]]


def test_classes_that_never_come_have_their_place() -> None:
    """As many rows as probabilities or names, also where the last class is nowhere."""
    assert plots.confusion_counts([0], [[0.9, 0.1, 0.0]]).shape == (3, 3)
    assert len(words(plots.confusion([0], [0], names=list("abcd")))) == 16


def test_a_matrix_of_many_classes_shows_colours_alone() -> None:
    """Numbers that nobody could read are left out."""
    assert words(plots.confusion(np.arange(40), np.arange(40))) == []


def test_what_can_not_be_counted_is_refused() -> None:
    """Unequal lengths, nothing at all."""
    with pytest.raises(ShapeError, match="3 true classes but 2 answers"):
        plots.confusion([0, 1, 1], [0, 1])
    with pytest.raises(DataError, match="no examples"):
        plots.confusion([], [])
    with pytest.raises(ShapeError, match="Probabilities have the shape"):
        plots.most_wrong([0], np.zeros((1, 2, 2)))


def test_the_most_wrong_come_first(learned) -> None:
    """Only misread examples, the least probability for the truth first."""
    chosen = plots.most_wrong(learned.y, learned.p, 100)
    given = learned.p[chosen, learned.y[chosen]]
    assert set(chosen) == set(np.flatnonzero(learned.p.argmax(axis=1) != learned.y))
    assert np.all(np.diff(given) >= 0)


def test_mistakes_show_their_probabilities() -> None:
    """Each picture with its truth, its number, the likeliest classes and, always, the probability of the truth."""
    x = np.arange(2 * 16).reshape(2, 4, 4)
    p = np.array([[0.5, 0.3, 0.15, 0.05], [0.1, 0.2, 0.3, 0.4]])
    ax = plots.mistakes(x, [3, 3], p, names=["a", "b", "c", "d"])
    assert words(ax) == ["is d", "#0", "a", "50.0 %", "b", "30.0 %", "d", "5.0 %"]
    lengths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(np.array(lengths) / lengths[0], [1, 0.6, 0.1])
    colours = [text.get_color() for text in ax.texts]
    assert colours[2] == colours[4] == COLOURS[1]
    assert colours[6] == COLOURS[0]  # the truth


def test_the_pictures_are_those_that_were_misread(learned) -> None:
    """The image holds the pixels of the chosen examples."""
    ax = plots.mistakes(Scaled(learned.x), learned.y, learned.p, count=1)
    (first,) = plots.most_wrong(learned.y, learned.p, 1)
    np.testing.assert_allclose(
        ax.images[0].get_array()[-20:][:6, :6].max(), (learned.x[first] / 255).max(), rtol=1e-6
    )
    shown = ax.images[0].get_array().compressed()
    np.testing.assert_allclose(shown, learned.x[first].reshape(-1) / 255, rtol=1e-6)


def test_no_mistakes_are_said() -> None:
    """A network that is always right has an empty picture with two words."""
    assert words(plots.mistakes(np.zeros((1, 4, 4)), [0], [[1.0, 0.0]])) == ["No mistakes."]


def test_a_grid_shows_every_picture_in_its_place(learned) -> None:
    """Row by row; between them nothing; labels above, mistakes in another colour with both names."""
    ax = plots.digits(
        learned.x[:5], labels=learned.y[:5], said=[*learned.y[:4], (learned.y[4] + 1) % 3], columns=3
    )
    image = ax.images[0].get_array()
    assert image.compressed().size == 5 * 36
    np.testing.assert_allclose(image[2:8, 0:6], learned.x[0] / 255, rtol=1e-6)
    np.testing.assert_allclose(image[11:17, 7:13], learned.x[4] / 255, rtol=1e-6)
    assert words(ax)[:4] == [str(k) for k in learned.y[:4]]
    assert words(ax)[4] == f"{(learned.y[4] + 1) % 3} not {learned.y[4]}"
    assert [text.get_color() for text in ax.texts] == [INK] * 4 + [COLOURS[1]]


@pytest.mark.parametrize("shape", [(4, 5, 6), (4, 36), (4, 5, 6, 3), (4, 5, 6, 1)])
def test_pictures_of_every_kind_are_drawn(shape) -> None:
    """Grey and colour, flat squares, from 0 to 1 or to 255."""
    rng = np.random.default_rng(1)
    for x in (rng.random(shape), rng.integers(0, 256, shape).astype(np.uint8)):
        image = plots.digits(x).images[0].get_array()
        assert image.max() <= 1
        assert image.ndim == (3 if shape[-1] == 3 else 2)


@pytest.mark.parametrize("shape", [(4, 35), (36,), (0, 6, 6), (2, 6, 6, 4), (1, 2, 3, 4, 5)])
def test_what_is_no_picture_is_refused(shape) -> None:
    """The error says which shapes pictures have."""
    with pytest.raises(ShapeError, match="Pictures have the shape"):
        plots.digits(np.zeros(shape))


def test_a_grid_has_an_end() -> None:
    """Of a thousand pictures the first 400 are drawn."""
    assert plots.digits(np.ones((1000, 2, 2))).images[0].get_array().compressed().size == 400 * 4
