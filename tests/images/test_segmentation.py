"""Signs beside digits: what is overlooked, and what must not be."""

import numpy as np
import pytest

from chainrule.images.components import components
from chainrule.images.segmentation import separated


@pytest.mark.parametrize(("middle", "kept"), [(100, 3), (85, 3), (60, 2)])
def test_a_sign_as_tall_as_the_digits_beside_it_is_not_overlooked(middle, kept) -> None:
    """1?3 must not become 13; a small sign that the network takes for nothing goes."""
    mask = np.zeros((160, 180), bool)
    for k, (height, width) in enumerate(((100, 14), (middle, 20), (100, 14))):
        mask[130 - height : 130, 40 * k + 30 : 40 * k + 30 + width] = True

    def judge(inks):
        return np.array([0.1 if ink.shape[1] == 20 else 0.95 for ink in inks])

    _, found = separated(parts := components(mask), np.ones(len(parts), bool), judge)
    assert len(found) == kept
