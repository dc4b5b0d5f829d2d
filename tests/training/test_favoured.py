"""For pictures the likeliest network is taken, unless another is clearly better on the validation part."""

import numpy as np
import pytest

from chainrule.training.auto.budget import Candidate
from chainrule.training.auto.choice import best_of, why
from chainrule.training.auto.trial import Trial
from chainrule.training.recipes import Recipe


def tried(name: str, wrong: tuple[int, ...], count: int = 288) -> Candidate:
    """A network that answered all but these pictures rightly."""
    each = np.ones(count)
    each[list(wrong)] = 0
    recipe = Recipe("auto", network=name)
    return Candidate(recipe, trial=Trial(recipe, float(each.mean()), 0.01, count, 1, each))


@pytest.mark.parametrize(
    ("other", "taken"),
    [((), "changed"), ((0, 5), "changed"), ((0, 1, 2), "changed")],
)
def test_a_picture_or_two_do_not_decide(other, taken) -> None:
    """Of 288 validation pictures two mistakes less may be chance."""
    listed = [tried("none", tuple(range(30))), tried("changed", (0, 1)), tried("plain", other)]
    assert best_of(listed, pictures=True).recipe.network == taken


def test_what_is_clearly_better_is_taken() -> None:
    """Eight mistakes less are no chance; the reason says which case it was."""
    listed = [tried("none", tuple(range(30))), tried("changed", tuple(range(9))), tried("plain", (0,))]
    assert best_of(listed, pictures=True) is listed[2]
    near = [listed[0], tried("changed", (0,)), tried("plain", ())]
    assert why(near, best_of(near, pictures=True)).startswith("the likeliest, and as good as the best")


def test_a_likeliest_network_that_broke_is_not_taken() -> None:
    """Where its numbers stopped being finite."""
    listed = [tried("none", (0, 1, 2)), tried("changed", ()), tried("plain", (0,))]
    broken = listed[1].recipe
    listed[1].trial = Trial(broken, -np.inf, np.inf, 288, 1, np.full(288, -np.inf))
    assert best_of(listed, pictures=True) is listed[2]
