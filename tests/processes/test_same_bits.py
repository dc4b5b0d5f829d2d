"""One training on one, two and four processes: the same bits."""

import numpy as np
import pytest
from start_processes import said, start

from chainrule.runs import Run


@pytest.mark.timeout(1200)  # seven programs that compile: minutes where the cores are busy
@pytest.mark.parametrize(("kind", "counts"), [("dense", [2]), ("convolutional", [2, 4])])
def test_any_number_of_processes_ends_with_the_same_bits(kind, counts, tmp_path) -> None:
    """Weights and optimizer state after 60 steps, and every step's recorded numbers, are those of one process."""
    (one,) = said(start(kind, tmp_path / "1", 1))
    run = Run(one["run"])
    for count in counts:
        found = said(start(kind, tmp_path / str(count), count))
        for each in found:
            assert (each["weights"], each["optimizer"]) == (one["weights"], one["optimizer"])
            assert each["iterations"] == 60
            assert each["history"] == one["history"]
        assert [each["run"] is None for each in found] == [False] + [True] * (count - 1)
        recorded = Run(found[0]["run"])
        assert len(list((tmp_path / str(count)).glob("2*"))) == 1
        for name in run.columns:
            np.testing.assert_array_equal(recorded.steps[name], run.steps[name], err_msg=name)
        assert recorded.info.settings == run.info.settings
