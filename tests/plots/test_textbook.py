"""The textbook's figures are computed: each point is where the optimizer's formula leads."""

import numpy as np
import pytest

from chainrule import plots
from chainrule.errors import ShapeError
from chainrule.plots import textbook


def test_gradient_descent_follows_its_formula() -> None:
    """Slope and intercept change by the rate times the derivative of the mean squared error, worked out by hand here."""
    x, y, rate, place = np.array([0.0, 1, 2]), np.array([1.0, 2, 4]), 0.1, np.array([3.0, -1])
    ax = plots.line_fit(x, y, rate=rate, steps=6, start=(3, -1))
    path = ax.lines[0].get_xydata()
    assert path.shape == (7, 2)
    for point in path:
        np.testing.assert_allclose(point, place, rtol=1e-12)
        off = place[0] * x + place[1] - y
        place = place - rate * np.array([np.mean(2 * off * x), np.mean(2 * off)])


def test_the_bowl_is_the_mean_squared_error() -> None:
    """The levels of the contour lines lie between the least error and the largest; the least lies at the cross."""
    x, y = textbook.points(None, None)
    ax = plots.line_fit()
    slope, intercept = ax.lines[1].get_xydata()[0]
    least = np.mean((slope * x + intercept - y) ** 2)
    for nudge in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert np.mean(((slope + nudge[0]) * x + intercept + nudge[1] - y) ** 2) > least
    (contours,) = [c for c in ax.collections if hasattr(c, "levels")]
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        points = path.vertices[1:-1:7]
        errors = np.mean((points[:, :1] * x + points[:, 1:] - y) ** 2, axis=1)
        np.testing.assert_allclose(errors, level, rtol=0.03)


def test_batches_take_as_many_steps_as_their_size_allows() -> None:
    """Over the same epochs, from the same start; all at once is gradient descent."""
    ax = plots.batch_paths(sizes=(1, 5, None, 24), epochs=3)
    paths = [line.get_xydata() for line in ax.lines[:4]]
    assert [len(path) - 1 for path in paths] == [72, 15, 3, 3]
    assert all(tuple(path[0]) == (-1.0, 3.5) for path in paths)
    np.testing.assert_allclose(paths[2], paths[3])
    np.testing.assert_allclose(paths[2], plots.line_fit(rate=0.1, steps=3).lines[0].get_xydata())
    assert "5 examples" not in ax.get_title()


def test_small_batches_go_the_same_way_on_average() -> None:
    """The mean over an epoch of the steps of single examples, taken from one place, is the step of all at once."""
    x, y = textbook.points(None, None)
    start = (0.5, 0.5)
    alone = [textbook.descent(x, y, 0.1, start, [np.array([k])])[1] for k in range(len(x))]
    together = textbook.descent(x, y, 0.1, start, [slice(None)])[1]
    np.testing.assert_allclose(np.mean(alone, axis=0), together, rtol=1e-12)


def test_the_seed_decides_the_batches() -> None:
    """The same seed, the same path; another one, another."""
    first, again, other = (
        plots.batch_paths(sizes=(2,), epochs=1, seed=seed).lines[0].get_ydata().tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_the_derivative_of_the_valleys_is_right() -> None:
    """As measured by differences."""
    w = np.linspace(-5, 5, 101)
    measured = (textbook.valley(w + 1e-6) - textbook.valley(w - 1e-6)) / 2e-6
    np.testing.assert_allclose(textbook.valley_slope(w), measured, atol=1e-8)


def test_three_rates_end_in_three_places() -> None:
    """Too small: not in any valley yet; larger: in the first one; larger still: in the wide one, past the others."""
    ax = plots.valleys()
    curve, slow, trapped, leaping, start = ax.lines
    assert len(curve.get_xdata()) == 600
    ends = [line.get_xydata()[-1] for line in (slow, trapped, leaping)]
    assert ends[0][0] < -3
    assert abs(ends[0][0] - slow.get_xydata()[-2][0]) > 1e-3  # still moving
    assert -2.6 < ends[1][0] < -1.9
    assert 1.5 < ends[2][0] < 2.5
    assert ends[0][1] > ends[1][1] > ends[2][1]
    for line, rate in ((slow, 0.02), (trapped, 0.1), (leaping, 0.9)):
        way = line.get_xdata()
        np.testing.assert_allclose(way[1:], way[:-1] - rate * textbook.valley_slope(way[:-1]), rtol=1e-12)
        assert f"learning rate {rate}" in line.get_label()
    assert tuple(start.get_xdata()) == (-4.2,)


def test_a_rate_that_explodes_is_still_drawn() -> None:
    """Numbers that are no longer finite leave the picture without breaking it."""
    with np.errstate(all="ignore"):
        ax = plots.valleys(rates=(5.0,), steps=600, start=1.0, curve=(lambda w: w**2, lambda w: 2 * w))
        plots.svg(ax)
        plots.svg(plots.line_fit(rate=10.0, steps=400))


def test_points_that_do_not_fit_are_refused() -> None:
    """Each x needs a y."""
    with pytest.raises(ShapeError, match="there are 2 and 3"):
        plots.line_fit([1, 2], [1, 2, 3])
